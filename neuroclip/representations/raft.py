"""Optical flow by torchvision's RAFT, with weights from a file of the user's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from neuroclip.errors import OptionError

_LEAST = 128  # pixels of a side; below, the last level of its correlation pyramid would be empty


def raft(weights: str, digest: str) -> Callable[[Any, Any], Any]:
    """Return a function of two pictures [h, w, 3], the flow [h, w, 2] between them; `digest` is that of the file.

    Raises:
        OptionError: The weights cannot be read, or are not those of `raft_small` or `raft_large`.
    """
    return partial(_flow, _network(weights, digest))


def _flow(network: Any, before: Any, after: Any) -> Any:
    height, width = before.shape[:2]
    pair = torch.from_numpy(np.stack([before, after])).permute(0, 3, 1, 2) / 127.5 - 1
    # Its sides are multiples of 8, and not too short: smaller pictures are enlarged, their flow made smaller again.
    grown = [max(_LEAST, -(-side // 8) * 8) for side in (height, width)]
    if grown != [height, width]:
        pair = functional.interpolate(pair, grown, mode="bilinear", align_corners=False)
    with torch.inference_mode():
        flow = network(pair[:1], pair[1:])[-1]
    if grown != [height, width]:
        flow = functional.interpolate(flow, (height, width), mode="bilinear", align_corners=False)
        flow = flow * torch.tensor([width / grown[1], height / grown[0]]).reshape(1, 2, 1, 1)
    return flow[0].permute(1, 2, 0).numpy()


@lru_cache(maxsize=2)
def _network(weights: str, digest: str) -> Any:
    """Read the weights, once for each digest, and put them into the network that they fit."""
    from torchvision.models import optical_flow

    state = _weights(Path(weights))
    sizes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    wrong: dict[str, list[str]] = {}
    for name in ("raft_small", "raft_large"):
        with torch.device("meta"):  # no first values, which would be drawn from the global generator
            network = getattr(optical_flow, name)()
        needs = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
        if needs == sizes:
            network.load_state_dict(state, assign=True)
            return network.eval()
        wrong[name] = sorted(key for key in needs.keys() | sizes.keys() if needs.get(key) != sizes.get(key))
    near = min(wrong, key=lambda name: len(wrong[name]))
    raise OptionError(
        f"{weights}: these are not the weights of torchvision's raft_small or raft_large: of {near}, "
        f"{len(wrong[near])} tensors are missing, too many, or of another size ({', '.join(wrong[near][:3])}, ...)"
    )


def _weights(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state = (
            load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
        )
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError, pickle.UnpicklingError) as error:
        raise OptionError(
            f"{path}: no weights can be read from it ({type(error).__name__}); expected a state dictionary, "
            "as .pth or .safetensors"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise OptionError(f"{path}: expected a state dictionary of tensors")
    return state
