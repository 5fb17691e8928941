"""How `tsn` learns: one frame by chance of each segment, the loss of their consensus, and what norms remember."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from neuroclip.errors import HeadError
from neuroclip.heads import Checkpoint, item_count
from neuroclip.shapes import Labels
from neuroclip_plugins.clips import cut, distorted, flipped, whole
from neuroclip_plugins.descent import Descent, along_cosine
from neuroclip_plugins.tsn.backbones import Pixels
from neuroclip_plugins.tsn.crops import boxes_for
from neuroclip_plugins.tsn.frames import by_input, size_of, with_channels
from neuroclip_plugins.tsn.networks import learning_networks
from neuroclip_plugins.tsn.options import SegmentOptions
from neuroclip_plugins.tsn.segments import SegmentNetwork, snippets


def learned(
    head: SegmentOptions, x: Any, y: Labels, classes: int, seed: int, resume: Checkpoint | None
) -> Iterator[Checkpoint]:
    """Yield a checkpoint after every epoch.

    Raises:
        HeadError: Shots with fewer frames than segments.
        ModelError, OptionError: As `load_backbone`.
    """
    shots, generator = by_input(x, head.streams), Generator().manual_seed(seed)
    for shown in shots.values():
        if shown.shape[1] < head.segments:
            raise HeadError(
                f"a recording has {shown.shape[1]} frames, fewer than the {head.segments} segments that one is "
                "drawn of each: ask for fewer segments"
            )
    networks, pixels = learning_networks(head, classes, generator, None if resume is None else resume.state)
    weights: dict[str, Tensor] = {name: w for name, w in networks.named_parameters() if w.requires_grad}
    descent = Descent(weights, "sgd", head.momentum)
    if resume is not None:
        descent.take_up(resume.resume)
        generator.set_state(resume.resume["generator"].cpu())
    labels, n = y.to(head.place), item_count(x)
    # None of them a single shot, whose norms would have little to compare.
    batches = max(1, min(math.ceil(n / head.batch), n // 2))
    for epoch in range(resume.position if resume else 0, head.epochs):
        falls = head.schedule == "cosine"
        rate = head.learning_rate * (along_cosine(epoch, head.epochs) if falls else 1)
        for index in torch.randperm(n, generator=generator).tensor_split(batches):
            with torch.enable_grad():  # also where the caller has turned gradients off
                loss = loss_of(head, networks, pixels, shots, index, labels, generator)
                gradients = torch.autograd.grad(loss, list(weights.values()))
            named = dict(zip(weights, gradients, strict=True))
            descent.step(decayed(named, weights, head.weight_decay), rate)
        if epoch == head.epochs - 1 and head.statistics == "shots":
            _remember(head, networks, pixels, shots, batches, generator)
        resumable = descent.kept() | {"generator": generator.get_state()}
        state = {
            name: value.detach().clone(memory_format=torch.contiguous_format)
            for name, value in networks.state_dict().items()
        }
        yield Checkpoint(state, resumable, epoch + 1, head.epochs)


def loss_of(
    head: SegmentOptions, networks: nn.ModuleDict, pixels: Mapping[str, Pixels], shots: Mapping[str, Tensor],
    index: Tensor, labels: Tensor, generator: Generator,
) -> Tensor:  # fmt: skip
    """Return the cross-entropy of the consensus, summed over the inputs, which share snippets and crops."""
    first = next(iter(shots.values()))
    drawn = snippets(len(index), first.shape[1], head.segments, generator)
    boxes = distorted(len(index), size_of(first), head.crop, generator)
    mirrored = flipped(len(index), head.flip, generator)
    losses: list[Tensor] = []
    for stream, network in networks.items():
        assert isinstance(network, SegmentNetwork)
        shown = with_channels(shots[stream][index[:, None], drawn]).to(head.place)
        own = boxes_for(boxes, size_of(first), size_of(shown))
        seen = pixels[stream].seen(cut(shown, head.size, own, mirrored).flatten(0, 1))
        logits = network(seen, generator).unflatten(0, (len(index), head.segments))
        losses.append(functional.cross_entropy(network.agreed(logits), labels[index.to(labels.device)]))
    return torch.stack(losses).sum()


@torch.no_grad()
def decayed(
    gradients: Mapping[str, Tensor], weights: Mapping[str, Tensor], decay: float
) -> dict[str, Tensor]:
    """Add to each gradient its share of the weight, but for norms and biases."""
    return {n: g.add(weights[n], alpha=decay) if g.ndim > 1 else g for n, g in gradients.items()}


@torch.no_grad()
def _remember(
    head: SegmentOptions, networks: nn.ModuleDict, pixels: Mapping[str, Pixels], shots: Mapping[str, Tensor],
    batches: int, generator: Generator,
) -> None:  # fmt: skip
    """Give norms that learn the statistics of all shots under the last weights; the weights stay."""
    n, frames = next(iter(shots.values())).shape[:2]
    drawn = snippets(n, frames, head.segments, generator)
    order = torch.randperm(n, generator=generator)  # since a batch of one class would be no example
    for stream, network in networks.items():
        assert isinstance(network, SegmentNetwork)
        network.count_anew()
        for index in order.tensor_split(batches):
            shown = with_channels(shots[stream][index[:, None], drawn[index]]).to(head.place)
            boxes = whole(len(index), size_of(shown))
            network(pixels[stream].seen(cut(shown, head.size, boxes).flatten(0, 1)))
