"""The sizes of known sensors: in this one place."""

from __future__ import annotations

from collections.abc import Iterable

from neuroclip.errors import RecordingError
from neuroclip.shapes import Events

SENSORS: tuple[tuple[int, int], ...] = (
    (34, 34),
    (120, 100),
    (128, 128),
    (240, 180),
    (304, 240),
    (320, 240),
    (320, 320),
    (346, 260),
    (640, 480),
    (1280, 720),
)
"""Width and height in pixels, the smallest first."""


def smallest_sensor(*sets: Events) -> tuple[int, int]:
    """Return the width and height of the smallest known sensor that holds every event of all these.

    Raises:
        RecordingError: None does.
    """
    width, height = 1, 1
    for events in sets:
        if len(events):
            width, height = max(width, int(events["x"].max()) + 1), max(height, int(events["y"].max()) + 1)
    return smallest_holding(width, height)


def smallest_holding(width: int, height: int) -> tuple[int, int]:
    """Return the width and height of the smallest known sensor that is at least this large.

    Raises:
        RecordingError: None is.
    """
    for sensor in SENSORS:
        if width <= sensor[0] and height <= sensor[1]:
            return sensor
    raise RecordingError(
        f"its events need {width}x{height} pixels, more than the largest known sensor "
        f"({sensor_name(SENSORS[-1])}): give --size WIDTHxHEIGHT if that is right"
    )


def sensor_name(size: Iterable[int]) -> str:
    """Write a size as users do: 240x180."""
    return "x".join(str(pixels) for pixels in size)
