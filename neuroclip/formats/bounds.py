"""Events against the sensor that their file names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats.format import Piece
from neuroclip.shapes import Events


def inside(events: Events, size: tuple[int, int] | None, before: int) -> Iterator[Piece]:
    """Give events as a piece; where one lies outside the sensor, those in front of it, and then the error.

    `before` is how many events of the file came earlier, for the number in the message.

    Raises:
        RecordingError: An event is outside; it is named.
    """
    if size is not None and len(events):
        outside = (events["x"] >= size[0]) | (events["y"] >= size[1])
        if outside.any():
            bad = int(np.argmax(outside))
            if bad:
                yield Piece(events[:bad], size)
            axis, most, word = (
                ("x", size[0], "wide") if events["x"][bad] >= size[0] else ("y", size[1], "high")
            )
            raise RecordingError(
                f"event {before + bad} has {axis}={events[axis][bad]}, but the file says that the sensor is "
                f"{most} pixels {word}: it is damaged"
            )
    yield Piece(events, size)
