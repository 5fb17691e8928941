"""Weights of networks in files: tensors by name, and nothing that is run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from neuroclip.errors import ModelError


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read tensors by name from `.safetensors`, or from a `.pt` or `.pth` that holds tensors alone.

    A table `state_dict` inside is taken, and `module.` before every name is dropped.

    Raises:
        ModelError: There is no such file, it is damaged, or it holds more than tensors.
    """
    found: Any
    try:
        if path.suffix == ".safetensors":
            found = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
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
