"""The networks of `neuroclip distill`: made from options, trained unless they are there, and the mean of two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroclip.cli.fitted import FittedHead
from neuroclip.cli.reporting import complain
from neuroclip.cli.tasks import fit_into
from neuroclip.errors import HeadError

if TYPE_CHECKING:
    from neuroclip.fitting import Task
    from neuroclip.heads import Head, SavedHead

NETWORKS = {"teacher": "i3d-flow", "student": "i3d-events", "rgb": "i3d-rgb"}
"""The heads, by what they are called there."""
ALL = "all"
"""The table of options that all of them have."""


def networks(
    tables: Mapping[str, Mapping[str, Any]], out: Path, teacher: Path | None, *, rgb: bool
) -> dict[str, Head]:
    """Make the networks; the student is told where its teacher is, or will be.

    Raises:
        OptionError: An option is none of a network.
        HeadError: The given teacher is no head on optical flow.
    """
    from neuroclip import heads

    made: dict[str, Head] = {}
    for name, head in NETWORKS.items():
        if name == "rgb" and not rgb:
            continue
        if name == "teacher" and teacher is not None:
            given = heads.load(teacher)
            made[name] = given.head
            continue
        chosen = {**tables.get(ALL, {}), **tables.get(name, {})}
        if name == "student":
            chosen.setdefault("teacher", str(teacher or out / "teacher"))
        made[name] = heads.restore(head, chosen)
    return made


def given_teacher(task: Task, folder: Path) -> SavedHead:
    """Return the teacher of a folder.

    Raises:
        HeadError: It knows other classes.
    """
    from neuroclip import heads

    saved = heads.load(folder)
    if sorted(saved.names) != sorted(task.names):
        raise HeadError(
            f"{folder}: the teacher knows {', '.join(saved.names)}, but {task.dataset.name} has "
            f"{', '.join(task.names)}: leave --teacher out, so that one is trained"
        )
    given = FittedHead(folder, saved)
    _ = given.seconds  # refused here where it is no number: the report says it
    given.check_networks(task.model)
    held_out = (*task.split.test, *task.split.validation)
    seen = sum(task.items[name].file.content_digest in given.seen for name in held_out)
    if seen:
        raise HeadError(
            f"{folder}: the teacher has learned from {seen} of the {len(held_out)} recordings that are to be measured "
            "on: give one that was fitted on this split, or leave --teacher out, so that one is trained"
        )
    return saved


def fitted_network(task: Task, head: Head, folder: Path, name: str, seed: int) -> SavedHead:
    """Return the network of a folder, which is trained unless it is there already."""
    from neuroclip import heads
    from neuroclip.fitting import provenance_of
    from neuroclip.fitting.saving import seen_in

    if (folder / "head.json").is_file():
        saved = heads.load(folder)
        kept = provenance_of(task, head, seed) | {"seen": seen_in(task, head)}
        wanted = json.loads(json.dumps(kept))
        timed = FittedHead(folder, saved).seconds is not None  # which the report says, too
        if timed and all(saved.provenance.get(key) == value for key, value in wanted.items()):
            complain(f"{name}: {folder} is of this data and these options already")
            return saved
    fit_into(folder, task, head, seed=seed, label=f"training the {name} network")
    return heads.load(folder)


def fused(folder: Path, task: Task, student: SavedHead, rgb: SavedHead, seed: int) -> SavedHead:
    """Save the mean of both as a head of its own, which has nothing to learn any more."""
    from neuroclip import heads
    from neuroclip.fitting import provenance_of
    from neuroclip.fitting.saving import save_into
    from neuroclip.heads.registry import name_of

    members = (student, rgb)
    parts = [{"head": name_of(saved.head), "options": heads.describe(saved.head)} for saved in members]
    head = heads.restore("average", {"members": parts})
    state = {
        key: value
        for i, saved in enumerate(members)
        for key, value in heads.nested(f"m{i}", saved.state).items()
    }
    about = {
        **provenance_of(task, head, seed),
        "fit_seconds": sum(saved.provenance["fit_seconds"] for saved in members),
        "seen": student.provenance["seen"],
    }
    save_into(folder, task, head, state, about)
    return heads.load(folder)
