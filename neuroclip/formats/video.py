"""Ordinary video: a simulated event camera is shown it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from neuroclip.emulation.containers import container_of
from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.recording import join_events
from neuroclip.shapes import Events

LONGEST_SIDE = 346
"""Pixels of the longer side, that of a DAVIS346, to which larger videos are scaled down with their shape kept."""


class Video(Format):
    """Everything that FFmpeg decodes, as MP4, QuickTime, AVI, Matroska or WebM.

    Events are emulated by `neuroclip.emulation.EventCamera` with its default options and seed; `neuroclip emulate`
    has others. Times are those of the video: whole microseconds from its first picture on.
    """

    name: ClassVar[str] = "video"
    suffixes: ClassVar[tuple[str, ...]] = (".mp4", ".avi", ".mov", ".mkv", ".webm")
    description: ClassVar[str] = "ordinary video, seen by a simulated event camera"
    requires: ClassVar[tuple[str, ...]] = ("video",)

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first box of MP4 and QuickTime, RIFF AVI, and EBML."""
        return container_of(head) is not None

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Emulate picture by picture."""
        return self._pieces(path, None)

    def pieces_of_size(self, path: Path, size: tuple[int, int]) -> Iterator[Piece]:
        """Scale the pictures to the sensor."""
        return self._pieces(path, size)

    def _pieces(self, path: Path, size: tuple[int, int] | None) -> Iterator[Piece]:
        from neuroclip.emulation import Footage, emulate_stream

        footage = Footage(path, size, longest=LONGEST_SIDE)
        waiting: list[Events] = []
        number = 0
        try:
            for events in emulate_stream(footage):
                if len(events):
                    waiting.append(events)
                    number += len(events)
                if number >= PIECE_EVENTS:
                    yield Piece(join_events(waiting), footage.size, path)
                    waiting, number = [], 0
        except RecordingError:
            if waiting:
                yield Piece(join_events(waiting), footage.size, path)
            raise
        if waiting:
            yield Piece(join_events(waiting), footage.size, path)
