"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from neuroclip.errors import ComparisonError

_OURS = "<!-- NeuroCLIP report -->"


def write(path: Path, text: str) -> Path:
    """Write a text in place of the one before it, and return where.

    Raises:
        ComparisonError: It cannot be written.
    """
    if path.suffix == ".svg":
        text += f"{_OURS}\n"
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    except OSError as error:
        raise ComparisonError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def drop_old(folder: Path, keep: Collection[str]) -> None:
    """Remove the figures of an earlier report, but those to keep; whatever else lies in the folder stays."""
    for path in folder.glob("*.svg"):
        try:
            if path.name not in keep and path.read_text(encoding="utf-8").rstrip().endswith(_OURS):
                path.unlink()
        except (OSError, UnicodeDecodeError):  # not ours, or not to be removed: it does no harm
            continue
