"""Batch normalisation with the weights shared by all timesteps, and statistics of each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

EPSILON = 1e-5
MOMENTUM = 0.1


@dataclass(frozen=True, eq=False)
class Statistics:
    """What a batch tells about every timestep.

    Attributes:
        mean, var: (t, d) float32; the variance is the unbiased one.
        enough: (t) whether at least two recordings reach the timestep; where it is False the values mean nothing.
    """

    mean: Tensor
    var: Tensor
    enough: Tensor


def normalized(x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, var: Tensor) -> Tensor:
    """Normalise (n, t, d) with given statistics, (d) or (t, d)."""
    scale = weight * torch.rsqrt(var + EPSILON)
    return (x * scale + (bias - mean * scale)).to(x.dtype)


def batch_normalized(
    x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, var: Tensor, valid: Tensor | None = None
) -> tuple[Tensor, Statistics]:
    """Normalise each timestep of (n, t, d) with the statistics of its batch, and return these too.

    Timesteps where `valid` (n, t) is False count for nothing. A timestep that fewer than two recordings reach has no
    variance, and is normalised with `mean` and `var` (d), the running statistics.
    """
    n, t, d = x.shape
    if valid is not None:
        return _batch_normalized_where(x, weight, bias, mean, var, valid)
    if n < 2:
        given = Statistics(mean.expand(t, d), var.expand(t, d), torch.zeros(t, dtype=torch.bool))
        return normalized(x, weight, bias, mean, var), given
    # One pass over t * d channels: torch has no batch norm with shared weights and separate statistics.
    flat, batch_mean, inverse = torch.native_batch_norm(
        x.reshape(n, t * d), weight.repeat(t), bias.repeat(t), None, None, True, 0.0, EPSILON
    )
    unbiased = (inverse.detach().square().reciprocal() - EPSILON) * (n / (n - 1))
    enough = torch.ones(t, dtype=torch.bool)
    return flat.view(n, t, d), Statistics(batch_mean.detach().view(t, d), unbiased.view(t, d), enough)


def _batch_normalized_where(
    x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, var: Tensor, valid: Tensor
) -> tuple[Tensor, Statistics]:
    here = valid[..., None]
    count = here.sum(0)  # (t, 1)
    enough = count >= 2
    values = torch.where(here, x.float(), 0.0)
    batch_mean = values.sum(0) / count.clamp(min=1)
    off = torch.where(here, values - batch_mean, 0.0)
    batch_var = off.square().sum(0) / count.clamp(min=1)
    y = normalized(
        x, weight, bias, torch.where(enough, batch_mean, mean), torch.where(enough, batch_var, var)
    )
    unbiased = batch_var.detach() * count / (count - 1).clamp(min=1)
    return y, Statistics(batch_mean.detach(), unbiased, enough.flatten())


def running(mean: Tensor, var: Tensor, seen: Statistics) -> tuple[Tensor, Tensor]:
    """Update the running statistics (d) with those of every timestep, one after the other in time.

    With u the share of the new, k updates m <- (1 - u) m + u x give (1 - u)^k m + sum_i u (1 - u)^(k - i) x_i.
    """
    enough = seen.enough.to(mean.device)
    later = enough.flip(0).cumsum(0).flip(0) - 1  # how many timesteps come after
    shares = MOMENTUM * (1 - MOMENTUM) ** later * enough
    left = (1 - MOMENTUM) ** enough.sum()
    means, variances = (torch.where(enough[:, None], values, 0.0) for values in (seen.mean, seen.var))
    return left * mean + shares @ means, left * var + shares @ variances
