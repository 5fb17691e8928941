"""The layers of a VGG that learn: convolutions, or what frozen ones give, and three dense layers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional


class Vgg(nn.Module):
    """Convolutions, flattened, and three dense layers with ReLU between.

    Args:
        features: The convolutions; `nn.Identity()` where their output is what is given.
        ins: How many numbers they give for a picture.
        hidden: How many the first two dense layers give.
        classes: How many the last gives.

    Source: Simonyan and Zisserman 2015, configuration D with batch norms before each ReLU: `features` of timm's
        vgg16_bn, `hidden=4096`.
    """

    def __init__(self, features: nn.Module, ins: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.features = features
        sizes = (ins, hidden, hidden, classes)
        with torch.device("meta"):  # which draws nothing from the global generator
            layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
        self.dense = nn.ModuleList(layer.to_empty(device="cpu") for layer in layers)

    def forward(self, x: Tensor, dropout: float = 0.0, generator: Generator | None = None) -> Tensor:
        """Return logits (n, c); `generator` draws what is dropped, and nothing is where it is None."""
        x = self.features(x).flatten(1)
        for layer in self.dense[:-1]:
            x = functional.relu(layer(x))
            if generator is not None and dropout:
                kept = torch.rand(x.shape, generator=generator).to(x.device) >= dropout
                x = x * kept / (1 - dropout)
        return self.dense[-1](x)

    @torch.no_grad()
    def begin(self, generator: Generator) -> None:
        """Draw the weights of the dense layers, with a deviation of sqrt(2 / inputs), and 0.01 for the last.

        Source: He, Zhang, Ren and Sun 2015, "Delving deep into rectifiers", eq. 10.
        """
        for i, layer in enumerate(self.dense, 1):
            assert isinstance(layer, nn.Linear)
            deviation = 0.01 if i == len(self.dense) else (2 / layer.in_features) ** 0.5
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * deviation)
            layer.bias.zero_()

    @torch.no_grad()
    def remember(self, batches: Iterable[Tensor]) -> None:
        """Give every batch norm the mean of the statistics of these batches, whatever it remembered.

        After few steps, what norms remember with a decay is far from what the last weights do.

        Source: Wu and Johnson, "Rethinking 'batch' in BatchNorm" (2021), section 3.
        """
        norms = [module for module in self.features.modules() if isinstance(module, nn.BatchNorm2d)]
        if not norms:
            return
        before = norms[0].momentum
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a mean over all batches
        self.features.train()
        for batch in batches:
            self.features(batch)
        for norm in norms:
            norm.momentum = before
