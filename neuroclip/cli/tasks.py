"""The options of a labelled set into a task: what `fit` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import complain, progress
from neuroclip.errors import DatasetError, OptionError, RecordingError

if TYPE_CHECKING:
    from neuroclip.backbones import ImageNetwork, Model
    from neuroclip.bank import Bank
    from neuroclip.datasets import Dataset, KnownSet, Split
    from neuroclip.fitting import Fitted, Task
    from neuroclip.heads import Head
    from neuroclip.representations import Representation

Bad = dict[Any, RecordingError]
"""What is wrong with recording files that cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """How a labelled set is opened and split: the options of the panel Data; those that are None were not given.

    Attributes:
        left_out: Names of the recordings that could not be read; it grows while they are found out.

    Raises:
        BadParameter: A split that was written before, and options that would make one.
    """

    data: str
    shots: int | None
    seed: int
    validation: float | None
    test: Literal["test", "rest", "pooled"] | None
    reserve: int | None
    split_file: Path | None
    known: str | None
    size: SensorSize | None
    format: str | None
    recover: bool
    skip_bad: bool
    bank: Path | None
    left_out: set[str] = field(default_factory=set[str], init=False)

    def __post_init__(self) -> None:
        # Not of --seed, which is also the seed of the fit.
        making = {
            "--shots": self.shots,
            "--validation": self.validation,
            "--test": self.test,
            "--reserve": self.reserve,
        }
        if self.split_file is not None and (given := given_names(making)):
            raise typer.BadParameter(f"--split-file says already what {', '.join(given)} would choose.")

    def open(self) -> Dataset:
        """Open the set, with one size of the sensor for all of it."""
        from neuroclip.datasets import open_dataset

        whole = open_dataset(
            self.data, known=self.known, size=self.size, format=self.format, recover=self.recover
        )
        bad: Bad = {}
        with progress(len(whole.items), "looking for the size of the sensor") as bar:
            dataset = whole.sized(progress=bar.update, bad=bad.__setitem__ if self.skip_bad else None)
        self._leave_out(whole, bad)
        return dataset

    def open_bank(self) -> Bank:
        """Open the bank on disk."""
        from neuroclip.bank import DiskBank

        return DiskBank(self.bank)

    def split(self, dataset: Dataset) -> Split:
        """Read the split, or make it."""
        from neuroclip.datasets import Split, make_split

        if self.split_file is not None:
            return Split.read(self.split_file).without(self.left_out)
        return make_split(
            dataset,
            shots=self.shots,
            seed=self.seed,
            validation=self.validation or 0.0,
            reserve=self.reserve,
            test=self.test,
        )

    def readable(self, dataset: Dataset, representation: Representation, model: Model, bank: Bank) -> Dataset:
        """Return the set without what cannot be read, each of which is named, where that is wanted.

        Before it is split: shots are then drawn from what can be read, and two damaged files are not taken for one
        recording that comes twice.
        """
        if not self.skip_bad:
            return dataset

        from neuroclip.backbones import load_backbone

        def backbones(name: str) -> Model | ImageNetwork:
            return model if name == model.name else load_backbone(name)

        filled = representation.filled(model.name)
        bad: Bad = {}
        files = [item.file for item in dataset.items]
        with progress(len(files), "encoding") as bar:
            bank.fill(filled, files, backbones, progress=bar.update, bad=bad.__setitem__)
        self._leave_out(dataset, bad)
        return self._left(dataset)

    def loadable(self, dataset: Dataset) -> Dataset:
        """Return the set without what cannot be read whoever reads it, each of which is named, where that is wanted."""
        if not self.skip_bad:
            return dataset
        bad: Bad = {}
        with progress(len(dataset.items), "reading") as bar:
            for item in dataset.items:
                try:
                    item.file.load()
                except RecordingError as error:
                    bad[item.file] = error
                bar.update(1)
        self._leave_out(dataset, bad)
        return self._left(dataset)

    def _left(self, dataset: Dataset) -> Dataset:
        return replace(dataset, items=tuple(item for item in dataset.items if item.name not in self.left_out))

    def _leave_out(self, dataset: Dataset, bad: Bad) -> None:
        for error in bad.values():
            complain(f"left out: {error}")
        self.left_out.update(item.name for item in dataset.items if item.file in bad)
        if all(item.name in self.left_out for item in dataset.items):
            raise DatasetError(f"{dataset.name}: none of its recordings can be read")


