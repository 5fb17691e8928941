"""What heads choose on the shots, and what they read of them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from neuroclip_adapters import weighted_sum
from torch import Tensor
from torch.nn import functional

from neuroclip.heads import folds, minibatches
from neuroclip.representations import valid_timesteps
from neuroclip.shapes import Embeddings, Labels, Timesteps

_BATCH = 1024


def choose(answers: Callable[[Tensor, Tensor], Tensor], y: Labels, seed: int) -> int | None:
    """Choose among candidates, the most careful first, by cross-validation on the shots.

    `answers(training, validation)`, given positions of shots, returns the logits of every candidate for the
    validation shots after learning from the training shots: (candidates, validation, c). Chosen is the first whose
    mean cross-entropy is not above the smallest by more than one standard error of the difference, taken shot by
    shot: what a few shots alone would decide stays careful. None: a class has a single shot, so nothing can be
    compared.

    Source: the one-standard-error rule of Breiman et al. 1984, "Classification and regression trees", section 3.4.3,
    for paired differences.
    """
    losses: list[Tensor] = []
    for training, validation in folds(y, seed):
        logits = answers(training, validation).double()
        each = functional.cross_entropy(
            logits.flatten(0, 1), y[validation].repeat(len(logits)), reduction="none"
        )
        losses.append(each.view(len(logits), -1))
    if not losses:
        return None
    loss = torch.cat(losses, 1)  # (candidates, n)
    worse = loss - loss[loss.mean(1).argmin()]
    error = worse.std(1) / loss.shape[1] ** 0.5
    # A difference that one shot alone makes is one standard error to the last digit: it counts as none.
    return int((worse.mean(1) <= error * (1 + 1e-9)).nonzero()[0, 0])


def mean_embeddings(x: Timesteps) -> Embeddings:
    """Return the mean over the timesteps that a recording has, float32 (n, d); not made a unit vector again."""
    means = [
        weighted_sum(part, torch.ones(part.shape[1], device=part.device), valid_timesteps(part))
        for _, part in minibatches(x, _BATCH)
    ]
    return torch.cat(means)
