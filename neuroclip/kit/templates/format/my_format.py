"""my-format: a file format of recordings for NeuroCLIP.

A line `my-format WIDTH HEIGHT`, then 13 bytes an event.
"""

import re

import numpy as np
from neuroclip.errors import RecordingError
from neuroclip.formats import PIECE_EVENTS, Format, Piece
from neuroclip.recording import event_array

RECORD = np.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("on", "u1")])  # as in the file


class MyFormat(Format):
    """A line with the sensor's size, then microseconds, x, y and polarity of each event, little-endian."""

    name = "my-format"
    suffixes = (".my_format",)
    description = "a line with the sensor's size, then 13 bytes an event"

    def detect(self, path, head):
        return head.startswith(b"my-format ")

    def pieces(self, path):
        with path.open("rb") as file:
            size = re.fullmatch(rb"my-format (\d+) (\d+)\n", line := file.readline(64))
            if size is None:
                raise RecordingError(f"it begins with {line!r}, not with 'my-format WIDTH HEIGHT'")
            while data := file.read(PIECE_EVENTS * RECORD.itemsize):
                # Everything good comes before the error that says what is not, so that it can be kept.
                events = np.frombuffer(data, RECORD, len(data) // RECORD.itemsize)
                columns = (events[name] for name in ("t", "x", "y", "on"))
                yield Piece(event_array(*columns), (int(size[1]), int(size[2])))
                if rest := len(data) % RECORD.itemsize:
                    raise RecordingError(
                        f"it was cut off: the last event has {rest} of {RECORD.itemsize} bytes"
                    )

    def write(self, path, recording):
        with path.open("wb") as file:
            file.write(f"my-format {recording.width} {recording.height}\n".encode())
            recording.events.astype(RECORD).tofile(file)
