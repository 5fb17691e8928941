"""Score an exported directory: real recordings, and pictures that the evaluation model never saw.

Everything goes through the product's own door (`neuroclip.load_model`, `neuroclip.read`, `neuroclip.frames`) at
T = 10; every accuracy comes with its 95 % Wilson interval.

A row "held" shows icons as a hand-held thing is seen: small, at any angle, tilted. Brands' signs are left out.

    python evaluate.py --model DIR --run run --parts icons,concepts,letters
    python evaluate.py --model DIR --real ../../../shared/data --parts nmnist,objects
"""

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from batches import load_pictures
from holdouts import CONCEPTS, FAMILY, concept_of, fonts_out, is_icon
from neuroclip_prompts import load
from scenes import Pictures, simulate

import neuroclip
from neuroclip.classes import Classes
from neuroclip.formats import read_many

STEPS = 10


def wilson(right: int, n: int) -> str:
    p, z = right / n, 1.96
    middle, half = (
        (p + z * z / (2 * n)) / (1 + z * z / n),
        z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n),
    )
    return f"{100 * p:.1f} % (95 %: {100 * (middle - half):.1f} to {100 * (middle + half):.1f}, n = {n})"


def report(what: str, ranks: np.ndarray, ks: Sequence[int] = (1, 5)) -> None:
    """Print top-k accuracies from the rank (0 is best) of each right answer."""
    print(
        f"{what}: " + "; ".join(f"top-{k} {wilson(int((ranks < k).sum()), len(ranks))}" for k in ks),
        flush=True,
    )


class Scorer:
    def __init__(self, model_name: str) -> None:
        self.model = neuroclip.load_model(model_name)

    def texts(self, names: Sequence[str], prompts: str = "default") -> torch.Tensor:
        return Classes(tuple(names), load(prompts), self.model).features

    def images(self, frames: np.ndarray) -> torch.Tensor:
        """uint8 (n, T, s, s) to (n, d): the mean of the T unit embeddings."""
        n, t = frames.shape[:2]
        flat = self.model.encode_frames(frames.reshape(n * t, *frames.shape[2:]))
        return torch.nn.functional.normalize(flat, dim=-1).view(n, t, -1).mean(1)

    def shown(
        self, images: np.ndarray, glyph: bool, *, wild: float = 0.0, size: int = 64, seed: int = 1
    ) -> torch.Tensor:
        """Simulate pictures (n, 2, 64, 64) and embed them."""
        rng = torch.Generator().manual_seed(seed)
        parts = []
        for start in range(0, len(images), 50):
            some = torch.from_numpy(images[start : start + 50]).float() / 255
            parts.append(
                self.images(
                    simulate(
                        Pictures(some, torch.full((len(some),), glyph)), size, STEPS, rng, wild=wild
                    ).numpy()
                )
            )
        return torch.cat(parts)


def ranks_of(scores: torch.Tensor, truth: torch.Tensor) -> np.ndarray:
    own = scores.gather(1, truth[:, None])
    return (scores > own).sum(1).numpy()


def icons(scorer: Scorer, images: np.ndarray, rows: list, draw: np.random.Generator) -> None:
    names: dict[str, int] = {}
    for i, (family, captions) in enumerate(rows):
        if family == FAMILY and len(captions[0].split()) <= 2 and not captions[0].startswith("brand "):
            names.setdefault(captions[0], i)
    chosen = [list(names.items())[i] for i in draw.permutation(len(names))[:1000]]
    texts, pictures = scorer.texts([n for n, _ in chosen]), images[[i for _, i in chosen]]
    for seen, all_ways in (("upright", (10, 50, 100)), ("held", (50,))):
        scores = scorer.shown(pictures, glyph=False, wild=float(seen == "held")) @ texts.T
        for ways in all_ways:
            ranks = []
            for i in range(len(chosen)):
                others = draw.permutation([j for j in range(len(chosen)) if j != i])[: ways - 1]
                ranks.append(int((scores[i, others] > scores[i, i]).sum()))
            report(f"icons of {FAMILY}, {seen}, {ways}-way", np.array(ranks))


