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

from neuroclip.compiling import compiled, numba_pays
from neuroclip.errors import RecordingError
from neuroclip.formats.columns import find_columns, good_events, layout_of, unit_of
from neuroclip.formats.format import Format, Piece
from neuroclip.recording import Recording

_NUMBER, _BETWEEN = r"-?[\d.]+(?:e[+-]?\d+)?", r"[\s,;]+"
_EVENT = re.compile(
    rf"^\s*{_NUMBER}{_BETWEEN}{_NUMBER}(?:{_BETWEEN}(?:{_NUMBER}|true|false)){{2}}[\s,;]*$", re.IGNORECASE
)
_WORDS = ("true", "false")
_LINES = 1 << 16  # in a block
_WORTH_NUMBA = 1_000_000  # lines: NumPy reads as many while numba is loaded
_HINT = "; name the columns in a first line, such as x,y,p,t"
_SIZE = re.compile(r"^\s*(\d+)[\s,;]+(\d+)\s*$")


class Text(Format):
    """`.txt` and `.csv`.

    The columns are those that a first line names (more are ignored, an index without a name in front too), else
    t, x, y, p, or x, y, t, p or x, y, p, t where only that makes sense. A first line of two whole numbers is the
    sensor's width and height. Lines that begin with `#` are comments. Times with fractions are seconds (as the
    Event Camera Dataset has them), others microseconds; a header may say so (`t_us`, `t_s`). Polarity is 1 or
    True ON, 0, -1 or False OFF.
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
        return bool(_EVENT.match(lines[0])) or _named(lines[:2]) is not None

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read blocks of lines; the first that is no event is named, after all that are before it."""
        size, unit, picks, number, done, hint = None, None, None, 0, 0, ""
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
                        elif (named := _named(block[start:])) is not None:
                            (picks, unit), start = named, start + 1
                        else:
                            picks, unit, hint = _unnamed(block[start:])
                    if picks is not None:
                        table, bad = _table(block[start:], picks, number)
                        if len(table):
                            unit = unit or unit_of(table[:, 0])
                            events, wrong = good_events(list(table.T), unit, done)
                            yield Piece(events, size)
                            done += len(table)
                            if wrong is not None:
                                raise RecordingError(f"{wrong}{hint}")
                        if bad is not None:
                            raise RecordingError(_complaint(number + start + bad, block[start + bad]) + hint)
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


def _named(lines: list[str]) -> tuple[list[int], float | None] | None:
    """Tell which columns are t, x, y and p, and the unit, where the first line names them; None where it does not.

    A column without a name in front of them (pandas writes its index so) is there where the header begins with
    what stands between columns, and the row below has one number more than there are names.
    """
    header = lines[0].rstrip("\r\n")
    cells = [cell.strip() for cell in re.split(r"[,;]", header) if cell.strip()]
    for names in (cells, _split(header)):  # a name may have spaces in it where commas are between names
        if (where := find_columns(names)) is not None:
            row = next((line for line in lines[1:] if not _skipped(line)), "")
            index = bool(re.match(_BETWEEN, header)) and len(_split(row)) == len(names) + 1
            return [names.index(where[name][0]) + index for name in "txyp"], where["t"][1]
    return None


def _unnamed(lines: list[str]) -> tuple[list[int], float | None, str]:
    """Tell which columns are t, x, y and p where no line says so, and what to try where they do not say it either.

    There is a unit only where they are all good.
    """
    words = _split(lines[0].lower())
    table, _ = _table(lines, [0, 1, 2, 3], polarity=2 if words[2:3] and words[2] in _WORDS else 3)
    try:
        layout = layout_of(table)
    except RecordingError:
        return [0, 1, 2, 3], None, _HINT
    return [int(column) for column in layout.where], layout.unit, "" if len(table) else _HINT


def _table(
    lines: list[str], picks: list[int], before: int = 0, *, polarity: int | None = None
) -> tuple[NDArray[Any], int | None]:
    """Return the events of lines, and the number of the first line that is none, if one is.

    True and False are numbers in the column of the polarity: the last of `picks`, or `polarity`.
    """
    try:
        return _numbers(lines, picks, before), None
    except (ValueError, IndexError):
        pass
    column = picks[3] if polarity is None else polarity
    word = re.compile(rf"^(\s*(?:[^\s,;]+{_BETWEEN}){{{column}}})(true|false)(?![^\s,;])", re.IGNORECASE)
    lines = [word.sub(lambda match: f"{match[1]}{int(match[2].lower() == 'true')}", line) for line in lines]
    try:
        return _numbers(lines, picks, before), None
    except (ValueError, IndexError):
        bad = next(i for i, line in enumerate(lines) if not _is_event(line, max(picks) + 1))
        return _load(lines[:bad], picks), bad


def _numbers(lines: list[str], picks: list[int], before: int) -> NDArray[Any]:
    if numba_pays(before, _WORTH_NUMBA) and (table := _parsed("".join(lines).encode(), picks)) is not None:
        return table
    return _load(lines, picks)


def _parsed(text: bytes, picks: list[int]) -> NDArray[Any] | None:
    """Return what `_load` would, or None where these are not just numbers, of at most 18 digits."""
    number = text.count(b"\n") + 1
    digits, decimals = np.empty((number, len(picks)), np.int64), np.zeros((number, len(picks)), np.int64)
    place = np.full(max(picks) + 1, -1)
    place[picks] = range(len(picks))
    number = int(compiled(_parse)(np.frombuffer(text, np.uint8), place, digits, decimals))
    if number < 0:
        return None
    digits, decimals = digits[:number], decimals[:number]
    if not decimals.any():
        return digits
    # below 2^53, and of 10 to less than the 22nd power, both sides are exact and their quotient is rounded once
    return digits / 10.0**decimals if np.abs(digits).max() < 1 << 53 else None


def _load(lines: list[str], picks: list[int]) -> NDArray[Any]:
    body = lines
    if any("," in line or ";" in line for line in lines):
        body = [line.replace(";", " ").replace(",", " ") for line in lines]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no line at all: the caller says so, with the file's name
        warnings.simplefilter("error", DeprecationWarning)  # 1.5 as a whole number
        try:  # seven times as fast, and exact beyond 2^53
            return np.loadtxt(body, np.int64, usecols=picks, ndmin=2, comments="#")
        except (ValueError, DeprecationWarning):
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


def _parse(text: Any, place: Any, digits: Any, decimals: Any) -> int:
    """Read lines of numbers, and return how many; -1 where there is something else.

    `place` says of each column of the text which one of `digits` (numbers without their point) and of `decimals`
    (how many digits are behind it) it is; -1: none.
    """
    row, i = 0, 0
    while i < len(text):
        column = 0
        while i < len(text) and text[i] != 10:
            if text[i] in (9, 13, 32, 44, 59):  # tab, return, space, comma, semicolon
                i += 1
                continue
            negative = text[i] == 45
            i += negative
            value, seen, behind = 0, 0, -1
            while i < len(text) and (48 <= text[i] <= 57 or (text[i] == 46 and behind < 0)):
                if text[i] == 46:
                    behind = 0
                else:
                    value, seen = 10 * value + (text[i] - 48), seen + 1
                    behind += behind >= 0
                i += 1
            if seen == 0 or seen > 18 or (i < len(text) and text[i] not in (9, 10, 13, 32, 44, 59)):
                return -1
            if column < len(place) and place[column] >= 0:
                digits[row, place[column]] = -value if negative else value
                decimals[row, place[column]] = max(behind, 0)
            column += 1
        i += 1
        if 0 < column < len(place):
            return -1
        row += column > 0
    return row
