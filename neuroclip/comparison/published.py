"""The recipes of the papers' tables that ship, and how one is read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from neuroclip.comparison.recipes import Layout, Recipe, Row, overridden
from neuroclip.errors import OptionError

__all__ = ["Recipe", "names", "overridden", "read_recipe"]

_ALL = "all"


def names() -> tuple[str, ...]:
    """Return the names that `read_recipe` takes, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def read_recipe(name: str) -> Recipe:
    """Read a recipe that ships, by its name, or another by the path of its file, which ends in `.toml`.

    Raises:
        OptionError: No such recipe, or the file is wrong; the message names the key.
    """
    if name.endswith(".toml"):
        path = Path(name).expanduser()
    elif name in names():
        path = _folder() / f"{name}.toml"
    else:
        near = get_close_matches(name, names(), 1)
        raise OptionError(
            f"no recipe named {name!r}{f'; did you mean {near[0]}?' if near else ''}; there are {', '.join(names())}, "
            "or give a .toml file"
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _recipe(path.stem, content)
    except OSError as error:
        raise OptionError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from error


def _folder() -> Path:
    """Return where the recipes are: a wheel has them in the package, a checkout where they are written."""
    package = Path(str(files("neuroclip")))
    packed = package / "recipes"
    return packed if packed.is_dir() else package.parent / "recipes" / "published"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


_KINDS: dict[str, Callable[[Any], bool]] = {
    "a text": _is_text,
    "a list of texts": _is_list_of(_is_text),
    "a number": _is_number,
    "a list of whole numbers": _is_list_of(_is_count),
    "a whole number or 'all'": lambda value: _is_count(value) or value == _ALL,
    "a list of whole numbers or 'all'": _is_list_of(lambda value: _is_count(value) or value == _ALL),
    "'honest' or 'as-published'": lambda value: value in ("honest", "as-published"),
    "'test', 'rest', 'pooled' or a share": lambda value: (
        value in ("test", "rest", "pooled") or (isinstance(value, float) and 0 < value < 1)
    ),
    "true or false": lambda value: isinstance(value, bool),
    "a table": lambda value: isinstance(value, dict),
    "a list of tables": _is_list_of(lambda value: isinstance(value, dict)),
}
"""What a value can be, in the words of a message."""

_TOP = {
    "title": "a text", "source": "a text", "model": "a text", "prompts": "a text",
    "shots": "a list of whole numbers or 'all'", "seeds": "a list of whole numbers",
    "protocol": "'honest' or 'as-published'", "test": "'test', 'rest', 'pooled' or a share",
    "departures": "a list of texts", "data": "a table", "heads": "a table", "published": "a list of tables",
}  # fmt: skip
_DATA = {
    "known": "a text",
    "folders": "a list of texts",
    "holds": "a list of texts",
    "says": "a text",
    "opens": "a text",
}
_HEAD = {"head": "a text", "options": "a table"}
_ROW = {
    "head": "a text", "shots": "a whole number or 'all'", "row": "a text", "paper": "a number", "source": "a text",
    "selected_on_test": "true or false",
}  # fmt: skip


def _recipe(name: str, content: Mapping[str, Any]) -> Recipe:
    _check(content, _TOP, "")
    _check(content["data"], _DATA, "data: ", ("opens",))
    for title, plan in content["heads"].items():
        if not _KINDS["a table"](plan):
            raise OptionError(f"heads.{title} is {plan!r}; expected a table")
        _check(plan, _HEAD, f"heads.{title}: ", ("head", "options"))
    for number, row in enumerate(content["published"], 1):
        _check(row, _ROW, f"published {number}: ", ("selected_on_test",))
        if row["head"] not in content["heads"] or row["shots"] not in content["shots"]:
            raise OptionError(
                f"published {number}: {row['head']!r} with {row['shots']} shots is not computed: the heads are "
                f"{', '.join(content['heads'])}, the shots {', '.join(map(str, content['shots']))}"
            )
    data: dict[str, Any] = dict(content["data"])
    data |= {"folders": tuple(data["folders"]), "holds": tuple(data["holds"])}
    named: dict[str, dict[str, Any]] = {
        title: {"head": title, "options": {}} | plan for title, plan in content["heads"].items()
    }
    return Recipe(
        name=name,
        title=content["title"],
        source=content["source"],
        model=content["model"],
        prompts=content["prompts"],
        layout=Layout(**data),
        shots=tuple(map(_shots, content["shots"])),
        seeds=tuple(content["seeds"]),
        protocol=content["protocol"],
        test=content["test"],
        planned=named,
        rows=tuple(map(_row, content["published"])),
        departures=tuple(content["departures"]),
    )


def _row(row: dict[str, Any]) -> Row:
    values: dict[str, Any] = row | {"shots": _shots(row["shots"])}
    return Row(**values)


def _check(
    table: Mapping[str, Any], kinds: Mapping[str, str], where: str, may_lack: Sequence[str] = ()
) -> None:
    for key, value in table.items():
        if key not in kinds:
            raise OptionError(f"{where}unknown key {key!r}; the keys are {', '.join(kinds)}")
        if not _KINDS[kinds[key]](value):
            raise OptionError(f"{where}{key} is {value!r}; expected {kinds[key]}")
    for key in kinds:
        if key not in table and key not in may_lack:
            raise OptionError(f"{where}the key {key!r} is missing")


def _shots(value: int | str) -> int | None:
    return None if isinstance(value, str) else value
