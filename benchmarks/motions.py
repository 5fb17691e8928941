"""Distillation on the motion set: the tables 1 to 3 of Chadha et al. (2019), with a narrow I3D on a CPU.

    python benchmarks/motions.py FOLDER [--seeds 5] [--rows "a;b"] [--pilot]

The sets are made in FOLDER, 9 classes of 64x64 pixels, 40 pictures at 25 a second, with emulated events: 96 videos of
each class that only teachers and the weights that RGB begins with are learned from, in place of Kinetics in the paper;
64 to draw shots from; 30 to measure on. Each seed draws 16 shots of each class, and all randomness of the fits.
A row is a network; each is fitted once a seed and kept in FOLDER, so that an interrupted run goes on, and two processes
can share the work (`--seed-list`). Prints Markdown: mean over seeds with its 95 % interval (Student's t), and the
difference to the student with labels alone, paired by seed; then differences of some more pairs. Stderr has each cell,
and how many of the shots the teacher names rightly.

`--pilot` measures on what is left of the 64 instead: everything below was fixed that way, before the 30 were looked at.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from machine import machine
from paired import points

from neuroclip import heads
from neuroclip.backbones import load_model
from neuroclip.bank import DiskBank
from neuroclip.classes import load_prompts
from neuroclip.datasets import make_split, open_dataset
from neuroclip.fitting import Task, evaluate, fit
from neuroclip.heads import Head, SavedHead
from neuroclip.metrics import mean_interval
from neuroclip.synthetic import write_motions

RECIPE: dict[str, Any] = {
    "width": 0.125,
    "size": 48,
    "epochs": 72,
    "learning_rate": 0.05,
    "batch": 16,
    "schedule": "cosine",
    "dropout": 0.2,
}
TEACHERS, SHOTS, FUSED = 96, 16, ("both at T = 2", "RGB")
LEARNED_FROM_OTHERS = ("teacher", "RGB of the 96, background kept", "RGB of the 96")
STILL: dict[str, Any] = {"background": "removed"}
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "teacher": ("i3d-flow", {"epochs": 24}),
    "labels alone": ("i3d-events", {"alpha": 0.0}),
    "labels alone from random weights": ("i3d-events", {"alpha": 0.0, "start": "random"}),
    "teacher alone at T = 1": ("i3d-events", {"beta": 0.0, "temperature": 1.0}),
    "both at T = 1": ("i3d-events", {"temperature": 1.0}),
    "both at T = 2": ("i3d-events", {"temperature": 2.0}),
    "both at T = 4": ("i3d-events", {"temperature": 4.0}),
    "RGB of the 96, background kept": ("i3d-rgb", {"epochs": 24}),
    "RGB, background kept": ("i3d-rgb", {}),
    "RGB of the 96": ("i3d-rgb", STILL | {"epochs": 24}),
    "RGB": ("i3d-rgb", STILL),
}
PAIRS = (
    ("both at T = 1", "teacher alone at T = 1"),
    ("both at T = 2", "both at T = 1"),
    ("both at T = 4", "both at T = 2"),
    ("labels alone", "labels alone from random weights"),
    ("RGB", "RGB, background kept"),
    ("events and RGB", "both at T = 2"),
    ("events and RGB", "RGB"),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed-list", help="Fit these alone, and print nothing.")
    parser.add_argument("--rows", default=";".join(ROWS), help="Separated by semicolons.")
    parser.add_argument("--pilot", action="store_true")
    asked = parser.parse_args()
    folder: Path = asked.folder
    rows = [row for row in asked.rows.split(";" if ";" in asked.rows else ",") if row]
    seeds = list(range(asked.seeds))
    made = [int(seed) for seed in asked.seed_list.split(",")] if asked.seed_list else seeds
    make_sets(folder)
    dataset, lessons = (open_dataset(folder / name, size=(64, 64)) for name in ("set", "teachers"))
    model, prompts, bank = load_model("event-tiny"), load_prompts("default"), DiskBank(folder / "bank")
    for seed in made:
        split = make_split(dataset, shots=SHOTS, seed=seed, test="rest" if asked.pilot else "test")
        task = Task(dataset, split, model, prompts, bank)
        taught = Task(lessons, make_split(lessons, shots=TEACHERS, seed=seed), model, prompts, bank)
        cells = folder / f"{'pilot' if asked.pilot else 'test'}-{seed}"
        for row in rows:
            if not (cells / row / "cell.json").is_file():
                measure(task, taught if row in LEARNED_FROM_OTHERS else task, row, cells, seed)
        if (cells / "teacher" / "cell.json").is_file():
            saved = heads.load(cells / "teacher")
            right = evaluate(task, saved.head, saved.state, task.split.train).metrics.accuracy
            print(f"{cells}: the teacher names {100 * right:.1f} % of the shots rightly", file=sys.stderr)
        fused = cells / "events and RGB" / "cell.json"
        if not fused.is_file() and all((cells / row / "cell.json").is_file() for row in FUSED):
            measure_fused(task, cells, fused)
    if not asked.seed_list:
        report(folder, [*rows, "events and RGB"], seeds, "pilot" if asked.pilot else "test")


def make_sets(folder: Path) -> None:
    """Write the sets, unless they are there."""
    for name, per_class, seed in (("set/Train", 64, 1), ("set/Test", 30, 2), ("teachers", TEACHERS, 3)):
        if not (folder / name / "done").is_file():
            write_motions(folder / name, per_class, seed, events=".npz")
            (folder / name / "done").touch()


def head_of(row: str, cells: Path) -> Head:
    name, options = ROWS[row]
    if row in ("RGB", "RGB, background kept"):
        others = row.replace("RGB", "RGB of the 96", 1)
        options = {**options, "weights": str(cells / others / "state.safetensors")}
    if name == "i3d-events":
        options = {**options, "teacher": str(cells / "teacher")}
    return heads.restore(name, RECIPE | options)


def measure(task: Task, learned: Task, row: str, cells: Path, seed: int) -> None:
    head = head_of(row, cells)
    fitted = fit(learned, head, seed=seed, folder=cells / row)
    heads.save(cells / row, head, fitted.state, task.classes)
    keep(task, row, head, fitted.state, cells / row / "cell.json", fitted.seconds)


def measure_fused(task: Task, cells: Path, path: Path) -> None:
    members: list[SavedHead] = [heads.load(cells / row) for row in FUSED]
    parts = [
        {"head": ROWS[row][0], "options": heads.describe(one.head)}
        for row, one in zip(FUSED, members, strict=True)
    ]
    state = {k: v for i, one in enumerate(members) for k, v in heads.nested(f"m{i}", one.state).items()}
    path.parent.mkdir(exist_ok=True)
    keep(task, path.parent.name, heads.restore("average", {"members": parts}), state, path, 0.0)


def keep(task: Task, row: str, head: Head, state: Any, path: Path, seconds: float) -> None:
    """Measure, and write down which recordings were right."""
    found = evaluate(task, head, state, task.split.test)
    right = (found.logits.argmax(1) == found.y).tolist()
    cell = {
        "row": row,
        "seconds": seconds,
        "accuracy": found.metrics.accuracy,
        "right": right,
        "gflops": 2e-9 * found.costs.macs,
    }
    path.write_text(json.dumps(cell) + "\n")
    print(f"{path.parent}: {100 * found.metrics.accuracy:.1f} %, {seconds:.0f} s", file=sys.stderr)


def report(folder: Path, rows: list[str], seeds: list[int], part: str) -> None:
    cells = {
        row: [json.loads((folder / f"{part}-{seed}" / row / "cell.json").read_text()) for seed in seeds]
        for row in rows
    }
    print(f"{machine()}; torch threads {torch.get_num_threads()}\n")
    print(f"{len(seeds)} seeds, n = {len(cells[rows[0]][0]['right'])} recordings each; {RECIPE}\n")
    print("| | Top-1, % | To labels alone, points | GFLOPs | Fit, s |\n|---|---|---|---|---|")
    base = [cell["accuracy"] for cell in cells.get("labels alone", [])]
    for row in rows:
        own = [cell["accuracy"] for cell in cells[row]]
        mean, low, high = mean_interval(own)
        gap = "-"
        if base and row != "labels alone":
            gap = points(own, base)
        seconds = sum(cell["seconds"] for cell in cells[row]) / len(seeds)
        top1 = f"{100 * mean:.1f} ({100 * low:.1f} to {100 * high:.1f})"
        print(f"| {row} | {top1} | {gap} | {cells[row][0]['gflops']:.3f} | {seconds:.0f} |")
    print()
    for more, less in PAIRS:
        if more in cells and less in cells:
            one, other = ([cell["accuracy"] for cell in cells[row]] for row in (more, less))
            print(f"{more}, less {less}: {points(one, other)}")


if __name__ == "__main__":
    main()
