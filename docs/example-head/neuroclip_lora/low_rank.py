"""Low-rank changes of weights: which weights, how they begin, and what they make of the encoder.

Source: Hu et al. (2022), "LoRA: low-rank adaptation of large language models", arXiv 2106.09685, section 4.1, eq. 3.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from neuroclip.errors import OptionError
from neuroclip.heads import State
from torch import Generator, Tensor

_A, _B = ".A", ".B"


def begun(weights: Mapping[str, Tensor], rank: int, only: str, generator: Generator) -> State:
    """Return A (random, b r i) and B (zero, b o r) for each weight that is changed: at first nothing is.

    A weight is taken as b matrices (o, i): see `_as_matrices`. The rank is cut to what such a matrix can have.

    Raises:
        OptionError: No weight is changed.
    """
    pairs: State = {}
    for name, weight in weights.items():
        if only in name and _is_matrix(name, weight):
            blocks, rows, columns = _as_matrices(name, weight).shape
            r = min(rank, rows, columns)
            # So that the numbers of A x are about as large as those of x, whatever the layer's width.
            pairs[name + _A] = torch.randn(blocks, r, columns, generator=generator) / columns**0.5
            pairs[name + _B] = torch.zeros(blocks, rows, r)
    if not pairs:
        known = ", ".join([name for name, weight in weights.items() if _is_matrix(name, weight)][:4])
        raise OptionError(f"only is {only!r}, which is in the name of no weight; some are {known}")
    return pairs


def changed(weights: Mapping[str, Tensor], pairs: Mapping[str, Tensor], scale: float) -> dict[str, Tensor]:
    """Return W + scale B A for every pair, in W's own shape; gradients go back to A and B."""
    found: dict[str, Tensor] = {}
    for key, b in pairs.items():
        if key.endswith(_B):
            name = key.removesuffix(_B)
            weight = weights[name]
            product = (b @ pairs[name + _A]).view(weight.shape)
            found[name] = weight + scale * product.to(weight.device)
    return found


def _is_matrix(name: str, weight: Tensor) -> bool:
    """Tell matrices of layers and kernels of convolutions from biases, norms and embeddings of places."""
    of_places = "pos_embed" in name or "position" in name
    return weight.ndim in (2, 4) and name.endswith(("weight", "proj")) and not of_places


def _as_matrices(name: str, weight: Tensor) -> Tensor:
    """Return a weight as (b, o, i): a kernel's inputs are all its values for one output.

    Queries, keys and values of attention often share one tensor. They are three matrices, with a pair each.
    """
    matrix = weight.flatten(1)
    return matrix.unflatten(0, (3 if "qkv" in name or "in_proj" in name else 1, -1))
