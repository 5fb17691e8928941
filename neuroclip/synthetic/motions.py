"""Small labelled videos that need motion to be told apart: no single picture of one gives its class away.

A world without edges (what leaves on one side comes in on the other) holds two or three things and, behind them, still
ones of the same kind; the camera trembles. A thing has a place, an angle and a size; its size goes round, too: a
thing fades in where it is smallest, and out where it is largest, in every class. The class says in which of these
things are carried along. Where and how a motion begins is drawn evenly from all there is, so that at every moment
everything in the picture is distributed as it was at the start; and at the start, one seed gives one picture,
whatever the class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from neuroclip.errors import OptionError
from neuroclip.synthetic.worlds import Carried, World, draw_world, look

CLASSES = (
    "moving left",
    "moving right",
    "moving up",
    "moving down",
    "turning left",
    "turning right",
    "growing",
    "shrinking",
    "swinging",
)
"""Turning left is counterclockwise on the screen, turning right is clockwise."""

Pictures = UInt8[np.ndarray, "t h w 3"]

_ACROSS, _TURNS, _SIZES = 0.45, 0.5, 0.9
"""How fast, on average, in a second: shares of the shorter side, full turns, ways from the smallest to the largest."""

_ROPE = 0.25  # of what swings, as a share of the shorter side

_STEPS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}


def motion(
    label: str,
    seed: int | Sequence[int],
    *,
    size: tuple[int, int] = (64, 64),
    pictures: int = 40,
    fps: float = 25.0,
    clutter: int = 8,
    shake: float = 0.5,
) -> Pictures:
    """Make one video.

    Args:
        label: One of `CLASSES`.
        seed: Of everything; with the same seed, the first picture of every class is the same.
        size: Width and height in pixels.
        pictures: How many.
        fps: Pictures a second; a higher rate shows the same motion in smaller steps.
        clutter: How many still things are behind those that move.
        shake: How far the camera trembles, the standard deviation in pixels of a side of 64.

    Returns:
        uint8, red, green and blue.

    Raises:
        OptionError: No such class, or a number is out of range.
    """
    if label not in CLASSES:
        raise OptionError(f"no motion is called {label!r}; there are {', '.join(CLASSES)}")
    if min(size) < 16 or pictures < 1 or not fps > 0 or clutter < 0 or not shake >= 0:
        raise OptionError(
            f"size={size}, pictures={pictures}, fps={fps:g}, clutter={clutter}, shake={shake:g}: expected sides of at "
            "least 16 pixels, at least 1 picture and more than 0 a second, clutter and shake of at least 0"
        )
    world = draw_world(np.random.default_rng(seed), size, clutter, shake)
    times = (n / fps for n in range(pictures))
    return np.stack([look(world, t, carried(world, label, t)) for t in times])


def carried(world: World, label: str, seconds: float) -> Carried:
    """Return how far things of a class have been carried since the start."""
    kind, _, where = label.partition(" ")
    side, far = world.side, world.pace * seconds
    if kind == "moving":
        x, y = _STEPS[where]
        return Carried(x=x * far * _ACROSS * side, y=y * far * _ACROSS * side)
    if kind == "turning":
        return Carried(angle=far * _TURNS * 2 * math.pi * (1 if where == "right" else -1))
    if kind == "swinging":
        then, now = (
            world.swing * math.sin(world.phase + 2 * math.pi * world.swings_hz * s) for s in (0.0, seconds)
        )
        x, y = math.sin(now) - math.sin(then), math.cos(now) - math.cos(then)
        return Carried(x=_ROPE * side * x, y=_ROPE * side * y, angle=then - now)
    return Carried(way=far * _SIZES * (1 if kind == "growing" else -1))
