"""The pictures of a video file, scaled, one by one with the times at which they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neuroclip.emulation.camera import Picture
from neuroclip.emulation.containers import cut_off
from neuroclip.errors import OptionError, RecordingError

MOST_PIXELS = 1 << 26
"""A header that claims larger pictures than this (8192x8192) is not believed."""


class Footage:
    """A video that can be walked through again and again; each time it is opened and decoded anew.

    Pictures are luma (0 to 255, full range), or with `colour` red, green and blue [h, w, 3]; turned as the file says,
    and scaled by area to `size`. Without a size they are scaled down, with their shape on the screen kept, until no
    side is longer than `longest`. Times are those of presentation, in whole microseconds from the first picture on;
    constant frame rates are not assumed. A picture that is not later than the one before is left out.

    Raises:
        RecordingError: It cannot be opened, or shows nothing. Without the file's name.
        OptionError: PyAV is not installed.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        *,
        longest: int | None = None,
        colour: bool = False,
    ) -> None:
        """Open the video to see how large and how long it is."""
        self.path, self._format = path, "rgb24" if colour else "gray"
        with _opened(path) as container:
            stream = _stream(container)
            self.duration_us: int | None = None
            if stream.duration and stream.time_base:
                self.duration_us = round(stream.duration * stream.time_base * 1_000_000)
            elif container.duration:
                self.duration_us = int(container.duration)
            try:
                frame = next(iter(container.decode(stream)), None)
            except _errors() as error:
                raise _damaged("its first picture cannot be decoded", error) from error
            if frame is None:
                raise RecordingError("there is no picture in it")
            self._turns = round(frame.rotation / 90) % 4
            wide, high = frame.width * float(stream.sample_aspect_ratio or 1), frame.height
        if self._turns % 2:
            wide, high = high, wide
        if size is None:
            scale = min(1.0, longest / max(wide, high)) if longest else 1.0
            size = max(1, round(wide * scale)), max(1, round(high * scale))
        self.size = size

    def __iter__(self) -> Iterator[tuple[Picture, int]]:
        """Decode the video.

        Raises:
            RecordingError: After the last good picture, where the file is damaged or ends too early.
        """
        return self._shown(self._picture)

    def times(self) -> list[int]:
        """Return when each picture is shown, microseconds from the first one on; decodes, and scales nothing.

        Raises:
            RecordingError: The file is damaged or ends too early.
        """
        return [time_us for _, time_us in self._shown(lambda frame: None)]

    def _shown(self, made: Callable[[Any], Any]) -> Iterator[tuple[Any, int]]:
        shown, first, latest = 0, None, -1
        with _opened(self.path) as container:
            stream = _stream(container)
            try:
                for frame in _frames(container, stream):
                    if frame.pts is None or frame.time_base is None:
                        raise RecordingError(f"picture {shown} has no time")
                    time_us = round(frame.pts * frame.time_base * 1_000_000)
                    first = time_us if first is None else first
                    if time_us - first > latest:
                        latest = time_us - first
                        yield made(frame), latest
                        shown += 1
            except _errors() as error:
                raise _damaged(f"it cannot be decoded after picture {shown}", error) from error
        if missing := cut_off(self.path):
            raise RecordingError(f"{missing}; {shown} pictures are there")

    def _picture(self, frame: Any) -> Picture:
        width, height = self.size[::-1] if self._turns % 2 else self.size
        picture = frame.reformat(
            width, height, self._format, interpolation="AREA", dst_color_range="JPEG"
        ).to_ndarray()
        return np.ascontiguousarray(np.rot90(picture, self._turns))


def _opened(path: Path) -> Any:
    try:
        import av
    except ImportError as error:
        raise OptionError(
            "videos are read by PyAV, which is not installed: pip install 'neuroclip[video]'"
        ) from error
    try:
        return av.open(str(path))
    except _errors() as error:
        why = cut_off(path)
        raise _damaged(f"it cannot be opened as a video{f', and {why}' if why else ''}", error) from error


def _stream(container: Any) -> Any:
    stream = container.streams.best("video")
    if stream is None:
        raise RecordingError("there is no video in it")
    context = stream.codec_context
    if context is None:
        raise RecordingError("its video is of a kind that this FFmpeg cannot decode")
    if context.width * context.height > MOST_PIXELS:
        raise RecordingError(f"its pictures are said to be {context.width}x{context.height}: is it damaged?")
    return stream


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decode packet by packet; what FFmpeg calls corrupt, and would patch up, ends it."""
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise RecordingError(f"it is damaged, or cut off, from byte {packet.pos} on")
        for frame in packet.decode():
            if frame.is_corrupt:
                raise RecordingError(f"the picture at {frame.time:g} s is damaged")
            yield frame


def _errors() -> tuple[type[Exception], ...]:
    import av

    return (av.FFmpegError, OSError, ValueError)


def _damaged(what: str, error: Exception) -> RecordingError:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return RecordingError(f"{what} ({why})")
