"""Weights of timesteps fitted to labelled scores: a convex problem, solved to a stated tolerance."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_CHUNK = 4096
_FALL = 0.1
_NEAR, _CENTRED = 0.1, 1e-5
_MOST_STEPS = 50


def fit_simplex_weights(scores: Tensor, y: Tensor, *, prior: float = 0.0, tolerance: float = 1e-9) -> Tensor:
    """Return the weights a (t), float64, above 0 and with sum 1, of the smallest mean cross-entropy of sum_t a_t s_t.

    `scores` (n, t, c) are logits of n labelled recordings at each timestep. `prior` times the mean over timesteps of
    -log(t a_t), which is 0 for even weights, is added to the cross-entropy: it pulls towards even weights, as a
    symmetric Dirichlet distribution would. Both are convex, so there is one smallest value; the result is above it
    by at most `tolerance` (nats). Where several weights are equally good, as for identical timesteps, they are the
    most even ones. Equal arguments give equal weights, and timesteps in another order the weights in that order. No
    recording at all gives even weights.

    Source: Boyd and Vandenberghe, "Convex optimization", sections 10.2 (Newton's method with an equality constraint)
    and 11.3 (the barrier method). The barrier of "a_t is not negative" is the prior's own term, so that a prior
    only ends the path earlier. The bound on the error is t times the last weight of the barrier.

    Raises:
        ValueError: Scores that are not finite, a negative prior, or a tolerance that is not above 0.
    """
    if not (prior >= 0 and tolerance > 0):
        raise ValueError(f"prior is {prior} and tolerance {tolerance}; expected 0 or more, and above 0")
    if not scores.isfinite().all():
        raise ValueError("scores of timesteps must be finite")
    t = scores.shape[1]
    a = torch.full((t,), 1 / t, dtype=torch.float64, device=scores.device)
    if not len(scores) or t == 1 or math.isinf(prior):
        return a
    last = max(prior, tolerance / 2) / t
    barrier = max(1.0, last)
    while True:
        a = _centre(scores, y, a, barrier)
        if barrier <= last:
            return a
        barrier = max(barrier * _FALL, last)


def mixture_loss(scores: Tensor, y: Tensor, a: Tensor) -> float:
    """Return the mean cross-entropy of sum_t a_t s_t: scores (n, t, c), classes y (n), weights a (t)."""
    return _loss(scores, y, a) / len(scores)


def mixture_gradient(scores: Tensor, y: Tensor, a: Tensor) -> Tensor:
    """Return the gradient (t) of `mixture_loss`; a is at most a @ gradient - gradient.min() above the smallest loss."""
    return _derivatives(scores, y, a)[0]


def _centre(scores: Tensor, y: Tensor, a: Tensor, barrier: float) -> Tensor:
    """Minimise the loss minus barrier * sum(log a) over the weights with sum 1, by Newton steps from a."""

    def value(a: Tensor) -> float:
        return mixture_loss(scores, y, a) - barrier * float(a.log().sum())

    for _ in range(_MOST_STEPS):
        gradient, hessian = _derivatives(scores, y, a)
        # In units of a, where the barrier's part is a multiple of the identity however small a weight is.
        scaled = a * gradient - barrier
        scaled = scaled - a * (a @ scaled) / (a @ a)  # what the sum forbids anyway, and would drown the rest
        factor = torch.linalg.cholesky(a[:, None] * hessian * a + barrier * torch.eye(len(a)).to(a))
        free, shift = torch.cholesky_solve(torch.stack([scaled, a], 1), factor).unbind(1)
        step = (a @ free) / (a @ shift) * shift - free
        decrease = -float(scaled @ step)
        # The square: then entries of the gradient, too, differ by less than the barrier allows.
        if decrease <= _CENTRED * min(barrier, barrier**2):
            break
        size = min(1.0, 0.99 / max(float(-step.min()), 1e-300))
        # Near the centre whole steps converge, and differences of the value drown in rounding.
        if decrease > _NEAR * barrier:
            before = value(a)
            while value(a * (1 + size * step)) > before - 0.1 * size * decrease and size > 1e-10:
                size /= 2
        a = a * (1 + size * step)
        a = a / a.sum()
    return a


def _loss(scores: Tensor, y: Tensor, a: Tensor) -> float:
    total = 0.0
    for part, labels in zip(scores.split(_CHUNK), y.split(_CHUNK), strict=True):
        logits = torch.einsum("t,ntc->nc", a, part.double())
        total += float(torch.nn.functional.cross_entropy(logits, labels, reduction="sum"))
    return total


def _derivatives(scores: Tensor, y: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient (t) and Hessian (t, t) of the mean cross-entropy."""
    gradient = torch.zeros_like(a)
    hessian = torch.zeros(len(a), len(a)).to(a)
    for part, labels in zip(scores.split(_CHUNK), y.split(_CHUNK), strict=True):
        s = part.double()
        p = torch.einsum("t,ntc->nc", a, s).softmax(-1)
        expected = torch.einsum("nc,ntc->nt", p, s)
        off = s - expected[..., None]
        index = torch.arange(len(s), device=s.device)
        gradient -= off[index, :, labels].sum(0)
        weighted = off * p[:, None]
        hessian += torch.einsum("ntc,nuc->tu", weighted, off)
    return gradient / len(scores), hessian / len(scores)
