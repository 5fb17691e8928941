"""Weights of image networks from files, fitted to the network that is to have them; nothing is unpickled."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from neuroclip.errors import ModelError

_CLASSIFIERS = ("head.", "fc.", "classifier.", "pre_logits.", "last_linear.", "head_drop.", "fc_norm.")
"""How the parts begin that turn features into the classes that somebody else had."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read tensors by name from `.safetensors`, or from a `.pt` or `.pth` that holds tensors alone.

    A table `state_dict` inside is taken, and `module.` before every name is dropped.

    Raises:
        ModelError: There is no such file, it is damaged, or it holds more than tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: there is no such file of weights") from error
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path}: it holds more than tensors, and code of others is not run: where you trust it, keep the tensors "
            "alone, with torch.save(torch.load(FILE, weights_only=False).state_dict(), NEW)"
        ) from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(f"{path}: the weights cannot be read ({error})") from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not found or not all(isinstance(v, Tensor) for v in found.values()):
        raise ModelError(f"{path}: expected tensors by name (a state dict), found {type(found).__name__}")
    whole = all(str(name).startswith("module.") for name in found)
    return {str(name).removeprefix("module." if whole else ""): value for name, value in found.items()}


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
