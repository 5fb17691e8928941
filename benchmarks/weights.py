"""Weights of ten timesteps: the convex fit against the published nested search over {0.25, 0.5, 0.75, 1}^10.

    python benchmarks/weights.py [FOLDER]

FOLDER has class folders under `Train/` with N-MNIST recordings (`.bin`); 16 shots per class are drawn from it, and
the default model says what each timestep shows. Without a folder the scores are made up: as many, and as good.

The published search tries all 1 048 576 combinations one after the other, ten loops deep, for the best accuracy, on
test recordings. Here everything is on the shots. Three ways of searching, each on one thread:

- nested: one combination at a time, as published; a part is measured, and the whole extrapolated from it
- vectorised: the whole grid, many combinations in one matrix product; all of it measured
- convex: `neuroclip_adapters.fit_simplex_weights`; with the bound on how far it is from the smallest loss

Losses are mean cross-entropies (nats) with the weights made to sum to 1, as everywhere in NeuroCLIP.
"""

import sys
import time
from itertools import islice, product
from pathlib import Path

import torch
from machine import machine
from neuroclip_adapters import fit_simplex_weights, mixture_gradient, mixture_loss
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

STEPS, SHOTS, CLASSES = 10, 16, 10
VALUES = (0.25, 0.5, 0.75, 1.0)
NESTED, CHUNK = 4096, 1024


def recorded(folder: Path) -> tuple[Tensor, Tensor]:
    """Scores (n, t, c) of shots of N-MNIST, and their classes."""
    import neuroclip
    from neuroclip.bank import Bank
    from neuroclip.classes import Classes, load_prompts
    from neuroclip.representations import ClipTimesteps

    model, prompts = neuroclip.load_model(), load_prompts("nmnist")
    labels = sorted(path.name for path in (folder / "Train").iterdir() if path.is_dir())
    generator = torch.Generator().manual_seed(0)
    shots, y = [], []
    for i, label in enumerate(labels):
        files = sorted((folder / "Train" / label).glob("*.bin"))
        for k in torch.randperm(len(files), generator=generator)[:SHOTS].tolist():
            shots.append(neuroclip.read(files[k], size=(34, 34)))
            y.append(i)
    x = Bank().get(ClipTimesteps(STEPS).filled(model.name), shots, lambda _: model)
    classes = Classes(tuple(prompts.classes[label] for label in labels), prompts, model)
    return model.scale * x @ classes.features.T, torch.tensor(y)


def made_up() -> tuple[Tensor, Tensor]:
    """Scores of which some timesteps know more than others."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(CLASSES).repeat(SHOTS)
    noise = torch.randn(len(y), STEPS, CLASSES, generator=generator) * 3
    return one_hot(y, CLASSES)[:, None] * (1 + torch.arange(STEPS)[:, None]) + noise, y


def nested(scores: Tensor, y: Tensor) -> float:
    """Seconds that all combinations would take one by one, from a part of them."""
    scores, best = scores.float(), 0.0
    start = time.perf_counter()
    for combination in islice(product(VALUES, repeat=STEPS), NESTED):
        weights = torch.tensor(combination)
        accuracy = ((scores * weights[:, None]).sum(1).argmax(-1) == y).float().mean().item()
        best = max(best, accuracy)
    return (time.perf_counter() - start) * len(VALUES) ** STEPS / NESTED


def whole_grid(scores: Tensor, y: Tensor) -> tuple[float, float, Tensor]:
    """The smallest loss of the grid, the loss of the (first) most accurate combination, and its weights."""
    flat = scores.float().transpose(0, 1).flatten(1)  # (t, n * c)
    values, digits = torch.tensor(VALUES), torch.arange(STEPS)
    smallest, most, chosen = float("inf"), -1, torch.ones(STEPS)
    for start in range(0, len(VALUES) ** STEPS, CHUNK):
        number = torch.arange(start, start + CHUNK)
        weights = values[number[:, None] // len(VALUES) ** digits % len(VALUES)]
        weights = weights / weights.sum(1, keepdim=True)
        logits = (weights @ flat).view(len(weights), len(y), -1)
        right = logits.gather(-1, y.expand(len(weights), -1)[..., None])[..., 0]
        losses = (logits.logsumexp(-1) - right).mean(1)
        accurate = (right >= logits.amax(-1)).sum(1)
        smallest = min(smallest, float(losses.min()))
        if int(accurate.max()) > most:
            most, chosen = int(accurate.max()), weights[int(accurate.argmax())]
    return smallest, float(cross_entropy((chosen @ flat).view(len(y), -1), y)), chosen


def main() -> None:
    torch.set_num_threads(1)
    print(machine())
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    scores, y = recorded(folder) if folder else made_up()
    print(f"{'N-MNIST' if folder else 'made-up'} scores: {len(y)} shots, {STEPS} timesteps; one thread\n")
    fit_simplex_weights(scores, y)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        weights = fit_simplex_weights(scores, y)
        times.append(time.perf_counter() - start)
    convex = sorted(times)[2]
    one_by_one = nested(scores, y)
    start = time.perf_counter()
    smallest, accurate, _ = whole_grid(scores, y)
    vectorised = time.perf_counter() - start
    gradient = mixture_gradient(scores, y, weights)
    even = mixture_loss(scores, y, torch.full((STEPS,), 1 / STEPS, dtype=torch.float64))
    print(f"{'':48}{'seconds':>10}{'times convex':>14}{'loss on the shots':>20}")
    print(f"{'even weights':48}{'':>10}{'':>14}{even:20.6f}")
    part = f"nested, one by one (from {NESTED} of {len(VALUES) ** STEPS})"
    print(f"{part:48}{one_by_one:10.1f}{one_by_one / convex:14.0f}{'':>20}")
    print(
        f"{'vectorised grid, all: most accurate':48}{vectorised:10.1f}{vectorised / convex:14.0f}{accurate:20.6f}"
    )
    print(f"{'vectorised grid, all: smallest loss':48}{'':>10}{'':>14}{smallest:20.6f}")
    print(f"{'convex':48}{convex:10.4f}{1:14}{mixture_loss(scores, y, weights):20.6f}")
    print(
        f"\nno weights are better than the convex ones by more than {weights @ gradient - gradient.min():.1e}"
    )


if __name__ == "__main__":
    main()
