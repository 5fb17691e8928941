"""What a head's probabilities are worth."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.metrics.accuracy import calibration_error
from neuroclip.metrics.selective import reliability_of, selective_of


def sure(*probabilities):
    """Logits of two classes whose first has these probabilities."""
    return torch.tensor([[math.log(p), math.log(1 - p)] for p in probabilities])


def test_four_recordings_worked_out_by_hand():
    found = selective_of(sure(0.9, 0.6, 0.8, 0.7), torch.tensor([0, 0, 1, 0]))
    assert found.coverage == (0.25, 0.5, 0.75, 1.0)
    assert found.accuracy == pytest.approx((1, 1 / 2, 2 / 3, 3 / 4))
    assert found.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)


def test_recordings_of_one_probability_come_in_no_order():
    y = torch.tensor([0, 0, 1, 1])
    one, other = (selective_of(sure(0.8, 0.8, 0.8, 0.8), y[order]) for order in ([0, 1, 2, 3], [3, 2, 1, 0]))
    assert one == other
    assert one.accuracy == (0.5,) * 4


@given(seed=st.integers(0, 1000), n=st.integers(1, 250))
def test_all_answered_is_the_accuracy(seed, n):
    generator = torch.Generator().manual_seed(seed)
    logits, y = torch.randn(n, 3, generator=generator), torch.randint(3, (n,), generator=generator)
    found = selective_of(logits, y)
    assert found.coverage[-1] == 1
    assert found.accuracy[-1] == pytest.approx(float((logits.argmax(-1) == y).double().mean()))
    assert len(found.coverage) == min(n, 100)
    assert 0 <= found.aurc <= 1


@given(seed=st.integers(0, 1000), n=st.integers(1, 60))
def test_the_bins_hold_everything_and_make_the_calibration_error(seed, n):
    generator = torch.Generator().manual_seed(seed)
    logits, y = torch.randn(n, 4, generator=generator), torch.randint(4, (n,), generator=generator)
    bins = reliability_of(logits, y)
    assert sum(one["n"] for one in bins) == n
    assert all(one["low"] - 1e-9 <= one["confidence"] <= one["high"] + 1e-9 for one in bins)
    gap = sum(one["n"] * abs(one["confidence"] - one["accuracy"]) for one in bins) / n
    assert gap == pytest.approx(calibration_error(logits, y))
