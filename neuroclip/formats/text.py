"""Text: one event a line, `t x y p`, between spaces, tabs, commas or semicolons."""

from __future__ import annotations

import re
import warnings
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.columns import column_events, find_columns
from neuroclip.formats.format import Decoded, Format

_EVENT = re.compile(r"^\s*-?[\d.]+(?:[eE][+-]?\d+)?(?:[\s,;]+-?[\d.]+(?:[eE][+-]?\d+)?){3}[\s,;]*$")
_SIZE = re.compile(r"^\s*(\d+)[\s,;]+(\d+)\s*$")


class Text(Format):
    """`.txt` and `.csv`.

    The columns are t, x, y, p unless a first line names them otherwise (more are ignored). A first line of
    two whole numbers is the sensor's width and height. Lines that begin with `#` are comments. Times with
    fractions are seconds (as the Event Camera Dataset has them), others microseconds; a header may say so
    (`t_us`, `t_s`). Polarity is 1 ON, 0 or -1 OFF.
    """

    name: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = (".txt", ".csv")
    description: ClassVar[str] = "text, one event a line: t x y p, seconds or microseconds"
    shares_suffixes: ClassVar[bool] = True

    def detect(self, path: Path, head: bytes) -> bool:
        """Know a header that names the four columns, or a first line of four numbers."""
        try:
            lines = [line for line in head.decode("utf-8-sig").splitlines() if not _skipped(line)]
        except UnicodeDecodeError:
            return False
        if lines and _SIZE.match(lines[0]):
            lines = lines[1:]
        if not lines:
            return False
        return bool(_EVENT.match(lines[0])) or find_columns(_split(lines[0])) is not None

    def decode(self, path: Path) -> Decoded:
        """Read every line; the first that is no event is named."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise RecordingError(f"byte {error.start} is no text: is this another format?") from error
        size, names, unit, start = None, ["t", "x", "y", "p"], None, 0
        for number, line in enumerate(text.splitlines()):
            if _skipped(line):
                continue
            if size is None and (match := _SIZE.match(line)):
                size = (int(match[1]), int(match[2]))
                continue
            where = find_columns(_split(line))
            if where is not None:
                names, unit, start = _split(line), where["t"][1], number + 1
                picks = [names.index(where[name][0]) for name in "txyp"]
            else:
                picks, start = [0, 1, 2, 3], number
            table = _table(text, start, picks)
            return Decoded(column_events(*table.T, unit=unit), size)
        raise RecordingError("there is no line in it with t, x, y and p")


def _table(text: str, start: int, picks: list[int]) -> NDArray[Any]:
    body = text.replace(";", " ").replace(",", " ")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no line at all: the caller says so, with the file's name
            return np.loadtxt(StringIO(body), skiprows=start, usecols=picks, ndmin=2, comments="#")
    except (ValueError, IndexError) as error:
        raise RecordingError(_first_bad_line(text, start, max(picks) + 1)) from error


def _first_bad_line(text: str, start: int, least: int) -> str:
    for number, line in enumerate(text.splitlines()[start:], start + 1):
        if _skipped(line):
            continue
        try:
            values = [float(word) for word in _split(line.partition("#")[0])]
        except ValueError:
            values = []
        if len(values) < least:
            shown = line if len(line) <= 40 else line[:37] + "..."
            return f"line {number} is {shown!r}, but an event is t, x, y and p"
    return "its lines are not all t, x, y and p"


def _skipped(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _split(line: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", line.strip()) if word]
