"""The folder of a fitted head, and what commands ask of its provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import complain
from neuroclip.cli.tasks import SPLIT, Source
from neuroclip.errors import DatasetError, HeadError

if TYPE_CHECKING:
    from neuroclip.backbones import Model
    from neuroclip.datasets import Dataset, Split
    from neuroclip.heads import SavedHead


@dataclass(frozen=True, eq=False)
class FittedHead:
    """A fitted head, and the folder that it was loaded from.

    What its provenance does not say, or not as expected, is a HeadError that names the folder.
    """

    folder: Path
    saved: SavedHead

    @property
    def name(self) -> str:
        """What the head is called."""
        return self._told("head.name", _is_text, "a text")

    @property
    def size(self) -> SensorSize | None:
        """The sensor's size of the recordings that it was fitted on, if it was one."""
        size = self._told("data.size", _is_size_or_null, "width and height, or null")
        return SensorSize(*size) if size is not None else None

    @property
    def seen(self) -> frozenset[str]:
        """The content digests of the recordings that it has learned from."""
        return frozenset(self._told("seen", _are_texts, "a list of digests"))

    @property
    def seconds(self) -> float | None:
        """How long it took to fit, if that is known."""
        if "fit_seconds" not in self.saved.provenance:
            return None
        return self._told("fit_seconds", _is_number_or_null, "a number, or null")

    def model(self, given: str | None, **options: Any) -> Model:
        """Load the model that it was fitted with, from where it was, or from where `given` says it is.

        Raises:
            HeadError: It has other weights.
        """
        from neuroclip.backbones import load_model

        name, digest = (self._told(f"model.{key}", _is_text, "a text") for key in ("name", "digest"))
        loaded = load_model(given or name, **options)
        if loaded.weights_digest != digest:
            raise HeadError(
                f"{self.folder} was fitted with {name} (weights {digest[:8]}), but {loaded.name} has the weights "
                f"{loaded.weights_digest[:8]}: give that model with --model, or fit again"
            )
        return loaded

    def split(self) -> Split:
        """Read the split that it was fitted with.

        Raises:
            DatasetError: It is missing, damaged, or another one; the message names the file.
        """
        from neuroclip.datasets import Split

        path, digest = self.folder / SPLIT, self._told("split.digest", _is_text, "a text")
        split = Split.read(path)
        if split.digest != digest:
            raise DatasetError(
                f"{path}: is not the split that the head was fitted with (its digest is {split.digest}, and head.json "
                f"says {digest}): put that back, or give one with --split-file"
            )
        return split

    def split_of(self, own: Split, source: Source, dataset: Dataset) -> Split:
        """Return `own`, the split that it was fitted with, if any of its recordings are in the set.

        Otherwise this is another set: its test part, or all of it, without what the head has seen all the same.
        """
        from neuroclip.datasets import make_split

        files = {item.name: item.file for item in dataset.items}
        if not own.labels.keys().isdisjoint(files.keys() | source.left_out):
            return own.without(source.left_out)
        split = make_split(dataset, shots=0, seed=0)
        known = [name for name in split.test if files[name].content_digest in self.seen]
        if known:
            complain(f"left out: {len(known)} of these {len(split.test)} recordings, which were learned from")
        return split.without(known)

    def check(self) -> None:
        """Check what every command asks for, before anything takes long.

        Raises:
            HeadError: Something is missing.
        """
        _ = self.name, self.size
        for key in ("name", "digest"):
            self._told(f"model.{key}", _is_text, "a text")

    def _told(self, place: str, fits: Callable[[Any], bool], expected: str) -> Any:
        value: Any = self.saved.provenance
        for key in place.split("."):
            if not (isinstance(value, Mapping) and key in value):
                raise self._lacks(place, expected, "nothing")
            value = value[key]
        if not fits(value):
            raise self._lacks(place, expected, repr(value))
        return value

    def _lacks(self, place: str, expected: str, found: str) -> HeadError:
        return HeadError(
            f"{self.folder}: head.json should have {expected} as provenance.{place}, and has {found}: fit the head "
            "with `neuroclip fit`, or save it with that provenance"
        )


def open_fitted(folder: Path) -> FittedHead:
    """Load a fitted head.

    Raises:
        HeadError: It cannot be loaded, or its provenance does not say what every command asks for.
    """
    from neuroclip import heads

    fitted = FittedHead(folder, heads.load(folder))
    fitted.check()
    return fitted


def folder_of(head: str) -> Path | None:
    """Return the folder of a fitted head that `HEAD|DIR` names; None where it names an installed head.

    A folder that is called like an installed head counts only where it holds a fitted one, and that is said.
    """
    from neuroclip import heads

    folder = Path(head)
    if not folder.is_dir():
        return None
    if all(row.name != head for row in heads.installed()):
        return folder
    if not (folder / "head.json").is_file():
        return None
    complain(
        f"{head} is taken for the fitted head in the folder of that name, not for the installed head: rename the "
        "folder if you mean that"
    )
    return folder


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_size_or_null(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and len(value) == 2 and all(type(side) is int and side > 0 for side in value)
    )


def _is_number_or_null(value: Any) -> bool:
    return value is None or type(value) in (int, float)