def concepts(scorer: Scorer, images: np.ndarray, rows: list, draw: np.random.Generator) -> None:
    by: dict[int, list[int]] = {}
    for i, (family, captions) in enumerate(rows):
        concept = concept_of(captions) if is_icon(family) else None
        if concept is not None:
            by.setdefault(concept, []).append(i)
    picks = [(i, c) for c in sorted(by) for i in draw.permutation(by[c])[:20]]
    scores = scorer.shown(images[[i for i, _ in picks]], glyph=False) @ scorer.texts(CONCEPTS).T
    report(f"held-out concepts, {len(CONCEPTS)}-way", ranks_of(scores, torch.tensor([c for _, c in picks])))


def letters(scorer: Scorer, images: np.ndarray, rows: list, draw: np.random.Generator) -> None:
    fonts = fonts_out([family for family, _ in rows])
    upper: dict[tuple[str, str], int] = {}  # the first drawing of a letter in a font is the capital
    for i, (family, captions) in enumerate(rows):
        if family in fonts and captions[0].startswith("the letter"):
            upper.setdefault((family, captions[0]), i)
    names = [f"the letter {chr(ord('A') + i)}" for i in range(26)]
    truth = torch.tensor([names.index(caption) for _, caption in upper])
    scores = (
        scorer.shown(images[list(upper.values())], glyph=True)
        @ scorer.texts([n[-1] for n in names], "letters").T
    )
    report(f"letters of {len(fonts)} held-out fonts, 26-way", ranks_of(scores, truth), (1,))


def nmnist(scorer: Scorer, real: Path) -> None:
    paths = sorted((real / "nmnist").glob("T*/*/*.bin"))
    prompts = load("nmnist")
    words = list((prompts.classes or {}).values())
    recordings = read_many(paths, size=(34, 34))
    frames = np.stack([neuroclip.frames(r, steps=STEPS) for r in recordings])
    truth = torch.tensor([int(p.parent.name) for p in paths])
    scores = scorer.images(frames) @ scorer.texts(words, "nmnist").T
    report("real N-MNIST, 10-way", ranks_of(scores, truth), (1,))
    guess = scores.argmax(1)
    print(
        "  recall by digit: "
        + " ".join(f"{d}:{(guess[truth == d] == d).float().mean():.2f}" for d in range(10))
    )


def objects(scorer: Scorer, real: Path, window: int = 20_000) -> None:
    root = real / "dvs128_objects"
    with (root / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = [r["label"] for r in rows]
    frames, truth = [], []
    for label, row in enumerate(rows):
        recording = neuroclip.read(root / row["file"], size=(128, 128))
        for start in range(0, len(recording.events) - window + 1, window):
            piece = type(recording)(
                recording.events[start : start + window], recording.width, recording.height
            )
            frames.append(neuroclip.frames(piece, steps=STEPS))
            truth.append(label)
    scores = scorer.images(np.stack(frames)) @ scorer.texts(names).T
    report(
        "real hand-held objects, 8-way, windows of 20 000 events",
        ranks_of(scores, torch.tensor(truth)),
        (1, 3),
    )
    guess = scores.argmax(1)
    print("  answers: " + ", ".join(f"{n} {int((guess == i).sum())}" for i, n in enumerate(names)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--parts", default="icons,concepts,letters")
    args = parser.parse_args()
    torch.set_num_threads(1)
    scorer = Scorer(args.model)
    synthetic: dict[str, Callable] = {"icons": icons, "concepts": concepts, "letters": letters}
    recorded: dict[str, Callable] = {"nmnist": nmnist, "objects": objects}
    parts = args.parts.split(",")
    if set(parts) & set(synthetic):
        images, rows = load_pictures(args.run)
        for part in parts:
            if part in synthetic:
                synthetic[part](scorer, images, rows, np.random.default_rng(0))
    for part in parts:
        if part in recorded:
            recorded[part](scorer, args.real)


if __name__ == "__main__":
    main()
