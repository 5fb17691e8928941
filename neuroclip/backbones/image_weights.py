"""Weights of image networks, fitted to the network that is to have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from neuroclip.errors import ModelError

_CLASSIFIERS = ("head.", "fc.", "classifier.", "pre_logits.", "last_linear.", "head_drop.", "fc_norm.")
"""How the parts begin that turn features into the classes that somebody else had."""


def fit_weights(
    network: nn.Module,
    weights: Mapping[str, Tensor],
    first: Sequence[str],
    classifier: Sequence[str],
    name: str,
) -> None:
    """Load weights into a network, which keeps its own `classifier` (names of such layers).

    Of what else turns features into classes, such as the dense layers of a VGG, those are loaded that fit. A first
    convolution (`first` are the names of such) for another number of channels is summed over them, and spread evenly:
    where all channels of a picture are equal, it gives what it gave.

    Raises:
        ModelError: They are of another network; names that are missing, too many, or of another shape are said.
    """
    own = network.state_dict()
    inner = [key for key in own if not _of_classifier(key) and not key.endswith("num_batches_tracked")]
    missing = [key for key in inner if key not in weights]
    extra = [key for key in weights if key not in own and not _of_classifier(key)]
    if missing or extra:
        parts = [f"{_some(missing)} missing"] if missing else []
        parts += [f"{_some(extra)} in the file alone"] if extra else []
        raise ModelError(f"{name}: the weights are of another network: {'; '.join(parts)}")
    fitted = {key: _shaped(weights[key], own[key], key.removesuffix(".weight") in first) for key in inner}
    wrong = [key for key in inner if fitted[key].shape != own[key].shape]
    if wrong:
        key = wrong[0]
        raise ModelError(
            f"{name}: the weights are of another network: {len(wrong)} of {len(inner)} shapes differ, as of {key}, "
            f"which is {list(weights[key].shape)} in the file, not {list(own[key].shape)}"
        )
    for key in set(own).intersection(weights).difference(fitted):
        if key.rpartition(".")[0] not in classifier and weights[key].shape == own[key].shape:
            fitted[key] = weights[key]
    # Values are cast to the type of the network's own, as load_state_dict does.
    network.load_state_dict(fitted, strict=False)


def _of_classifier(key: str) -> bool:
    return key.startswith(_CLASSIFIERS)


def _shaped(given: Tensor, own: Tensor, first: bool) -> Tensor:
    if first and given.ndim == own.ndim == 4 and given.shape[1] != own.shape[1]:
        return given.sum(1, keepdim=True).expand(-1, own.shape[1], -1, -1) / own.shape[1]
    return given


def _some(names: list[str]) -> str:
    """Return the first names, with the verb."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} {'is' if len(names) == 1 else 'are'}"