def given_names(options: Mapping[str, object]) -> list[str]:
    """Return which options were given on the command line."""
    return [name for name, value in options.items() if value is not None and value != []]


def suited(head: str, options: Mapping[str, Any], known: KnownSet | None) -> Head:
    """Make a head, with what is known about the set where the user says nothing else: its `min_count`.

    Raises:
        HeadError, OptionError: As `heads.restore` and `check_flip`.
    """
    from neuroclip import heads

    made = heads.restore(head, options)
    if known is None:
        return made
    changed: list[str] = []
    filled = _with_min_count(head, options, known.min_count, changed)
    if changed:
        complain(
            f"{', '.join(changed)}: min_count={known.min_count}, as {known.title} needs; -o min_count=N is another"
        )
        made = heads.restore(head, filled)
    check_flip(head, made, known)
    return made


def check_flip(name: str, head: Head, known: KnownSet | None) -> None:
    """Check that a head does not learn from mirrored recordings of a set whose classes are others in the mirror.

    Raises:
        OptionError: It does.
    """
    from neuroclip import heads

    if known is not None and not known.flip and _flips(heads.describe(head)):
        raise OptionError(
            f"{name}: flip is true, but a mirrored recording of {known.title} is no longer of its class: leave flip "
            "out, or say --known none if this is another set"
        )


def _with_min_count(head: str, options: Mapping[str, Any], count: int, changed: list[str]) -> dict[str, Any]:
    """Return the options with `min_count` where a head, or one inside it, has it and it is not given."""
    from neuroclip import heads
    from neuroclip.heads.options import names_of

    filled = {name: _inside(value, count, changed) for name, value in options.items()}
    found = heads.find(head)
    unset = "min_count" in names_of(found) and "min_count" not in options
    if unset and heads.describe(heads.make(found, options))["min_count"] != count:
        changed.append(head)
        filled["min_count"] = count
    return filled


def _inside(value: Any, count: int, changed: list[str]) -> Any:
    if isinstance(value, list):
        return [_inside(one, count, changed) for one in value]
    if isinstance(value, Mapping) and "head" in value:
        return {
            **value,
            "options": _with_min_count(value["head"], value.get("options") or {}, count, changed),
        }
    return value


def _flips(described: Any) -> bool:
    if isinstance(described, Mapping):
        return described.get("flip") is True or any(map(_flips, described.values()))
    return isinstance(described, list) and any(map(_flips, described))


def encode(task: Task, representation: Representation, names: Sequence[str], label: str = "encoding") -> None:
    """Fill the bank with what a head will read, under a progress bar."""
    if names:
        with progress(len(names), label) as bar:
            files = [task.items[name].file for name in names]
            task.bank.fill(task.filled(representation), files, task.backbones, progress=bar.update)


def fit_into(
    folder: Path,
    task: Task,
    head: Head,
    *,
    seed: int,
    as_published: bool = False,
    label: str | None = None,
) -> tuple[Fitted, str]:
    """Fit a head under progress bars, save it in a folder with its split, and return it with its digest.

    `as_published`: as in `neuroclip.fitting.fit`.
    """
    from neuroclip.fitting import fit
    from neuroclip.fitting.saving import save_into, seen_in
    from neuroclip.fitting.training import SAVE_SECONDS, finished, is_kept
    from neuroclip.heads.registry import name_of

    encode(task, head.training, task.split.train)
    with progress(100, label or f"fitting {name_of(head)}") as bar:
        told = 0

        def tell(position: int, total: int | None) -> None:
            nonlocal told
            done = 100 * position // total if total else 0
            bar.update(max(0, done - told))
            told = max(told, done)

        try:
            fitted = fit(task, head, seed=seed, folder=folder, as_published=as_published, progress=tell)
        except KeyboardInterrupt:
            kept = is_kept(folder)
            what = f"what was learned is kept in {folder}: the same command goes on from there"
            nothing = f"nothing is kept yet: that happens every {SAVE_SECONDS:.0f} seconds, after an epoch"
            complain(f"{name_of(head)}: interrupted; {what if kept else nothing}")
            raise
    kept = {**fitted.provenance, "fit_seconds": round(fitted.seconds, 3), "seen": seen_in(task, head)}
    digest = save_into(folder, task, fitted.head, fitted.state, kept)
    finished(folder)
    return fitted, digest
