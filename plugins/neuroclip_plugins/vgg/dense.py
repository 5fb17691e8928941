"""`vgg-dense`: the convolutions of a VGG stay as they are, and its three dense layers learn anew."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from neuroclip.representations import Features
from neuroclip_plugins.vgg.collapsed import LearningVgg
from neuroclip_plugins.vgg.network import Vgg


@dataclass(frozen=True, kw_only=True)
class VggDense(LearningVgg):
    """Frozen convolutions, computed once for each recording, and three dense layers that begin random.

    The state is kept in float16, and is what answers, also while it learns: with 4096 hidden numbers and 224 pixels
    there are 119.5 million weights and 4097 for each class. Learning itself is in float32.

    Attributes:
        backbone: An image network, `timm:NAME`, `timm:NAME:FILE` or `timm:NAME:random`.

    Source: Gopalakrishnan, Chua and Iyer (2018): VGG-16 with batch norm, dropout 0.5, Adam. The learning rate, the
        epochs and the batches are our own, since the paper gives none.
    """

    backbone: str = "timm:vgg16_bn"

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.representation  # checks the options that they share

    @property
    def representation(self) -> Features:
        """What the convolutions give (n, d, height, width)."""
        return Features(self.picture, self.backbone, None, "none", self.size)

    def network(self, classes: int, example: Tensor) -> Vgg:
        """Make dense layers for these features."""
        return Vgg(nn.Identity(), example[0].numel(), self.hidden, classes)

    def begin(self, network: Vgg, generator: Generator) -> None:
        """Draw them."""
        network.begin(generator)

    def kept(self, value: Tensor) -> Tensor:
        """Return a weight in float16, cut at what that can hold."""
        most = torch.finfo(torch.float16).max
        return value.detach().clamp(-most, most).to(torch.float16, copy=True)
