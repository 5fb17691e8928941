"""What an answer costs: parameters, operations, energy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from neuroclip.backbones import Model, load_backbone
from neuroclip.backbones.image_names import is_image_name
from neuroclip.classes import Classes
from neuroclip.heads import Head, Operations, State, item_count, take
from neuroclip.heads.counting import counted
from neuroclip.recording import Recording
from neuroclip.representations import ClipTimesteps, Features, Joint, Representation

MAC_PJ, ACCUMULATE_PJ = 4.6, 0.9
"""Picojoule of one float32 operation at 45 nm. Source: Horowitz, "Computing's energy problem", 2014."""
_MOST = 64  # recordings that firing rates are averaged over


@dataclass(frozen=True)
class Costs:
    """What one recording costs.

    Attributes:
        parameters: Numbers that the head has learned.
        macs: Multiply-accumulates of the head.
        accumulates: Additions of the head that spikes cause in place of multiply-accumulates.
        firing_rate: Spikes per neuron and timestep; None where there are no neurons.
        encoder_macs: Multiply-accumulates of the image encoder, none of its frames being blank or repeated.
        energy_uj: Estimate of both, in microjoule, without memory: see `MAC_PJ` and `ACCUMULATE_PJ`.
        encoder_energy_share: The encoder's share of that, 0 to 1.
    """

    parameters: int
    macs: float
    accumulates: float
    firing_rate: float | None
    encoder_macs: float
    energy_uj: float
    encoder_energy_share: float

    def to_json(self) -> dict[str, Any]:
        """Return them by name."""
        return asdict(self)


def costs_of(
    head: Head,
    state: State,
    x: Any,
    classes: Classes,
    model: Model,
    one: Callable[[], Recording] | None = None,
) -> Costs:
    """Count what the head computes for recordings `x` as its `representation` gives them, per recording.

    `one` reads one of them: what the encoder does for a representation of somebody's own is counted while it is
    computed. Painting frames and optical flow count for nothing.
    """
    operations = head.operations(state, take(x, slice(0, _MOST)), classes) or _counted(
        head, state, x, classes
    )
    encoder = _encoder_macs(head.representation, x, model, one)
    of_head = operations.macs * MAC_PJ + operations.accumulates * ACCUMULATE_PJ
    total = of_head + encoder * MAC_PJ
    return Costs(
        parameters=sum(tensor.numel() for tensor in state.values()),
        macs=float(operations.macs),
        accumulates=float(operations.accumulates),
        firing_rate=operations.firing_rate,
        encoder_macs=encoder,
        energy_uj=total / 1e6,
        encoder_energy_share=encoder * MAC_PJ / total if total else 0.0,
    )


def _counted(head: Head, state: State, x: Any, classes: Classes) -> Operations:
    n = min(item_count(x), _MOST)
    few = take(x, slice(0, n))
    head.logits(state, few, classes)  # text features and the like, which are computed once
    with counted() as counter, torch.no_grad():
        head.logits(state, few, classes)
    return Operations(macs=counter.get_total_flops() / 2 / n)


def _encoder_macs(
    representation: Representation, x: Any, model: Model, one: Callable[[], Recording] | None
) -> float:
    """Count one frame, and multiply with the timesteps; 0 where nothing of `x` comes out of the encoder."""
    if isinstance(representation, Joint):
        different = {part.stored.key: (name, part) for name, part in representation.parts}  # computed once
        return sum(_encoder_macs(part, x[name], model, one) for name, part in different.values())
    if isinstance(representation, Features) and is_image_name(representation.backbone or ""):
        network: Any = load_backbone(str(representation.backbone))
        with counted() as counter:
            network.encode_images(
                torch.zeros(1, *network.size), size=representation.size, layer=representation.layer
            )
        # What is pooled is a vector for each picture.
        return (
            counter.get_total_flops()
            / 2
            * (x.shape[1] if representation.pool == "avg" and x.ndim == 3 else 1)
        )
    if isinstance(representation, ClipTimesteps):
        return _macs_of_frame(model) * x.shape[-2]
    filled = representation.filled(model.name)
    if one is None or not filled.backbone_names():
        return 0.0
    with counted() as counter, torch.no_grad():
        filled.compute(one(), lambda name: model if name == model.name else load_backbone(name))
    return counter.get_total_flops() / 2


@lru_cache(maxsize=2)  # a comparison asks for each of its cells
def _macs_of_frame(model: Model) -> float:
    frame = np.zeros((1, *model.image_size), np.uint8)  # not blank, which would be known already
    with counted() as counter:
        model.encode_frames(frame, resize="model", normalize="clip")
    return counter.get_total_flops() / 2
