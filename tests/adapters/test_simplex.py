from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from neuroclip_adapters import fit_simplex_weights, mixture_gradient, mixture_loss

EVEN = torch.full((4,), 0.25, dtype=torch.float64)


def problem(seed: int = 0, n: int = 30, t: int = 4, c: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores of which every timestep says something of the class, each with another amount of noise."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(c, (n,), generator=generator)
    noise = torch.randn(n, t, c, generator=generator) * torch.rand(t, 1, generator=generator) * 4
    return torch.nn.functional.one_hot(y, c).float()[:, None] * 2 + noise, y


def test_two_timesteps_by_hand() -> None:
    """One timestep says 3 to 0, rightly for three of four recordings; the other says nothing."""
    scores = torch.tensor([[[3.0, 0.0], [0.0, 0.0]]]).repeat(4, 1, 1)
    y = torch.tensor([0, 0, 0, 1])
    # with weights (u, 1 - u) logits differ by z = 3 u; 3/4 log(1 + e^-z) + 1/4 log(1 + e^z) is smallest at e^z = 3
    weights = fit_simplex_weights(scores, y, tolerance=1e-12)
    torch.testing.assert_close(weights[0], torch.tensor(math.log(3) / 3).double(), atol=1e-6, rtol=0)


def test_the_prior_by_hand() -> None:
    """The same, with the prior that puts the smallest value at weights (3/4, 1/4)."""
    scores = torch.tensor([[[4.0, 0.0], [0.0, 0.0]]]).repeat(4, 1, 1)
    y = torch.tensor([0, 0, 0, 0])
    # loss log(1 + e^-4u) - p/2 (log 2u + log 2(1 - u)); at u = 3/4: 4 / (1 + e^3) = p/2 (1/(1 - u) - 1/u) = p 4/3
    weights = fit_simplex_weights(scores, y, prior=3 / (1 + math.exp(3)))
    torch.testing.assert_close(weights, torch.tensor([0.75, 0.25]).double(), atol=1e-5, rtol=0)


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_weights_lie_on_the_simplex(seed: int) -> None:
    weights = fit_simplex_weights(*problem(seed))
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(), torch.tensor(1.0).double())


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_the_smallest_loss_is_as_near_as_stated(seed: int) -> None:
    """By convexity no weights are better by more than a @ gradient - gradient.min()."""
    scores, y = problem(seed)
    weights = fit_simplex_weights(scores, y, tolerance=1e-9)
    gradient = mixture_gradient(scores, y, weights)
    assert float(weights @ gradient - gradient.min()) <= 1e-9


def test_no_weights_of_the_published_grid_are_better() -> None:
    """All 4^4 of {0.25, 0.5, 0.75, 1}^4, the search of the paper over four timesteps, and many at random."""
    scores, y = problem(3)
    best = mixture_loss(scores, y, fit_simplex_weights(scores, y))
    grid = torch.tensor(list(product((0.25, 0.5, 0.75, 1.0), repeat=4)), dtype=torch.float64)
    drawn = torch.rand(200, 4, generator=torch.Generator().manual_seed(0)).double()
    for weights in torch.cat([grid, drawn, torch.eye(4).double()]):
        assert best <= mixture_loss(scores, y, weights / weights.sum()) + 1e-9


@pytest.mark.parametrize("prior", [0.0, 0.01, 1.0, 100.0])
def test_no_prior_makes_it_worse_than_even_weights(prior: float) -> None:
    scores, y = problem(1)
    weights = fit_simplex_weights(scores, y, prior=prior)
    assert mixture_loss(scores, y, weights) <= mixture_loss(scores, y, EVEN) + 1e-9


def test_a_stronger_prior_is_nearer_to_even_weights() -> None:
    scores, y = problem(1)
    off = [
        float((fit_simplex_weights(scores, y, prior=p) - 0.25).abs().max()) for p in (0, 0.1, 1, 10, math.inf)
    ]
    assert off == sorted(off, reverse=True)
    assert off[-1] == 0


def test_timesteps_in_another_order_have_their_weights_in_that_order() -> None:
    scores, y = problem(2)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(
        fit_simplex_weights(scores[:, order], y), fit_simplex_weights(scores, y)[order], atol=1e-7, rtol=0
    )


def test_recordings_in_another_order_or_twice_change_nothing() -> None:
    scores, y = problem(2)
    torch.testing.assert_close(
        fit_simplex_weights(scores.flip(0).repeat(2, 1, 1), y.flip(0).repeat(2)),
        fit_simplex_weights(scores, y),
        atol=1e-6,
        rtol=0,
    )


def test_identical_timesteps_share_evenly() -> None:
    scores, y = problem(2)
    scores = torch.cat([scores, scores[:, :1]], 1)
    weights = fit_simplex_weights(scores, y)
    torch.testing.assert_close(weights[0], weights[4], atol=1e-7, rtol=0)


def test_nothing_to_learn_from_gives_even_weights() -> None:
    assert torch.equal(fit_simplex_weights(torch.zeros(0, 4, 3), torch.zeros(0, dtype=torch.long)), EVEN)
    assert fit_simplex_weights(torch.randn(2, 1, 3), torch.tensor([0, 1])).tolist() == [1.0]


def test_the_gradient_is_that_of_the_loss() -> None:
    scores, y = problem(4)
    a = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)
    for i in range(4):
        step = 1e-6 * torch.eye(4, dtype=torch.float64)[i]
        slope = (mixture_loss(scores, y, a + step) - mixture_loss(scores, y, a - step)) / 2e-6
        assert math.isclose(slope, float(mixture_gradient(scores, y, a)[i]), abs_tol=1e-8)


@pytest.mark.parametrize("options", [{"prior": -1.0}, {"prior": math.nan}, {"tolerance": 0.0}])
def test_options_that_mean_nothing_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected 0 or more, and above 0"):
        fit_simplex_weights(*problem(), **options)
    with pytest.raises(ValueError, match="finite"):
        fit_simplex_weights(torch.full((1, 2, 2), torch.nan), torch.tensor([0]))
