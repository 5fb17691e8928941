"""A world without edges, in which things are carried along before a camera that trembles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from neuroclip.synthetic.things import LUMA, Pose, Thing, draw_thing, paint

_SMALLEST, _LARGEST = 0.09, 0.28  # radius, as a share of the shorter side
_FADE = 0.2  # share of the way from the smallest to the largest


class Carried(NamedTuple):
    """How far things are carried, all alike.

    Attributes:
        x: Pixels to the right.
        y: Pixels down.
        angle: Radians, clockwise.
        way: From the smallest size (0) to the largest (1), where the next way begins.
    """

    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    way: float = 0.0


@dataclass(frozen=True, kw_only=True)
class World:
    """What a seed decides."""

    ground: NDArray[np.float32]  # [h, w, 3], with the still things
    things: tuple[Thing, ...]
    start: NDArray[np.float64]  # [things, 4]: where they are, in the order of `Carried`
    pace: float  # a factor: how fast things are carried
    swings_hz: float
    swing: float  # how far, in radians
    phase: float
    tremor: NDArray[np.float64]  # [waves, 4]: hertz, phase, pixels along x and along y

    @property
    def side(self) -> int:
        """Pixels of the shorter side, in which things and their speeds are measured."""
        return min(self.ground.shape[:2])


def draw_world(random: np.random.Generator, size: tuple[int, int], clutter: int, shake: float) -> World:
    """Draw everything, and in the same order whatever the class."""
    width, height = size
    ground, luma = _draw_ground(random, width, height)
    number = int(random.integers(2, 4))
    things = tuple(draw_thing(random, luma) for _ in range(number))
    start = random.random((number, 4)) * [width, height, 2 * np.pi, 1]
    start[:, 3] = (start[0, 3] + np.arange(number) / number) % 1  # evenly apart, so that never all have faded
    pace, swings_hz = random.uniform(0.6, 1.4), random.uniform(1.4, 2.2)
    swing, phase = random.uniform(0.3, 0.5), random.uniform(0, 2 * np.pi)
    waves = np.stack(
        [random.uniform(1, 6, 3), random.uniform(0, 2 * np.pi, 3), *random.normal(size=(2, 3))], 1
    )
    waves[:, 2:] *= shake * min(size) / 64 * np.sqrt(2 / 3)
    for _ in range(clutter):
        still = draw_thing(random, luma)
        x, y, angle, way = random.random(4).tolist()
        paint(ground, still, _posed(x * width, y * height, angle * 2 * np.pi, way, min(size)))
    return World(
        ground=ground, things=things, start=start, pace=pace, swings_hz=swings_hz, swing=swing, phase=phase,
        tremor=waves,
    )  # fmt: skip


def _draw_ground(random: np.random.Generator, width: int, height: int) -> tuple[NDArray[np.float32], float]:
    """Draw a soft ground without edges, and return its mean luma with it."""
    colour = random.uniform(60, 180) + random.uniform(-30, 30, 3)
    x, y = np.arange(width)[None, :] / width, np.arange(height)[:, None] / height
    soft = np.zeros((height, width))
    for kx, ky in random.integers(-3, 4, (4, 2)).tolist():
        soft += np.sin(2 * np.pi * (kx * x + ky * y + random.random()))
    ground = colour + random.uniform(2, 12) * soft[..., None]
    return np.clip(ground, 0, 255).astype(np.float32), float(colour @ LUMA)


def _posed(x: float, y: float, angle: float, way: float, side: int) -> Pose:
    """Say what place on the way from the smallest to the largest means: equal steps of it are equal factors."""
    edge = min(1.0, min(way, 1 - way) / _FADE)
    return Pose(
        x=x, y=y, angle=angle, radius=side * _SMALLEST * (_LARGEST / _SMALLEST) ** way,
        opacity=edge * edge * (3 - 2 * edge),
    )  # fmt: skip


def look(world: World, seconds: float, carried: Carried) -> UInt8[np.ndarray, "h w 3"]:
    """Return the picture at a time at which things have been carried so far since the start."""
    height, width = world.ground.shape[:2]
    hertz, phases, *far = world.tremor.T
    tremble = np.array(far) @ np.sin(phases + 2 * np.pi * hertz * seconds)
    canvas = _rolled(world.ground, *tremble.tolist())
    now = world.start + carried
    now[:, :2] += tremble
    now %= [width, height, 2 * np.pi, 1]
    for thing, (x, y, angle, way) in zip(world.things, now.tolist(), strict=True):
        paint(canvas, thing, _posed(x, y, angle, way, world.side))
    return np.rint(canvas).astype(np.uint8)


def _rolled(picture: NDArray[np.float32], dx: float, dy: float) -> NDArray[np.float32]:
    """Return a picture without edges moved by (dx, dy); between pixels, bilinearly."""
    left, top = int(np.floor(dx)), int(np.floor(dy))
    moved = picture
    for axis, whole, part in ((1, left, dx - left), (0, top, dy - top)):
        moved = (1 - part) * np.roll(moved, whole, axis) + part * np.roll(moved, whole + 1, axis)
    return moved.astype(np.float32)
