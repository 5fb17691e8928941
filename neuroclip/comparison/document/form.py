"""The form of a JSON value, written down as one: what is missing or of another kind is found by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Form = Any
"""`str`, `int`, `float` (whole numbers too), `bool`, `object` (anything); `[form]`: a list of such; a dictionary: an
object with at least these fields; a tuple: one of these values; `Maybe`, `Every`, `Within`, `Some`, `PAIR`. Numbers
are finite."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Maybe:
    """Such a value, or null."""

    form: Form


@dataclass(frozen=True)
class Every:
    """An object with names of any kind, and such values."""

    form: Form


@dataclass(frozen=True)
class Within:
    """A number in a range, ends included, but for rounding; `kind` is `int` or `float`."""

    kind: type
    least: float | int
    most: float | int


@dataclass(frozen=True)
class Some:
    """A list of such values with at least `least` of them, and no more than `most`; in order, if they are `sorted`."""

    form: Form
    least: int = 1
    most: int | None = None
    sorted: bool = False


SHARE = Within(float, 0, 1)
COUNT = Within(int, 0, 2**53)  # what JSON carries without loss everywhere (RFC 8259, section 6)
AMOUNT = Within(float, 0, 1e24)
PAIR = Some(SHARE, 2, 2, sorted=True)
"""The ends of an interval of shares."""


def misfit(value: Any, form: Form, where: str = "") -> str | None:
    """Return the first thing in `value` that is not as `form` says, in words; None where all is."""
    if isinstance(form, Maybe):
        return None if value is None else misfit(value, form.form, where)
    if isinstance(form, tuple):
        return None if value in form else _found(value, " or ".join(map(repr, form)), where)
    if isinstance(form, list | Some):
        return _misfit_in_list(value, form if isinstance(form, Some) else Some(form[0], 0), where)
    if isinstance(form, Every | dict):
        if not isinstance(value, Mapping):
            return _found(value, "an object", where)
        if isinstance(form, dict) and (missing := [name for name in form if name not in value]):
            return f"the field {_at(where, missing[0])} is missing"
        known = form if isinstance(form, dict) else dict.fromkeys(value, form.form)
        places = ((_at(where, name), value[name], inner) for name, inner in known.items())
        return next((wrong for place, one, inner in places if (wrong := misfit(one, inner, place))), None)
    return None if _is(value, form) else _found(value, _words(form), where)


def _misfit_in_list(value: Any, form: Some, where: str) -> str | None:
    if not isinstance(value, list):
        return _found(value, "a list", where)
    if not form.least <= len(value) <= (len(value) if form.most is None else form.most):
        some = f"{form.least}" if form.least == form.most else f"at least {form.least}"
        return _found(value, f"a list of {some}", where)
    if not isinstance(form.form, type | Within) or not all(_is(one, form.form) for one in value):
        for i, one in enumerate(value):
            if wrong := misfit(one, form.form, f"{where}[{i}]"):
                return wrong
    return (
        _found(value, "numbers in ascending order", where) if form.sorted and value != sorted(value) else None
    )


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", object: "anything"}


def _words(form: type | Within) -> str:
    if isinstance(form, Within):
        return f"{_WORDS[form.kind]} from {form.least:g} to {form.most:g}"
    return _WORDS[form]


def _is(value: Any, form: type | Within) -> bool:
    if isinstance(form, Within):
        return _is(value, form.kind) and form.least - _ROUNDING <= value <= form.most + _ROUNDING
    if form is float:
        return type(value) is int or (type(value) is float and math.isfinite(value))
    return form is object or type(value) is form


def _at(where: str, name: object) -> str:
    return f"{where}.{name}" if where else str(name)


def _found(value: Any, expected: str, where: str) -> str:
    text = repr(value)
    return f"{where or 'it'} is {text if len(text) < 60 else text[:57] + '...'}; expected {expected}"
