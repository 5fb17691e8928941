"""Heads inside heads, and batches of what they read."""

import torch

from neuroclip.heads import item_count, minibatches, nested, take, unnested


def test_names_go_under_a_name_and_back() -> None:
    state = {"weight": torch.ones(1), "m1.bias": torch.zeros(1)}
    assert list(nested("m1", state)) == ["m1.weight", "m1.m1.bias"]
    assert unnested("m1", nested("m1", state) | nested("m10", state)) == state


def test_batches_of_mappings_of_mappings_stay_together() -> None:
    x = {"m0": {"events": torch.arange(5), "flow": torch.arange(5) * 2}, "m1": torch.arange(5) * 3}
    assert item_count(x) == 5
    assert take(x, slice(3, 5))["m0"]["flow"].tolist() == [6, 8]
    for index, batch in minibatches(x, 2, generator=torch.Generator().manual_seed(0)):
        assert torch.equal(batch["m0"]["events"], index)
        assert torch.equal(batch["m1"], index * 3)
