"""Frames that move: GIF, or MP4 with the extra `video`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from neuroclip.contact_sheet import resized
from neuroclip.errors import OptionError
from neuroclip.shapes import Frames

SUFFIXES = (".gif", ".mp4")
_CAPTION = 18
_SHORTEST_MS = 20  # programs that show GIFs slow down what is faster


def save_animation(
    frames: Frames,
    path: Path,
    *,
    frame_ms: Sequence[float | int],
    captions: Sequence[str] = (),
    tile: int = 256,
) -> None:
    """Write frames as `.gif` (repeats for ever) or `.mp4`, each shown for its own number of milliseconds.

    A caption stands below its frame. No frame is shown for less than 20 ms: then all are slowed down alike.

    Raises:
        OptionError: No frames, another suffix, or an MP4 without the extra `video`.
    """
    if not len(frames):
        raise OptionError("an animation needs at least 1 frame")
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path}: an animation is written as {' or '.join(SUFFIXES)}")
    slower = max(1.0, _SHORTEST_MS / max(min(frame_ms), 1e-3))
    shown_ms = [max(_SHORTEST_MS, round(ms * slower)) for ms in frame_ms]
    pages = [
        _captioned(resized(f, tile), c) for f, c in zip(frames, captions or [""] * len(frames), strict=True)
    ]
    if path.suffix.lower() == ".gif":
        pages[0].save(path, "GIF", save_all=True, append_images=pages[1:], duration=shown_ms, loop=0)
    else:
        _save_mp4(pages, path, shown_ms)


def _captioned(picture: Image.Image, caption: str) -> Image.Image:
    if not caption:
        return picture
    font = ImageFont.load_default(11)
    width = max(picture.width, int(font.getlength(caption)) + 9)
    page = Image.new("L", (width, picture.height + _CAPTION), 250)
    page.paste(picture, (0, 0))
    ImageDraw.Draw(page).text((4, picture.height + 2), caption, fill=30, font=font)
    return page


def _save_mp4(pages: Sequence[Image.Image], path: Path, shown_ms: Sequence[int]) -> None:
    try:
        import av
    except ImportError as error:
        raise OptionError(
            f"{path}: an MP4 needs PyAV: pip install 'neuroclip[video]', or write a .gif"
        ) from error
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
