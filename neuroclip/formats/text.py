"""Text: one event a line, `t x y p`, between spaces, tabs, commas or semicolons."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats.bounds import inside
from neuroclip.formats.columns import find_columns, good_events, unit_of
from neuroclip.formats.format import Format, Piece
from neuroclip.recording import Recording

_EVENT = re.compile(r"^\s*-?[\d.]+(?:[eE][+-]?\d+)?(?:[\s,;]+-?[\d.]+(?:[eE][+-]?\d+)?){3}[\s,;]*$")
_LINES = 1 << 18  # in a block
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

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read blocks of lines; the first that is no event is named, after all that are before it."""
        size, unit, picks, number, done = None, None, None, 0, 0
        with path.open(encoding="utf-8-sig") as file:
            try:
                while block := list(islice(file, _LINES)):
                    start = 0
                    while picks is None and start < len(block):
                        first = block[start]
                        if _skipped(first):
                            start += 1
                        elif size is None and (match := _SIZE.match(first)):
                            size, start = (int(match[1]), int(match[2])), start + 1
                        elif (where := find_columns(_split(first))) is not None:
                            names, unit = _split(first), where["t"][1]
                            picks, start = [names.index(where[name][0]) for name in "txyp"], start + 1
                        else:
                            picks = [0, 1, 2, 3]
                    if picks is not None:
                        table, bad = _table(block[start:], picks)
                        if len(table):
                            unit = unit or unit_of(table[:, 0])
                            events, wrong = good_events(list(table.T), unit, done)
                            yield from inside(events, size, done)
                            done += len(table)
                            if wrong is not None:
                                raise wrong
                        if bad is not None:
                            raise RecordingError(_complaint(number + start + bad, block[start + bad]))
                    number += len(block)
            except UnicodeDecodeError as error:
                raise RecordingError(
                    f"after line {number} there are bytes that are no text: is this another format?"
                ) from error
        if picks is None:
            raise RecordingError("there is no line in it with t, x, y and p")

    def write(self, path: Path, recording: Recording) -> None:
        """Write the size, the names of the columns, and a line for each event, its time in microseconds."""
        with path.open("w", encoding="ascii", newline="\n") as file:
            file.write(f"{recording.width} {recording.height}\nt_us x y p\n")
            for start in range(0, len(recording), _LINES):
                some = recording.events[start : start + _LINES]
                np.savetxt(file, np.stack([some[name] for name in ("t", "x", "y", "on")], 1), fmt="%d")


def _table(lines: list[str], picks: list[int]) -> tuple[NDArray[Any], int | None]:
    """Return the events of lines, and the number of the first line that is none, if one is."""
    try:
        return _load(lines, picks), None
    except (ValueError, IndexError):
        bad = next(i for i, line in enumerate(lines) if not _is_event(line, max(picks) + 1))
        return _load(lines[:bad], picks), bad


def _load(lines: list[str], picks: list[int]) -> NDArray[Any]:
    body = (line.replace(";", " ").replace(",", " ") for line in lines)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no line at all: the caller says so, with the file's name
        return np.loadtxt(body, usecols=picks, ndmin=2, comments="#")


def _is_event(line: str, least: int) -> bool:
    if _skipped(line):
        return True
    try:
        return len([float(word) for word in _split(line.partition("#")[0])]) >= least
    except ValueError:
        return False


def _complaint(number: int, line: str) -> str:
    line = line.rstrip("\r\n")
    shown = line if len(line) <= 40 else line[:37] + "..."
    return f"line {number + 1} is {shown!r}, but an event is t, x, y and p"


def _skipped(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _split(line: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", line.strip()) if word]
