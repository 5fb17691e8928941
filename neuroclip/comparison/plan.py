"""What is to be compared: heads, numbers of shots, seeds, and how it is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from neuroclip.corruptions.kinds import Corruption
from neuroclip.datasets.splits import TestPart
from neuroclip.errors import OptionError

Protocol = Literal["honest", "as-published"]


@dataclass(frozen=True)
class Entry:
    """One head of a comparison.

    Attributes:
        title: What it is called there: the same head may come twice, with other options.
        head: The name under which it is installed.
        options: Of the head; those that are not given have their defaults.
        error: Why it cannot be compared, where that is known beforehand.
    """

    title: str
    head: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    error: str | None = None

    @property
    def slug(self) -> str:
        """The title as a name of a folder; other titles have other ones, also where case does not count."""
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.title.lower())
        plain = "-".join(filter(None, plain.split("-")))[:60]
        if plain and plain == self.title:
            return plain
        return "-".join(filter(None, [plain, blake2b(self.title.encode(), digest_size=4).hexdigest()]))


@dataclass(frozen=True)
class Place:
    """One cell of a comparison: a head by its title, a number of shots, a seed."""

    title: str
    shots: int
    seed: int

    @staticmethod
    def of(cell: Mapping[str, Any]) -> Place:
        """Return where a cell of a document is."""
        return Place(cell["head"], cell["shots"], cell["seed"])


@dataclass(frozen=True)
class Plan:
    """Which heads are compared on how many shots, how often, and how.

    Attributes:
        entries: The heads.
        shots: Per class, ascending.
        seeds: Of the choice of shots, and of the fits.
        test: What is measured on: see `neuroclip.datasets.make_split`.
        whole: Which number of shots stands for all of the training part: as many as its largest class has.
        protocol: `as-published` also scores every checkpoint on the test part; what is measured is the same.
        corruptions: What else test recordings are measured with; each is a run of its own.
        recipe: The name of the published recipe that this is, if it is one.

    Raises:
        OptionError: There is nothing to compare, or something comes twice.
    """

    entries: tuple[Entry, ...]
    shots: tuple[int, ...]
    seeds: tuple[int, ...]
    test: TestPart
    protocol: Protocol = "honest"
    corruptions: tuple[Corruption, ...] = ()
    recipe: str | None = None
    whole: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shots", tuple(sorted(self.shots)))
        _check_some("--heads", "head", [entry.title for entry in self.entries])
        _check_some("--shots", "number of shots", self.shots)
        _check_some("--seeds", "seed", self.seeds)
        for word, numbers in (("number of shots", self.shots), ("seed", self.seeds)):
            if min(numbers) < 0:
                raise OptionError(f"a {word} is {min(numbers)}; it can be 0 or more")

    @property
    def reserve(self) -> int:
        """How many of each class are kept out of the rest, so that all numbers of shots have one test part."""
        return max((shots for shots in self.shots if shots != self.whole), default=0)

    def entry(self, title: str) -> Entry:
        """Return the head of a title."""
        return next(entry for entry in self.entries if entry.title == title)

    def places(self) -> Iterator[Place]:
        """Yield all cells: head by head, then number of shots by number of shots."""
        for entry in self.entries:
            for shots in self.shots:
                for seed in self.seeds:
                    yield Place(entry.title, shots, seed)

    def is_kept(self, place: Place) -> bool:
        """Whether the head of a cell is saved: that of the most shots and the first seed."""
        return place.shots == self.shots[-1] and place.seed == self.seeds[0]

    def to_json(self) -> dict[str, Any]:
        """Return it as the document has it."""
        heads = {e.title: {"head": e.head, "options": dict(e.options)} for e in self.entries}
        return {
            "heads": heads,
            "shots": list(self.shots),
            "seeds": list(self.seeds),
            "protocol": self.protocol,
            # A share that is drawn is a test part like any other.
            "test": "test" if isinstance(self.test, float) else self.test,
            "test_share": self.test if isinstance(self.test, float) else None,
            "whole": self.whole,
            "reserve": self.reserve,
            "corrupt": [{"kind": c.kind, "level": c.level} for c in self.corruptions],
            "recipe": self.recipe,
        }


def cell_folder(folder: Path, entry: Entry, place: Place) -> Path:
    """Return where a cell is kept."""
    return folder / "cells" / entry.slug / f"shots-{place.shots}" / f"seed-{place.seed}"


def head_folder(folder: Path, entry: Entry) -> Path:
    """Return where the fitted head of the most shots and the first seed is kept."""
    return folder / "heads" / entry.slug


def _check_some(option: str, word: str, values: Sequence[object]) -> None:
    if not values:
        raise OptionError(f"there is no {word} to compare: say which with {option}")
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise OptionError(f"the {word} {twice[0]!r} comes twice in {option}")
