"""The image networks that TSN can have: timm's by name, and BN-Inception."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from neuroclip.backbones.image_names import is_image_name
from neuroclip.backbones.image_networks import check_size, image_network
from neuroclip.backbones.image_weights import fit_weights
from neuroclip.backbones.weight_files import read_weights
from neuroclip.errors import ModelError
from neuroclip_plugins.tsn.bn_inception import DEVIATION, MEAN, BNInception, initialise

_OURS = "bn-inception"
_ADVICE = "say weights=FILE, or leave weights out for random ones"
_FORMS = f"timm:NAME, {_OURS} or {_OURS}@0.25, with weights=FILE or random ones"
_BACKGROUND = 127  # of event frames


@dataclass(frozen=True)
class Pixels:
    """What a network wants pictures to be.

    Attributes:
        mean, deviation: Of each channel, of values from 0 to 1.
        reversed: Whether blue comes first.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    reversed: bool = False

    def seen(self, pictures: Float[Tensor, "m channels h w"]) -> Float[Tensor, "m channels h w"]:
        """Return pictures from 0 to 255 as the network wants them.

        Event frames, which have one channel, are divided by the mean of the deviations, and are 0 where nothing
        happened.
        """
        if pictures.shape[1] == 1:
            return (pictures - _BACKGROUND) / (255 * sum(self.deviation) / len(self.deviation))
        mean, deviation = (
            torch.tensor(v, device=pictures.device).view(-1, 1, 1) for v in (self.mean, self.deviation)
        )
        return ((pictures.flip(1) if self.reversed else pictures) / 255 - mean) / deviation


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network that makes features of pictures, how many, and what pictures it wants."""

    network: nn.Module
    features: int
    pixels: Pixels


def load_backbone(name: str, weights: str | None, channels: int, size: int, generator: Generator) -> Backbone:
    """Build a network by name, with weights from a file, `pretrained` ones that timm downloads, or random ones (None).

    What is random is drawn by a seed that the generator draws.

    Raises:
        ModelError: There is no such network or file, or the weights do not fit or cannot be downloaded.
        OptionError: The network cannot read pictures of this size.
    """
    seed = int(torch.randint(2**31, (1,), generator=generator))
    backbone = _built(name if weights == "pretrained" else f"{name}:{weights or 'random'}", channels, seed)
    if is_image_name(name):
        check_size(backbone.network, backbone.network, (size, size), name, channels)
    return backbone


def bare_backbone(name: str, channels: int) -> Backbone:
    """Build the network alone, for weights that are there already: no file is read, and nothing downloaded."""
    try:
        with torch.device("meta"):  # so that no weights are drawn, to be thrown away
            backbone = _built(f"{name}:random", channels, None)
            if not _unsaved(backbone.network):
                return backbone
    except ModelError:  # some networks compute something while they are built
        pass
    return _built(f"{name}:random", channels, 0)


def _built(name: str, channels: int, seed: int | None) -> Backbone:
    if is_image_name(name):
        network: Any = image_network(name, channels=channels, seed=seed or 0, advice=_ADVICE)
        cfg: dict[str, Any] = network.pretrained_cfg
        features = int(getattr(network, "head_hidden_size", None) or network.num_features)
        return Backbone(network, features, Pixels(tuple(cfg["mean"]), tuple(cfg["std"])))
    ours = _bn_inception(name, channels, seed)
    return Backbone(ours, ours.num_features, Pixels(MEAN, DEVIATION, reversed=True))


def _bn_inception(name: str, channels: int, seed: int | None) -> BNInception:
    found = re.fullmatch(rf"{_OURS}(?:@(\d*\.?\d+))?:(.+)", name)
    if name.startswith(_OURS) and ":" not in name:
        raise ModelError(f"the weights of {name} cannot be downloaded: fetch them, and say weights=FILE")
    if found is None or float(found[1] or 1) == 0:
        raise ModelError(f"{name.partition(':')[0]!r} names no backbone; one is {_FORMS}")
    with torch.device("meta"):  # which draws nothing from the global generator
        network = BNInception(channels, float(found[1] or 1))
    if seed is None:
        return network
    initialise(network.to_empty(device="cpu"), Generator().manual_seed(seed))
    if found[2] != "random":
        weights = read_weights(Path(found[2]).expanduser())
        fit_weights(network, _of_bn_inception(weights), first=("conv1_7x7_s2",), classifier=(), name=name)
    return network


def _of_bn_inception(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights as tsn-pytorch and others save them under their plain names, without its classifier.

    The published file keeps what belongs to norms as [1, C], where torch has [C].
    """
    inside = {n.removeprefix("module.").removeprefix("base_model."): value for n, value in weights.items()}
    return {
        name: value.squeeze(0) if "_bn." in name and value.ndim == 2 else value
        for name, value in inside.items()
        if not name.startswith("new_fc.")
    }


def _unsaved(network: nn.Module) -> list[str]:
    """Return the buffers that no state holds, whose values are computed while a network is built."""
    saved = network.state_dict()
    return [name for name, _ in network.named_buffers() if name not in saved]
