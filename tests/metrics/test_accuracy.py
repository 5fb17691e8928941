"""What is measured of scores."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.errors import DatasetError
from neuroclip.metrics.accuracy import calibration_error, mean_interval, metrics_of, wilson_interval


def test_four_recordings_worked_out_by_hand():
    logits = torch.tensor([[2.0, 0, 0], [0, 2.0, 0], [0, 2.0, 0], [2.0, 0, 0]])
    found = metrics_of(logits, torch.tensor([0, 1, 0, 0]))
    assert found.n == 4
    assert found.accuracy == 0.75
    assert found.recall == (2 / 3, 1.0, None)
    assert found.macro_accuracy == pytest.approx(5 / 6)
    assert found.confusion.tolist() == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert found.top5 is None
    confidence = math.e**2 / (math.e**2 + 2)
    assert found.ece == pytest.approx(abs(0.75 - confidence))


def test_the_interval_is_wilsons():
    low, high = wilson_interval(0.97, 100)
    z, p, n = 1.959964, 0.97, 100
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert (low, high) == (pytest.approx(centre - half, abs=1e-6), pytest.approx(centre + half, abs=1e-6))


def test_among_five_best_of_six():
    logits = torch.arange(6.0).expand(2, 6)
    assert metrics_of(logits, torch.tensor([0, 1])).top5 == 0.5


def test_probabilities_that_are_right_as_often_as_they_say_have_no_error():
    sure = torch.tensor([[math.log(0.8), math.log(0.2)]]).expand(10, 2)
    y = torch.tensor([0] * 8 + [1] * 2)
    assert calibration_error(sure, y) == pytest.approx(0, abs=1e-6)
    assert calibration_error(sure, 1 - y) == pytest.approx(0.6, abs=1e-6)


@given(seed=st.integers(0, 1000), n=st.integers(1, 40), c=st.integers(2, 8))
def test_shares_are_shares_and_the_order_of_recordings_changes_nothing(seed, n, c):
    generator = torch.Generator().manual_seed(seed)
    logits, y = torch.randn(n, c, generator=generator), torch.randint(c, (n,), generator=generator)
    order = torch.randperm(n, generator=generator)
    one, other = metrics_of(logits, y), metrics_of(logits[order], y[order])
    assert one.accuracy_ci[0] <= one.accuracy <= one.accuracy_ci[1]
    assert 0 <= one.ece <= 1
    assert one.accuracy == other.accuracy == int(one.confusion.diagonal().sum()) / n
    assert one.ece == pytest.approx(other.ece)
    assert int(one.confusion.sum()) == n


def test_nothing_cannot_be_measured():
    with pytest.raises(DatasetError, match="no recording"):
        metrics_of(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long))


def test_the_interval_over_seeds_is_students():
    assert mean_interval([0.9]) == (0.9, 0.9, 0.9)
    mean, low, high = mean_interval([0.4, 0.5, 0.6])
    assert mean == pytest.approx(0.5)
    assert high - mean == pytest.approx(mean - low) == pytest.approx(4.302653 * 0.1 / math.sqrt(3))
    assert mean_interval([0.8, 0.9, 1.0])[2] == 1.0
