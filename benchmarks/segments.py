"""Temporal segments: memory of 1 crop, 10 crops and streaming; accuracy beside I3D, on the motion set.

    python benchmarks/segments.py FOLDER [--seeds 3] [--rows "a;b"] [--pilot] [--memory-only]

The rows of tables 1 to 3 of Bilkhu and Ayyubi (2018) that need neither Kinetics nor UCF-101. The sets are made in
FOLDER, as `benchmarks/motions.py` makes them (one folder does for both): 9 classes of 64x64 pixels, 40 pictures at 25 a
second, with emulated events; 64 of each class to draw shots from, 30 to measure on. Each seed draws 16 shots of each
class, and all randomness of the fits. In place of ImageNet, 2000 still pictures of drawn things, told apart by their
outline. A row is fitted once a seed and kept in FOLDER, so that an interrupted run goes on.

A single picture of the motion set says nothing about its class (docs/motions.md), so that TSN on RGB, which joins what
single pictures say, has to stay near chance (11.1 %), and only what sees motion can do better: events, flow, and I3D.

I3D learns as in the paper: Adam, a learning rate of 0.002, batches of 16, pixels and flow scaled to 0 to 1, a new
classifier on weights that were learned elsewhere: in place of Kinetics, from 96 other videos of each class, once, in
24 epochs. Two things differ: flow is that of DIS, not of Lucas and Kanade, and the background is removed from RGB,
since I3D learns looks alone otherwise (docs/results.md), of which this set has none.

`--pilot` measures on what is left of the 64 instead: the options below were tried that way once, and not tuned.
`--epochs 1` tries whether everything runs, and keeps its cells apart.
"""

import argparse
import json
import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import machine
from neuroclip_plugins.tsn import TSN
from paired import points
from safetensors.torch import save_file
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from neuroclip import heads
from neuroclip.backbones import load_model
from neuroclip.bank import DiskBank
from neuroclip.classes import Classes, load_prompts
from neuroclip.datasets import make_split, open_dataset
from neuroclip.fitting import Task, evaluate, fit
from neuroclip.metrics import mean_interval
from neuroclip.synthetic import write_motions
from neuroclip.synthetic.things import Pose, draw_thing, paint

