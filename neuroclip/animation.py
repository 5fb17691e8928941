"""Frames that move: GIF, or MP4 with the extra `video`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from neuroclip.contact_sheet import resized
from neuroclip.errors import OptionError
from neuroclip.shapes import Frames

SUFFIXES = (".gif", ".mp4")
SHORTEST_MS, LONGEST_MS = 20, 60_000
"""How long a frame is shown at the least (programs slow down what is faster) and at the most (a pause is no film)."""
_CAPTION = 18


def save_animation(
    frames: Frames,
    path: Path,
    *,
    frame_ms: Sequence[float | int],
    captions: Sequence[str] = (),
    tile: int = 256,
) -> None:
    """Write frames as `.gif` (repeats for ever) or `.mp4`, each shown for its own number of milliseconds.

    A caption stands below its frame. Times are kept to 10 ms, from `SHORTEST_MS` to `LONGEST_MS` for a frame. The file
    appears under its name only when it is complete.

    Raises:
        OptionError: No frames, another suffix, or an MP4 without the extra `video`.
    """
    if not len(frames):
        raise OptionError("an animation needs at least 1 frame")
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path}: an animation is written as {' or '.join(SUFFIXES)}")
    ends = np.round(np.cumsum(np.clip(frame_ms, 0, LONGEST_MS)) / 10).astype(int) * 10
    shown_ms = [int(ms) for ms in np.diff(ends, prepend=0).clip(SHORTEST_MS, LONGEST_MS)]
    pages = _pages([resized(frame, tile) for frame in frames], captions)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        if path.suffix.lower() == ".gif":
            pages[0].save(
                unfinished, "GIF", save_all=True, append_images=pages[1:], duration=shown_ms, loop=0
            )
        else:
            _save_mp4(pages, unfinished, shown_ms)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _pages(pictures: Sequence[Image.Image], captions: Sequence[str]) -> list[Image.Image]:
    """Put the captions below; all pages are as wide as the widest caption."""
    if not captions:
        return list(pictures)
    font = ImageFont.load_default(11)
    width = max(pictures[0].width, *(int(font.getlength(caption)) + 9 for caption in captions))
    pages: list[Image.Image] = []
    for picture, caption in zip(pictures, captions, strict=True):
        page = Image.new("L", (width, picture.height + _CAPTION), 250)
        page.paste(picture, (0, 0))
        ImageDraw.Draw(page).text((4, picture.height + 2), caption, fill=30, font=font)
        pages.append(page)
    return pages


def _save_mp4(pages: Sequence[Image.Image], path: Path, shown_ms: Sequence[int]) -> None:
    try:
        import av
    except ImportError as error:
        raise OptionError("an MP4 needs PyAV: pip install 'neuroclip[video]', or write a .gif") from error
    width, height = (side + side % 2 for side in pages[0].size)  # the codec wants even sides
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(
            "libx264" if "libx264" in av.codecs_available else "mpeg4", rate=1000
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        time = 0
        for page, ms in zip(
            [*pages, pages[-1]], [*shown_ms, 0], strict=True
        ):  # the last once more: it has an end
            canvas = np.full((height, width, 3), 250, np.uint8)
            canvas[: page.height, : page.width] = np.asarray(page.convert("RGB"))
            frame: Any = av.VideoFrame.from_ndarray(canvas, format="rgb24")
            frame.pts, time = time, time + ms
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
