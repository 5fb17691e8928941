"""EventCLIP's adapter: a small transformer lets the frames of a recording look at each other."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from neuroclip_adapters.dropout import dropped

WIDTH, LAYERS, HEADS, INNER = 256, 2, 4, 1024


def transformer_parameters(d: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw the parameters for embeddings (n, t, d), float32, as torch initialises such layers."""

    def uniform(*shape: int, bound: float) -> Tensor:
        return (2 * torch.rand(shape, generator=generator) - 1) * bound

    def linear(name: str, inputs: int, outputs: int) -> dict[str, Tensor]:
        bound = inputs**-0.5
        return {
            f"{name}.weight": uniform(outputs, inputs, bound=bound),
            f"{name}.bias": uniform(outputs, bound=bound),
        }

    parameters = linear("in", d, WIDTH) | linear("out", WIDTH, d)
    for i in range(LAYERS):
        parameters |= {
            f"{i}.attention.weight": uniform(3 * WIDTH, WIDTH, bound=(6 / (4 * WIDTH)) ** 0.5),
            f"{i}.attention.bias": torch.zeros(3 * WIDTH),
            f"{i}.mixed.weight": uniform(WIDTH, WIDTH, bound=WIDTH**-0.5),
            f"{i}.mixed.bias": torch.zeros(WIDTH),
        }
        parameters |= linear(f"{i}.wide", WIDTH, INNER) | linear(f"{i}.narrow", INNER, WIDTH)
        for norm in ("norm1", "norm2"):
            parameters |= {f"{i}.{norm}.weight": torch.ones(WIDTH), f"{i}.{norm}.bias": torch.zeros(WIDTH)}
    return parameters


def frame_transformer(
    parameters: Mapping[str, Tensor],
    x: Tensor,
    valid: Tensor,
    *,
    share: float = 0.0,
    dropout: torch.Generator | None = None,
) -> Tensor:
    """Turn embeddings (n, t, d) into others (n, t, d); frames where `valid` (n, t) is False are not looked at.

    There is no code of position: frames in another order give the same results in that order. A generator for
    `dropout` means training: a `share` of attention weights, of what each block adds and of its inner units is dropped.

    Source: Wu et al., "EventCLIP", the feature adapter as in its published code: linear to 256, 2 layers that
    normalise first, 4 heads, 1024 inner units, ReLU, linear back.
    """

    def linear(name: str, x: Tensor) -> Tensor:
        return functional.linear(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])

    def norm(name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, (WIDTH,), parameters[f"{name}.weight"], parameters[f"{name}.bias"])

    def drop(x: Tensor) -> Tensor:
        return x if dropout is None or share == 0 else dropped(x, share, dropout)

    n, t, _ = x.shape
    # A recording without any frame looks at all of them: a softmax over nothing is no number.
    ignored = (~valid & valid.any(-1, keepdim=True))[:, None, None, :]
    h = linear("in", x)
    for i in range(LAYERS):
        query, key, value = (
            linear(f"{i}.attention", norm(f"{i}.norm1", h)).view(n, t, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        )
        scores = (query @ key.transpose(-1, -2)) * query.shape[-1] ** -0.5
        weights = drop(scores.masked_fill(ignored, -torch.inf).softmax(-1))
        h = h + drop(linear(f"{i}.mixed", (weights @ value).transpose(1, 2).reshape(n, t, WIDTH)))
        inner = drop(torch.relu(linear(f"{i}.wide", norm(f"{i}.norm2", h))))
        h = h + drop(linear(f"{i}.narrow", inner))
    return linear("out", h)
