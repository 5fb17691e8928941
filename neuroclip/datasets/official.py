"""The lists of files that publish the official splits of UCF-101 and HMDB-51."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from neuroclip.datasets.dataset import Item, Part
from neuroclip.datasets.known_set import KnownSet, known_sets, load_known
from neuroclip.errors import DatasetError

Listed = tuple[str, str, Part | None]
"""Label, name of the file, and its part of the split; None: it is in neither."""


def parse_known(name: str) -> tuple[KnownSet, int | None]:
    """Read `NAME`, or `NAME:N` for the N-th official split of a known set.

    Raises:
        DatasetError: No such set, or it has no such split.
    """
    plain, colon, number = name.partition(":")
    known = load_known(plain)
    if not colon:
        return known, None
    if not known.splits:
        those = " and ".join(n for n in known_sets() if load_known(n).splits)
        raise DatasetError(f"{name}: {known.title} has no numbered splits, only {those} have; say {plain!r}")
    if not (number.isdecimal() and 1 <= int(number) <= known.splits):
        raise DatasetError(
            f"{name}: {known.title} has the official splits 1 to {known.splits}, not {number!r}"
        )
    return known, int(number)


def find_lists(root: Path, known: KnownSet) -> Path | None:
    """Return the folder of the lists: `root`, a folder in it, the folder that it is in, or one beside it."""
    if not known.splits:
        return None
    name = _named(known, 1)[0]
    for place in (root.resolve(), root.resolve().parent):
        for path in (place / name, *sorted(place.glob(f"*/{name}"))):
            if path.is_file():
                return path.parent
    return None


def official_parts(
    items: Sequence[Item], known: KnownSet, number: int, lists: Path | None, root: Path
) -> list[Item]:
    """Put every item into its part of an official split; those in neither part are left out.

    A file is known by its class and its name without the suffix, so that emulated recordings can stand for the
    videos; case does not count where the names differ in nothing else. Classes may be missing, files of a class not.

    Raises:
        DatasetError: There are no lists, one cannot be read, the parts are known already, or files and lists differ.
    """
    if lists is None:
        raise DatasetError(
            f"{root}: the lists of split {number} of {known.title} ({' and '.join(_named(known, number))}, ...) are "
            f"neither in it nor beside it; they are published at {known.lists_url}"
        )
    if any(item.part is not None for item in items):
        raise DatasetError(
            f"{root}: the set says itself which part a recording is in: leave out either that, or the number of the "
            f"split of {known.title}"
        )
    own = {word: label for label, word in known.words.items()}
    labels = sorted({own.get(item.label, item.label) for item in items})
    listed = {(c, Path(name).stem): part for c, name, part in _READERS[known.name](lists, number, labels)}
    folded = {(c.lower(), name.lower()): (c, name) for c, name in listed}
    found: dict[tuple[str, str], Item] = {}
    parted: list[Item] = []
    for item in items:
        key = own.get(item.label, item.label), item.file.path.stem
        key = key if key in listed else folded.get((key[0].lower(), key[1].lower()))
        if key is None:
            raise DatasetError(f"{root}: {item.name} is not in the lists of {known.title} in {lists}")
        found[key] = item
        if (part := listed[key]) is not None:
            parted.append(replace(item, part=part))
    if missing := sorted(listed.keys() - found.keys()):
        raise DatasetError(
            f"{root}: {len(missing)} of the {len(listed)} files in the lists of {known.title} are not there, the first "
            f"is {'/'.join(missing[0])}; is the set complete?"
        )
    return parted


def _named(known: KnownSet, number: int) -> tuple[str, ...]:
    """Return the names of the first lists of a split."""
    if known.name == "ucf101":
        return f"trainlist{number:02}.txt", f"testlist{number:02}.txt"
    return (f"{next(iter(known.words))}_test_split{number}.txt",)


def _ucf(lists: Path, number: int, labels: Sequence[str]) -> Iterator[Listed]:
    """Read `ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1` of a list for each part; that of the test has no number."""
    parts: tuple[Part, ...] = ("train", "test")
    for part in parts:
        path = lists / f"{part}list{number:02}.txt"
        for line, words in _lines(path):
            label, slash, name = words[0].partition("/")
            if not (slash and name):
                raise DatasetError(f"{path}, line {line}: {words[0]!r} is no CLASS/FILE")
            if label in labels:
                yield label, name, part


def _hmdb(lists: Path, number: int, labels: Sequence[str]) -> Iterator[Listed]:
    """Read `NAME.avi 1` of a list for each class: 1 is for training, 2 for testing, 0 for neither."""
    parts: dict[str, Part | None] = {"0": None, "1": "train", "2": "test"}
    for label in labels:
        path = lists / f"{label}_test_split{number}.txt"
        for line, words in _lines(path):
            if len(words) < 2 or words[-1] not in parts:
                raise DatasetError(f"{path}, line {line}: expected a file and 0, 1 or 2")
            yield label, " ".join(words[:-1]), parts[words[-1]]


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return ((number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip())


_READERS: dict[str, Callable[[Path, int, Sequence[str]], Iterator[Listed]]] = {
    "ucf101": _ucf,
    "hmdb51": _hmdb,
}
