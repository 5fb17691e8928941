"""Folders of class folders, with halves or without, into items."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from neuroclip import formats
from neuroclip.datasets.dataset import Item, Part
from neuroclip.errors import DatasetError
from neuroclip.formats import RecordingFile

Make = Callable[..., RecordingFile]
"""Makes a recording file of `path`, `label`, `video` and `offset_us`, to be read as was asked for."""

PARTS: dict[str, Part] = {
    "train": "train", "training": "train",
    "val": "validation", "valid": "validation", "validation": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


def scan(root: Path, make: Make, lists: Path | None = None) -> list[Item]:
    """Find the recordings below class folders, in the order of their paths; a class may have folders inside.

    `lists` is a folder that is no class, because the lists of a split are in it.

    Raises:
        DatasetError: There are no recordings, none in a class folder, or class folders beside halves.
    """
    halves: dict[Path, Part] = {
        f: part for f in folders(root) if (part := _part_of(f)) is not None and folders(f)
    }
    if not halves:
        return _classes(root, root, None, make, lists=lists)
    for other in folders(root):
        if other not in halves and recordings(other):
            raise DatasetError(
                f"{root}: {next(iter(halves)).name} looks like a part of a split, but {other.name} beside it holds "
                "recordings too: put class folders into the parts, or say with a CSV what each file is"
            )
    items = [item for half, part in halves.items() for item in _classes(root, half, part, make, empty=True)]
    have = {item.label for item in items}
    for label in sorted({f.name for half in halves for f in folders(half)} - have):
        raise _without_recordings(root, label)
    return items


def folders(root: Path) -> list[Path]:
    """Return the visible folders in a folder, sorted; links back to it or above it are left out."""
    place = root.resolve()
    inside = sorted(f for f in root.iterdir() if f.is_dir() and not f.name.startswith("."))
    return [f for f in inside if not (f.is_symlink() and place.is_relative_to(f.resolve()))]


def recordings(folder: Path) -> list[Path]:
    """Return the recordings below a folder, sorted."""
    return [path for path in formats.find([folder]) if path != folder]


def paired(paths: Sequence[Path]) -> Iterator[tuple[Path, Path | None]]:
    """Yield recordings with their videos: `x.mp4` beside `x.aedat4` is no recording of its own."""
    videos = {p.with_suffix(""): p for p in paths if _is_video(p)}
    events = {p.with_suffix("") for p in paths if not _is_video(p)}
    for path in paths:
        if not _is_video(path):
            yield path, videos.get(path.with_suffix(""))
        elif path.with_suffix("") not in events:
            yield path, None


def video_beside(path: Path, listed: Iterable[Path]) -> Path | None:
    """Return the video beside a recording that has the same name, unless it is `listed` as a recording."""
    if _is_video(path):
        return None
    beside = (path.with_suffix(suffix) for suffix in formats.load("video").suffixes)
    return next((video for video in beside if video.is_file() and video not in listed), None)


def _classes(
    root: Path, half: Path, part: Part | None, make: Make, *, empty: bool = False, lists: Path | None = None
) -> list[Item]:
    items: list[Item] = []
    for folder in folders(half):
        if lists is not None and folder.resolve() == lists:
            continue
        found = recordings(folder)
        if not found and not empty:
            raise _without_recordings(root, folder.name)
        items += [
            Item(path.relative_to(root).as_posix(), make(path=path, label=folder.name, video=video), part)
            for path, video in paired(found)
        ]
    return items


def _without_recordings(root: Path, label: str) -> DatasetError:
    return DatasetError(
        f"{root}: the class folder {label!r} holds no recordings; `neuroclip formats` lists what is read"
    )


def _part_of(folder: Path) -> Part | None:
    """Tell by the last word of its name: `Train`, `n-cars_test`."""
    return PARTS.get(re.split(r"[-_ ]", folder.name.lower())[-1])


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in formats.load("video").suffixes
