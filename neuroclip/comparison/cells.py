"""Cells on disk: each is written once it is finished, and found again by what decides it."""

from __future__ import annotations

import json
import math
import shutil
import traceback
from pathlib import Path
from typing import Any

from neuroclip.comparison.document.form import misfit
from neuroclip.comparison.document.schema import MEASURED
from neuroclip.comparison.interrupts import presses
from neuroclip.comparison.json_file import write_json
from neuroclip.comparison.measuring import CELL_FORMAT, job_of, measure, robustness_of
from neuroclip.comparison.plan import Place, cell_folder, head_folder
from neuroclip.comparison.setting import Setting
from neuroclip.errors import NeuroclipError
from neuroclip.fitting.saving import SPLIT
from neuroclip.fitting.training import finished
from neuroclip.heads import SavedHead, load

_CELL, _LOG, _HEAD = "cell.json", "error.log", "head"
_LARGE = 16e6  # bytes that a head has learned; such a one is not saved with every cell
_LONGEST = 600  # characters of an error that a table shows

Cell = dict[str, Any]


def blank_cell(place: Place) -> Cell:
    """Return a cell of which nothing is known."""
    cell: Cell = {"head": place.title, "shots": place.shots, "seed": place.seed, "status": "", "error": None}
    return cell | {"digest": None, "split": None}


def wanted_cell(setting: Setting, place: Place) -> Cell:
    """Return a cell as far as it is known before anything is fitted: what it is, and whether it can be.

    Its `status` is "" where it has to be measured; `digest` then says of what it will be.
    """
    cell = blank_cell(place)
    try:
        head = setting.head(place.title)
        task = setting.task(place.shots, place.seed)
        cell["split"] = task.split.digest
        if place.shots == 0 and head.min_shots > 0:
            return cell | {"status": "skipped", "error": f"{place.title} learns from shots"}
        cell["digest"] = job_of(task, head, setting.plan.entry(place.title), setting.plan)
    except (Exception, SystemExit) as error:  # a stranger's head may raise anything
        return failed(setting, cell, error)
    return cell


def kept_cell(setting: Setting, place: Place, cell: Cell) -> Cell | None:
    """Return the cell that was finished before, with the damage that is asked for.

    None where there is none of the same digest, or not all of it, its saved head included.
    """
    entry = setting.plan.entry(place.title)
    kept = _on_disk(cell_folder(setting.folder, entry, place), cell)
    if kept is None:
        return None
    if setting.plan.is_kept(place) and _saved(head_folder(setting.folder, entry), cell) is None:
        return None
    damage = _damage(kept)
    try:
        return kept | {"robustness": [damage[c.kind, c.level] for c in setting.plan.corruptions]}
    except KeyError:
        return None


