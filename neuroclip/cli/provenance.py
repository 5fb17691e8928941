"""What the provenance of a fitted head says, looked up and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neuroclip.errors import HeadError


def told(
    folder: Path, provenance: Mapping[str, Any], place: str, fits: Callable[[Any], bool], expected: str
) -> Any:
    """Return what stands at a place, as `model.name`.

    Raises:
        HeadError: Nothing, or what does not fit; the message names the folder, the place and what is expected.
    """
    value: Any = provenance
    for key in place.split("."):
        if not (isinstance(value, Mapping) and key in value):
            raise _lacks(folder, place, expected, "nothing")
        value = value[key]
    if not fits(value):
        raise _lacks(folder, place, expected, repr(value))
    return value


def _lacks(folder: Path, place: str, expected: str, found: str) -> HeadError:
    return HeadError(
        f"{folder}: head.json should have {expected} as provenance.{place}, and has {found}: fit the head "
        "with `neuroclip fit`, or save it with that provenance"
    )


def is_text(value: Any) -> bool:
    """Whether it is a text."""
    return isinstance(value, str)


def are_texts(value: Any) -> bool:
    """Whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def are_pairs(value: Any) -> bool:
    """Whether it is a list of pairs of texts."""
    return isinstance(value, list) and all(are_texts(pair) and len(pair) == 2 for pair in value)


def is_size_or_null(value: Any) -> bool:
    """Whether it is width and height in pixels, or None."""
    return value is None or (
        isinstance(value, list) and len(value) == 2 and all(type(side) is int and side > 0 for side in value)
    )


def is_number_or_null(value: Any) -> bool:
    """Whether it is a number, or None."""
    return value is None or type(value) in (int, float)
