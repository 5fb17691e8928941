"""A fitted head in a folder, with the split that it was fitted with and what it has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroclip import heads
from neuroclip.errors import HeadError
from neuroclip.fitting.task import Task
from neuroclip.heads import Head, State

SPLIT = "split.json"
"""The split that a head was fitted with, in its folder."""


def save_into(folder: Path, task: Task, head: Head, state: State, provenance: Mapping[str, Any]) -> str:
    """Save a fitted head in a folder, after the split that it was fitted with, and return its digest.

    Raises:
        HeadError, DatasetError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HeadError(f"{folder}: the head cannot be written ({error})") from error
    # The head last: a folder with head.json is complete.
    task.split.write(folder / SPLIT)
    return heads.save(folder, head, state, task.classes, provenance=provenance)


def seen_in(task: Task, head: Head) -> list[str]:
    """Return the content digests of what is learned from, sorted: as such a recording is known again.

    What a teacher has learned from, its student has learned from.
    """
    taught = [heads.load(path).provenance.get("seen") for path in head.needs if path.is_dir()]
    own = {task.items[name].file.content_digest for name in task.split.train}
    return sorted(own.union(*(seen for seen in taught if isinstance(seen, list))))
