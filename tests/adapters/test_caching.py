from __future__ import annotations

import math

import torch
from neuroclip_adapters import cache_logits

KEYS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
VALUES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])


def test_by_hand() -> None:
    expected = torch.tensor([[1.0, math.exp(-2) + math.exp(-0.8)]])
    torch.testing.assert_close(cache_logits(KEYS[:1], KEYS, VALUES, 2.0), expected)


def test_a_hidden_key_counts_for_nothing() -> None:
    hidden = torch.tensor([[True, False, True]])
    torch.testing.assert_close(
        cache_logits(KEYS[:1], KEYS, VALUES, 2.0, hidden=hidden), torch.tensor([[0.0, math.exp(-2)]])
    )


def test_the_sharper_the_less_do_far_keys_count() -> None:
    wide, sharp = (cache_logits(KEYS[:1], KEYS, VALUES, s)[0] for s in (1.0, 20.0))
    assert wide[0] == sharp[0] == 1
    assert sharp[1] < 1e-3 < wide[1]
