"""Files and folders into recording files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neuroclip.formats import registry
from neuroclip.formats.format import HEAD_BYTES


def find(paths: Sequence[str | Path]) -> list[Path]:
    """Replace folders by the recordings in them (recursively, sorted, none hidden); keep files as they are.

    A file in a folder counts when it has the suffix of an installed format; where other things share that
    suffix, also by content. A folder without any stays in the list, so that reading it says what is wrong.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if _is_recording(p, path))
            found += inside or [path]
        else:
            found.append(path)
    return found


def _is_recording(path: Path, root: Path) -> bool:
    if any(part.startswith(".") for part in path.relative_to(root).parts) or not path.is_file():
        return False
    formats = [f for f in registry.load_all() if path.suffix.lower() in f.suffixes]
    if any(not f.shares_suffixes for f in formats):
        return True
    return bool(formats) and any(f.detect(path, read_head(path)) for f in formats)


def read_head(path: Path) -> bytes:
    """Return the first `HEAD_BYTES` of a file; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
