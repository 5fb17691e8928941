"""Pictures in front of a simulated event camera: batches of painted timestep frames.

Motion, light, clutter and noise are drawn here; events come from `neuroclip.emulation`, painting from
`neuroclip.representations`: the same code that users run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from neuroclip.emulation import contrast_crossings
from neuroclip.representations.painting import paint

SUBSTEPS = 2  # pictures per timestep frame between which events are counted


@dataclass(frozen=True)
class Pictures:
    """Pictures to show: (n, 2, 64, 64) float of grey and alpha, and what kind each is."""

    images: Tensor
    glyph: Tensor  # bool (n,): digits, letters, signs: upright, nearly filling the view


def simulate(
    pictures: Pictures, size: int, frames: int, rng: torch.Generator, *, wild: float = 0.0
) -> Tensor:
    """Show each picture to a `size` x `size` sensor; uint8 frames (n, frames, size, size).

    `wild` is the share of icons that are seen as a hand-held thing is: small, at any angle, tilted in depth.
    """
    n = len(pictures.images)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, generator=rng) * (high - low) + low

    def normal(sd: float) -> Tensor:
        return torch.randn(n, generator=rng) * sd

    def chance(p: float) -> Tensor:
        return torch.rand(n, generator=rng) < p

    def block(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng)

    images = _pens(pictures.images, chance(0.15), chance(0.2))
    if size < 48:
        images = F.avg_pool2d(images, 2)  # the lens blurs what a small sensor could not resolve
    glyph = pictures.glyph

    # where the picture stands: scale is the share of the view that it fills
    # (a coarse sensor would see nothing of a picture that is small in the view)
    held = chance(wild if size >= 64 else 0.0) & ~glyph
    scale = torch.where(held, uniform(0.25, 0.75), uniform(0.5, 1.0))
    angle = torch.where(held, uniform(-math.pi, math.pi), normal(math.radians(8)))
    room = (1.05 - scale).clamp(min=0.03)
    centre = (block(2) * 2 - 1) * room[:, None] * 0.8

    # how it moves, in pixels a frame along a path whose direction drifts
    steps = frames * SUBSTEPS
    speed = uniform(0.7, 4.5) * size / 44
    heading = uniform(0, 2 * math.pi)[:, None] + torch.cumsum(torch.randn(n, steps, generator=rng) * 0.35, 1)
    stride = speed[:, None] / SUBSTEPS * (0.6 + 0.8 * block(steps))
    path = torch.stack([heading.cos() * stride, heading.sin() * stride], -1).cumsum(1) * (2 / size)
    path = torch.cat([torch.zeros(n, 1, 2), path], 1)
    path = centre[:, None] + path - path[:, steps // 2 : steps // 2 + 1]
    path = _turned_back(path, room.clamp(min=0.3)[:, None, None])
    turning = torch.where(chance(0.4), normal(0.12), torch.zeros(n))[:, None] * torch.linspace(
        -0.5, 0.5, steps + 1
    )
    zooming = torch.where(chance(0.25), normal(0.08), torch.zeros(n))[:, None] * torch.linspace(
        -0.5, 0.5, steps + 1
    )

    axis = (torch.arange(size) + 0.5) * (2 / size) - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    grid = torch.stack([x, y], -1).expand(n, steps + 1, size, size, 2) - path[:, :, None, None]
    theta = angle[:, None] + turning
    size_now = scale[:, None] * (1 + zooming)
    shear, aspect = normal(0.1)[:, None], torch.exp(normal(0.12))[:, None]
    cos, sin = theta.cos() / size_now, theta.sin() / size_now
    a = torch.stack([cos * aspect, sin * aspect + shear * cos, -sin / aspect, cos / aspect], -1)
    a = a.view(n, steps + 1, 1, 1, 4)
    if held.any():  # tilt: foreshortened along a direction of the view, and nearer on one side of it
        tilt, towards = torch.where(held, uniform(0.0, 1.1), torch.zeros(n)), uniform(0, 2 * math.pi)
        lean = torch.stack([towards.cos(), towards.sin()], -1)[:, None, None, None]
        depth = (grid * lean).sum(-1, keepdim=True)
        stretch = (1 / tilt.cos() - 1)[:, None, None, None, None]
        grid = (grid + lean * depth * stretch) / (
            1 + 0.35 * tilt.sin()[:, None, None, None, None] * depth
        ).clamp(min=0.3)
    source = torch.stack(
        [
            grid[..., 0] * a[..., 0] + grid[..., 1] * a[..., 1],
            grid[..., 0] * a[..., 2] + grid[..., 1] * a[..., 3],
        ],
        -1,
    )
    bend = F.interpolate(
        (block(2, 4, 4) - 0.5) * (uniform(0, 0.22)[:, None, None, None]), (size, size), mode="bicubic"
    )
    source = source + bend.permute(0, 2, 3, 1)[:, None]

    sampled = F.grid_sample(images, source.view(n, (steps + 1) * size, size, 2), align_corners=False)
    grey, alpha = sampled.view(n, 2, steps + 1, size, size).unbind(1)
    light = _background(n, steps, size, rng)
    contrast = uniform(0.5, 2.2) * torch.where(chance(0.5), 1.0, -1.0)
    shading = uniform(-0.9, 0.9) * contrast.abs()
    ink = contrast[:, None, None, None] + shading[:, None, None, None] * grey
    log = light + alpha * (ink - torch.where(chance(0.5)[:, None, None, None], light, torch.zeros(())))

    threshold = uniform(0.12, 0.4)[:, None, None] * (
        1 + 0.1 * torch.randn(n, size, size, generator=rng)
    ).clamp(0.6)
    mismatch = torch.exp(normal(0.15))[:, None, None]
    events = contrast_crossings(log, threshold, threshold * mismatch)
    on, off = (c.view(n, frames, SUBSTEPS, size, size).sum(2) for c in (events.on, events.off))

    # events that are lost, and events of the sensor's own
    keep = 1 - 0.5 * uniform(0, 1)[:, None, None, None] ** 3
    on, off = (torch.where(block(frames, size, size) < keep, c, (c - 1).clamp(min=0)) for c in (on, off))
    noise = 0.05 * uniform(0, 1)[:, None, None, None] ** 3
    share = uniform(0.4, 0.8)[:, None, None, None]
    draw = block(frames, size, size)
    on, off = on + (draw < noise * share), off + (draw > 1 - noise * (1 - share))
    flipped = chance(0.12)[:, None, None, None]
    on, off = torch.where(flipped, off, on), torch.where(flipped, on, off)
    return paint(on, off)


def _turned_back(path: Tensor, border: Tensor) -> Tensor:
    """Reflect a path at the borders, so that a long recording keeps its picture in view."""
    return (torch.remainder(path - border, 4 * border) - 2 * border).abs() - border


def _pens(images: Tensor, thin: Tensor, thick: Tensor) -> Tensor:
    """Make the outlines of some pictures a pixel thinner or thicker."""
    grey, alpha = images[:, :1], images[:, 1:]
    if thick.any():
        alpha = torch.where(thick[:, None, None, None], F.max_pool2d(alpha, 3, 1, 1), alpha)
    if thin.any():
        thinner = -F.max_pool2d(-alpha, 2, 1)
        thinner = F.pad(thinner, (0, 1, 0, 1))
        enough = thinner.sum((1, 2, 3)) > 0.5 * alpha.sum((1, 2, 3))
        alpha = torch.where((thin & enough)[:, None, None, None], thinner, alpha)
    return torch.cat([grey, alpha], 1)


def _background(n: int, steps: int, size: int, rng: torch.Generator) -> Tensor:
    """Log intensity behind the picture: mostly even, sometimes a gradient or a texture, now and then one that moves."""
    light = torch.zeros(n, 1, size, size)
    textured = torch.rand(n, generator=rng) < 0.25
    if textured.any():
        m = int(textured.sum())
        coarse = torch.randn(m, 1, 5, 5, generator=rng) * torch.rand(m, 1, 1, 1, generator=rng) * 0.8
        light[textured] = F.interpolate(coarse, (size, size), mode="bilinear", align_corners=False)
    light = light.expand(n, steps + 1, size, size).clone()
    moving = (torch.rand(n, generator=rng) < 0.1).nonzero()[:, 0]
    for i in moving.tolist():  # a large edge that crosses the view, such as a hand or a sleeve
        phi, at, speed = (float(v) for v in torch.rand(3, generator=rng))
        axis = torch.linspace(-1, 1, size)
        along = axis[None] * math.cos(phi * 6.3) + axis[:, None] * math.sin(phi * 6.3)
        shift = torch.linspace(0, (speed - 0.5) * 0.5, steps + 1)
        light[i] += 0.9 * torch.sigmoid((along - (0.4 + 0.6 * at) - shift[:, None, None]) * size / 2)
    return light
