"""Multinomial logistic regression with a quadratic penalty, solved to convergence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_MOST_STEPS = 500


@dataclass(frozen=True, eq=False)
class Logistic:
    """A linear classifier: logits are x @ weight.T + bias.

    Attributes:
        weight: (c, d) float64.
        bias: (c) float64, with sum 0.
        gradient: The largest absolute entry of the loss's gradient where the search ended, per recording.
    """

    weight: Tensor
    bias: Tensor
    gradient: float

    def logits(self, x: Tensor) -> Tensor:
        """Score (n, d); float64 (n, c)."""
        return x.double() @ self.weight.T + self.bias


def fit_logistic(
    x: Tensor,
    y: Tensor,
    c: int,
    strength: float,
    *,
    prior: Tensor | None = None,
    intercept: bool = True,
    start: Logistic | None = None,
    tolerance: float = 1e-8,
) -> Logistic:
    """Minimise mean_i CE(W x_i + b, y_i) + |W - prior|^2 / (2 n strength) over W (c, d) and b (c).

    `strength` is the C of liblinear and scikit-learn: larger trusts the recordings more. `prior` (c, d) is 0 unless
    given. The bias is not penalised, so every class must be in `y`; without an `intercept` it stays 0. The loss is
    convex, so where the search begins (`start`) changes only how long it takes; it ends where no entry of the gradient
    is above `tolerance`, or where arithmetic in float64 allows no further step.

    Newton's method with conjugate gradients, all recordings at once, in float64. Where there are more numbers than
    recordings the search is in the span of the recordings, outside which the best W is the prior.

    Source: Nocedal and Wright, "Numerical optimization", section 7.1 (line-search Newton-CG). It ends at a gradient of
    1e-8 within a few steps where L-BFGS, which compares losses, stops at their rounding errors.

    Raises:
        ValueError: A strength that is not above 0.
    """
    if not strength > 0:
        raise ValueError(f"strength is {strength}; it must be above 0")
    x = x.double()
    n, d = x.shape
    prior = x.new_zeros(c, d) if prior is None else prior.to(x)
    given, basis = x @ prior.T, None
    if d > n:
        basis = torch.linalg.qr(x.T).Q  # (d, n)
        x = x @ basis
    at = x.new_zeros(c, x.shape[1] + 1)
    if start is not None:
        off = start.weight.to(x) - prior
        at = torch.cat([off if basis is None else off @ basis, start.bias.to(x)[:, None]], 1)
    inputs = functional.pad(x, (0, 1), value=float(intercept))
    penalty = torch.full_like(at, 1 / (n * strength))
    penalty[:, -1] = 0

    def loss(at: Tensor) -> float:
        fitted = functional.cross_entropy(given + inputs @ at.T, y)
        return float(fitted + (penalty * at.square()).sum() / 2)

    right = functional.one_hot(y, c).to(x)
    steepest, before = torch.inf, torch.inf
    for _ in range(_MOST_STEPS):
        logits = given + inputs @ at.T
        p = logits.softmax(-1)
        gradient = (p - right).T @ inputs / n + penalty * at
        if (steepest := float(gradient.abs().max())) <= tolerance:
            break

        def curved(v: Tensor, p: Tensor = p) -> Tensor:
            moved = p * (inputs @ v.T)
            return (moved - p * moved.sum(-1, keepdim=True)).T @ inputs / n + penalty * v

        step = _conjugate_gradients(curved, -gradient)
        now, fall = loss(at), float((gradient * step).sum())
        size = 1.0
        # Where the fall drowns in rounding the step is right without a look, until the gradient stops falling.
        if -fall > 1e-12 * (1 + now):
            while loss(at + size * step) > now + 1e-4 * size * fall and size > 1e-10:
                size /= 2
        elif steepest >= before:
            break
        at, before = at + size * step, steepest
    moved = at[:, :-1] if basis is None else at[:, :-1] @ basis.T
    return Logistic(prior + moved, at[:, -1].clone(), steepest)


def _conjugate_gradients(curved: Callable[[Tensor], Tensor], b: Tensor) -> Tensor:
    """Solve curved(v) = b well enough for a Newton step: better, the smaller b is."""
    v, rest = torch.zeros_like(b), b
    direction, square = rest, float(rest.square().sum())
    enough = square * min(0.01, square)
    for _ in range(_MOST_STEPS):
        if square <= enough:
            break
        image = curved(direction)
        size = square / float((direction * image).sum())
        v, rest = v + size * direction, rest - size * image
        after = float(rest.square().sum())
        direction, square = rest + (after / square) * direction, after
    return v
