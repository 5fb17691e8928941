"""What a user names as `DATA`, into a data set."""

from __future__ import annotations

import math
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from neuroclip import formats
from neuroclip.datasets import folders, layouts, official, tables
from neuroclip.datasets.dataset import Dataset, Item, natural_order
from neuroclip.datasets.known_set import KnownSet, known_sets, load_known
from neuroclip.errors import DatasetError, DatasetWarning, RecordingError
from neuroclip.formats import RecordingFile

_LABELS = "labels.csv"


def open_dataset(
    data: str | Path,
    *,
    known: str | None = None,
    size: tuple[int, int] | None = None,
    format: str | None = None,
    recover: bool = False,
) -> Dataset:
    """Open a folder of class folders, a CSV `file,label[,split][,video][,offset_us]`, or `spikingjelly:NAME:ROOT`.

    A folder may have `Train/` and `Test/` halves (and one for validation), in any case. One without class folders
    but with `labels.csv` is that table. `known` names a known set, or is "none"; without it a set is taken for a known
    one only where there is no doubt. "ucf101:2" is UCF-101 in the parts of its second official split, whose lists are
    in the folder or beside it. The known set gives the sensor's size unless `size` does; where neither
    does, and files do not say it either, `Dataset.sized` settles it.

    Raises:
        DatasetError: Nothing is there, a class has no recordings or is none of the known set's, there are fewer than
            two classes, a row of the table is wrong, a file comes twice, or the lists of a split do not fit.
    """
    try:
        return _open(
            str(data), known, size, partial(RecordingFile, size=size, format=format, recover=recover)
        )
    except OSError as error:
        raise DatasetError(f"{error.filename or data}: cannot be read: {error.strerror or error}") from error


def _open(data: str, known: str | None, size: tuple[int, int] | None, make: folders.Make) -> Dataset:
    told = number = lists = None
    if known not in (None, "none"):
        told, number = official.parse_known(known)
    if data.startswith(layouts.PREFIX):
        name, root, items = layouts.find(data, make)
        told = told if known else load_known(name)
    else:
        path = Path(data).expanduser()
        lists = official.find_lists(path if path.is_dir() else path.parent, told) if told else None
        name, root, items = _find(path, make, lists)
    labels = {item.label for item in items}
    if len(labels) < 2:
        there = f"only the class {min(labels)!r}" if labels else "no recording in a class folder"
        raise DatasetError(
            f"{data}: there is {there}; expected a folder with a folder of recordings for each of at least two "
            "classes, or a CSV with the columns file,label"
        )
    _check_once(items)
    _warn_of_case(labels, data)
    told = told or (_recognise(items, labels) if known is None else None)
    if told is None:
        return Dataset(name, root, tuple(items), tuple(sorted(labels, key=natural_order)))
    if size is None and told.size is not None:
        items = [replace(item, file=replace(item.file, size=told.size)) for item in items]
    classes = _known_order(labels, told, root)
    if number is not None:
        items = official.official_parts(items, told, number, lists, root)
    else:
        items = _first_share(items, told)
    return Dataset(told.name, root, tuple(items), classes, told)


def _find(path: Path, make: folders.Make, lists: Path | None) -> tuple[str, Path, list[Item]]:
    if path.is_dir():
        if not folders.folders(path) and (path / _LABELS).is_file():
            return path.resolve().name, path, tables.read_table(path / _LABELS, make)
        return path.resolve().name, path, folders.scan(path, make, lists)
    if not path.exists():
        raise DatasetError(f"{path}: there is no such folder or file")
    if path.suffix.lower() != ".csv":
        raise DatasetError(
            f"{path}: expected a folder of class folders, or a CSV with the columns file,label"
        )
    return path.stem, path.parent, tables.read_table(path, make)


def _check_once(items: Sequence[Item]) -> None:
    """Refuse a file that comes twice, also under another name (a link): shots would leak into the test.

    Raises:
        DatasetError: There is one.
    """
    first: dict[object, Item] = {}
    for item in items:
        status = item.file.path.stat()
        key = (status.st_dev, status.st_ino, layouts.stretch(item.file))
        other = first.setdefault(key, item)
        if other is not item:
            as_what = [f"{i.name} ({i.label}{', ' + i.part if i.part else ''})" for i in (other, item)]
            raise DatasetError(f"the same file comes twice: as {' and as '.join(as_what)}; leave one out")


def _warn_of_case(labels: set[str], data: str) -> None:
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for label in sorted(labels):
        alike[label.casefold()].append(label)
    pairs = [" and ".join(map(repr, those)) for those in alike.values() if len(those) > 1]
    if pairs:
        warnings.warn(
            f"{data}: the labels {', '.join(pairs)} differ only in case, and are classes of their own: rename them if "
            "they are the same",
            DatasetWarning,
            stacklevel=4,
        )


def _recognise(items: Sequence[Item], labels: set[str]) -> KnownSet | None:
    for known in map(load_known, known_sets()):
        fits = bool(known.recognise) and labels == set(known.words)
        if fits and all(fnmatch(item.file.path.name, known.recognise) for item in items):
            firsts = {item.label: item for item in reversed(items)}
            if all(_inside(item.file, known) for item in firsts.values()):
                return known
    return None


def _inside(file: RecordingFile, known: KnownSet) -> bool:
    try:
        found = formats.examine(file.path, format=file.format)
    except RecordingError:
        return True  # a damaged file says nothing about the set; reading it says what is wrong
    return known.size is None or (found.x_max < known.size[0] and found.y_max < known.size[1])


def _first_share(items: list[Item], known: KnownSet) -> list[Item]:
    if known.train_share is None or any(item.part is not None for item in items):
        return items
    number = Counter(item.label for item in items)
    seen: defaultdict[str, int] = defaultdict(int)
    parted: list[Item] = []
    for item in sorted(items, key=lambda item: item.name):
        first = seen[item.label] < math.ceil(known.train_share * number[item.label])
        parted.append(replace(item, part="train" if first else "test"))
        seen[item.label] += 1
    return parted


def _known_order(labels: set[str], known: KnownSet, root: Path) -> tuple[str, ...]:
    """Return the labels in the known set's order; they may also be its words.

    Raises:
        DatasetError: A label is none of the set's.
    """
    if not known.words:
        return tuple(sorted(labels, key=natural_order))
    for names in (tuple(known.words), tuple(known.words.values())):
        if labels <= set(names):
            return tuple(name for name in names if name in labels)
    wrong = min(labels - set(known.words), key=natural_order)
    raise DatasetError(
        f"{root}: the label {wrong!r} is none of {known.title}, whose labels are {', '.join(list(known.words)[:12])}"
        f"{', ...' if len(known.words) > 12 else ''}"
    )
