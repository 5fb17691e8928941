"""The image tower under other weights, so that a head can learn through it and leave it as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call  # pyright: ignore[reportUnknownVariableType] - it has no types

from neuroclip.errors import ModelError


def weights_of(tower: nn.Module) -> dict[str, Tensor]:
    """Return weights and statistics by name, detached and in float32; shared with the tower where they are that."""
    named = {**dict(tower.named_parameters()), **dict(tower.named_buffers())}
    return {name: v.detach().float() if v.is_floating_point() else v for name, v in named.items()}


def replaced(own: Mapping[str, Tensor], given: Mapping[str, Tensor], model: str) -> dict[str, Tensor]:
    """Return the weights of an image tower, with those that are given in the places of its own.

    Raises:
        ModelError: One that it does not have, or of another shape; the message names the model.
    """
    for name, value in given.items():
        if name not in own:
            raise ModelError(
                f"{model}: its image tower has no weight {name!r}; image_weights lists those it has"
            )
        if value.shape != own[name].shape:
            raise ModelError(
                f"{model}: the weight {name!r} is {tuple(own[name].shape)}, and {tuple(value.shape)} was given"
            )
    return {**own, **given}


def encode(network: Any, images: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """Return what a network's `encode_image` gives under other weights of its image tower, in this call alone."""
    named = {f"network.visual.{name}": value for name, value in weights.items()}
    return functional_call(_Images(network), named, (images,))


class _Images(nn.Module):
    """The way of images through a network, as a module: what `functional_call` asks for."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network.encode_image(images)
