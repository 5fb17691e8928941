r"""Table I of Gopalakrishnan, Chua and Iyer (2018): VGG on collapsed events, row for row.

    python benchmarks/collapsed.py FOLDER [--seeds 5]                      # what can be made here
    python benchmarks/collapsed.py FOLDER --data DIR --architecture vgg16_bn --size 224 --hidden 4096 \
        --learning-rate 0.0001 [--rgb FILE] [--grey FILE]                  # the real thing

Rows: from scratch against retrained dense layers; a base of colour pictures against one of grey (0.21 R + 0.72 G +
0.07 B, copied to three channels); one saccade (the first third) against three; ON events alone; accuracy in training
and in testing; a random split of 85:15 for each seed, over all recordings together. Prints Markdown: mean over seeds
with its 95 % interval (Student's t), and differences paired by seed. Base networks, recordings and cells are kept in
FOLDER, so that an interrupted run goes on. Dense layers alone learn for --dense-epochs: more, since on features that
stay as they are they learn more slowly, and an epoch of them costs little.

Without --data, three things are replaced: N-Caltech101 by recordings of drawn shapes (`neuroclip.emulation.saccade`; a
class is an outline with a pattern, its colours, place, size and angle are drawn by chance); ImageNet by pictures of
other such shapes, in colour or in grey; VGG-16 with 4096 hidden numbers by one that is narrow and reads 64 pixels.
With --data and without --rgb, timm's own weights are that base: it downloads them. Without --grey, the rows of that
base are left out: we know of no weights of grey pictures that are published.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import machine
from neuroclip_plugins.vgg.network import Vgg
from numpy.typing import NDArray
from paired import difference, points
from safetensors.torch import save_file
from torch.nn import functional

from neuroclip import heads
from neuroclip.backbones import ImageNetwork, image_network, load_backbone
from neuroclip.bank import DiskBank
from neuroclip.classes import Classes, load_prompts
from neuroclip.datasets import open_dataset
from neuroclip.emulation import saccade
from neuroclip.errors import NeuroclipError
from neuroclip.formats import write
from neuroclip.metrics import mean_interval
from neuroclip.synthetic.things import Pose, draw_thing, paint

SIZE = 64
LUMA = np.array([0.21, 0.72, 0.07], np.float32)  # as published
TESTED = 0.15
PUBLISHED = {
    ("scratch", "1/3"): 59.97,
    ("scratch", "all"): 57.43,
    ("rgb", "1/3"): 73.77,
    ("grey", "1/3"): 74.53,
    ("rgb", "all"): 76.57,
    ("grey", "all"): 78.01,
}
SACCADES = {"1/3": "1", "all": "3"}
TITLES = {
    "scratch": "all layers from scratch",
    "rgb": "dense layers, RGB base",
    "grey": "dense layers, grey base",
}
Cell = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", default=",".join(TITLES))
    parser.add_argument("--data")
    parser.add_argument("--rgb", metavar="FILE")
    parser.add_argument("--grey", metavar="FILE")
    parser.add_argument("--architecture", default="vgg11_bn@0.25", help="timm's name, and a width")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--epochs", type=int, default=30, help="of the rows from scratch")
    parser.add_argument("--dense-epochs", type=int, default=200, help="of the rows with a base")
    parser.add_argument("--classes", type=int, default=16)
    parser.add_argument("--per-class", type=int, default=25)
    parser.add_argument("--lessons", type=int, default=24_000, help="pictures that a base sees")
    asked = parser.parse_args()
    folder: Path = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    made = ""
    network = f"timm:{asked.architecture}"
    bases = {kind: f"{network}:{file}" for kind in ("rgb", "grey") if (file := getattr(asked, kind))}
    if asked.data is None:
        made = folder / f"recordings-{asked.classes}x{asked.per_class}"
        make_recordings(made, asked.classes, asked.per_class)
        for kind in {"rgb", "grey"} - set(bases):
            bases[kind] = f"{network}:{base(folder, kind, asked.architecture, asked.lessons)}"
    else:
        load_backbone(bases.setdefault("rgb", network))  # downloaded here, before anything takes long
    rows = [row for row in asked.rows.split(",") if row == "scratch" or row in bases]
    data = open_dataset(asked.data or made).sized()
    names = data.classes
    y = torch.tensor([names.index(item.label) for item in data.items])
    bank, classes = DiskBank(folder / "bank"), Classes(names, load_prompts("default"), None)
    cells: list[Cell] = []
    for part in SACCADES:
        for row in rows:
            head = head_of(row, part, bases.get(row), asked)
            for seed in range(asked.seeds):
                place = folder / f"{row}-{SACCADES[part]}-{seed}.json"
                about = {"row": row, "part": part, "seed": seed, "head": heads.describe(head), "n": len(y)}
                if not is_there(place, about):
                    x = bank.get(head.representation, [item.file for item in data.items], load_backbone)
                    cell: Cell = {"about": about, **about, **measured(head, x, y, classes, seed)}
                    place.write_text(json.dumps(cell) + "\n")
                    print(
                        f"{place.name}: {100 * cell['test']:.1f} %, {cell['seconds']:.0f} s", file=sys.stderr
                    )
                cells.append(json.loads(place.read_text()))
    report(cells, rows, asked, len(data.items), len(names))


def is_there(place: Path, about: Cell) -> bool:
    return place.is_file() and json.loads(place.read_text())["about"] == json.loads(json.dumps(about))


def head_of(row: str, part: str, backbone: str | None, asked: Any) -> heads.Head:
    options: dict[str, Any] = {
        "polarity": "on",
        "part": part,
        "size": asked.size,
        "hidden": asked.hidden,
        "epochs": asked.epochs if backbone is None else asked.dense_epochs,
        "learning_rate": asked.learning_rate,
    }
    if backbone is None:
        architecture, _, width = asked.architecture.partition("@")
        return heads.restore(
            "vgg-scratch", options | {"architecture": architecture, "width": float(width or 1)}
        )
    return heads.restore("vgg-dense", options | {"backbone": backbone})


def measured(head: heads.Head, x: torch.Tensor, y: torch.Tensor, classes: Classes, seed: int) -> Cell:
    """Split, fit and score; returns which of the tested recordings were right."""
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    tested, learned = order.split([round(TESTED * len(y)), len(y) - round(TESTED * len(y))])
    start = time.perf_counter()
    state = head.fit(x[learned], y[learned], classes, seed=seed)
    seconds = time.perf_counter() - start
    right = {
        name: (head.logits(state, x[index], classes).argmax(1) == y[index]).tolist()
        for name, index in (("train", learned), ("test", tested))
    }
    return {
        "train": sum(right["train"]) / len(learned),
        "test": sum(right["test"]) / len(tested),
        "n": len(tested),
        "right": right["test"],
        "seconds": seconds,
        "parameters": sum(value.numel() for value in state.values()),
        "megabytes": sum(value.numel() * value.element_size() for value in state.values()) / 1e6,
    }


def picture(set_seed: int, shape: int, draw: int) -> NDArray[np.uint8]:
    """Draw a picture of a shape, [h, w, 3]: its outline and pattern are its own, all else is by chance."""
    random = np.random.default_rng([set_seed, shape, draw])
    ground = random.uniform(60, 200)
    colours = draw_thing(random, ground).colours
    thing = replace(draw_thing(np.random.default_rng([set_seed, shape]), ground), colours=colours)
    canvas = np.full((SIZE, SIZE, 3), ground, np.float32)
    pose = Pose(
        x=SIZE / 2 + random.uniform(-5, 5),
        y=SIZE / 2 + random.uniform(-5, 5),
        radius=SIZE * random.uniform(0.28, 0.4),
        angle=random.uniform(-0.35, 0.35),
        opacity=1.0,
    )
    paint(canvas, thing, pose)
    return canvas.clip(0, 255).astype(np.uint8)


def make_recordings(folder: Path, classes: int, per_class: int) -> None:
    """Write recordings of shapes of set 1."""
    if (folder / "done").is_file():
        return
    for shape in range(classes):
        for draw in range(per_class):
            place = folder / f"shape {shape:02}" / f"{draw:03}.npz"
            place.parent.mkdir(parents=True, exist_ok=True)
            write(saccade(picture(1, shape, draw), seed=draw), place)
    (folder / "done").touch()


def base(folder: Path, kind: str, architecture: str, lessons: int, shapes: int = 60, batch: int = 32) -> Path:
    """Train a base on pictures of shapes of set 2, every one of which it sees once, and return its file."""
    file = folder / f"{kind}-{architecture}-{lessons}.safetensors"
    if file.is_file():
        return file
    random, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    reads = ImageNetwork(f"timm:{architecture}:random")
    convolutions = image_network(f"timm:{architecture}:random")
    network = Vgg(convolutions.features, convolutions.num_features * (SIZE // 32) ** 2, 256, shapes)
    network.begin(generator)
    steps = lessons // batch
    optimizer = torch.optim.Adam(network.parameters(), 0.001)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    def lesson(drawn: NDArray[np.int64], first: int) -> torch.Tensor:
        pictures = np.stack([picture(2, int(shape), first + i) for i, shape in enumerate(drawn)])
        if kind == "grey":
            pictures = np.repeat((pictures @ LUMA)[..., None], 3, -1).astype(np.uint8)
        mean, std = (torch.tensor(v).view(3, 1, 1) for v in (reads.mean, reads.std))
        return (torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255 - mean) / std

    for step in range(steps):
        drawn = random.integers(shapes, size=batch)
        loss = functional.cross_entropy(
            network(lesson(drawn, step * batch), 0.2, generator), torch.from_numpy(drawn)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        drawn = random.integers(shapes, size=600)
        said = torch.cat([network(lesson(drawn[i : i + 50], lessons + i)) for i in range(0, 600, 50)])
    right = float((said.argmax(1) == torch.from_numpy(drawn)).float().mean())
    print(f"{file.name}: {100 * right:.1f} % of 600 new pictures of its {shapes} shapes", file=sys.stderr)
    file.with_suffix(".json").write_text(json.dumps({"new pictures": right, "shapes": shapes}) + "\n")
    kept = {f"features.{name}": value.contiguous() for name, value in network.features.state_dict().items()}
    save_file(kept, file)
    return file


def report(cells: list[Cell], rows: list[str], asked: Any, recordings: int, classes: int) -> None:
    def of(row: str, part: str, what: str) -> list[Any]:
        return [cell[what] for cell in cells if (cell["row"], cell["part"]) == (row, part)]

    print(f"{machine()}; torch threads {torch.get_num_threads()}\n")
    print(
        f"{asked.data or 'drawn shapes'}: {recordings} recordings of {classes} classes, {asked.architecture} at "
        f"{asked.size} pixels, hidden {asked.hidden}, {asked.epochs} epochs from scratch, {asked.dense_epochs} of "
        f"dense layers alone; {asked.seeds} seeds, n = {cells[0]['n']} tested each\n"
    )
    print("| | Saccades | Train, % | Test, % | Published test, % | Fit, s | Learned weights | MB |")
    print("|---" * 8 + "|")
    for part, number in SACCADES.items():
        for row in rows:
            train, test = (percent(mean_interval(of(row, part, what))) for what in ("train", "test"))
            seconds, weights, size = (
                np.mean(of(row, part, w)) for w in ("seconds", "parameters", "megabytes")
            )
            said = f"{TITLES[row]} | {number} | {train} | {test} | {PUBLISHED[row, part]} | {seconds:.0f}"
            print(f"| {said} | {weights:.0f} | {size:.1f} |")
    print("\n| Base and saccades | Less | Published, points | Points |\n|---|---|---|---|")
    against = (("grey", "rgb"), ("rgb", "scratch"), ("grey", "scratch"))
    pairs = [(one, other, part, part) for one, other in against for part in SACCADES]
    pairs += [(row, row, "all", "1/3") for row in rows]
    for one, other, part, base_part in pairs:
        if one in rows and other in rows:
            gaps = of(one, part, "test"), of(other, base_part, "test")
            _, low, high = difference(*gaps)
            published = PUBLISHED[one, part] - PUBLISHED[other, base_part]
            said = f"{TITLES[one]}, {SACCADES[part]} | {TITLES[other]}, {SACCADES[base_part]} | {published:+.2f} | "
            apart = "" if low > 0 or high < 0 else ", not told apart"
            print(f"| {said}{points(*gaps)}{apart} |")


def percent(interval: tuple[float, float, float]) -> str:
    mean, low, high = (100 * value for value in interval)
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    try:
        main()
    except NeuroclipError as error:
        sys.exit(str(error))
