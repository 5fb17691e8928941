"""`vgg-probe`: logistic regression on the pooled convolution features of a collapsed recording."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from neuroclip_adapters import fit_logistic
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import State
from neuroclip.representations import Features
from neuroclip.shapes import Embeddings, Labels, Logits
from neuroclip_plugins.choosing import choose
from neuroclip_plugins.linear_probe import DEFAULT_STRENGTHS, STRENGTHS, fits_of
from neuroclip_plugins.vgg.collapsed import CollapsedHead


@dataclass(frozen=True, kw_only=True)
class VggProbe(CollapsedHead):
    """L2-penalised logistic regression, on features less their mean, divided by their mean length over the shots.

    Attributes:
        backbone: An image network, `timm:NAME`, `timm:NAME:FILE` or `timm:NAME:random`.
        layer: One of its inner layers; None: the last convolution.
        strength: The C of scikit-learn: larger trusts the shots more. None: chosen among 1 to 10 000 by
            cross-validation on the shots, 100 where a class has a single shot.

    The network is that of Gopalakrishnan, Chua and Iyer (2018); they retrain its dense layers (`vgg-dense`).
    """

    backbone: str = "timm:vgg16_bn"
    layer: str | None = None
    strength: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.strength is not None and not 0 < self.strength < math.inf:
            raise OptionError(f"strength is {self.strength}; it must be above 0")
        _ = self.representation  # checks the options that they share

    @property
    def representation(self) -> Features:
        """The mean over places of what the convolutions give (n, d)."""
        return Features(self.picture, self.backbone, self.layer, "avg", self.size)

    def fit(self, x: Embeddings, y: Labels, classes: Classes, *, seed: int) -> State:
        """Choose the strength where it is open, then solve on all shots."""
        mean = x.float().mean(0)
        length = (x.float() - mean).norm(dim=-1).mean().clamp(min=1e-12)
        read, strength = (x.float() - mean) / length, self.strength
        if strength is None:

            def answers(training: Tensor, validation: Tensor) -> Tensor:
                fits = fits_of(read[training], y[training], len(classes), STRENGTHS, None)
                return torch.stack([fit.logits(read[validation]) for fit in fits])

            best = choose(answers, y, seed)
            strength = DEFAULT_STRENGTHS["none"] if best is None else STRENGTHS[best]
        solved = fit_logistic(read, y, len(classes), strength)
        weight = solved.weight.float() / length
        bias = solved.bias.float() - weight @ mean
        return {"weight": weight, "bias": bias, "strength": torch.tensor(strength)}

    def logits(self, state: State, x: Embeddings, classes: Classes) -> Logits:
        """Return the linear function of the features (n, c)."""
        return x.float() @ state["weight"].T + state["bias"]
