"""A comparison made up for the report: the numbers hang together, so that what is drawn can be checked."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

Document = dict[str, Any]
NAMES = (
    "zero-shot",
    "lif-adapter",
    "relu-adapter",
    "tip-adapter",
    "tip-adapter-f",
    "text-adapter",
    "linear-probe",
    "prototype",
    "i3d-flow",
    "i3d-rgb",
    "i3d-events",
    "i3d-flow-rgb",
    "average",
    "vgg-probe",
    "vgg-dense",
    "vgg-scratch",
    "tsn",
    "wide-probe",
    "cut-probe",
    "lif-adapter T=20",
)


UNKNOWN = (
    "parameters macs accumulates encoder_macs gflops firing_rate energy_uj encoder_energy_share fit_seconds latency_ms "
    "recordings_per_second peak_memory_mb bytes_on_disk representation training"
).split()
"""What is null of a head that failed."""


@pytest.fixture(scope="session")
def make_document() -> Callable[..., Document]:
    """A factory: see `build`."""
    return build


@pytest.fixture(scope="session")
def document() -> Document:
    """Three heads, two numbers of shots, two seeds, six classes, and everything that a document can hold."""
    return build()


def build(
    heads: Sequence[str] = NAMES[:3],
    classes: Sequence[str] = ("zero", "one", "two", "three", "four", "five"),
    shots: Sequence[int] = (0, 2),
    seeds: int = 2,
    n: int = 24,
    timesteps: int | None = 4,
    corrupt: Sequence[tuple[str, float]] = (("drop", 0.25), ("drop", 0.5), ("rate", 0.5), ("rate", 2.0)),
    samples: int = 1,
    speed: bool = True,
    fail: Sequence[tuple[str, int, int, str]] = (),
    protocol: str = "honest",
    published: Sequence[dict[str, Any]] = (),
    size: tuple[int, int] = (34, 34),
) -> Document:
    """Return a document as `compare` writes it; `fail` lists cells (head, shots, seed, error) that did not work."""
    random = np.random.default_rng(0)
    truth = {seed: np.arange(n) % len(classes) for seed in range(seeds)}
    tests = {
        str(seed): {"names": [f"{classes[c]}/{i:03}.bin" for i, c in enumerate(y)], "labels": y.tolist()}
        for seed, y in truth.items()
    }
    failed = {(head, k, seed): error for head, k, seed, error in fail}
    cells: list[Document] = []
    for place, head in enumerate(heads):
        for k in shots:
            for seed in range(seeds):
                cell: Document = {"head": head, "shots": k, "seed": seed, "status": "ok", "error": None}
                cell |= {"digest": f"{place:02}{k:02}{seed:02}" * 5, "split": f"{k:02}{seed:02}" * 8}
                if (head, k, seed) in failed:
                    cells.append(cell | {"status": "failed", "error": failed[head, k, seed]})
                elif k == 0 and place % 3 == 2:
                    cells.append(cell | {"status": "skipped", "error": f"{head} needs at least 1 shot"})
                else:
                    skill = 0.45 + 0.06 * np.log2(1 + k) + 0.25 * ((place * 7) % 10) / 10
                    cells.append(
                        cell
                        | _measured(
                            truth[seed], min(skill, 0.97), len(classes), list(classes), timesteps, random
                        )
                    )
                    cells[-1]["robustness"] = [
                        {
                            "kind": kind,
                            "level": level,
                            "error": None,
                            "n": n,
                            "accuracy": cells[-1]["accuracy"] * random.uniform(0.5, 1),
                        }
                        for kind, level in corrupt
                    ]
                    if protocol != "honest":
                        best = min(1.0, cells[-1]["accuracy"] + 0.04)
                        cells[-1]["published"] = {
                            "accuracy": best,
                            "honest": cells[-1]["accuracy"],
                            "gap": best - cells[-1]["accuracy"],
                        }
    summary = _summary(cells, heads, shots)
    return {
        "format": 1,
        "created": "2026-11-21T18:00:00Z",
        "data": {
            "name": "digits",
            "known": "nmnist",
            "classes": list(classes),
            "size": list(size),
            "recordings": 3 * n,
            "shown": samples > 0,
        },
        "plan": {
            "heads": {head: {"head": head.split()[0], "options": {"steps": 10}} for head in heads},
            "shots": list(shots),
            "seeds": list(range(seeds)),
            "protocol": protocol,
            "test": "test",
            "test_share": None,
            "whole": None,
            "reserve": max(shots),
            "corrupt": [{"kind": kind, "level": level} for kind, level in corrupt],
            "recipe": None,
        },
        "provenance": {
            "command": "neuroclip compare digits --heads a,b --out DIR",
            "versions": {"neuroclip": "0.1.0", "torch": "2.14.1", "open_clip_torch": "3.3.0"},
            "model": {"name": "event-tiny", "digest": "0123456789abcdef" * 2, "precision": "fp32"},
            "prompts": {"name": "nmnist", "templates": ["a drafted image of a {}.", "events of a {}."]},
            "words": [f"the digit {name}" for name in classes],
            "machine": {
                "system": "Linux",
                "processor": "x86_64",
                "cores": 2,
                "threads": 2,
                "device": "cpu",
                "python": "3.11.2",
            },
            "recipe": None,
        },
        "tests": tests,
        "cells": cells,
        "summary": summary,
        "pairs": _pairs(summary, random),
        "heads": {head: _costs(head, place, cells, speed, random) for place, head in enumerate(heads)},
        "published": list(published),
        "samples": [
            _sample(i, heads, list(classes), timesteps, size, random) for i in range(samples if heads else 0)
        ],
    }


def _measured(
    y: Any, skill: float, c: int, classes: list[str], timesteps: int | None, random: np.random.Generator
) -> Document:
    n = len(y)
    right = random.random(n) < skill
    answers = np.where(right, y, (y + random.integers(1, c, n)) % c)
    right = answers == y
    confidence = np.clip(random.normal(0.55 + 0.3 * right, 0.15), 1 / c, 0.9999).round(4)
    confusion = np.zeros((c, c), int)
    np.add.at(confusion, (y, answers), 1)
    bins = np.ceil(confidence * 15).astype(int).clip(1, 15)
    order = np.argsort(-confidence)
    ranked = right[order].cumsum() / np.arange(1, n + 1)
    accuracy = float(right.mean())
    return {
        "fit_seconds": float(random.uniform(0.1, 3)),
        "n": n,
        "accuracy": accuracy,
        "accuracy_ci": [max(0, accuracy - 0.08), min(1, accuracy + 0.08)],
        "top5": None if c < 6 else min(1.0, accuracy + 0.2),
        "macro_accuracy": accuracy,
        "ece": float(abs(confidence.mean() - accuracy)),
        "recall": {
            name: float(right[y == i].mean()) if (y == i).any() else None for i, name in enumerate(classes)
        },
        "confusion": confusion.tolist(),
        "predictions": answers.tolist(),
        "confidence": confidence.tolist(),
        "reliability": [
            {
                "low": (b - 1) / 15,
                "high": b / 15,
                "n": int((bins == b).sum()),
                "confidence": float(confidence[bins == b].mean()),
                "accuracy": float(right[bins == b].mean()),
            }
            for b in sorted(set(bins.tolist()))
        ],
        "timesteps": None
        if timesteps is None
        else [accuracy * (0.5 + 0.5 * (i + 1) / timesteps) for i in range(timesteps)],
        "selective": {
            "coverage": [(i + 1) / n for i in range(n)],
            "accuracy": ranked.tolist(),
            "aurc": float(1 - ranked.mean()),
        },
        "published": None,
        "robustness": [],
        "costs": {
            "parameters": 1000,
            "macs": 1e5,
            "accumulates": 0.0,
            "firing_rate": None,
            "encoder_macs": 5.8e9,
            "energy_uj": 26680.0,
            "encoder_energy_share": 0.99998,
        },
    }


def _summary(cells: list[Document], heads: Sequence[str], shots: Sequence[int]) -> list[Document]:
    rows: list[Document] = []
    for head in heads:
        for k in shots:
            done = [c for c in cells if (c["head"], c["shots"], c["status"]) == (head, k, "ok")]
            if done:
                accuracy = float(np.mean([c["accuracy"] for c in done]))
                spread = 0.03 if k else 0.05
                rows.append(
                    {
                        "head": head,
                        "shots": k,
                        "seeds": len(done),
                        "n": done[0]["n"],
                        "accuracy": accuracy,
                        "seeds_ci": [accuracy - spread, min(1.0, accuracy + spread)]
                        if len(done) > 1
                        else None,
                        "bootstrap_ci": [accuracy - 1.5 * spread, min(1.0, accuracy + 1.5 * spread)],
                        "top5": done[0]["top5"],
                        "macro_accuracy": accuracy,
                        "ece": float(np.mean([c["ece"] for c in done])),
                    }
                )
    return rows


def _pairs(summary: list[Document], random: np.random.Generator) -> list[Document]:
    """Return p-values that fall with the difference."""
    pairs: list[Document] = []
    for i, a in enumerate(summary):
        for b in summary[i + 1 :]:
            if a["shots"] == b["shots"]:
                difference = a["accuracy"] - b["accuracy"]
                p = float(np.exp(-abs(difference) * 60) * random.uniform(0.7, 1))
                pairs.append({"shots": a["shots"], "a": a["head"], "b": b["head"], "difference": difference})
                pairs[-1] |= {"p": p, "p_corrected": min(1.0, 3 * p)}
    return pairs


def _costs(
    head: str, place: int, cells: list[Document], speed: bool, random: np.random.Generator
) -> Document:
    row: Document = {
        "head": head.split()[0],
        "options": {"steps": 10},
        "package": "neuroclip",
        "version": "0.1.0",
        "about": f"What {head} does.",
    }
    if not any(c["head"] == head and c["status"] == "ok" for c in cells):
        error = next(c["error"] for c in cells if c["head"] == head)
        return row | dict.fromkeys(UNKNOWN) | {"status": "failed", "error": error}
    encoder, own = (5.8e9, 1e5 * (place + 1)) if place % 4 else (0.0, 10.0 ** (8 + place % 3))
    p50 = float(10 ** random.uniform(0.5, 2.5))
    return row | {
        "status": "ok",
        "error": None,
        "parameters": 1000 * (place**3 + 1),
        "macs": own,
        "accumulates": 2e4 if place == 1 else 0.0,
        "encoder_macs": encoder,
        "gflops": 2e-9 * (own + encoder),
        "firing_rate": 0.137 if place == 1 else None,
        "energy_uj": (own + encoder) * 4.6e-6,
        "encoder_energy_share": encoder / (own + encoder),
        "fit_seconds": float(random.uniform(0.1, 100)),
        "latency_ms": {"p50": p50, "p99": 1.4 * p50, "n": 24} if speed else None,
        "recordings_per_second": 1000 / p50 if speed else None,
        "peak_memory_mb": float(random.uniform(300, 900)) if speed else None,
        "bytes_on_disk": 5000 * (place + 1),
        "representation": "clip-timesteps-10",
        "training": "clip-timesteps-10",
    }


def _sample(
    i: int,
    heads: Sequence[str],
    classes: list[str],
    timesteps: int | None,
    size: tuple[int, int],
    random: np.random.Generator,
) -> Document:
    answers: Document = {}
    for place, head in enumerate(heads):
        every = random.dirichlet(np.full(len(classes), 0.3), timesteps or 1)
        scores = every.mean(0)
        best = np.argsort(-scores)[:5]
        answers[head] = {
            "prediction": classes[best[0]],
            "scores": {classes[b]: round(float(scores[b]), 4) for b in best},
            "timesteps": every.round(4).tolist() if timesteps and place % 3 != 2 else None,
        }
    label = classes[i % len(classes)]
    return {
        "recording": f"{label}/{i:03}.bin",
        "label": label,
        "events": 4170 + i,
        "duration_us": 305_000,
        "frames": [_frame(size, random) for _ in range(timesteps or 10)],
        "answers": answers,
    }


def _frame(size: tuple[int, int], random: np.random.Generator) -> str:
    from PIL import Image

    width, height = size
    pixels = np.full((height, width), 127, np.uint8)
    y, x = np.indices(pixels.shape)
    ring = np.abs(np.hypot(y - height / 2 + random.normal(), x - width / 2) - height / 4) < 1.5
    pixels[ring] = random.choice([0, 255], int(ring.sum()))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
