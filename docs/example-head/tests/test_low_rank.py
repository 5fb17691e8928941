"""The low-rank changes are what the paper says, for matrices, convolutions and attention."""

import pytest
import torch
from neuroclip.errors import OptionError
from neuroclip_lora.low_rank import begun, changed
from torch.nn.functional import conv2d

WEIGHTS = {
    "stem.conv.weight": torch.randn(12, 3, 5, 5, generator=torch.Generator().manual_seed(0)),
    "attn.in_proj_weight": torch.randn(24, 8, generator=torch.Generator().manual_seed(1)),
    "head.weight": torch.randn(10, 8, generator=torch.Generator().manual_seed(2)),
    "head.bias": torch.zeros(10),
    "positional_embedding.weight": torch.zeros(50, 8),
}


def pairs(rank=2, only="", moved=True):
    generator = torch.Generator().manual_seed(3)
    made = begun(WEIGHTS, rank, only, generator)
    if moved:  # as after learning
        return {name: torch.randn(value.shape, generator=generator) for name, value in made.items()}
    return made


def test_before_learning_nothing_changes():
    for name, weight in changed(WEIGHTS, pairs(moved=False), 0.5).items():
        assert torch.equal(weight, WEIGHTS[name])


def test_only_matrices_of_layers_are_changed():
    assert set(changed(WEIGHTS, pairs(), 1)) == {"stem.conv.weight", "attn.in_proj_weight", "head.weight"}
    assert set(changed(WEIGHTS, pairs(only="attn"), 1)) == {"attn.in_proj_weight"}
    with pytest.raises(OptionError, match="only is 'atn', which is in the name of no weight; some are stem"):
        pairs(only="atn")


@pytest.mark.parametrize("rank", [1, 2, 50])
def test_a_change_has_the_rank_that_was_asked_for(rank):
    for name, weight in changed(WEIGHTS, pairs(rank), 1).items():
        change = (weight - WEIGHTS[name]).flatten(1)
        # Queries, keys and values are three matrices in one.
        for part in change.split(8) if "in_proj" in name else [change]:
            assert torch.linalg.matrix_rank(part, atol=1e-4) == min(rank, *part.shape)


def test_a_changed_convolution_is_the_old_one_and_two_small_ones_behind_each_other():
    learned, x = pairs(), torch.randn(2, 3, 9, 9, generator=torch.Generator().manual_seed(4))
    a, b = learned["stem.conv.weight.A"][0], learned["stem.conv.weight.B"][0]
    small = conv2d(conv2d(x, a.view(2, 3, 5, 5)), b[:, :, None, None])
    one = conv2d(x, changed(WEIGHTS, learned, 0.5)["stem.conv.weight"])
    torch.testing.assert_close(
        one, conv2d(x, WEIGHTS["stem.conv.weight"]) + 0.5 * small, atol=1e-4, rtol=1e-4
    )
