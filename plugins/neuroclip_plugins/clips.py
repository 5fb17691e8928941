"""What a video network sees of a shot: a crop, perhaps mirrored, at the network's size, normalised or scaled."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import functional

Boxes = Int[Tensor, "n 4"]  # top, left, height and width in pixels

_ALL_EQUAL = 1e-6


def whole(n: int, size: tuple[int, int]) -> Boxes:
    """Return boxes that hold everything, of clips of (height, width)."""
    return torch.tensor([0, 0, *size]).expand(n, 4)


def distorted(n: int, size: tuple[int, int], least: float, generator: Generator) -> Boxes:
    """Draw boxes: height and width each keep a share between `least` and 1, so that their ratio changes; any place.

    Where `least` is 1 nothing is drawn.
    """
    if least == 1:
        return whole(n, size)
    full = torch.tensor(size, dtype=torch.float64)
    draw = torch.rand(2, n, 2, generator=generator, dtype=torch.float64)
    sides = ((least + (1 - least) * draw[0]) * full).round().clamp(min=1)
    return torch.cat([(draw[1] * (full - sides)).round(), sides], 1).long()


def flipped(n: int, flip: bool, generator: Generator) -> list[bool]:
    """Draw which clips are mirrored: each second one by chance, or none, without a draw."""
    return (torch.rand(n, generator=generator) < 0.5).tolist() if flip else [False] * n


def views(
    clips: Tensor,
    size: int,
    boxes: Boxes,
    mirrored: Sequence[bool] = (),
    sign_changes: Sequence[int] = (),
    span: tuple[int, int] | None = None,
) -> Float[Tensor, "n channels t h w"]:
    """Return what the boxes hold of clips [n, t, channels, h, w] of any type (`cut`), each frame `normalised`.

    With a `span`, values are scaled instead, so that its ends become 0 and 1.
    """
    shown = cut(clips, size, boxes, mirrored, sign_changes)
    if span is None:
        return normalised(shown).transpose(1, 2)
    low, high = span
    return ((shown - low) / (high - low)).transpose(1, 2)


def cut(
    clips: Tensor,
    size: int,
    boxes: Boxes,
    mirrored: Sequence[bool] = (),
    sign_changes: Sequence[int] = (),
) -> Float[Tensor, "n t channels h w"]:
    """Return what the boxes hold of clips [n, t, channels, h, w] of any type, as squares of `size` pixels.

    They are resized bilinearly, with a filter where they become smaller, so that no event falls between the pixels. The
    channels `sign_changes` change sign where a clip is mirrored: what moved right moves left.
    """
    n, t, channels = clips.shape[:3]
    made = torch.empty((n, t * channels, size, size), device=clips.device)
    for i, (top, left, height, width) in enumerate(boxes.tolist()):
        part = clips[i, :, :, top : top + height, left : left + width].flatten(0, 1)[None].float()
        made[i] = functional.interpolate(part, (size, size), mode="bilinear", antialias=True)[0]
    made = made.unflatten(1, (t, channels))
    for i in [i for i, mirror in enumerate(mirrored) if mirror]:
        made[i] = made[i].flip(-1)
        made[i, :, list(sign_changes)] *= -1
    return made


def normalised(clips: Float[Tensor, "n t channels h w"]) -> Float[Tensor, "n t channels h w"]:
    """Give each channel of each frame a mean of 0, and all channels of a frame together a deviation of 1.

    What is even becomes 0. Of flow this takes away what the camera's own motion adds to all pixels, along x and along y
    each (Simonyan and Zisserman 2014, "mean flow subtraction"); with one mean for both, a pan to the right and one up
    would look alike.
    """
    centred = clips - clips.mean((3, 4), keepdim=True)
    deviation = centred.square().mean((2, 3, 4), keepdim=True).sqrt()
    even = deviation <= _ALL_EQUAL * clips.abs().amax((2, 3, 4), keepdim=True)
    return torch.where(even, 0.0, centred / deviation)
