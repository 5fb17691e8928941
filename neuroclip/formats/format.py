"""What a file format is: how to know its files, and how to decode one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from neuroclip.shapes import Events

HEAD_BYTES = 4096
"""How much of the beginning of a file `Format.detect` is shown."""


@dataclass(frozen=True)
class Decoded:
    """The events of a file, in order of time, and its sensor's width and height where the file says so."""

    events: Events
    size: tuple[int, int] | None = None


class Format(ABC):
    """A file format; a package offers one through the entry point group `neuroclip.formats`.

    Byte order, time overflow, axis flips and polarity are settled here; nobody later asks again.
    """

    name: ClassVar[str]
    """As in the entry point."""
    suffixes: ClassVar[tuple[str, ...]]
    """In lower case, with the dot; what a folder is searched for."""
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
    def decode(self, path: Path) -> Decoded:
        """Read all events; perhaps none.

        Raises:
            RecordingError: The content is not what the format says. Without the file's name: the caller adds
                it.
        """
