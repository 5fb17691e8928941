"""Which differences may be chance."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from neuroclip.metrics import significance
from neuroclip.metrics.significance import (
    bootstrap_interval,
    holm,
    paired_test,
    recordings_interval,
    wilson_interval,
)


def hits(*seeds):
    """`hits([1, 0, 1], [1, 1, 1])`: the same three recordings under two seeds."""
    return {s: {f"{i}.bin": bool(right) for i, right in enumerate(row)} for s, row in enumerate(seeds)}


ROWS = st.integers(1, 9).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n))


@given(a=st.lists(st.booleans(), min_size=1, max_size=40), seed=st.integers(0, 1000))
def test_with_one_seed_it_is_mcnemars_exact_test(a, seed):
    b = [
        bool(flip) != right
        for flip, right in zip(np.random.default_rng(seed).random(len(a)) < 0.4, a, strict=True)
    ]
    difference, p = paired_test(hits(a), hits(b))
    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    assert difference == pytest.approx((only_a - only_b) / len(a))
    assert p == pytest.approx(binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0)


@given(data=st.data(), n=st.integers(1, 8))
def test_with_two_seeds_it_is_the_share_of_all_flips(data, n):
    row = st.lists(st.booleans(), min_size=n, max_size=n)
    a, b = ([data.draw(row), data.draw(row)] for _ in range(2))
    d = np.array(a, int).sum(0) - np.array(b, int).sum(0)
    sums = [abs(sum(s * x for s, x in zip(signs, d, strict=True))) for signs in product((1, -1), repeat=n)]
    difference, p = paired_test(hits(*a), hits(*b))
    assert difference == pytest.approx(d.sum() / (2 * n))
    assert p == pytest.approx(np.mean(np.array(sums) >= abs(d.sum())))
    back, same = paired_test(hits(*b), hits(*a))
    assert (back, same) == (pytest.approx(-difference), pytest.approx(p))


def test_what_is_drawn_is_near_what_is_counted(monkeypatch):
    random = np.random.default_rng(3)
    a, b = (hits(*(random.random((2, 60)) < share)) for share in (0.75, 0.6))
    _, counted = paired_test(a, b)
    monkeypatch.setattr(significance, "_EXACT", 0)
    _, drawn = paired_test(a, b)
    assert drawn == pytest.approx(
        counted, abs=4 * (counted * (1 - counted) / significance.DRAWS) ** 0.5 + 1e-4
    )
    assert paired_test(a, b)[1] == drawn


def test_seeds_with_different_numbers_of_recordings_count_the_same():
    a = {0: {"x": True, "y": True}, 1: {"z": True}}
    b = {0: {"x": False, "y": True}, 1: {"z": False}}
    difference, p = paired_test(a, b)
    assert difference == pytest.approx((1 / 2 + 1) / 2)
    assert p == pytest.approx(0.5, abs=0.03)  # 2 of the 4 flips of (1/4, 1/2) reach 3/4


@given(rows=st.lists(ROWS, min_size=1, max_size=1), seed=st.integers(0, 9))
def test_the_interval_holds_the_accuracy_and_stays_within_0_and_1(rows, seed):
    low, high = bootstrap_interval(hits(*rows), seed=seed)
    assert 0 <= low <= np.mean(rows[0]) <= high <= 1


def test_the_interval_of_many_recordings_is_that_of_a_share():
    low, high = bootstrap_interval(hits([i % 2 for i in range(400)]))
    assert (low, high) == (pytest.approx(0.5 - 1.96 * 0.025, abs=0.008), pytest.approx(0.549, abs=0.008))
    assert bootstrap_interval(hits([True] * 5)) == (1.0, 1.0)


def test_recordings_that_seeds_share_are_drawn_together():
    """So that a seed more of the same recordings makes nothing surer; one of other recordings does."""
    row = [i % 2 for i in range(100)]
    once, twice = bootstrap_interval(hits(row)), bootstrap_interval(hits(row, row))
    assert once == twice
    others = {0: hits(row)[0], 1: {f"other {name}": right for name, right in hits(row)[0].items()}}
    low, high = bootstrap_interval(others)
    assert high - low < 0.8 * (once[1] - once[0])


def test_where_there_is_nothing_to_draw_the_interval_is_wilsons():
    """20 of 20 by hand: 1 / (1 + 1.96^2 / 20) = 0.839; the bootstrap would have no width."""
    assert bootstrap_interval(hits([True] * 20)) == (1.0, 1.0)
    for seeds in (1, 3):
        assert recordings_interval(hits(*[[True] * 20] * seeds)) == (pytest.approx(0.8389, abs=1e-4), 1.0)
        assert recordings_interval(hits(*[[False] * 20] * seeds)) == (0.0, pytest.approx(0.1611, abs=1e-4))
    # A single mistake under one of two seeds is still too little to draw from.
    low, high = recordings_interval(hits([True] * 20, [False] + [True] * 19))
    assert (low, high) == pytest.approx(wilson_interval(0.975, 20))
    assert low < bootstrap_interval(hits([True] * 20, [False] + [True] * 19))[0]
    # Recordings that are right under one seed and wrong under the other leave the bootstrap no width either.
    low, high = recordings_interval(hits([True] * 20, [False] * 20))
    assert (low, high) == pytest.approx(wilson_interval(0.5, 20))


def test_where_seeds_differ_on_enough_recordings_the_interval_is_the_bootstraps():
    random = np.random.default_rng(0)
    two = hits(*(random.random((2, 100)) < 0.7))
    assert recordings_interval(two) == bootstrap_interval(two)


def test_what_counts_is_how_many_recordings_differ_and_how_much_they_weigh():
    row = hits([True] * 10)[0]
    others = {f"other {name}": right for name, right in row.items()}
    assert recordings_interval({0: row, 1: others}) == pytest.approx(wilson_interval(1.0, 20))
    # Weights of 1/4 twice and 1/2 once: 1 / (1/16 + 1/16 + 1/4) recordings.
    uneven = {0: {"x": True, "y": True}, 1: {"z": True}}
    assert recordings_interval(uneven) == pytest.approx(wilson_interval(1.0, 8 / 3))


@given(right=st.integers(0, 60), more=st.integers(0, 60))
def test_wilsons_interval_is_that_of_scipy(right, more):
    n = max(1, right + more)
    other = binomtest(right, n).proportion_ci(method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx((other.low, other.high), abs=1e-12)


def test_holm_worked_out_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
