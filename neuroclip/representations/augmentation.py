"""Copies of a recording that are moved a little, for heads that learn from few shots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np

from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.representations.base import Backbones, Representation
from neuroclip.representations.embeddings import Joint

_TRIES = 10


@dataclass(frozen=True)
class Augmented(Representation):
    """What another representation makes of a recording (copy 0) and of moved copies of it: [a, ...].

    The events of the other copies are moved by one affine map each, about the middle of the sensor and to the nearest
    pixel; what leaves the sensor is dropped. The map depends on `seed`, the recording's digest and the number of the
    copy alone, so that more copies continue fewer. An empty recording has empty copies; of any other recording, no copy
    is empty.

    Attributes:
        of: What is computed of every copy.
        copies: How many there are, with the recording itself.
        rotate, shear: Up to how many degrees a copy is rotated, and sheared along x, to either side.
        shift: Up to which share of width and height it is shifted, in all four directions.
        flip: Whether every other copy, by chance, is mirrored left to right. Not for digits or letters.
        seed: Of the maps.

    Source: the published code of NeuroCLIP (Guo et al.) rotates by up to 10 degrees, shears by up to 5, mirrors one
    in two (digits as well), and shifts nothing; it draws a new map in every epoch and moves counts, not events.
    """

    of: Representation
    copies: int = 8
    rotate: float = 10.0
    shear: float = 5.0
    shift: float = 0.1
    flip: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise OptionError(f"copies is {self.copies}; the recording itself is the first")
        for name, limit in (("rotate", 180), ("shear", 80), ("shift", 1)):
            if not 0 <= getattr(self, name) <= limit:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 to {limit}")

    def compute(self, recording: Recording, backbones: Backbones) -> Any:
        """Return what the copies became, stacked."""
        return self.compute_many([recording], backbones)[0]

    def compute_many(self, recordings: Sequence[Recording], backbones: Backbones) -> list[Any]:
        """Compute the copies of all recordings together."""
        return self.finish([self.prepare(recording) for recording in recordings], backbones)

    def prepare(self, recording: Recording) -> list[Any]:
        """Move the events, and prepare every copy."""
        return [self.of.prepare(self.moved(recording, copy)) for copy in range(self.copies)]

    def finish(self, prepared: Sequence[list[Any]], backbones: Backbones) -> list[Any]:
        """Compute the prepared copies of all recordings together."""
        flat = self.of.finish([copy for copies in prepared for copy in copies], backbones)
        return [self.of.stack(flat[i : i + self.copies]) for i in range(0, len(flat), self.copies)]

    @property
    def stored(self) -> Augmented:
        """The copies as what is computed of them is kept."""
        return self if isinstance(self.of, Joint) else replace(self, of=self.of.stored)

    def derived(self, stacked: Any) -> Any:
        """Return what is wanted of the copies."""
        return stacked if isinstance(self.of, Joint) else self.of.derived(stacked)

    def stack(self, computed: Sequence[Any]) -> Any:
        """Put the copies of several recordings on a new first axis: [n, a, ...]."""
        if isinstance(self.of, Joint):
            return {
                name: replace(self, of=of).stack([x[name] for x in computed]) for name, of in self.of.parts
            }
        if len({x.shape for x in computed}) == 1:
            return super().stack(computed)
        # With a number of timesteps of its own each, a recording's copies are all rows of one long stack.
        rows = self.of.stack([copy for copies in computed for copy in copies])
        return rows.reshape(len(computed), self.copies, *rows.shape[1:])

    def moved(self, recording: Recording, copy: int) -> Recording:
        """Return copy number `copy` of a recording; 0 is the recording itself."""
        if copy == 0 or not len(recording):
            return recording
        for attempt in range(_TRIES):
            moved = self._transformed(
                recording, _uniforms(f"{self.seed}:{recording.digest}:{copy}:{attempt}")
            )
            if len(moved):
                return moved
        return recording

    def _transformed(self, recording: Recording, drawn: list[float]) -> Recording:
        """Move the events by the map that numbers from 0 to 1 stand for."""
        width, height, events = recording.width, recording.height, recording.events
        rotate, shear, right, down = (2 * u - 1 for u in drawn[:4])
        angle, slant = math.radians(rotate * self.rotate), math.tan(math.radians(shear * self.shear))
        x, y = events["x"] - (width - 1) / 2, events["y"] - (height - 1) / 2
        if self.flip and drawn[4] < 0.5:
            x = -x
        x = x + slant * y
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = cos * x - sin * y, sin * x + cos * y
        x = np.floor(x + (width - 1) / 2 + right * self.shift * width + 0.5)
        y = np.floor(y + (height - 1) / 2 + down * self.shift * height + 0.5)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        kept = events[inside]  # a copy, by the mask
        kept["x"], kept["y"] = x[inside], y[inside]
        # Without the video, which shows the scene where it was.
        return replace(recording, events=kept, video=None, video_offset_us=0)


def _uniforms(what: str) -> list[float]:
    """Draw five numbers from 0 to 1, the same for the same text on every machine and with every version."""
    drawn = np.frombuffer(blake2b(what.encode(), digest_size=40).digest(), "<u8")
    return [int(value) / 2**64 for value in drawn]
