"""What a recipe of a paper's table is: heads, options, data and protocol, and what the paper says came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from neuroclip_prompts import PromptSet

from neuroclip.datasets import Dataset
from neuroclip.datasets.splits import TestPart
from neuroclip.errors import DatasetError, OptionError

ROOT = "{root}"
"""Stands in options for the folder that the data set was looked for in."""


@dataclass(frozen=True)
class Row:
    """A number that a paper has.

    Attributes:
        head: The title of the head of ours that stands for it.
        shots: Per class; None: all of the training part.
        row: What it is called there.
        paper: Top-1 accuracy in per cent.
        source: Where it stands.
        selected_on_test: Whether something was chosen on the recordings that it was measured on.
    """

    head: str
    shots: int | None
    row: str
    paper: int | float
    source: str
    selected_on_test: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it by name."""
        return {field.name: getattr(self, field.name) for field in fields(Row)}


@dataclass(frozen=True)
class Layout:
    """Where the data set of a recipe is.

    Attributes:
        known: Which known set it is, perhaps with the number of an official split.
        folders: Where to look, below the folder that is given; the first that is right is taken.
        holds: What must be in it.
        says: How it is laid out, in words.
        opens: What `open_dataset` is given, with {} for the folder.
    """

    known: str
    folders: tuple[str, ...]
    holds: tuple[str, ...]
    says: str
    opens: str = "{}"

    def find(self, root: Path, recipe: str) -> str:
        """Return what `open_dataset` takes.

        Raises:
            DatasetError: It is not there.
        """
        for name in self.folders:
            folder = root / name if name != "." else root
            if all((folder / inside).exists() for inside in self.holds):
                return self.opens.replace("{}", str(folder))
        places = ", ".join(name for name in self.folders if name != ".")
        raise DatasetError(
            f"{root}: the recipe {recipe!r} needs {self.says}; there is no {' with '.join(self.holds)} in it"
            f"{f', nor in its folders {places}' if places else ''}; nothing is downloaded: put the set there, or give "
            "another --data"
        )


@dataclass(frozen=True)
class Recipe:
    """How a table of a paper is computed again.

    Attributes:
        name: As it is asked for.
        title: What it is.
        source: The papers, and how what they do is known.
        model, prompts: As `--model` and `--prompts`.
        layout: Where the data set is.
        shots: Per class, None: all of the training part.
        seeds: Of the choice of shots, and of the fits.
        protocol: `as-published` where the paper chose something on the test part.
        test: As in `neuroclip.datasets.make_split`.
        planned: The heads by title, each with `head`, its installed name, and `options`, all that the paper says.
        rows: What the papers say.
        departures: What differs here all the same, since no option can express it, or the papers do not say it.
    """

    name: str
    title: str
    source: str
    model: str
    prompts: str
    layout: Layout
    shots: tuple[int | None, ...]
    seeds: tuple[int, ...]
    protocol: Literal["honest", "as-published"]
    test: TestPart
    planned: Mapping[str, Mapping[str, Any]]
    rows: tuple[Row, ...]
    departures: tuple[str, ...]

    @property
    def known(self) -> str:
        """The known set, as `open_dataset` takes it."""
        return self.layout.known

    def find(self, root: Path) -> str:
        """Return what `open_dataset` takes; `root` is the folder of the set, or the one that it is in.

        Raises:
            DatasetError: It is not there; the message says which layout was expected where.
        """
        return self.layout.find(root, self.name)

    def check_words(self, prompts: PromptSet, dataset: Dataset) -> None:
        """Check that the classes have words, where the set's makers publish none.

        Raises:
            OptionError: They have not.
        """
        known = dataset.known
        lacking = [name for name in dataset.classes if name not in prompts.classes]
        if known is not None and not known.words and lacking:
            raise OptionError(
                f"{known.title} has no published words for its classes, and the prompt set {prompts.name!r} none for "
                f"{lacking[0]!r}: give --prompts FILE with templates and a table [classes]"
            )

    def heads(self, root: Path) -> dict[str, dict[str, Any]]:
        """Return the heads by title, each with `head` and `options`; weights are looked for below `root`."""
        return {
            title: {"head": plan["head"], "options": _placed(plan["options"], str(root))}
            for title, plan in self.planned.items()
        }

    def published(self) -> list[dict[str, Any]]:
        """Return what the papers say, as a comparison's document has it."""
        return [row.to_json() for row in self.rows]

    def provenance(
        self, root: Path, heads: Mapping[str, Mapping[str, Any]], **chosen: object
    ) -> dict[str, Any]:
        """Return what a comparison's document keeps of where this is from, and what differs.

        Args:
            root: As for `heads`.
            heads: Those that are compared; what they have in place of the recipe's options is among what differs.
            chosen: As are `model`, `prompts`, `known`, `protocol` and `test`.
        """
        changed = [
            f"The option --{name} is {value}, where the recipe has {getattr(self, name)}."
            for name, value in chosen.items()
            if value != getattr(self, name)
        ]
        for title, plan in self.heads(root).items():
            options: Mapping[str, Any] = heads.get(title, {}).get("options", plan["options"])
            changed += [
                f"The head {title} has {name}={_short(value)}, where the recipe has "
                f"{_short(plan['options'].get(name))}."
                for name, value in options.items()
                if value != plan["options"].get(name)
            ]
        about = {"name": self.name, "title": self.title, "source": self.source}
        return about | {"departures": [*changed, *self.departures]}


def overridden(
    heads: Mapping[str, Mapping[str, Any]], changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return heads, each with `head` and `options`, with other values of some options, by title.

    Raises:
        OptionError: There is no head of that title.
    """
    for title in changes:
        if title not in heads:
            near = get_close_matches(title, heads, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise OptionError(
                f"-o {title}.NAME=VALUE: no head has this title{hint}; there are {', '.join(heads)}"
            )
    return {
        title: {**plan, "options": {**plan.get("options", {}), **changes.get(title, {})}}
        for title, plan in heads.items()
    }


def _placed(value: Any, root: str) -> Any:
    if isinstance(value, str):
        return value.replace(ROOT, root)
    if isinstance(value, list):
        return [_placed(inside, root) for inside in value]
    if isinstance(value, Mapping):
        return {name: _placed(inside, root) for name, inside in value.items()}
    return value


def _short(value: Any) -> str:
    """Return a value as a command line has it; heads inside are too long for a sentence."""
    return "others" if isinstance(value, list | Mapping) else json.dumps(value, ensure_ascii=False)
