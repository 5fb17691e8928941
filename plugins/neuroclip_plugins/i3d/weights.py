"""Weights of an I3D that somebody else trained, on flow, on RGB or on pictures, fitted to ours."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from neuroclip.errors import HeadError
from neuroclip_plugins.i3d.network import FIRST, I3D


def fitting(network: I3D, weights: Mapping[str, Tensor], *, classifier: bool = False) -> dict[str, Tensor]:
    """Turn weights under the names of piergiaj/pytorch-i3d into a state dict of this network, float32 and copied.

    - Kernels of a 2-D network are repeated over time and divided by their number.
    - A first convolution for other channels is summed over them, and spread evenly: wherever all channels of an input
      are equal, it gives what it gave. For one channel that is the fold of a channel that was copied.
    - The network keeps its own classifier, unless `classifier` says that theirs is for the same classes.

    Raises:
        HeadError: Weights of another network; the names that are missing, or whose shapes differ, are said.

    Source: Carreira and Zisserman (2017), section 2.3, for the kernels; Chadha et al. (2019) for the copied channel.
    """
    own = network.state_dict()
    inner = [name for name in own if classifier or not name.startswith("logits.")]
    missing = [name for name in inner if name not in weights]
    if missing:
        raise HeadError(
            f"these are no weights of an I3D: {_some(missing)} missing; there {_some(sorted(weights))} instead"
        )
    fitted = {name: _shaped(name, weights[name], own[name]) for name in inner}
    wrong = [name for name in inner if fitted[name].shape != own[name].shape]
    if wrong:
        name = wrong[0]
        raise HeadError(
            f"these are weights of another I3D: {len(wrong)} of {len(inner)} shapes differ, as of {name}, which is "
            f"{list(weights[name].shape)}, not {list(own[name].shape)}: is the width right?"
        )
    return {name: value.detach().float().contiguous().clone() for name, value in {**own, **fitted}.items()}


def _shaped(name: str, given: Tensor, own: Tensor) -> Tensor:
    if given.ndim == 4 and own.ndim == 5:
        given = given[:, :, None].expand(-1, -1, own.shape[2], -1, -1) / own.shape[2]
    if name == FIRST and given.ndim == 5 and given.shape[1] != own.shape[1]:
        given = given.sum(1, keepdim=True).expand(-1, own.shape[1], -1, -1, -1) / own.shape[1]
    return given


def _some(names: list[str]) -> str:
    """Return the first names, with the verb."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} {'is' if len(names) == 1 else 'are'}"
