"""Inception with batch norm (BN-Inception), the image network of TSN, under the names that published weights have."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

# Of each block: 1x1, 1x1 before 3x3, 3x3, 1x1 before the two 3x3, the first and the second of them, 1x1 after the pool.
# Without the first and the last (0), a block halves height and width, and passes on what is pooled as it is.
_BLOCKS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "inception_3a": (64, 64, 64, 64, 96, 96, 32),
    "inception_3b": (64, 64, 96, 64, 96, 96, 64),
    "inception_3c": (0, 128, 160, 64, 96, 96, 0),
    "inception_4a": (224, 64, 96, 96, 128, 128, 128),
    "inception_4b": (192, 96, 128, 96, 128, 128, 128),
    "inception_4c": (160, 128, 160, 128, 160, 160, 128),
    "inception_4d": (96, 128, 192, 160, 192, 192, 128),
    "inception_4e": (0, 128, 192, 192, 256, 256, 0),
    "inception_5a": (352, 192, 320, 160, 224, 224, 128),
    "inception_5b": (352, 192, 320, 192, 224, 224, 128),
}
_MAXIMUM = "inception_5b"  # the last block pools the maximum, the others that keep their size the mean

MEAN, DEVIATION = (104 / 255, 117 / 255, 128 / 255), (1 / 255, 1 / 255, 1 / 255)
"""Of the channels blue, green, red, for pictures from 0 to 1: what published weights, ported from Caffe, expect."""


class BNInception(nn.Module):
    """An image network that gives features, for pictures of any size.

    The state dict has the names that TSN's weights and those of pretrainedmodels have, less the classifier. Every
    convolution has a bias, as theirs do.

    Args:
        channels: Of the input.
        width: Factor of all numbers of filters (at least 4 remain); 1 is the published network.

    Source: Ioffe and Szegedy, "Batch normalization" (2015), figure 5, with the numbers of filters that the Caffe model
        of Xiong et al. has, on which TSN builds (Wang et al. 2016). Pooling at the end is over all that is left.
    """

    def __init__(self, channels: int = 3, width: float = 1.0) -> None:
        super().__init__()
        stem, before, after = [_scaled(n, width) for n in (64, 64, 192)]
        self._add("conv1_7x7_s2", channels, stem, 7, 2)
        self._add("conv2_3x3_reduce", stem, before, 1)
        self._add("conv2_3x3", before, after, 3)
        ins = after
        for name, published in _BLOCKS.items():
            one, three_in, three, double_in, double_1, double_2, proj = (_scaled(n, width) for n in published)
            stride = 1 if one else 2
            if one:
                self._add(f"{name}_1x1", ins, one, 1)
            self._add(f"{name}_3x3_reduce", ins, three_in, 1)
            self._add(f"{name}_3x3", three_in, three, 3, stride)
            self._add(f"{name}_double_3x3_reduce", ins, double_in, 1)
            self._add(f"{name}_double_3x3_1", double_in, double_1, 3)
            self._add(f"{name}_double_3x3_2", double_1, double_2, 3, stride)
            if proj:
                self._add(f"{name}_pool_proj", ins, proj, 1)
            ins = one + three + double_2 + (proj or ins)
        self.num_features = ins

    def forward(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n d"]:
        """Return what is pooled at the end."""
        x = _maximum(self._unit("conv1_7x7_s2", x))
        x = _maximum(self._unit("conv2_3x3", self._unit("conv2_3x3_reduce", x)))
        for name in _BLOCKS:
            x = torch.cat(list(self._branches(name, x)), 1)
        return x.mean((2, 3))

    def _branches(self, name: str, x: Tensor) -> Iterator[Tensor]:
        keeps = hasattr(self, f"{name}_1x1")
        if keeps:
            yield self._unit(f"{name}_1x1", x)
        yield self._unit(f"{name}_3x3", self._unit(f"{name}_3x3_reduce", x))
        double = self._unit(f"{name}_double_3x3_1", self._unit(f"{name}_double_3x3_reduce", x))
        yield self._unit(f"{name}_double_3x3_2", double)
        if not keeps:
            yield _maximum(x)
        elif name == _MAXIMUM:
            yield self._unit(f"{name}_pool_proj", functional.max_pool2d(x, 3, 1, 1))
        else:  # what pads counts as zeros
            yield self._unit(f"{name}_pool_proj", functional.avg_pool2d(x, 3, 1, 1))

    def _add(self, name: str, ins: int, outs: int, kernel: int, stride: int = 1) -> None:
        self.add_module(name, nn.Conv2d(ins, outs, kernel, stride, kernel // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(outs))

    def _unit(self, name: str, x: Tensor) -> Tensor:
        """Convolution, batch norm, ReLU."""
        return functional.relu_(self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x)))


def initialise(network: BNInception, generator: torch.Generator) -> None:
    """Draw normal weights of variance 2 / inputs (He et al. 2015) from a generator; norms begin as torch makes them."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                drawn = torch.randn(module.weight.shape, generator=generator)
                module.weight.copy_(drawn * (2 / module.weight[0].numel()) ** 0.5)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()  # with its statistics


def _scaled(filters: int, width: float) -> int:
    return max(4, round(filters * width)) if filters else 0


def _maximum(x: Tensor) -> Tensor:
    """Halve height and width, rounded up as the convolutions beside it do.

    Even sides as published; odd ones, which 224 pixels never come to, have a border.
    """
    padding = (x.shape[-2] % 2, x.shape[-1] % 2)
    return functional.max_pool2d(x, 3, 2, padding, ceil_mode=True)
