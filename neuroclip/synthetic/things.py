"""Things to look at, made of numbers: an outline, a pattern on it, and two colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""Numbers for each pixel, (h, w), of 32 bits: half the work of 64."""

Numbers = Sequence[tuple[float, ...]]

Outline = Callable[[Plane, Plane], Plane]
"""Of a point (x, y) on the thing, whose radius is 1: how far it is outside (negative: inside); to first order."""

Pattern = Callable[[Plane, Plane, float], Plane]
"""Of a point, and of how many pixels 1 is: the share of the second colour, 0 to 1, its edges a pixel wide."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What is drawn; `colours` is [2, 3], red, green and blue from 0 to 255."""

    outline: Outline
    pattern: Pattern
    colours: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where a thing is: its middle and radius in pixels, clockwise radians, and how opaque it is (0 to 1)."""

    x: float
    y: float
    radius: float
    angle: float
    opacity: float


def draw_thing(random: np.random.Generator, against: float) -> Thing:
    """Draw a thing at random, both of whose colours stand out from a ground of the luma `against`."""
    outline = _OUTLINES[random.integers(len(_OUTLINES))](random)
    pattern = _PATTERNS[random.integers(len(_PATTERNS))](random)
    return Thing(outline=outline, pattern=pattern, colours=np.stack([_colour(random, against) for _ in "ab"]))


def paint(canvas: NDArray[np.float32], thing: Thing, pose: Pose) -> None:
    """Paint a thing on a canvas [h, w, 3], in place; what leaves it on one side comes in on the other."""
    height, width = canvas.shape[:2]
    columns, rows = _near(pose.x, pose.radius, width), _near(pose.y, pose.radius, height)
    dx = ((columns - pose.x) / pose.radius).astype(np.float32)[None, :]
    dy = ((rows - pose.y) / pose.radius).astype(np.float32)[:, None]
    cos, sin = _along(pose.angle)
    x, y = cos * dx + sin * dy, cos * dy - sin * dx
    cover = np.clip(0.5 - thing.outline(x, y) * pose.radius, 0, 1) * pose.opacity
    second = thing.pattern(x, y, pose.radius)[..., None]
    colour = thing.colours[0] + second * (thing.colours[1] - thing.colours[0])
    where = np.ix_(rows % height, columns % width)
    canvas[where] += cover[..., None] * (colour - canvas[where])


def _near(middle: float, radius: float, side: int) -> NDArray[np.int64]:
    """Return the pixels along a side that a thing may reach, which is nowhere further than 1.3 of its radius."""
    reach = min(1.3 * radius + 1, (side - 1) / 2)
    return np.arange(int(np.ceil(middle - reach)), int(np.floor(middle + reach)) + 1)


def _colour(random: np.random.Generator, against: float) -> NDArray[np.float32]:
    luma = against
    while abs(luma - against) < _CONTRAST:
        luma = random.uniform(8, 247)
    tint = random.uniform(-70, 70, 3)
    return np.clip(luma + tint - tint @ LUMA, 0, 255).astype(np.float32)


LUMA = np.array([0.299, 0.587, 0.114])
_CONTRAST = 30.0


def _polygon(random: np.random.Generator) -> Outline:
    corners = int(random.integers(3, 7))
    sides = [
        (*_along((n + random.uniform(-0.25, 0.25)) * 2 * np.pi / corners), random.uniform(0.5, 0.8))
        for n in range(corners)
    ]
    return partial(_outside_polygon, sides)


def _outside_polygon(sides: Numbers, x: Plane, y: Plane) -> Plane:
    return reduce(np.maximum, [x * cos + y * sin - far for cos, sin, far in sides], np.hypot(x, y) - 1)


def _blob(random: np.random.Generator) -> Outline:
    waves = [(random.uniform(0.05, 0.2), _along(random.uniform(0, 2 * np.pi))) for _ in _LOBES]
    return partial(_outside_blob, [(size * a, size * b) for size, (a, b) in waves])


def _outside_blob(waves: Numbers, x: Plane, y: Plane) -> Plane:
    far = np.hypot(x, y) + np.float32(1e-6)
    point = (x + 1j * y) / far
    turned = [point**lobes for lobes in _LOBES]
    return far - 0.7 - sum(p.real * a - p.imag * b for p, (a, b) in zip(turned, waves, strict=True))


def _bars(random: np.random.Generator) -> Outline:
    """Two or three bars across each other: letters such as L, T, X, and others that no alphabet has."""
    bars = [
        (
            *_along(n * np.pi / 2 + random.uniform(-0.4, 0.4)),
            random.uniform(-0.5, 0.5),
            random.uniform(0.5, 0.8),
            random.uniform(0.12, 0.25),
        )
        for n in range(int(random.integers(2, 4)))
    ]
    return partial(_outside_bars, bars)


def _outside_bars(bars: Numbers, x: Plane, y: Plane) -> Plane:
    each = [
        np.maximum(np.abs(x * cos + y * sin) - half, np.abs(y * cos - x * sin - shift) - thick)
        for cos, sin, shift, half, thick in bars
    ]
    return reduce(np.minimum, each)


def _ring(random: np.random.Generator) -> Outline:
    return partial(_outside_ring, random.uniform(0.15, 0.28), random.uniform(0.2, 0.45))


def _outside_ring(thick: float, gap: float, x: Plane, y: Plane) -> Plane:
    return np.maximum(np.abs(np.hypot(x, y) - (0.95 - thick)) - thick, np.minimum(x, gap - np.abs(y)))


def _plain(random: np.random.Generator) -> Pattern:
    return lambda x, y, scale: np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)


def _stripes(random: np.random.Generator) -> Pattern:
    pitch, phase = random.uniform(5, 11), random.uniform(0, 2 * np.pi)
    cos, sin = _along(random.uniform(0, np.pi))
    return lambda x, y, scale: _edged(np.sin(pitch * (cos * x + sin * y) + phase), scale / pitch)


def _checks(random: np.random.Generator) -> Pattern:
    pitch, phase, other = random.uniform(4, 8), random.uniform(0, 2 * np.pi), random.uniform(0, 2 * np.pi)
    return lambda x, y, scale: _edged(np.sin(pitch * x + phase) * np.sin(pitch * y + other), scale / pitch)


def _spots(random: np.random.Generator) -> Pattern:
    waves = [(*_along(random.uniform(0, np.pi)), random.uniform(0, 2 * np.pi)) for _ in range(3)]
    return lambda x, y, scale: _edged(
        sum(np.sin(7 * (cos * x + sin * y) + phase) for cos, sin, phase in waves) - 0.4, scale / 7
    )


def _halves(random: np.random.Generator) -> Pattern:
    (cos, sin), shift = _along(random.uniform(0, 2 * np.pi)), random.uniform(-0.3, 0.3)
    return lambda x, y, scale: _edged(cos * x + sin * y - shift, scale)


def _along(angle: float) -> tuple[float, float]:
    return math.cos(angle), math.sin(angle)


def _edged(values: Any, slope: float) -> Plane:
    """Make the way from below 0 to above it a pixel long, where values change by `1 / slope` a pixel."""
    return np.clip(0.5 + slope * values, 0, 1)


_LOBES = (2, 3, 5)
_OUTLINES: list[Callable[[np.random.Generator], Outline]] = [_polygon, _blob, _bars, _ring]
_PATTERNS: list[Callable[[np.random.Generator], Pattern]] = [_plain, _stripes, _checks, _spots, _halves]