def _on_disk(folder: Path, cell: Cell) -> Cell | None:
    try:
        kept = json.loads((folder / _CELL).read_text(encoding="utf-8"))
        if kept["format"] != CELL_FORMAT or kept["cell"]["digest"] != cell["digest"]:
            return None
        return None if misfit(kept["cell"], MEASURED) else kept["cell"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _saved(folder: Path, cell: Cell) -> SavedHead | None:
    """Return the head in a folder if it is of a cell's digest; None where there is none, or not all of it."""
    try:
        saved = load(folder)
    except NeuroclipError:
        return None
    return saved if saved.provenance.get("job") == cell["digest"] and (folder / SPLIT).is_file() else None


def _at_hand(setting: Setting, place: Place, cell: Cell) -> SavedHead | None:
    """Return the head that was saved with a cell, and see to it that the one to be kept lies in `DIR/heads`.

    Which cell that is of, the plan says, so that the one of another plan may lie there: it goes to its own cell.
    """
    entry = setting.plan.entry(place.title)
    shared, own = head_folder(setting.folder, entry), cell_folder(setting.folder, entry, place) / _HEAD
    if (saved := _saved(shared, cell)) is not None or not setting.plan.is_kept(place):
        return saved or _saved(own, cell)
    try:
        split = load(shared).provenance["split"]
        home = cell_folder(setting.folder, entry, Place(place.title, split["shots"], split["seed"])) / _HEAD
        if home.parent.is_dir() and sum(path.stat().st_size for path in shared.iterdir()) <= _LARGE:
            shutil.rmtree(home, ignore_errors=True)
            shared.rename(home)
    except (NeuroclipError, KeyError, OSError):
        pass  # there is none, or it cannot be kept: its cell is fitted again if it is asked for more
    saved = _saved(own, cell)
    if saved is not None:
        shutil.copytree(own, shared, dirs_exist_ok=True)
    return saved


def _damage(cell: Cell) -> dict[tuple[str, float], Any]:
    return {(row["kind"], row["level"]): row for row in cell["robustness"]}


def finish_cell(setting: Setting, place: Place, cell: Cell) -> Cell:
    """Measure a cell and keep it; where anything goes wrong, return it as failed, and say why.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed. A head that raises it by itself has failed.
    """
    with presses() as pressed:
        try:
            return _finished(setting, place, cell)
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # a stranger's head may raise anything
            if pressed:
                raise KeyboardInterrupt from error
            return failed(setting, cell, error)


def _finished(setting: Setting, place: Place, cell: Cell) -> Cell:
    plan, task = setting.plan, setting.task(place.shots, place.seed)
    folder = cell_folder(setting.folder, plan.entry(place.title), place)
    folder.mkdir(parents=True, exist_ok=True)
    kept, saved = _on_disk(folder, cell), _at_hand(setting, place, cell)
    damage = _damage(kept) if kept is not None else {}
    if kept is not None and saved is not None:  # all that lacks is damage that was not asked for before
        new = [c for c in plan.corruptions if (c.kind, c.level) not in damage]
        rows = [robustness_of(task, saved.head, saved.state, c) for c in new]
        damage |= _damage({"robustness": rows})
        done = kept | {"robustness": [damage[c.kind, c.level] for c in plan.corruptions]}
    else:
        done = cell | {"status": "ok"}
        done |= measure(
            task,
            setting.head(place.title),
            plan,
            folder=folder,
            keep=head_folder(setting.folder, plan.entry(place.title))
            if plan.is_kept(place)
            else folder / _HEAD,
            most=math.inf if plan.is_kept(place) else _LARGE,
            job=cell["digest"],
        )
        damage |= _damage(done)
    # Damage that is not asked for this time may be the next: what was measured of it stays.
    whole = done | {"robustness": list(damage.values())}
    write_json(folder / _CELL, {"format": CELL_FORMAT, "cell": whole})
    finished(folder)
    for old in (folder / _LOG, *folder.glob("*.part")):  # parts are of a process that was killed
        old.unlink(missing_ok=True)
    return done


def failed(setting: Setting, cell: Cell, error: BaseException) -> Cell:
    """Return the cell as failed, with one sentence; what no user can mend leaves its traceback beside it."""
    said = " ".join(str(error).split())
    if isinstance(error, NeuroclipError):
        return cell | {"status": "failed", "error": said[:_LONGEST]}
    log = cell_folder(setting.folder, setting.plan.entry(cell["head"]), Place.of(cell)) / _LOG
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        where = f" (see {log.relative_to(setting.folder).as_posix()})"
    except OSError:
        where = ""
    memory = isinstance(error, MemoryError) or "out of memory" in said or "can't allocate memory" in said
    what = "out of memory: fewer --jobs, or a smaller batch, may help" if memory else said
    ended = "" if isinstance(error, Exception) else "the head ended the program: "
    return cell | {
        "status": "failed",
        "error": f"{ended}{type(error).__name__}: {what}"[:_LONGEST].removesuffix(": ") + where,
    }
