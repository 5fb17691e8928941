"""Columns of numbers as files have them: named or not, in any unit, with any polarity, into events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import RecordingError
from neuroclip.recording import event_array
from neuroclip.shapes import Events

Column = NDArray[Any]

_NAMES = {
    "t": "t", "ts": "t", "time": "t", "times": "t", "timestamp": "t", "timestamps": "t",
    "x": "x", "xs": "x", "col": "x", "x_pos": "x",
    "y": "y", "ys": "y", "row": "y", "y_pos": "y",
    "p": "p", "ps": "p", "pol": "p", "polarity": "p", "polarities": "p", "on": "p",
}  # fmt: skip
_UNITS = {"s": 1e6, "sec": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_BEGINNING = 100  # rows that tell the order of the columns where some later row is wrong
_ORDERS = {"t, x, y, p": (0, 1, 2, 3), "x, y, t, p": (2, 0, 1, 3), "x, y, p, t": (3, 0, 1, 2)}
_TIME_LAST = "x, y, p, t"
_CLEARLY_A_TIME = 1000  # a last column that gets so far, and beyond the pixels, is neither polarity nor pixel
_LONGEST_SECONDS = 7 * 24 * 3600


def find_columns(names: Sequence[str]) -> dict[str, tuple[str, float | None]] | None:
    """Find t, x, y and p among the names of a file: column -> (its name, microseconds per unit of time).

    A time may name its unit (`t_us`, `timestamp_s`); the unit is None where it does not. None: not all four
    are there.
    """
    found: dict[str, tuple[str, float | None]] = {}
    for name in names:
        plain = name.strip().strip('"').lower()
        stem, _, unit = plain.rpartition("_")
        if plain in _NAMES:
            found.setdefault(_NAMES[plain], (name, None))
        elif unit in _UNITS and _NAMES.get(stem) == "t":
            found.setdefault("t", (name, _UNITS[unit]))
    return found if len(found) == 4 else None


def unit_of(t: Column) -> float:
    """Tell how many microseconds a unit of these times is: with fractions they are seconds, else microseconds.

    Nobody records for weeks: fractions of larger numbers are of microseconds.

    Raises:
        RecordingError: They are not finite numbers.
    """
    _check_numbers("t", t)
    fractions = t.dtype.kind == "f" and bool(np.any(t != np.rint(t)))
    return 1e6 if fractions and float(t.max() - t.min()) < _LONGEST_SECONDS else 1.0


@dataclass(frozen=True)
class Layout:
    """Where an array keeps t, x, y and p: fields of these names, or columns of these numbers."""

    where: Sequence[str] | Sequence[int]
    unit: float

    def columns(self, array: Column) -> list[Column]:
        """Return t, x, y and p of an array (or more rows of it) that is laid out like this."""
        return [array[w] if isinstance(w, str) else array[:, w] for w in self.where]


def layout_of(array: Column) -> Layout:
    """Find the layout of an array: named fields, or a table [N, 4] of t, x, y, p, of x, y, t, p, or of x, y, p, t.

    The first that fits counts. x, y, p, t has to be clear: a third column of two values, and a last one of times.

    Raises:
        RecordingError: None of them fits.
    """
    if array.dtype.names is not None:
        found = find_columns(array.dtype.names)
        if found is None:
            raise RecordingError(f"its fields are {', '.join(array.dtype.names)}; expected t, x, y and p")
        names = [found[name][0] for name in "txyp"]
        return Layout(names, found["t"][1] or unit_of(array[names[0]]))
    if array.ndim != 2 or array.shape[1] != 4:
        raise RecordingError(f"its table has the shape {list(array.shape)}, not [events, 4]")
    errors: dict[str, RecordingError] = {}
    # the whole array fits one order; or else its beginning does, and something further on is no event, or unsorted
    for rows, most_backward in ((array, 0.0), (array[:_BEGINNING], 0.1)):
        for name, order in _ORDERS.items():
            try:
                layout = _fitting(rows, order, most_backward)
                if name == _TIME_LAST:
                    _check_time_last(rows, array[:, 3])
                return layout
            except RecordingError as error:
                errors.setdefault(name, error)
    why = " nor ".join(f"{name} ({error})" for name, error in errors.items())
    raise RecordingError(
        f"its columns are neither {why}; save t, x, y and p as four arrays, or fields, of these names"
    )


def column_events(t: Column, x: Column, y: Column, p: Column, unit: float) -> Events:
    """Make events of four columns of numbers, in their order; `unit` is microseconds per unit of time.

    Polarity is 1 ON and 0 or -1 OFF.

    Raises:
        RecordingError: Something that is no number, no whole pixel, or no polarity; the event is named.
    """
    for name, values in (("t", t), ("x", x), ("y", y), ("p", p)):
        _check_numbers(name, values)
    return event_array(_microseconds(t, unit), _pixels("x", x), _pixels("y", y), _polarity(p))


def good_events(columns: Sequence[Column], unit: float, before: int) -> tuple[Events, RecordingError | None]:
    """Make events of the rows t, x, y, p as far as they are good, and say what is wrong with the next, if there is one.

    `before` is how many events of the file came earlier, for the number in the message.
    """
    try:
        return column_events(*columns, unit=unit), None
    except RecordingError as error:
        wrong = error
    good, bad = 0, len(columns[0])
    while bad - good > 1:  # the first wrong row is one of these
        middle = (good + bad) // 2
        try:
            column_events(*(values[good:middle] for values in columns), unit=unit)
            good = middle
        except RecordingError as error:
            wrong, bad = error, middle
    try:
        column_events(*(values[good:bad] for values in columns), unit=unit)
    except RecordingError as error:
        wrong = error
    events = column_events(*(values[:good] for values in columns), unit=unit)
    return events, RecordingError(str(wrong).replace("event 0 ", f"event {before + good} "))


def _fitting(rows: Column, order: Sequence[int], most_backward: float) -> Layout:
    t = rows[:, order[0]]
    layout = Layout(order, unit_of(t))
    column_events(*layout.columns(rows), unit=layout.unit)
    if len(t) > 1 and np.mean(t[1:] < t[:-1]) > most_backward:
        raise RecordingError("its times go back")
    return layout


def _check_time_last(rows: Column, times: Column) -> None:
    """Refuse rows whose third column is not of two values, or whose last one could be anything but times.

    `times` is all of the last column: the first events may be of one microsecond.
    """
    if np.any(rows[:, 2] == 0) and np.any(rows[:, 2] == -1):
        raise RecordingError("its third column has 0 and -1")
    times = times[np.isfinite(times)]
    fractions = bool(np.any(times != np.rint(times)))
    if not fractions and times.max(initial=0) <= max(_CLEARLY_A_TIME, rows[:, :2].max()):
        raise RecordingError("its last column may be something else than times")


def _microseconds(t: Column, unit: float) -> Column:
    if t.dtype.kind == "u" and t.size and t.max() >= 2**63:
        raise RecordingError(f"event {int(t.argmax())} has a time beyond 64 bits")
    if unit == 1.0 and t.dtype.kind in "biu":
        return t.astype(np.int64)
    scaled = np.rint(t.astype(np.float64) * unit)
    if scaled.size and np.abs(scaled).max() >= 2**63:
        raise RecordingError(f"event {int(np.abs(scaled).argmax())} has a time beyond 64 bits")
    return scaled.astype(np.int64)


def _pixels(name: str, values: Column) -> Column:
    if values.dtype.kind != "f":
        return values
    whole = np.rint(values)
    if np.any(whole != values):
        first = int(np.argmax(whole != values))
        raise RecordingError(f"event {first} has {name}={values[first]:g}, which is no whole pixel")
    return whole.clip(-1, 65536).astype(np.int64)


def _polarity(p: Column) -> Column:
    known = (p == 0) | (p == 1) | (p == -1)
    if not known.all():
        first = int(np.argmin(known))
        raise RecordingError(f"event {first} has the polarity {p[first]:g}; 1 is ON, 0 or -1 is OFF")
    return p > 0


def _check_numbers(name: str, values: Column) -> None:
    if values.dtype.kind not in "biuf":
        raise RecordingError(f"its column {name} holds {values.dtype}, not numbers")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        first = int(np.argmin(np.isfinite(values)))
        raise RecordingError(f"event {first} has {name}={values[first]}")
