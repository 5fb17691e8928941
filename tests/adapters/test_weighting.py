from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from neuroclip_adapters import normalized_weights, weighted_sum

VALUES = torch.tensor([[[1.0, 10.0], [3.0, 30.0]], [[5.0, 50.0], [5.0, 50.0]]])


def test_by_hand() -> None:
    torch.testing.assert_close(
        weighted_sum(VALUES, torch.tensor([3, 1])), torch.tensor([[1.5, 15.0], [5.0, 50.0]])
    )
    torch.testing.assert_close(
        weighted_sum(VALUES, torch.tensor([[0, 2], [1, 1]])), torch.tensor([[3.0, 30.0], [5.0, 50.0]])
    )


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_weights_sum_to_one_whatever_their_size(counts: list[int]) -> None:
    weights = normalized_weights(torch.tensor(counts))
    torch.testing.assert_close(weights.sum(), torch.tensor(1.0))
    assert (weights >= 0).all()


@given(st.floats(1e-30, 1e30))
def test_only_ratios_matter(factor: float) -> None:
    weights = torch.tensor([1.0, 2.0, 5.0])
    torch.testing.assert_close(normalized_weights(weights * factor), normalized_weights(weights))


def test_no_weight_at_all_is_even() -> None:
    torch.testing.assert_close(
        normalized_weights(torch.tensor([[0, 0], [1, 3]])), torch.tensor([[0.5, 0.5], [0.25, 0.75]])
    )


def test_invalid_timesteps_count_for_nothing() -> None:
    valid = torch.tensor([[True, False], [True, True]])
    torch.testing.assert_close(weighted_sum(VALUES, torch.ones(2), valid)[0], VALUES[0, 0])
    torch.testing.assert_close(
        normalized_weights(torch.zeros(2), torch.tensor([[True, False], [False, False]])),
        torch.tensor([[1.0, 0.0], [0.5, 0.5]]),
    )


def test_half_precision_adds_no_error_of_its_own() -> None:
    values = torch.full((1, 3000, 1), 0.1, dtype=torch.float16)
    torch.testing.assert_close(weighted_sum(values, torch.ones(3000)), values[:, 0].float())


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match=r"finite and not negative"):
        normalized_weights(torch.tensor([1.0, weight]))


def test_what_is_given_stays_as_it_is() -> None:
    weights = torch.tensor([2.0, 4.0])
    weighted_sum(VALUES, weights)
    assert weights.tolist() == [2, 4]
