"""`vgg-scratch`: a VGG of which everything learns, from random weights on."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from neuroclip.backbones import image_network
from neuroclip.errors import OptionError
from neuroclip.representations import CollapsedImage
from neuroclip_plugins.vgg.collapsed import LearningVgg
from neuroclip_plugins.vgg.network import Vgg

_STRIDE = 32


@dataclass(frozen=True, kw_only=True)
class VggScratch(LearningVgg):
    """Convolutions with batch norm, and three dense layers; one channel in place of three that are equal.

    After the last epoch, the batch norms take the statistics of all shots.

    Attributes:
        architecture: timm's name of a VGG.
        width: Factor of the numbers of filters. 1: the published network; 0.25 or less trains on a CPU.

    Source: Gopalakrishnan, Chua and Iyer (2018); the learning rate, the epochs and the batches are our own.
    """

    architecture: str = "vgg16_bn"
    width: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not re.fullmatch(r"vgg(11|13|16|19)(_bn)?", self.architecture):
            raise OptionError(
                f"architecture is {self.architecture!r}; it can be vgg11, vgg13, vgg16 or vgg19, each also with _bn"
            )
        if not 0 < self.width <= 16:
            raise OptionError(f"width is {self.width}; it can be above 0, up to 16")
        if self.size < _STRIDE:
            raise OptionError(f"size is {self.size}; a VGG reads {_STRIDE} pixels or more")

    @property
    def representation(self) -> CollapsedImage:
        """Pictures (n, h, w)."""
        return self.picture

    def network(self, classes: int, example: Tensor) -> Vgg:
        """Make all layers."""
        return self._drawn(classes, 0)

    def begin(self, network: Vgg, generator: Generator) -> None:
        """Draw them all; the convolutions as timm does."""
        seed = int(torch.randint(2**31, (), generator=generator))
        network.features.load_state_dict(self._drawn(2, seed).features.state_dict())
        network.begin(generator)

    def seen(self, x: Tensor) -> Tensor:
        """Return the pictures at the network's size, (n, 1, size, size)."""
        pictures = x[:, None].to(self.place).float()
        return functional.interpolate(pictures, (self.size, self.size), mode="bilinear", antialias=True)

    def _drawn(self, classes: int, seed: int) -> Vgg:
        convolutions = image_network(f"timm:{self.architecture}@{self.width:f}:random", channels=1, seed=seed)
        ins = convolutions.num_features * (self.size // _STRIDE) ** 2
        return Vgg(convolutions.features, ins, self.hidden, classes)
