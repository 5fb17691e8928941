"""How long the spiking adapter takes to fit from embeddings that were computed once, and from frames as published.

    python benchmarks/fitting.py [FOLDER]

16 shots of 10 classes, 150 epochs, event-tiny, one thread for all rows. FOLDER has a folder of recordings for each
class (34x34 pixels); without it, recordings are made up. Prints a table:

- the adapter's own forward and backward passes over tensors in memory, in as many batches;
- the same, one timestep after the other through torch's layers, as in the published code;
- `LifAdapter.fit` from the tensors of the bank, with and without augmented copies;
- filling the bank, once;
- painting and encoding all shots in every epoch, as published (measured for some epochs, and multiplied).
"""

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from machine import machine
from neuroclip_adapters import LEARNED, initial_parameters, inter_timestep, lif_neuron
from neuroclip_plugins.lif_adapter import LifAdapter
from neuroclip_prompts import PromptSet
from torch import Tensor, nn

import neuroclip
from neuroclip.bank import Bank
from neuroclip.classes import Classes
from neuroclip.recording import Recording, make_events

SHOTS, NAMES = 16, tuple("zero one two three four five six seven eight nine".split())
ENCODED_EPOCHS = 10


def main() -> None:
    torch.set_num_threads(1)
    print(machine())
    model = neuroclip.load_model()
    classes = Classes(NAMES, PromptSet("plain", ("{}",)), model)
    recordings = _recordings(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    y = torch.arange(len(NAMES)).repeat_interleave(SHOTS)
    plain, augmented = LifAdapter(copies=1), LifAdapter(copies=8)
    bank, representation = Bank(), plain.representation.filled(model.name)
    filling, x = timed(lambda: bank.get(representation, recordings, lambda _: model))
    filling_copies, copies = timed(
        lambda: bank.get(augmented.training.filled(model.name), recordings, lambda _: model)
    )
    _ = classes.features
    plain.fit(x[:20], y[:20], classes, seed=0)  # imports and first calls
    batches = [batch.clone() for _ in range(plain.epochs) for batch in x.split(plain.batch)]
    own, _ = timed(lambda: passes(batches))
    published, _ = timed(lambda: published_passes(batches))
    fitting, _ = timed(lambda: plain.fit(x, y, classes, seed=0))
    fitting_copies, _ = timed(lambda: augmented.fit(copies, y, classes, seed=0))
    encoding, _ = timed(
        lambda: [representation.compute_many(recordings, lambda _: model) for _ in range(ENCODED_EPOCHS)]
    )
    encoding *= plain.epochs / ENCODED_EPOCHS
    print(
        f"{len(recordings)} shots, {plain.epochs} epochs, batch {plain.batch}, embeddings of {x.shape[-1]}\n"
    )
    print("| | seconds | x own passes |\n|---|---|---|")
    for name, seconds in (
        ("the adapter's own forward and backward passes", own),
        ("the same, frame by frame through torch's layers", published),
        ("fit from the bank, without augmentation", fitting),
        (f"fit from the bank, {augmented.copies} copies", fitting_copies),
        ("filling the bank once, without augmentation", filling),
        (f"filling the bank once, {augmented.copies} copies", filling_copies),
        ("encoding in every epoch, as published, without fitting", encoding),
    ):
        print(f"| {name} | {seconds:.2f} | {seconds / own:.2f} |")


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def passes(batches: list[Tensor]) -> None:
    generator, neuron = torch.Generator().manual_seed(0), lif_neuron()
    parameters = initial_parameters(batches[0].shape[-1], generator)
    weights = [parameters[name].requires_grad_() for name in LEARNED]
    for x in batches:
        output = inter_timestep(parameters, x, neuron, dropout=generator).output
        torch.autograd.grad(output.sum(), weights)


def published_passes(batches: list[Tensor]) -> None:
    from spikingjelly.activation_based import neuron, surrogate

    d = batches[0].shape[-1]
    lif = neuron.LIFNode(
        tau=4 / 3,
        decay_input=False,
        v_threshold=0.5,
        surrogate_function=surrogate.Rect(),
        detach_reset=False,
    )
    layers = nn.Sequential(
        nn.BatchNorm1d(d),
        nn.Dropout(),
        nn.Linear(d, d // 8),
        nn.BatchNorm1d(d // 8),
        lif,
        nn.Dropout(),
        nn.Linear(d // 8, d),
        nn.ReLU(),
    )
    weights = list(layers.parameters())
    for x in batches:
        lif.reset()
        output = torch.stack([layers(frame) for frame in x.unbind(1)], 1)
        torch.autograd.grad(output.sum(), weights)


def _recordings(folder: Path | None) -> list[Recording]:
    if folder:
        warnings.simplefilter("ignore")  # that files do not name their size
        return [
            neuroclip.read(path) for c in sorted(folder.iterdir()) for path in sorted(c.iterdir())[:SHOTS]
        ]
    random = np.random.default_rng(0)
    made: list[Recording] = []
    for _ in range(SHOTS * len(NAMES)):
        t = np.sort(random.integers(0, 300_000, 4000))
        x, y = (np.clip(random.normal(17, 6, 4000), 0, 33).astype(int) for _ in range(2))
        made.append(Recording(make_events(t, x, y, random.random(4000) < 0.5), 34, 34))
    return made


if __name__ == "__main__":
    main()
