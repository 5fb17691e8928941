"""What is to be compared, from the command line, TOML and recipes."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from neuroclip.cli.compare_heads import ALL, Heads, planned
from neuroclip.errors import OptionError

if TYPE_CHECKING:
    from neuroclip.comparison.plan import Protocol
    from neuroclip.comparison.recipes import Recipe
    from neuroclip.datasets import Dataset
    from neuroclip.datasets.splits import TestPart


@dataclass(frozen=True, kw_only=True)
class Configured:
    """What the command line, a TOML file or a recipe says; what it does not say is None.

    Attributes:
        heads: By title.
        shots: Per class; None among them: all of the training part.
        seeds: Of the choice of shots, and of the fits.
        protocol, test: As in `neuroclip.comparison.plan.Plan`.
        known, model, prompts: As the options are called.
    """

    heads: Heads | None = None
    shots: tuple[int | None, ...] | None = None
    seeds: tuple[int, ...] | None = None
    protocol: Protocol | None = None
    test: TestPart | None = None
    known: str | None = None
    model: str | None = None
    prompts: str | None = None

    def over(self, other: Configured) -> Configured:
        """Return what this says, and where it says nothing, what the other says; of heads what either says."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        said = replace(other, **{name: value for name, value in own.items() if value is not None})
        return replace(said, heads={**(other.heads or {}), **(self.heads or {})} or None)


USUAL = Configured(shots=(0, 1, 4, 16), seeds=tuple(range(5)), protocol="honest", model="event-tiny")
"""What nothing else says."""


def of_recipe(recipe: Recipe, root: Path) -> Configured:
    """Return what a recipe says; weights are looked for below `root`."""
    said = {name: getattr(recipe, name) for name in _OF_RECIPES}
    return Configured(heads=recipe.heads(root), **said)


_OF_RECIPES = ("shots", "seeds", "protocol", "test", "known", "model", "prompts")


def configuration(path: Path) -> Configured:
    """Read tables [heads.TITLE] with `head` (default: the title) and `options`, and above them `shots` and `seeds`.

    Raises:
        OptionError: It cannot be read, or something in it is none of these; the message names it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionError(f"{path} is no TOML: {error}") from error
    _known(content, ("heads", "shots", "seeds"), f"{path}: ")
    heads = _table(content.get("heads", {}), f"{path}: heads")
    for title, plan in heads.items():
        where = f"{path}: heads.{title}"
        _known(_table(plan, where), ("head", "options"), f"{where}: ")
        if not isinstance(plan.get("head", title), str):
            raise OptionError(f"{where}.head is {plan['head']!r}; expected the name of a head")
        _table(plan.get("options", {}), f"{where}.options")
    shots, seeds = content.get("shots"), content.get("seeds")
    if shots is not None and not _are_counts([number for number in _listed(shots) if number != ALL]):
        raise OptionError(
            f"{path}: shots is {shots!r}; expected a list such as [0, 4, 16], or with 'all' in it"
        )
    if seeds is not None and not (_are_counts(_listed(seeds)) and seeds != 0):
        raise OptionError(f"{path}: seeds is {seeds!r}; expected how many, or a list of them")
    return Configured(
        heads={title: planned(title, plan) for title, plan in heads.items()} or None,
        shots=None if shots is None else tuple(None if s == ALL else s for s in _listed(shots)),
        seeds=None if seeds is None else tuple(range(seeds) if isinstance(seeds, int) else seeds),
    )


def parse_shots(text: str) -> tuple[int | None, ...]:
    """Read `0,1,16,all`; all is None."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part == ALL or part.isdecimal() for part in parts):
        raise typer.BadParameter(f"{text!r} is no list such as 0,1,16 or 4,all.", param_hint="--shots")
    return tuple(None if part == ALL else int(part) for part in parts)


def size_of_largest(dataset: Dataset, share: object) -> int:
    """Return how many recordings to learn from the largest class has; `share` is drawn for the test, if it is one."""
    own = Counter(item.label for item in dataset.items if item.part not in ("test", "validation"))
    most = max(own.values(), default=0)
    return most - max(1, int(share * most + 0.5)) if isinstance(share, float) else most


def _known(table: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise OptionError(f"{where}unknown key {key!r}; the keys are {', '.join(keys)}")


def _table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise OptionError(f"{where} is {value!r}; expected a table")
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _are_counts(values: Sequence[Any]) -> bool:
    return all(type(value) is int and value >= 0 for value in values)
