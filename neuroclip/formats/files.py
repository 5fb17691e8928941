"""A recording that is still a file: known by its bytes, read when it is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats.reading import Size, read
from neuroclip.formats.walking import format_of
from neuroclip.recording import Recording, digest_of_file
from neuroclip.source_digest import code_of

_READERS = (
    2  # raised when a reader gives other events of the same bytes, so that nothing old is taken for them
)


@dataclass(frozen=True)
class RecordingFile:
    """What `read` needs to know, and what is known of the recording besides its events.

    Attributes:
        path: The file.
        label: The class that it shows, if known.
        size: The sensor's width and height; None: what the file says, or the smallest known sensor.
        format: By which to read it; None: as its content says.
        recover: Whether to take a damaged file as far as it is good.
        video: The ordinary video that shows the same scene, if it is a file of its own.
        offset_us: What to add to the time of an event to get that of this video, microseconds.
    """

    path: Path
    label: str | None = None
    size: Size | None = None
    format: str | None = None
    recover: bool = False
    video: Path | None = None
    offset_us: int = 0

    @cached_property
    def digest(self) -> str:
        """128 bits of BLAKE2b, hexadecimal, of `events_digest`, and where there is a video, of its bytes and offset.

        Raises:
            RecordingError: A file cannot be read.
        """
        if self.video is None or self.video == self.path:
            return self.events_digest
        both = f"{self.events_digest} {digest_of_file(self.video)} {self.offset_us}"
        return blake2b(both.encode(), digest_size=16).hexdigest()

    @cached_property
    def events_digest(self) -> str:
        """The same of the file's bytes and how they are read alone; not of its name and label.

        Raises:
            RecordingError: The file cannot be read.
        """
        how = f"{_READERS} {self.format} {self.size and tuple(self.size)} {self.recover}{self._code()}\n"
        hashed = blake2b(how.encode(), digest_size=16)
        try:
            with self.path.open("rb") as file:
                while block := file.read(1 << 20):
                    hashed.update(block)
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be read: {error.strerror or error}") from error
        return hashed.hexdigest()

    def _code(self) -> str:
        """Return the digest of the code of a format that others wrote: edited, it may give other events."""
        try:
            code = code_of(type(format_of(self.path, self.format)).__mro__)
        except (RecordingError, OptionError, OSError):  # which reading it will say
            return ""
        return f" {code}" if code else ""

    @cached_property
    def content_digest(self) -> str:
        """The same of the file's bytes alone, however they are read: by it a recording is known again.

        Raises:
            RecordingError: The file cannot be read.
        """
        return digest_of_file(self.path)

    def load(self) -> Recording:
        """Read it.

        Raises:
            RecordingError, OptionError: As `read`.
        """
        recording = read(self.path, format=self.format, size=self.size, recover=self.recover)
        if self.video is None:
            return replace(recording, label=self.label)
        return replace(recording, label=self.label, video=self.video, video_offset_us=self.offset_us)
