"""Every head at 0, 1, 2, 4, 8 and 16 shots of real N-MNIST, on the same recordings.

    python benchmarks/few_shot.py DATA [--seeds 5] [--shots 0,1,2,4,8,16] [--heads a,b] [--json FILE]
    python benchmarks/few_shot.py DATA --shots 1,4,16 --heads linear-probe,vgg-probe --no-ablation
        --options '{"vgg-probe": {"backbone": "timm:vgg11_bn@0.25:WEIGHTS", "size": 64}}'

Shots are drawn from the training half; measured is on the test half and those of the training half that are among
the shots of no number of shots (`test="pooled"`, `reserve=16`), so that for one seed every head and every number of
shots is measured on the same recordings. Prints Markdown.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from machine import machine

from neuroclip import heads
from neuroclip.backbones import load_model
from neuroclip.bank import Bank
from neuroclip.classes import load_prompts
from neuroclip.datasets import make_split, open_dataset
from neuroclip.fitting import Task, evaluate, fit
from neuroclip.heads import Head
from neuroclip.metrics import mean_interval

HEADS = "lif-adapter,linear-probe,prototype,relu-adapter,text-adapter,tip-adapter,tip-adapter-f,zero-shot"
"""Those that read CLIP embeddings: they need neither a video nor weights of their own."""

ABLATION: dict[str, tuple[str, dict[str, Any]]] = {
    "lif-adapter, T = 1": ("lif-adapter", {"steps": 1}),
    "lif-adapter, T = 5": ("lif-adapter", {"steps": 5}),
    "lif-adapter, T = 10": ("lif-adapter", {}),
    "lif-adapter, 8 augmented copies": ("lif-adapter", {"copies": 8}),
    "lif-adapter, smoothing as published": ("lif-adapter", {"smoothing": 0.2}),
    "lif-adapter, smoothing as published, 8 copies": ("lif-adapter", {"smoothing": 0.2, "copies": 8}),
    "relu-adapter (no spikes)": ("relu-adapter", {}),
    "relu-adapter, 8 augmented copies": ("relu-adapter", {"copies": 8}),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--shots", default="0,1,2,4,8,16")
    parser.add_argument("--heads", default=HEADS)
    parser.add_argument("--options", type=json.loads, default={}, help="JSON: options by the names of heads")
    parser.add_argument("--model", default="event-tiny")
    parser.add_argument("--prompts", default="nmnist")
    parser.add_argument("--no-ablation", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    shots = [int(number) for number in asked.shots.split(",")]
    names = asked.heads.split(",")
    dataset = open_dataset(asked.data).sized()
    model, prompts, bank = load_model(asked.model), load_prompts(asked.prompts), Bank()
    cells: list[dict[str, Any]] = []

    def measure(title: str, head: Head, number: int, seed: int) -> None:
        split = make_split(dataset, shots=number, seed=seed, reserve=max(shots), test="pooled")
        task = Task(dataset, split, model, prompts, bank)
        start = time.perf_counter()
        fitted = fit(task, head, seed=seed)
        found = evaluate(task, head, fitted.state, split.test)
        cells.append(
            {
                "head": title,
                "shots": number,
                "seed": seed,
                "split": split.digest,
                "seconds": time.perf_counter() - start,
                "fit_seconds": fitted.seconds,
                **{
                    k: v
                    for k, v in found.metrics.to_json(task.names).items()
                    if k not in ("confusion", "recall")
                },
                **found.costs.to_json(),
            }
        )
        print(f"{title} {number} shots, seed {seed}: {100 * found.metrics.accuracy:.1f} %", file=sys.stderr)

    for name in names:
        head = heads.restore(name, asked.options.get(name))
        for number in shots:
            if number >= head.min_shots:
                for seed in range(asked.seeds):
                    measure(name, head, number, seed)
    if not asked.no_ablation:
        for title, (name, options) in ABLATION.items():
            for seed in range(asked.seeds):
                measure(title, heads.restore(name, options), max(shots), seed)
    if asked.json:
        asked.json.write_text(json.dumps(cells, indent=1) + "\n")
    print(f"{machine()}; torch threads {torch.get_num_threads()}\n")
    print(f"n = {cells[0]['n']} recordings for each seed\n")
    table(cells, names, shots)
    if not asked.no_ablation:
        print()
        table(cells, list(ABLATION), [max(shots)])


def table(cells: list[dict[str, Any]], names: list[str], shots: list[int]) -> None:
    print("| Head | " + " | ".join(f"{n} shots" for n in shots) + " | Fit, s | Parameters | Firing rate |")
    print("|---" * (len(shots) + 4) + "|")
    for name in names:
        row: list[str] = []
        last: dict[str, Any] = {}
        for number in shots:
            same = [cell for cell in cells if cell["head"] == name and cell["shots"] == number]
            if not same:
                row.append("-")
                continue
            mean, low, high = mean_interval([cell["accuracy"] for cell in same])
            last = max(same, key=lambda cell: cell["fit_seconds"])
            row.append(
                f"{100 * mean:.1f}" + (f" ({100 * low:.1f} to {100 * high:.1f})" if len(same) > 1 else "")
            )
        rate = "-" if last.get("firing_rate") is None else f"{last['firing_rate']:.3f}"
        row += [f"{last.get('fit_seconds', 0):.2f}", str(last.get("parameters", 0)), rate]
        print(f"| `{name}` | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
