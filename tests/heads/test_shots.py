from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.errors import OptionError
from neuroclip.heads import folds, item_count, minibatches, take

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=60)


@given(LABELS, st.integers(0, 3), st.integers(2, 6))
def test_every_shot_is_validated_once_and_every_class_is_always_trained_on(
    y: list[int], seed: int, k: int
) -> None:
    labels = torch.tensor(y)
    parts = folds(labels, seed, k)
    rarest = int(labels.unique(return_counts=True)[1].min())
    assert len(parts) == (min(k, rarest) if rarest > 1 else 0)
    if parts:
        assert sorted(torch.cat([validation for _, validation in parts]).tolist()) == list(range(len(y)))
    for training, validation in parts:
        assert sorted(torch.cat([training, validation]).tolist()) == list(range(len(y)))
        assert set(labels[training].tolist()) == set(y)
    sizes = [len(validation) for _, validation in parts]
    assert not sizes or max(sizes) - min(sizes) <= 1


def test_the_seed_decides_and_nothing_else() -> None:
    y = torch.arange(3).repeat(8)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, same, other = folds(y, 0), folds(y, 0), folds(y, 1)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a[1], b[1]) for a, b in zip(one, same, strict=True))
    assert any(not torch.equal(a[1], b[1]) for a, b in zip(one, other, strict=True))


def test_one_fold_is_no_cross_validation() -> None:
    with pytest.raises(OptionError, match=r"at least 2 folds"):
        folds(torch.tensor([0, 1]), 0, k=1)


@pytest.mark.parametrize("joint", [False, True])
def test_minibatches_hold_every_recording_once(joint: bool) -> None:
    values = torch.arange(20).view(10, 2)
    x = {"a": values, "b": values[:, 0]} if joint else values
    assert item_count(x) == 10
    generator = torch.Generator().manual_seed(0)
    seen = list(minibatches(x, 4, generator=generator))
    assert [len(index) for index, _ in seen] == [4, 4, 2]
    index = torch.cat([index for index, _ in seen])
    assert sorted(index.tolist()) == list(range(10)) != index.tolist()
    for index, part in seen:
        for one, whole in zip(part.values() if joint else [part], x.values() if joint else [x], strict=True):
            assert torch.equal(one, whole[index])
    in_order = torch.cat([index for index, _ in minibatches(x, 3)])
    assert in_order.tolist() == list(range(10))
    assert item_count(take(x, slice(2, 5))) == 3
