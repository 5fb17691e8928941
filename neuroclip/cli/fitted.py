"""The folder of a fitted head, and what commands ask of its provenance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroclip.cli.options import SensorSize
from neuroclip.cli.provenance import are_pairs, are_texts, is_number_or_null, is_size_or_null, is_text, told
from neuroclip.cli.reporting import complain
from neuroclip.cli.tasks import Source
from neuroclip.errors import DatasetError, HeadError, ModelError, OptionError

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
        return self._told("head.name", is_text, "a text")

    @property
    def size(self) -> SensorSize | None:
        """The sensor's size of the recordings that it was fitted on, if it was one."""
        size = self._told("data.size", is_size_or_null, "width and height, or null")
        return SensorSize(*size) if size is not None else None

    @property
    def seen(self) -> frozenset[str]:
        """The content digests of the recordings that it has learned from."""
        return frozenset(self._told("seen", are_texts, "a list of digests"))

    @property
    def seconds(self) -> float | None:
        """How long it took to fit, if that is known."""
        if "fit_seconds" not in self.saved.provenance:
            return None
        return self._told("fit_seconds", is_number_or_null, "a number, or null")

    def model(self, given: str | None, **options: Any) -> Model:
        """Load the model that it was fitted with, from where it was, or from where `given` says it is.

        Raises:
            HeadError: It has other weights, or as `check_networks`.
        """
        from neuroclip.backbones import load_model

        name, digest = (self._told(f"model.{key}", is_text, "a text") for key in ("name", "digest"))
        loaded = load_model(given or name, **options)
        if loaded.weights_digest != digest:
            raise HeadError(
                f"{self.folder} was fitted with {name} (weights {digest[:8]}), but {loaded.name} has the weights "
                f"{loaded.weights_digest[:8]}: give that model with --model, or fit again"
            )
        self.check_networks(loaded)
        return loaded

    def check_networks(self, model: Model) -> None:
        """Check that what it reads of recordings is what it was fitted on, whatever lies where weights lay.

        Raises:
            HeadError: A network has other weights, or none; the message names it and their digests.
        """
        from neuroclip.backbones import load_backbone

        representation = self.saved.head.representation.filled(model.name)
        try:
            found = representation.networks(lambda n: model if n == model.name else load_backbone(n))
        except (ModelError, OptionError) as error:
            raise HeadError(f"{self.folder}: {error}") from error
        if all(name == model.name for name, _ in found):
            return
        expected = f"a name and a digest for each of its networks ({len(found)})"
        fitted = self._told("networks", lambda pairs: are_pairs(pairs) and len(pairs) == len(found), expected)
        for (name, digest), (was, wanted) in zip(found, fitted, strict=True):
            if digest != wanted:
                raise HeadError(
                    f"{self.folder} was fitted with {was} (weights {wanted[:8]}), but {name} has the weights "
                    f"{digest[:8]}: put the old weights back, or fit again"
                )

    def split(self) -> Split:
        """Read the split that it was fitted with.

        Raises:
            DatasetError: It is missing, damaged, or another one; the message names the file.
        """
        from neuroclip.datasets import Split
        from neuroclip.fitting.saving import SPLIT

        path, digest = self.folder / SPLIT, self._told("split.digest", is_text, "a text")
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
            self._told(f"model.{key}", is_text, "a text")

    def _told(self, place: str, fits: Callable[[Any], bool], expected: str) -> Any:
        return told(self.folder, self.saved.provenance, place, fits, expected)


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
