"""Options of a head to JSON and back: the one place that names the wrong key and the right ones."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, cast

from neuroclip.errors import HeadError, OptionError
from neuroclip.heads.contract import Head
from neuroclip.heads.registry import find, name_of

H = TypeVar("H", bound=Head)


def describe(head: Head) -> dict[str, Any]:
    """Return the options as JSON can hold them; a head inside is `{"head": name, "options": {...}}`.

    Raises:
        HeadError: An option that JSON cannot hold.
    """
    return {name: _to_json(getattr(head, name), f"{type(head).__name__}.{name}") for name in names_of(head)}


def restore(name: str, options: Mapping[str, Any] | None = None) -> Head:
    """Make an installed head by name, from options as in `describe`.

    Raises:
        HeadError: No such head.
        OptionError: As `make`.
    """
    try:
        return make(find(name), options or {})
    except OptionError as error:
        raise OptionError(f"{name}: {error}") from error


def make(head: type[H], options: Mapping[str, Any]) -> H:
    """Make a head from options that came from JSON, TOML or a command line.

    Lists become tuples, whole numbers floats where the field is one, and texts numbers only if they were given so.

    Raises:
        OptionError: An unknown option, or a value of another type; the message names the options there are.
    """
    hints = typing.get_type_hints(head)
    known = {name: hints[name] for name in names_of(head)}
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(f"no option {name!r}; the options are {', '.join(known) or 'none'}{hint}")
    values = {name: _from_json(value, known[name], name) for name, value in options.items()}
    try:
        return head(**values)
    except (TypeError, ValueError) as error:
        raise OptionError(str(error)) from error


def check_choices(head: Head) -> None:
    """Check the options that are one of a few values (`Literal`), of a head that Python code made.

    Raises:
        OptionError: Another value; the message has those that it can be.
    """
    for name, hint in typing.get_type_hints(type(head)).items():
        if typing.get_origin(hint) is Literal:
            _from_json(getattr(head, name), hint, name)


def names_of(head: Head | type[Head]) -> tuple[str, ...]:
    """Return the names of a head's options."""
    # A head is a dataclass by contract, which its base class cannot tell a type checker.
    return tuple(field.name for field in dataclasses.fields(cast(Any, head)) if field.init)


def _to_json(value: Any, where: str) -> Any:
    if isinstance(value, Head):
        return {"head": name_of(value), "options": describe(value)}
    if isinstance(value, tuple | list):
        return [_to_json(item, where) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _to_json(item, where) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise HeadError(f"{where} is {type(value).__name__}, which JSON cannot hold")


def _from_json(value: Any, hint: Any, where: str) -> Any:
    """Return `value` as the type `hint`, or raise an OptionError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        for option in sorted(
            arguments, key=lambda a: a is float
        ):  # 1 stays whole where int or float would do
            try:
                return _from_json(value, option, where)
            except OptionError:
                continue
    elif origin is Literal:
        if value in arguments and any(type(value) is type(a) for a in arguments):
            return value
    elif origin is tuple and isinstance(value, list | tuple):
        inner = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        if len(inner) == len(value):
            return tuple(_from_json(item, kind, where) for item, kind in zip(value, inner, strict=True))
    elif isinstance(hint, type) and issubclass(hint, Head):
        if isinstance(value, hint):
            return value
        if isinstance(value, Mapping) and set(value) <= {"head", "options"} and "head" in value:
            inside = restore(str(value["head"]), value.get("options"))
            if isinstance(inside, hint):
                return inside
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif (
        hint is Any
        or (value is None and hint in (None, type(None)))
        or type(value) is hint in (int, str, bool)
    ):
        return value
    raise OptionError(f"{where} is {value!r}; expected {_wording(hint)}")


def _wording(hint: Any) -> str:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return " or ".join(map(repr, arguments))
    if typing.get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_wording(a) for a in arguments)
    if typing.get_origin(hint) is tuple:
        return f"a list of {_wording(arguments[0])}" if arguments else "a list"
    plain = {
        int: "a whole number",
        float: "a number",
        str: "a text",
        bool: "true or false",
        type(None): "nothing",
    }
    return plain.get(hint, getattr(hint, "__name__", str(hint)))