SHOTS, STILLS, LEARNED_STILLS = 16, 2400, 2000
BACKBONES = {"BN-Inception, a quarter": "bn-inception@0.25", "ResNet, narrow": "timm:test_resnet"}
RECIPE: dict[str, Any] = {
    "size": 48, "epochs": 40, "batch": 16, "learning_rate": 0.05, "schedule": "cosine", "dropout": 0.2,
}  # fmt: skip
STILL_EPOCHS: dict[str, Any] = {"epochs": 8}
FINE: dict[str, Any] = {"partial_bn": False}
I3D: dict[str, Any] = RECIPE | {
    "width": 0.125, "optimizer": "adam", "learning_rate": 0.002, "scaling": "unit",
}  # fmt: skip
LIKE: dict[str, dict[str, Any]] = {"i3d-flow": {}, "i3d-rgb": {"background": "removed"}}
LESSONS, LESSON_EPOCHS = 96, 24
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"TSN {name}, {inputs}, {begun}": ("tsn", {"inputs": inputs, "backbone": backbone})
        for name, backbone in BACKBONES.items()
        for inputs in ("rgb", "events", "both")
        for begun in ("random", "stills")
    },
    "I3D RGB": ("i3d-rgb", {}),
    "I3D RGB and flow": ("i3d-flow-rgb", {}),
}
PAIRS = (
    ("I3D RGB and flow", "I3D RGB"),
    ("I3D RGB", "TSN BN-Inception, a quarter, events, random"),
    ("TSN BN-Inception, a quarter, both, random", "TSN BN-Inception, a quarter, events, random"),
)
MEASURED = "TSN BN-Inception, a quarter, events, random"
LARGE = (("timm:resnet18", 224), ("bn-inception", 224))
MODES: dict[str, dict[str, Any]] = {
    "25 segments x 1 crop": {},
    "25 segments x 5 crops": {"crops": 5},
    "25 segments x 10 crops": {"crops": 10},
    "25 segments x 1 crop, streamed 5 at a time": {"chunk": 5},
    "25 segments x 1 crop, streamed 1 at a time": {"chunk": 1},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", help="Separated by semicolons; by default all.")
    parser.add_argument("--pilot", action="store_true")
    parser.add_argument("--memory-only", action="store_true")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--epochs", type=int, help="Of every row, for a try.")
    asked = parser.parse_args()
    folder: Path = asked.folder
    print(f"{machine()}; torch threads {torch.get_num_threads()}\n")
    if asked.memory_only:
        return report_memory(None)
    make_sets(folder)
    dataset = open_dataset(folder / "set", size=(64, 64))
    model, prompts, bank = load_model("event-tiny"), load_prompts("default"), DiskBank(folder / "bank")
    rows = asked.rows.split(";") if asked.rows else list(ROWS)
    part = "pilot" if asked.pilot else "segments"
    if asked.epochs:
        RECIPE["epochs"] = I3D["epochs"] = STILL_EPOCHS["epochs"] = asked.epochs
        part += f"-{asked.epochs}-epochs"
    tasks = []
    for seed in range(asked.seeds):
        split = make_split(dataset, shots=SHOTS, seed=seed, test="rest" if asked.pilot else "test")
        tasks.append(Task(dataset, split, model, prompts, bank))
        for row in rows:
            measure(tasks[-1], row, folder / f"{part}-{seed}", seed)
    report(folder, rows, asked.seeds, part)
    if asked.no_memory:
        return None
    fitted = [(task, folder / f"{part}-{i}" / MEASURED) for i, task in enumerate(tasks)]
    return report_memory(fitted if MEASURED in rows else None)


def make_sets(folder: Path) -> None:
    """Write the sets, unless they are there."""
    for name, per_class, seed in (("set/Train", 64, 1), ("set/Test", 30, 2), ("teachers", LESSONS, 3)):
        if not (folder / name / "done").is_file():
            write_motions(folder / name, per_class, seed, events=".npz")
            (folder / name / "done").touch()


def still(seed: int, side: int = 64) -> tuple[torch.Tensor, str]:
    """Draw one thing on an even ground, and say which kind of outline it has."""
    random = np.random.default_rng([4, seed])
    ground = random.uniform(60, 180, 3).astype(np.float32)
    canvas = np.tile(ground, (side, side, 1))
    thing = draw_thing(random, float(ground.mean()))
    x, y = random.uniform(0.3, 0.7, 2) * side
    radius, angle = random.uniform(0.15, 0.35) * side, random.uniform(0, 2 * np.pi)
    paint(canvas, thing, Pose(x=x, y=y, radius=radius, angle=angle, opacity=1.0))
    picture = torch.from_numpy(np.clip(np.rint(canvas), 0, 255).astype(np.uint8))
    return picture.permute(2, 0, 1), getattr(thing.outline, "func").__name__  # noqa: B009 - a partial


def learned_from_stills(backbone: str, folder: Path) -> Path:
    """Train a backbone to tell outlines apart in still pictures, unless that was done; return where its weights are."""
    epochs = STILL_EPOCHS["epochs"]
    path = folder / f"stills-{backbone.replace(':', '-')}{'' if epochs == 8 else f'-{epochs}'}.safetensors"
    if not path.with_suffix(".json").is_file():
        begun = time.perf_counter()
        pictures, outlines = zip(*(still(seed) for seed in range(STILLS)), strict=True)
        names = tuple(sorted(set(outlines)))
        x, y = torch.stack(pictures)[:, None], torch.tensor([names.index(o) for o in outlines])
        options = RECIPE | STILL_EPOCHS | {"segments": 1, "frames": 1, "test_segments": 1, "inputs": "rgb"}
        head, classes = TSN(**options, backbone=backbone), Classes(names, load_prompts(), None)
        state = head.fit(x[:LEARNED_STILLS], y[:LEARNED_STILLS], classes, seed=0)
        right = head.logits(state, x[LEARNED_STILLS:], classes).argmax(1) == y[LEARNED_STILLS:]
        save_file(heads.unnested("rgb.backbone", state), path)
        about = {"accuracy": right.float().mean().item(), "seconds": time.perf_counter() - begun}
        path.with_suffix(".json").write_text(json.dumps(about) + "\n")
        print(f"{backbone} on stills: {about}", file=sys.stderr)
    return path


def learned_from_others(name: str, task: Task, folder: Path) -> Path:
    """Train an I3D on other videos of the same classes, unless that was done; return where its weights are."""
    epochs = min(LESSON_EPOCHS, I3D["epochs"])
    path = folder / f"others-{name}{'' if epochs == LESSON_EPOCHS else f'-{epochs}'}" / "state.safetensors"
    if not path.is_file():
        lessons = open_dataset(folder / "teachers", size=(64, 64))
        split = make_split(lessons, shots=LESSONS, seed=0)
        head = heads.restore(name, I3D | LIKE[name] | {"epochs": epochs})
        taught = Task(lessons, split, task.model, task.prompts, task.bank)
        fitted = fit(taught, head, seed=0, folder=path.parent)
        heads.save(path.parent, head, fitted.state, task.classes)
        print(f"{name} of the {LESSONS}: {fitted.seconds:.0f} s", file=sys.stderr)
    return path


def options_of(row: str, task: Task, folder: Path) -> tuple[str, dict[str, Any]]:
    name, options = ROWS[row]
    if name == "tsn":
        if row.endswith("stills"):
            options = options | FINE | {"weights": str(learned_from_stills(options["backbone"], folder))}
        return name, RECIPE | options
    members = [
        {"head": one, "options": I3D | LIKE[one] | {"weights": str(learned_from_others(one, task, folder))}}
        for one in (("i3d-flow", "i3d-rgb") if name == "i3d-flow-rgb" else (name,))
    ]
    return (name, {"members": members}) if name == "i3d-flow-rgb" else (name, members[0]["options"])


def measure(task: Task, row: str, cells: Path, seed: int) -> None:
    """Fit a row and write down how it did, unless that was done."""
    if (cells / row / "cell.json").is_file():
        return
    head = heads.restore(*options_of(row, task, cells.parent))
    fitted = fit(task, head, seed=seed, folder=cells / row)
    heads.save(cells / row, head, fitted.state, task.classes)
    found = evaluate(task, head, fitted.state, task.split.test)
    cell = {
        "seconds": fitted.seconds,
        "accuracy": found.metrics.accuracy,
        "n": len(found.y),
        "gflops": 2e-9 * found.costs.macs,
    }
    (cells / row / "cell.json").write_text(json.dumps(cell) + "\n")
    print(f"{cells.name}/{row}: {100 * cell['accuracy']:.1f} %, {fitted.seconds:.0f} s", file=sys.stderr)


def report(folder: Path, rows: Sequence[str], seeds: int, part: str) -> None:
    cells = {
        row: [
            json.loads((folder / f"{part}-{seed}" / row / "cell.json").read_text()) for seed in range(seeds)
        ]
        for row in rows
    }
    print(
        f"{seeds} seeds, n = {cells[rows[0]][0]['n']} recordings each, {SHOTS} shots of each class; {RECIPE}; I3D {I3D}"
    )
    for about in sorted(folder.glob("stills-*.json")):
        right = json.loads(about.read_text())["accuracy"]
        print(f"{about.stem}: {100 * right:.1f} % of {STILLS - LEARNED_STILLS} others")
    print("\n| | Top-1, % | GFLOPs | Fit, s |\n|---|---|---|---|")
    for row in rows:
        own = cells[row]
        seconds = sum(cell["seconds"] for cell in own) / seeds
        print(f"| {row} | {shown([c['accuracy'] for c in own])} | {own[0]['gflops']:.3f} | {seconds:.0f} |")
    print()
    for more, less in PAIRS:
        if more in cells and less in cells and seeds > 1:
            one, other = ([cell["accuracy"] for cell in cells[row]] for row in (more, less))
            print(f"{more}, less {less}: {points(one, other)}")


def shown(accuracies: Sequence[float]) -> str:
    """Return the mean over seeds, with its 95 % interval (Student's t) where there are two or more."""
    if len(accuracies) == 1:
        return f"{100 * accuracies[0]:.1f}"
    mean, low, high = mean_interval(list(accuracies))
    return f"{100 * mean:.1f} ({100 * low:.1f} to {100 * high:.1f})"


class LiveTensors(TorchDispatchMode):
    """Counts the bytes of tensors that operations made and that are still there, and the most there were.

    Weights and recordings, which are there before, do not count, nor does what a kernel needs for itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        given = {
            a.untyped_storage()._cdata for a in tree_leaves((args, kwargs)) if isinstance(a, torch.Tensor)
        }
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor) and tensor.device.type != "meta":
                storage = tensor.untyped_storage()
                if storage._cdata not in given and storage not in self._known:
                    self._known.add(storage)
                    self.live += storage.nbytes()
                    self.peak = max(self.peak, self.live)
                    weakref.finalize(storage, self._gone, storage.nbytes())
        return made

    def _gone(self, nbytes: int) -> None:
        self.live -= nbytes


def peak_bytes(head: TSN, state: heads.State, x: Any, classes: Classes) -> tuple[int, torch.Tensor, float]:
    """Return the peak of answering, the answer, and how long it took without the counter."""
    with LiveTensors() as counter:
        logits = head.logits(state, x, classes)
    begun = time.perf_counter()
    head.logits(state, x, classes)
    return counter.peak, logits, time.perf_counter() - begun


def report_memory(measured: Sequence[tuple[Task, Path]] | None) -> None:
    """Print the memory of one recording at a time in every mode, and accuracies of fitted heads."""
    print("\nActivations of one recording: bytes of live tensors, counted at every operation.")
    for name, size in LARGE:
        head, classes = TSN(backbone=name, size=size, inputs="rgb"), Classes(("a", "b"), load_prompts(), None)
        x = torch.randint(0, 256, (2, 25, 3, 240, 320), dtype=torch.uint8)
        y = torch.tensor([0, 1])
        state = replace(head, epochs=1, learning_rate=0.0, size=32).fit(x, y, classes, seed=0)
        print(f"\n{name}, {size} pixels, 25 pictures of 320x240\n")
        table(head, state, x[:1], classes, None)
    for task, folder in measured[:1] if measured else ():
        saved = heads.load(folder)
        assert isinstance(saved.head, TSN)
        x = task.read(saved.head.representation, task.split.test)
        print(
            f"\n{folder.name}, {saved.head.size} pixels; accuracy over {len(measured or ())} seeds, n = {len(x)} each\n"
        )
        table(saved.head, saved.state, x[:1], task.classes, measured)


def table(head: TSN, state: heads.State, x: Any, classes: Classes, measured: Any) -> None:
    print("| | Peak, MB | Of 10 crops | Difference to 1 crop, of the largest logit | s | Top-1, % |")
    print("|---|---|---|---|---|---|")
    found = {mode: peak_bytes(replace(head, **options), state, x, classes) for mode, options in MODES.items()}
    first, ten = found["25 segments x 1 crop"], found["25 segments x 10 crops"]
    for mode, (peak, logits, seconds) in found.items():
        apart = ((logits - first[1]).abs().max() / first[1].abs().max()).item()
        right = shown([accuracy(task, folder, mode) for task, folder in measured]) if measured else "-"
        print(f"| {mode} | {peak / 1e6:.1f} | {peak / ten[0]:.4f} | {apart:.1e} | {seconds:.2f} | {right} |")


def accuracy(task: Task, folder: Path, mode: str) -> float:
    saved = heads.load(folder)
    assert isinstance(saved.head, TSN)
    return evaluate(task, replace(saved.head, **MODES[mode]), saved.state, task.split.test).metrics.accuracy


if __name__ == "__main__":
    main()
