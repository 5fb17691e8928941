from __future__ import annotations

import math

import pytest
import torch
from neuroclip_adapters import Logistic, fit_logistic
from torch.nn import functional


def problem(n: int = 30, d: int = 5, c: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(n) % c
    x = torch.randn(n, d, generator=generator)
    x[:, 0] += y
    return x, y


def gradient(
    x: torch.Tensor, y: torch.Tensor, fit: Logistic, strength: float, prior: torch.Tensor | float = 0.0
) -> float:
    """The largest entry of the gradient of the loss, by torch's own differentiation."""
    weight, bias = fit.weight.clone().requires_grad_(), fit.bias.clone().requires_grad_()
    loss = functional.cross_entropy(x.double() @ weight.T + bias, y)
    (loss + (weight - prior).square().sum() / (2 * len(y) * strength)).backward()
    assert weight.grad is not None
    assert bias.grad is not None
    return max(float(weight.grad.abs().max()), float(bias.grad.abs().max()))


def test_by_hand() -> None:
    """One number, 1 for one class and -1 for the other."""
    # with weights (w, -w) the loss log(1 + e^-2w) + w^2 / (2 C) is smallest where 2 / (1 + e^2w) = w / C
    x, y = torch.tensor([[1.0], [-1.0]]), torch.tensor([0, 1])
    fit = fit_logistic(x, y, 2, 0.25 * (1 + math.e))
    torch.testing.assert_close(fit.weight, torch.tensor([[0.5], [-0.5]]).double())
    torch.testing.assert_close(fit.bias, torch.zeros(2).double())


@pytest.mark.parametrize("d", [5, 100])  # fewer and more numbers than recordings
@pytest.mark.parametrize("strength", [1e-3, 1.0, 1e4])
def test_the_gradient_is_zero_at_the_solution(d: int, strength: float) -> None:
    x, y = problem(d=d)
    fit = fit_logistic(x, y, 3, strength)
    assert fit.gradient <= 1e-8
    assert gradient(x, y, fit, strength) <= 1e-8


@pytest.mark.parametrize("d", [5, 100])
def test_the_gradient_is_zero_with_a_prior(d: int) -> None:
    x, y = problem(d=d)
    prior = torch.randn(3, d, generator=torch.Generator().manual_seed(1)).double()
    assert gradient(x, y, fit_logistic(x, y, 3, 0.5, prior=prior), 0.5, prior) <= 1e-8


def test_the_search_for_more_numbers_than_recordings_is_the_same_problem() -> None:
    """Empty columns make d larger than n, and change nothing."""
    x, y = problem()
    few, many = (fit_logistic(part, y, 3, 2.0) for part in (x, functional.pad(x, (0, 95))))
    torch.testing.assert_close(few.weight, many.weight[:, :5], atol=1e-6, rtol=0)
    assert many.weight[:, 5:].abs().max() < 1e-12


def test_where_the_search_begins_does_not_matter() -> None:
    for d in (5, 100):
        x, y = problem(d=d)
        start = fit_logistic(x, y, 3, 100.0)
        one, other = fit_logistic(x, y, 3, 0.1), fit_logistic(x, y, 3, 0.1, start=start)
        torch.testing.assert_close(one.weight, other.weight, atol=1e-6, rtol=0)


def test_a_small_strength_leaves_the_prior() -> None:
    x, y = problem()
    prior = torch.ones(3, 5).double()
    fit = fit_logistic(x, y, 3, 1e-9, prior=prior, intercept=False)
    torch.testing.assert_close(fit.weight, prior, atol=1e-6, rtol=0)
    assert fit.bias.tolist() == [0, 0, 0]


def test_a_recording_twice_is_half_the_penalty() -> None:
    """The penalty belongs to the sum over recordings, as in liblinear."""
    x, y = problem()
    one, two = fit_logistic(x.repeat(2, 1), y.repeat(2), 3, 1.0), fit_logistic(x, y, 3, 2.0)
    torch.testing.assert_close(one.weight, two.weight, atol=1e-6, rtol=0)


def test_a_strength_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        fit_logistic(*problem(), 3, 0.0)
