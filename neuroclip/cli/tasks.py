"""The options of a labelled set into a task: what `fit` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import complain, progress
from neuroclip.errors import DatasetError, RecordingError

if TYPE_CHECKING:
    from neuroclip.bank import Bank
    from neuroclip.comparison import Task
    from neuroclip.datasets import Dataset, Split
    from neuroclip.representations import Representation


@dataclass(frozen=True, kw_only=True)
class Source:
    """How a labelled set is opened and split: the options of the panel Data."""

    data: str
    shots: int | None
    seed: int
    validation: float
    test: Literal["test", "rest", "pooled"] | None
    reserve: int | None
    split_file: Path | None
    known: str | None
    size: SensorSize | None
    format: str | None
    recover: bool
    skip_bad: bool
    bank: Path | None

    def open(self) -> Dataset:
        """Open the set, with one size of the sensor for all of it."""
        from neuroclip.datasets import open_dataset

        dataset = open_dataset(
            self.data, known=self.known, size=self.size, format=self.format, recover=self.recover
        )
        bad: dict[Path, RecordingError] = {}
        with progress(len(dataset.items), "looking for the size of the sensor") as bar:
            dataset = dataset.sized(progress=bar.update, bad=_collect(bad) if self.skip_bad else None)
        return _without(dataset, bad)

    def open_bank(self) -> Bank:
        """Open the bank on disk."""
        from neuroclip.bank import DiskBank

        return DiskBank(self.bank)

    def split(self, dataset: Dataset) -> Split:
        """Read the split, or make it."""
        from neuroclip.datasets import Split, make_split

        if self.split_file is not None:
            return Split.read(self.split_file)
        return make_split(
            dataset,
            shots=self.shots,
            seed=self.seed,
            validation=self.validation,
            reserve=self.reserve,
            test=self.test,
        )

    def readable(
        self, dataset: Dataset, representation: Representation, backbones: Callable[[str], Any], bank: Bank
    ) -> Dataset:
        """Return the set without what cannot be read, each of which is named, where that is wanted."""
        if not self.skip_bad:
            return dataset
        bad: dict[Path, RecordingError] = {}
        files = [item.file for item in dataset.items]
        with progress(len(files), "encoding") as bar:
            bank.fill(representation, files, backbones, progress=bar.update, bad=_collect(bad))
        return _without(dataset, bad)


def encode(task: Task, representation: Representation, names: Sequence[str]) -> None:
    """Fill the bank with what a head will read, under a progress bar."""
    if names:
        with progress(len(names), "encoding") as bar:
            files = [task.items[name].file for name in names]
            task.bank.fill(task.filled(representation), files, task.backbones, progress=bar.update)


def _collect(bad: dict[Path, RecordingError]) -> Callable[[Any, RecordingError], None]:
    def take(source: Any, error: RecordingError) -> None:
        bad[source.path] = error

    return take


def _without(dataset: Dataset, bad: dict[Path, RecordingError]) -> Dataset:
    if not bad:
        return dataset
    for error in bad.values():
        complain(f"left out: {error}")
    left = tuple(item for item in dataset.items if item.file.path not in bad)
    if not left:
        raise DatasetError(f"{dataset.name}: none of its recordings can be read")
    return replace(dataset, items=left)
