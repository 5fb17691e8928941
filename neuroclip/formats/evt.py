"""EVT words of Prophesee's cameras: what versions 2.0, 2.1 and 3.0 have in common.

Source: Prophesee's descriptions of RAW files and of the three; where they are silent, the decoders of OpenEB.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.formats.prophesee import (
    LONGEST_HEADER,
    Columns,
    check_times,
    fill,
    first_time,
    first_zeros,
    only_zeros,
    read_header,
    sensor_size,
)
from neuroclip.formats.records import read_records
from neuroclip.recording import Recording
from neuroclip.shapes import Events

Words = NDArray[Any]

MOST_PIXELS = 2048
"""Addresses in EVT words have 11 bits."""
_LONGEST_US = 1 << 34
_VERSIONS = {"2": "2.0", "20": "2.0", "21": "2.1", "3": "3.0", "30": "3.0"}


@runtime_checkable
class Decoder(Protocol):
    """Words into events; what a word leaves open stays from call to call."""

    def good(self, words: Words) -> int:
        """Return how many words there are before the first of a type that Prophesee does not describe."""
        ...

    def decode(self, words: Words) -> Columns:
        """Return t, x, y and on of the events in these words; other words are skipped."""
        ...


class EvtFormat(Format):
    """A `.raw` file: lines that begin with `%`, perhaps none, then words of one size."""

    suffixes: ClassVar[tuple[str, ...]] = (".raw",)
    shares_suffixes: ClassVar[bool] = True
    version: ClassVar[str]
    word: ClassVar[str]
    block: ClassVar[int] = 1 << 17
    """Words that are decoded at once: what comes of them should stay in the processor's cache."""

    @abstractmethod
    def decoder(self, fields: dict[str, str], words: Words) -> Decoder:
        """Return a decoder for a file with this header and these first words."""

    @abstractmethod
    def encode(self, events: Events, before: Events) -> Words:
        """Return the words of events; of those before them, only the last counts, and perhaps there is none."""

    @abstractmethod
    def looks_right(self, words: Words) -> bool:
        """Tell whether these first words of a file that does not name its version can be of this one."""

    def detect(self, path: Path, head: bytes) -> bool:
        """Know what the header says; without one that does, the types of the first words and their times."""
        fields, start = read_header(head)
        if (version := _version(fields)) is not None:
            return version == self.version
        if "version" in fields:  # as .dat files have it
            return False
        kind = np.dtype(self.word)
        words = np.frombuffer(head, kind, max(0, len(head) - start) // kind.itemsize, start)
        return len(words) >= 64 // kind.itemsize and self.looks_right(words)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read words; the state of the decoder goes from piece to piece."""
        with path.open("rb") as file:
            fields, start = read_header(file.read(LONGEST_HEADER))
        if (version := _version(fields)) not in (None, self.version):
            raise RecordingError(f"its header says that it is EVT {version}, not EVT {self.version}")
        yield from fill(self._blocks(path, fields, start), sensor_size(fields, MOST_PIXELS))

    def _blocks(self, path: Path, fields: dict[str, str], start: int) -> Iterator[Columns]:
        decoder, byte, t0 = None, start, first_time(fields)
        for words in read_records(path, start, self.word):
            decoder = decoder or self.decoder(fields, words)
            zeros = first_zeros(words)
            good = decoder.good(words[:zeros])
            step = min(self.block, PIECE_EVENTS)
            for first in range(0, good, step):
                t, x, y, on = decoder.decode(words[first : min(first + step, good)])
                yield t + t0 if t0 else t, x, y, on
            if good < len(words):
                byte += good * words.itemsize
                if good == zeros:
                    raise only_zeros(byte)
                raise RecordingError(
                    f"the word {words[good]:#x} at byte {byte} is of no type that EVT {self.version} has: "
                    "the file is damaged, or of another format"
                )
            byte += words.nbytes

    def write(self, path: Path, recording: Recording) -> None:
        """Write the header and the words; times must be from 0 to 2^34 us, addresses below 2048."""
        if max(recording.width, recording.height) > MOST_PIXELS:
            raise RecordingError(
                f"EVT {self.version} holds {MOST_PIXELS}x{MOST_PIXELS} pixels, and the sensor has "
                f"{recording.width}x{recording.height}"
            )
        check_times(recording, _LONGEST_US, f"EVT {self.version}")
        w, h, events = recording.width, recording.height, recording.events
        name = f"EVT{self.version.replace('.0', '').replace('.', '')}"
        with path.open("wb") as file:
            header = (
                f"% evt {self.version}\n% format {name};height={h};width={w}\n% geometry {w}x{h}\n% end\n"
            )
            file.write(header.encode())
            for start in range(0, len(events), PIECE_EVENTS):
                words = self.encode(events[start : start + PIECE_EVENTS], events[max(start - 1, 0) : start])
                file.write(words.astype(self.word).tobytes())


def first_of(kinds: NDArray[np.uint8], wanted: Sequence[int]) -> int:
    """Return where the first word of one of these types is, or how many words there are where none is."""
    found = kinds == wanted[0]
    for kind in wanted[1:]:
        found |= kinds == kind
    return int(np.argmax(found)) if found.any() else len(found)


def bits_of(masks: Words, count: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the numbers of the bits that are set in each mask, mask by mask, from the lowest on."""
    after = np.cumsum(count, dtype=np.int64)
    bits = np.empty(int(after[-1]) if len(after) else 0, np.uint8)
    keep = np.flatnonzero(count)
    where, rest = (after - count).take(keep), masks.take(keep)
    while len(rest):  # as often as the fullest mask has bits
        bits[where] = np.bitwise_count(~rest & (rest - 1))
        rest &= rest - 1
        keep = np.flatnonzero(rest)
        where, rest = where.take(keep) + 1, rest.take(keep)
    return bits


def rises(highs: Words, bits: int) -> bool:
    """Tell whether a counter of so many bits begins early in these words, and never makes a large step."""
    steps = np.diff(highs.astype(np.int64)) & ((1 << bits) - 1)
    return len(highs) > 0 and bool(np.all(steps < 1 << bits - 1))


def _version(fields: dict[str, str]) -> str | None:
    """Return what the header says, for EVT as 2.0, 2.1 or 3.0."""
    said = fields.get("format") or fields.get("evt", "")
    number = said.upper().replace("EVT", "").replace(".", "").strip()
    return _VERSIONS.get(number, said) or None
