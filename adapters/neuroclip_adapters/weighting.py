"""Timesteps put together with weights."""

from __future__ import annotations

import torch
from torch import Tensor


def normalized_weights(weights: Tensor, valid: Tensor | None = None) -> Tensor:
    """Scale weights (t) or (n, t), of any real type and not negative, so that each row sums to 1; float32.

    Timesteps where `valid` (n, t) is False get 0. A row without any weight, such as the event counts of an empty
    recording, is spread evenly over its valid timesteps, or over all where none is valid.

    Raises:
        ValueError: A weight is negative or not finite.
    """
    weights = weights.float()
    if not torch.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"weights of timesteps must be finite and not negative, not {weights.tolist()}")
    even = torch.ones_like(weights)
    if valid is not None:
        weights, even = weights * valid, torch.where(valid.any(-1, keepdim=True), valid.float(), even)
    weights = torch.where(weights.sum(-1, keepdim=True) > 0, weights, even)
    # Divided by the largest first: counts of millions, or denormal weights, lose nothing.
    weights = weights / weights.amax(-1, keepdim=True)
    return weights / weights.sum(-1, keepdim=True)


def weighted_sum(values: Tensor, weights: Tensor, valid: Tensor | None = None) -> Tensor:
    """Sum over timesteps, (n, t, ...) -> (n, ...), with weights (t) or (n, t) that are made to sum to 1 first.

    Source: the sum over t in "softmax(sum_t alpha_t W f_t)" of NeuroCLIP (Guo et al.); there alpha is 1 for every
    timestep, here it sums to 1, which changes the temperature and not the order of the classes.
    """
    weights = normalized_weights(weights, valid)
    # values of any type and precision are weighed in float32, so that half precision adds no error of its own
    return torch.einsum("nt,nt...->n...", weights.expand(values.shape[:2]), values.float())
