"""What a file format is: how to know its files, how to read one piece by piece, and perhaps how to write one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.shapes import Events

HEAD_BYTES = 4096
"""How much of the beginning of a file `Format.detect` is shown."""

PIECE_EVENTS = 1 << 20
"""About how many events a piece should have: 13 MiB, large enough for speed."""


@dataclass(frozen=True)
class Piece:
    """Some events as they follow each other in the file, and its sensor's width and height where it says so.

    `video` is the ordinary video that shows the same scene, if there is one: the file itself where it is one.
    """

    events: Events
    size: tuple[int, int] | None = None
    video: Path | None = None


class Format(ABC):
    """A file format; a package offers one through the entry point group `neuroclip.formats`.

    Byte order, time overflow, axis flips and polarity are settled here; nobody later asks again.
    """

    name: ClassVar[str]
    """As in the entry point."""
    suffixes: ClassVar[tuple[str, ...]]
    """In lower case, with the dot; what a folder is searched for. A file that is to be written as the first is
    written in this format."""
    description: ClassVar[str]
    """A few words for `neuroclip formats`."""
    shares_suffixes: ClassVar[bool] = False
    """Other files have these suffixes too (labels in .csv): in a folder, only what `detect` knows counts."""
    requires: ClassVar[tuple[str, ...]] = ()
    """Extras of NeuroCLIP without which nothing can be read."""

    @abstractmethod
    def detect(self, path: Path, head: bytes) -> bool:
        """Tell by the content (`head`: the first `HEAD_BYTES`) whether it is this format. Never raises."""

    @abstractmethod
    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read the events in the order of the file, in pieces of about `PIECE_EVENTS`; perhaps none.

        Times need not be in order (`neuroclip.recording.event_array` makes such arrays): whoever asked sorts
        and tells. All that is good comes before the error that says what is not, so that it can be kept.

        Raises:
            RecordingError: The content is not what the format says. Without the file's name: the caller adds
                it.
        """

    def pieces_of_size(self, path: Path, size: tuple[int, int]) -> Iterator[Piece]:
        """Read the events of a sensor of this width and height: by default those of `pieces`, where they are."""
        return self.pieces(path)

    def write(self, path: Path, recording: Recording) -> None:
        """Write a recording, so that `pieces` gives the same events and size again.

        Raises:
            RecordingError: The format cannot hold this recording (its size, or its times).
            OptionError: This format is only read.
        """
        raise OptionError(f"recordings cannot be written as {self.name}")

    @property
    def writes(self) -> bool:
        """Whether `write` is there."""
        return type(self).write is not Format.write


def surest_first(formats: Iterable[Format]) -> list[Format]:
    """Return formats in the order in which a suffix alone speaks for them.

    First those that share it with no other files, then those that ship, so that a package that is installed changes
    nothing of what `.csv` means.
    """
    return sorted(formats, key=lambda f: (f.shares_suffixes, not _is_ours(f)))


def most_particular_first(formats: Iterable[Format]) -> list[Format]:
    """Return formats in the order in which they may claim a file whose content they all know.

    First those that ship, so that a package that is installed takes no file from them; but what ships and is found
    in files of more particular formats too (text is found in much) comes after all others.
    """
    return sorted(formats, key=lambda f: (_is_ours(f) and f.shares_suffixes, not _is_ours(f)))


def _is_ours(format: Format) -> bool:
    return type(format).__module__.partition(".")[0] == "neuroclip"
