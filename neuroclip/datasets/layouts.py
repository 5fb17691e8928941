"""Where spikingjelly keeps the data sets that it knows, so that `spikingjelly:NAME:ROOT` finds them.

Only the folders are followed: spikingjelly itself is not imported, and nothing is converted. What it extracted
(`ROOT/extract`) is read as it is; else the files that it made of that (`ROOT/events_np`).
Source: spikingjelly 2.0, `spikingjelly/datasets/`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from neuroclip.datasets.dataset import Item, Part
from neuroclip.datasets.folders import Make, recordings, scan
from neuroclip.datasets.known_set import load_known
from neuroclip.errors import DatasetError, RecordingError
from neuroclip.formats import RecordingFile
from neuroclip.recording import Recording, digest_of_file

PREFIX = "spikingjelly:"
_USAGE = "expected spikingjelly:NAME:ROOT, where ROOT is the folder that spikingjelly was given"


@dataclass(frozen=True)
class Trial(RecordingFile):
    """A stretch of a long recording: from `start_us` to before `stop_us`, on the file's own clock."""

    start_us: int = 0
    stop_us: int = 0

    @cached_property
    def events_digest(self) -> str:
        """As that of a file, and of the stretch."""
        whole = RecordingFile(self.path, size=self.size, format=self.format, recover=self.recover).digest
        return blake2b(f"{whole} {self.start_us} {self.stop_us}".encode(), digest_size=16).hexdigest()

    @cached_property
    def content_digest(self) -> str:
        """Of the file's bytes, and of the stretch."""
        stretched = f"{digest_of_file(self.path)} {self.start_us} {self.stop_us}"
        return blake2b(stretched.encode(), digest_size=16).hexdigest()

    def load(self) -> Recording:
        """Read the file, and return the stretch.

        Raises:
            RecordingError, OptionError: As `read`; or there are no events in the stretch.
        """
        trial = super().load().window(self.start_us, self.stop_us)
        if not len(trial):
            raise RecordingError(
                f"{self.path}: there are no events from {self.start_us} to {self.stop_us} us"
            )
        return trial


def stretch(file: RecordingFile) -> tuple[int, int] | None:
    """Return which stretch of its file a recording is; None: all of it."""
    return (file.start_us, file.stop_us) if isinstance(file, Trial) else None


def find(data: str, make: Make) -> tuple[str, Path, list[Item]]:
    """Return the known set's name, the folder that names are relative to, and the items.

    Raises:
        DatasetError: No such set, none of its folders is there, or what is in them is not as spikingjelly has it.
    """
    name, colon, folder = data.removeprefix(PREFIX).partition(":")
    if not (name and colon and folder):
        raise DatasetError(f"{data}: {_USAGE}")
    layout = {_plain(key): value for key, value in _LAYOUTS.items()}.get(_plain(name))
    if layout is None:
        raise DatasetError(
            f"{data}: {name!r} is none of the sets that are found in spikingjelly's folders, which are "
            f"{', '.join(_LAYOUTS)}; give a folder of class folders or a CSV"
        )
    known, places, read = layout
    root = Path(folder).expanduser()
    for place in places:
        if (root / place).is_dir() and any((root / place).iterdir()):
            return known, root / place, read(root / place, make)
    raise DatasetError(f"{data}: none of {', '.join(places)} is in {root}; {_USAGE}")


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _gestures(root: Path, make: Make) -> list[Item]:
    """Cut the recordings of DVS128 Gesture into trials, as its tables say; or take those that are cut already."""
    names = tuple(load_known("dvs128-gesture").words)
    if not (root / "trials_to_train.txt").is_file():
        cut = scan(root, make)
        return [replace(i, file=replace(i.file, label=_gesture(names, i.label, 0, i.file.path))) for i in cut]
    items: list[Item] = []
    parts: tuple[Part, ...] = ("train", "test")
    for part in parts:
        for (file,) in _lines(root / f"trials_to_{part}.txt", None, 1):
            table = root / f"{Path(file).stem}_labels.csv"
            for i, (number, start, stop) in enumerate(_lines(table, ",", 3)[1:]):
                if not (start.isdecimal() and stop.isdecimal()):
                    raise DatasetError(
                        f"{table}: trial {i} is from {start!r} to {stop!r}; expected microseconds"
                    )
                whole = make(path=root / file, label=_gesture(names, number, 1, table))
                trial = Trial(
                    whole.path,
                    whole.label,
                    whole.size,
                    whole.format,
                    whole.recover,
                    start_us=int(start),
                    stop_us=int(stop),
                )
                items.append(Item(f"{file}#{i}", trial, part))
    return items


def _gesture(names: tuple[str, ...], number: str, first: int, where: Path) -> str:
    if number in names:
        return number
    if not number.isdecimal() or not first <= int(number) < first + len(names):
        raise DatasetError(f"{where}: {number!r} is no gesture; expected {first} to {first + len(names) - 1}")
    return names[int(number) - first]


def _es_imagenet(root: Path, make: Make) -> list[Item]:
    """Read the training folders of ES-ImageNet, and its list of labels for validation, which is its test."""
    if not (root / "vallabel.txt").is_file():
        return scan(root, make)
    items = [
        Item(path.relative_to(root).as_posix(), make(path=path, label=path.parent.name), "train")
        for path in recordings(root / "train")
    ]
    for name, number in _lines(root / "vallabel.txt", None, 2):
        items.append(Item(f"val/{name}", make(path=root / "val" / name, label=f"class{number}"), "test"))
    return items


def _lines(path: Path, delimiter: str | None, columns: int) -> list[list[str]]:
    """Return the values of every line that is not empty; without a delimiter they stand between spaces."""
    try:
        text = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    rows = (
        [line.split() for line in text] if delimiter is None else list(csv.reader(text, delimiter=delimiter))
    )
    for number, row in enumerate(rows, 1):
        if row and len(row) < columns:
            raise DatasetError(f"{path}, line {number}: expected {columns} values, found {len(row)}")
    return [[value.strip() for value in row[:columns]] for row in rows if row]


_LAYOUTS: dict[str, tuple[str, tuple[str, ...], Callable[[Path, Make], list[Item]]]] = {
    "NMNIST": ("nmnist", ("extract", "events_np"), scan),
    "CIFAR10DVS": ("cifar10-dvs", ("extract", "events_np"), scan),
    "NCaltech101": ("n-caltech101", ("extract/Caltech101", "events_np"), scan),
    "DVS128Gesture": ("dvs128-gesture", ("extract/DvsGesture", "events_np"), _gestures),
    "ESImageNet": ("es-imagenet", ("extract/ES-imagenet-0.18", "events_np"), _es_imagenet),
}
"""The known set, the folders in which to look, the first that is there first, and how to read them."""
