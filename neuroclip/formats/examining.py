"""What is in a recording file and what is suspicious about it, in one walk and bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.sensors import sensor_name, smallest_holding
from neuroclip.formats.walking import format_of, pieces
from neuroclip.shapes import Events

HOT_TIMES, HOT_SHARE = 20, 0.01
"""A pixel is hot when it has so many times the events of the mean active pixel, and this share of all."""
SLOW_RATE, SLOW_US = 100, 60_000_000
"""So few events a second for so long are fewer than the noise of a sensor: the unit of time is wrong."""
LATEST_US = 4_102_444_800_000_000
"""The year 2100 in microseconds since 1970."""
LONG_PAUSE_US, LONG_PAUSE_SHARE = 1_000_000, 0.2
"""A pause is worth a word when it is so long, and this share of the recording."""


@dataclass
class Findings:
    """What a walk through a file found; times and order are those of the file.

    Attributes:
        format: The name of the format that it was read as.
        size: Width and height as the file says, or as they were given; None where neither does.
        t_decreases: How many events are earlier than the event before them.
        pauses: Microseconds of the longest pause, and the number of the event before it.
        counts: Events per pixel (h, w), as far as there are any.
        lost: What is wrong with the rest of a damaged file, where that was asked for.
    """

    format: str
    size: tuple[int, int] | None = None
    events: int = 0
    on: int = 0
    x_min: int = 65535
    x_max: int = 0
    y_min: int = 65535
    y_max: int = 0
    t_first_us: int = 0
    t_last_us: int = 0
    t_min_us: int = 0
    t_max_us: int = 0
    t_decreases: int = 0
    pause: tuple[int, int] = (0, 0)
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    lost: str | None = None

    def add(self, events: Events) -> None:
        """Take the next events of the file into account."""
        t, x, y = events["t"], events["x"], events["y"]
        if not self.events:
            self.t_first_us = self.t_last_us = self.t_min_us = self.t_max_us = int(t[0])
        steps = np.diff(t, prepend=self.t_last_us)
        self.t_decreases += int((steps < 0).sum())
        longest = int(steps.argmax())
        self.pause = max(self.pause, (int(steps[longest]), self.events + longest - 1))
        self.t_last_us = int(t[-1])
        self.t_min_us, self.t_max_us = min(self.t_min_us, int(t.min())), max(self.t_max_us, int(t.max()))
        self.x_min, self.x_max = min(self.x_min, int(x.min())), max(self.x_max, int(x.max()))
        self.y_min, self.y_max = min(self.y_min, int(y.min())), max(self.y_max, int(y.max()))
        self.on += int(events["on"].sum())
        self.events += len(events)
        self._count(x, y)

    def _count(self, x: NDArray[np.uint16], y: NDArray[np.uint16]) -> None:
        height, width = self.y_max + 1, self.x_max + 1
        if width * height > _MOST_PIXELS:
            return  # coordinates of a damaged file: the size says so
        if self.counts.shape != (height, width):
            grown = np.zeros((height, width), np.int64)
            grown[: self.counts.shape[0], : self.counts.shape[1]] = self.counts
            self.counts = grown
        flat = y.astype(np.int64) * width + x
        self.counts += np.bincount(flat, minlength=width * height).reshape(height, width)

    @property
    def span_us(self) -> int:
        """Microseconds from the earliest event to the latest."""
        return self.t_max_us - self.t_min_us

    def hottest(self, number: int = 5) -> list[tuple[int, int, int]]:
        """Return x, y and the number of events of the pixels with the most."""
        flat = self.counts.ravel()
        best = np.argsort(-flat, kind="stable")[:number]
        width = max(self.counts.shape[1], 1)
        return [(int(i % width), int(i // width), int(flat[i])) for i in best if flat[i]]

    def warnings(self) -> list[str]:
        """Say what is suspicious, a sentence each; nothing where all is well."""
        return [*self._of_time(), *self._of_space(), *([] if self.lost is None else [self.lost])]

    def _of_time(self) -> list[str]:
        found: list[str] = []
        if self.t_decreases:
            found.append(
                f"{self.t_decreases} events are earlier than the event before them; reading sorts them"
            )
        pause, before = self.pause
        if pause >= LONG_PAUSE_US and pause > LONG_PAUSE_SHARE * self.span_us:
            found.append(
                f"nothing happens for {pause / 1e6:.3f} s after event {before}: two recordings, or a clock that jumped"
            )
        seconds = (self.span_us - pause) / 1e6
        if self.t_max_us > LATEST_US:
            year = 1970 + int(self.t_max_us / _YEAR_US)
            found.append(f"the last event is of the year {year}, as microseconds since 1970: {_UNIT}")
        elif seconds * 1e6 > SLOW_US and self.events < SLOW_RATE * seconds:
            found.append(
                f"{self.events / seconds:.2g} events a second for {_duration(seconds)} are few for an event camera: "
                f"{_UNIT}"
            )
        if self.events > 1 and not self.span_us:
            found.append("every event has the same time")
        return found

    def _of_space(self) -> list[str]:
        found: list[str] = []
        if self.events > 1 and self.on in (0, self.events):
            found.append(f"every event is {'ON' if self.on else 'OFF'}: was the polarity lost?")
        active = self.counts[self.counts > 0]
        if active.size:
            bound = max(HOT_TIMES * float(active.mean()), HOT_SHARE * self.events)
            hot = int((active > bound).sum())
            if hot:
                x, y, count = self.hottest(1)[0]
                found.append(
                    f"{hot} hot pixel{'s' * (hot > 1)}: x={x} y={y} alone has {100 * count / self.events:.1f} % "
                    "of all events"
                )
        if self.size is not None:
            width, height = self.size
            if self.x_max >= width or self.y_max >= height:
                found.append(
                    f"events reach x={self.x_max} y={self.y_max}, outside the sensor of {sensor_name(self.size)}"
                )
            elif 2 * (self.x_max + 1) <= width and 2 * (self.y_max + 1) <= height:
                found.append(
                    f"all events lie in {self.x_max + 1}x{self.y_max + 1} of {sensor_name(self.size)} pixels: "
                    "is the size right?"
                )
        return found


_MOST_PIXELS = 1 << 24
_YEAR_US = 365.2425 * 24 * 3600 * 1e6
_UNIT = (
    "is the unit of time right? Times with fractions are taken as seconds, others as microseconds, unless the "
    "column's name says the unit: t_s, t_ms, t_us or t_ns"
)


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 3600 else f"{seconds / 60:.1f} minutes"


def examine(
    path: str | Path,
    *,
    format: str | None = None,
    size: tuple[int, int] | None = None,
    recover: bool = False,
) -> Findings:
    """Walk through a recording file and take note of what is in it.

    A file whose sensor is not known (neither it nor `size` says) keeps `size` None: what else is in the set
    decides. `recover` takes a damaged file as far as it is good, and keeps what is wrong in `lost`.

    Raises:
        RecordingError: As `neuroclip.read`; but an event outside the sensor is a warning here.
    """
    path = Path(path)
    findings = Findings(_format_name(path, format), size)
    try:
        for piece in pieces(path, format, inside=False):
            findings.size = findings.size or piece.size
            findings.add(piece.events)
    except RecordingError as error:
        if not findings.events:
            raise
        if not recover:
            raise RecordingError(
                f"{error}; --recover keeps the {findings.events} events before that"
            ) from error
        findings.lost = str(error)
    return findings


def shared_size(findings: list[Findings]) -> tuple[int, int] | None:
    """Return the smallest known sensor that holds every event of the files that do not name theirs; None without any.

    Raises:
        RecordingError: None does.
    """
    unsure = [f for f in findings if f.size is None]
    if not unsure:
        return None
    return smallest_holding(max(f.x_max for f in unsure) + 1, max(f.y_max for f in unsure) + 1)


def _format_name(path: Path, format: str | None) -> str:
    try:
        return format_of(path, format).name
    except (RecordingError, OSError):
        return ""  # walking the file says what is wrong
