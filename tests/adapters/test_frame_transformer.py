from __future__ import annotations

import torch
from neuroclip_adapters import frame_transformer, transformer_parameters
from torch import nn

D = 12


def made(seed: int = 0) -> dict[str, torch.Tensor]:
    return transformer_parameters(D, torch.Generator().manual_seed(seed))


def frames(n: int = 3, t: int = 5) -> torch.Tensor:
    return torch.randn(n, t, D, generator=torch.Generator().manual_seed(1))


ALL = torch.ones(3, 5, dtype=torch.bool)


def test_it_is_torchs_own_transformer() -> None:
    """The layers of torch with the same parameters give the same numbers, also behind a mask."""
    parameters = made()
    names = {
        "self_attn.in_proj_weight": "attention.weight",
        "self_attn.in_proj_bias": "attention.bias",
        "self_attn.out_proj.weight": "mixed.weight",
        "self_attn.out_proj.bias": "mixed.bias",
    } | {
        f"{theirs}.{part}": f"{ours}.{part}"
        for theirs, ours in (
            ("linear1", "wide"),
            ("linear2", "narrow"),
            ("norm1", "norm1"),
            ("norm2", "norm2"),
        )
        for part in ("weight", "bias")
    }
    valid = ALL.clone()
    valid[1, 3:] = False
    h = nn.functional.linear(frames(), parameters["in.weight"], parameters["in.bias"])
    for i in range(2):
        layer = nn.TransformerEncoderLayer(256, 4, 1024, batch_first=True, norm_first=True).eval()
        layer.load_state_dict({theirs: parameters[f"{i}.{ours}"] for theirs, ours in names.items()})
        h = layer(h, src_key_padding_mask=~valid)
    expected = nn.functional.linear(h, parameters["out.weight"], parameters["out.bias"])
    ours = frame_transformer(parameters, frames(), valid)
    torch.testing.assert_close(ours[valid], expected[valid], atol=1e-4, rtol=1e-4)


def test_frames_in_another_order_are_answered_in_that_order() -> None:
    order = torch.tensor([3, 1, 0, 4, 2])
    torch.testing.assert_close(
        frame_transformer(made(), frames()[:, order], ALL),
        frame_transformer(made(), frames(), ALL)[:, order],
        atol=1e-5,
        rtol=1e-4,
    )


def test_frames_that_are_not_there_are_not_looked_at() -> None:
    valid = ALL.clone()
    valid[:, 3:] = False
    other = frames()
    other[:, 3:] = 7
    short = frame_transformer(made(), frames()[:, :3], ALL[:, :3])
    for x in (frames(), other):
        torch.testing.assert_close(frame_transformer(made(), x, valid)[:, :3], short, atol=1e-5, rtol=1e-4)
    assert frame_transformer(made(), frames(), ~ALL).isfinite().all()


def test_dropout_is_drawn_from_its_own_generator() -> None:
    def draw(seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return frame_transformer(made(), frames(), ALL, share=0.1, dropout=generator)

    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))
    assert torch.equal(
        frame_transformer(made(), frames(), ALL, dropout=torch.Generator()),
        frame_transformer(made(), frames(), ALL),
    )
