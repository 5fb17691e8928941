"""What a comparison found, looked up as tables and charts ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from neuroclip.comparison.report.looks import Look
from neuroclip.comparison.report.wording import Number, counted

Row = Mapping[str, Any]
ALPHA = 0.05
"""Two heads differ significantly where the corrected p-value is below this."""


@dataclass(frozen=True, eq=False)
class Failure:
    """One error, and where it came.

    Attributes:
        head: The title.
        error: One sentence.
        cells: The (shots, seed) that it came at; none where it is the head itself.
    """

    head: str
    error: str
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Findings:
    """The content of comparison.json, which has been checked before."""

    document: Row

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The heads in the order in which they were asked for."""
        return tuple(dict.fromkeys((*self.document["plan"]["heads"], *self.document["heads"])))

    @cached_property
    def looks(self) -> dict[str, Look]:
        """How each head is drawn, everywhere the same."""
        return {title: Look.of(i) for i, title in enumerate(self.titles)}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of the confusion matrices."""
        return tuple(self.document["data"]["classes"])

    @cached_property
    def summary(self) -> dict[tuple[str, int], Row]:
        """The row of a head and a number of shots, over seeds."""
        return {(row["head"], row["shots"]): row for row in self.document["summary"]}

    @cached_property
    def shots(self) -> tuple[int, ...]:
        """The numbers of shots for which there is anything, from few to many."""
        return tuple(sorted({shots for _, shots in self.summary}))

    @cached_property
    def most(self) -> int | None:
        """The most shots for which there is anything; what is shown for one number of shots is shown for this one."""
        return max(self.shots, default=None)

    def said(self, shots: int | None) -> str:
        """Return a number of shots in words: `all shots` where it stands for the whole training part."""
        return "all shots" if shots == self._whole and shots is not None else counted(shots or 0, "shot")

    def tick(self, shots: int) -> str:
        """Return a number of shots as short as can be."""
        return "all" if shots == self._whole else str(shots)

    @property
    def _whole(self) -> int | None:
        return self.document["plan"].get("whole")

    @cached_property
    def ranked(self) -> tuple[str, ...]:
        """The heads from best to worst: by accuracy with the most shots, where that is missing with fewer, or last."""
        return tuple(sorted(self.titles, key=self._rank))

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Those with the most shots, from best to worst."""
        return tuple(title for title in self.ranked if (title, self.most) in self.summary)

    @cached_property
    def _done(self) -> dict[tuple[str, int], list[Row]]:
        done: dict[tuple[str, int], list[Row]] = {}
        for cell in self.document["cells"]:
            if cell["status"] == "ok":
                done.setdefault((cell["head"], cell["shots"]), []).append(cell)
        return done

    def cells(self, head: str, shots: int | None = None) -> Sequence[Row]:
        """Return the finished cells of a head, one for each seed: with so many shots, otherwise with the most."""
        return self._done.get((head, self.most or 0 if shots is None else shots), [])

    def best(self, shots: int) -> tuple[str, ...]:
        """Return the head that is best with so many shots; several where they are equally good."""
        rows = {head: row["accuracy"] for (head, k), row in self.summary.items() if k == shots}
        return tuple(
            head for head in self.ranked if head in rows and rows[head] >= max(rows.values()) - 1e-12
        )

    def alike(self, shots: int) -> tuple[str, ...]:
        """Return the heads that are worse than the best, but not significantly so."""
        best = self.best(shots)
        return tuple(
            head
            for head in self.ranked
            if head not in best
            and any((pair := self.pair(shots, top, head)) and pair["p_corrected"] >= ALPHA for top in best)
        )

    def pair(self, shots: int, a: str, b: str) -> Row | None:
        """Return the comparison of two heads, `difference` being the accuracy of a less that of b."""
        if (found := self._pairs.get((shots, a, b))) is not None:
            return found
        if (found := self._pairs.get((shots, b, a))) is None:
            return None
        return {**found, "a": a, "b": b, "difference": -found["difference"]}

    @cached_property
    def _pairs(self) -> dict[tuple[int, str, str], Row]:
        return {(row["shots"], row["a"], row["b"]): row for row in self.document["pairs"]}

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """What went wrong: equal errors of a head together."""
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for cell in self.document["cells"]:
            if cell["status"] == "failed":
                found.setdefault((cell["head"], str(cell["error"])), []).append((cell["shots"], cell["seed"]))
        for title, row in self.document["heads"].items():
            if row["status"] == "failed" and not any(head == title for head, _ in found):
                found[title, str(row["error"])] = []
        return tuple(Failure(head, error, tuple(cells)) for (head, error), cells in found.items())

    def cost(self, head: str, name: str) -> Number | None:
        """Return what a head costs; None where it is not known."""
        return self.document["heads"].get(head, {}).get(name)

    @property
    def recordings(self) -> tuple[int, int]:
        """The fewest and the most test recordings of a seed."""
        sizes = [len(test["names"]) for test in self.document["tests"].values()] or [0]
        return min(sizes), max(sizes)

    def _rank(self, head: str) -> tuple[float, ...]:
        rows = [self.summary.get((head, shots)) for shots in reversed(self.shots)]
        known = [(float(place), -row["accuracy"]) for place, row in enumerate(rows) if row is not None]
        return known[0] if known else (float("inf"),)
