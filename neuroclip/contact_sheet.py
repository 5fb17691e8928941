"""Frames as pictures, to look at what the encoder sees: one page with a row per recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from neuroclip.errors import OptionError

MAX_FRAMES = 400
"""More tiles than this on one sheet cannot be read, and may not fit in memory."""

_PAGE, _TEXT, _FAINT = (250, 250, 250), (30, 30, 30), (110, 110, 110)
_MARKS = {"good": (26, 127, 55), "bad": (198, 40, 40), None: _TEXT}
_GAP, _MARGIN, _TITLE, _CAPTION = 4, 14, 22, 16


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One recording on a contact sheet.

    Attributes:
        frames: uint8, in the order of time; at least one. In colour, with a last axis of red, green and blue.
        title: What stands above them, for example the file and the answer.
        mark: Colours the title: `"good"` green, `"bad"` red.
    """

    frames: UInt8[np.ndarray, "t h w *rgb"]
    title: str
    mark: Literal["good", "bad"] | None = None


def contact_sheet(strips: Sequence[Strip], *, tile: int = 104, columns: int = 10) -> Image.Image:
    """Draw every frame of every strip, numbered from 0, on one page.

    Small frames are enlarged by a whole factor and keep their hard pixels, so that the longer side comes near
    `tile` pixels; large ones are reduced by area. A strip with more than `columns` frames goes on in the next
    row.

    Raises:
        OptionError: Nothing to draw, or more than `MAX_FRAMES` frames.
    """
    number = sum(len(strip.frames) for strip in strips)
    if not 1 <= number <= MAX_FRAMES:
        raise OptionError(
            f"a contact sheet shows 1 to {MAX_FRAMES} frames, not {number}: "
            "take fewer steps or recordings, or write a .gif"
        )
    rows = [
        (strip, [resized(frame, tile) for frame in strip.frames]) for strip in strips if len(strip.frames)
    ]
    page = Image.new("RGB", _page_size(rows, columns), _PAGE)
    pen = ImageDraw.Draw(page)
    title_font, caption_font = ImageFont.load_default(15), ImageFont.load_default(11)
    top = _MARGIN
    for strip, tiles in rows:
        width, height = tiles[0].size
        pen.text((_MARGIN, top), strip.title, fill=_MARKS[strip.mark], font=title_font)
        top += _TITLE
        for i, picture in enumerate(tiles):
            left = _MARGIN + (i % columns) * (width + _GAP)
            y = top + (i // columns) * (height + _CAPTION)
            page.paste(picture, (left, y))
            pen.text((left + width // 2, y + height + 1), str(i), fill=_FAINT, font=caption_font, anchor="ma")
        top += -(-len(tiles) // columns) * (height + _CAPTION) + _GAP
    return page


def resized(frame: np.ndarray, tile: int) -> Image.Image:
    """Return one frame `[h, w]` or `[h, w, 3]` as a picture whose longer side is near `tile` pixels."""
    picture = Image.fromarray(np.ascontiguousarray(frame, dtype=np.uint8))
    longer = max(picture.size)
    factor = round(tile / longer)
    if factor >= 1:
        return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    size = (max(1, picture.width * tile // longer), max(1, picture.height * tile // longer))
    return picture.resize(size, Image.Resampling.BOX)


def _page_size(rows: Sequence[tuple[Strip, list[Image.Image]]], columns: int) -> tuple[int, int]:
    font = ImageFont.load_default(15)
    widths, height = [0], 2 * _MARGIN
    for strip, tiles in rows:
        across, down = min(len(tiles), columns), -(-len(tiles) // columns)
        widths.append(max(across * (tiles[0].width + _GAP) - _GAP, int(font.getlength(strip.title)) + 1))
        height += _TITLE + down * (tiles[0].height + _CAPTION) + _GAP
    return max(widths) + 2 * _MARGIN, height
