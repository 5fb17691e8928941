"""Where a model runs, and in which precision."""

from __future__ import annotations

from typing import Literal

import torch

from neuroclip.errors import ModelError, OptionError

Precision = Literal["auto", "fp32", "bf16"]


def choose_device(device: str) -> torch.device:
    """Return the device; `"auto"` is the first CUDA GPU where there is one, else the CPU.

    Raises:
        ModelError: No such device here.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
        torch.empty(1, device=place)
    except (RuntimeError, AssertionError) as error:  # torch built without CUDA raises an AssertionError
        raise ModelError(f"device {device!r} cannot be used here; 'auto' and 'cpu' always can") from error
    return place


def choose_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return the type of the image tower's weights.

    `"auto"` takes bfloat16 where the hardware multiplies it natively (CPUs with avx512_bf16 or AMX, GPUs since
    Ampere): two to four times as fast, and embeddings differ by at most about 2e-3.

    Raises:
        OptionError: No such precision.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise OptionError(f"precision is {precision!r}; it can be 'auto', 'fp32' or 'bf16'")
    if precision == "bf16" or (precision == "auto" and _multiplies_bf16(device)):
        return torch.bfloat16
    return torch.float32


def _multiplies_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type != "cpu":
        return False
    # torch has no public question for this before 2.12; without an answer fp32 is always right.
    has_avx = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return bool(has_avx() or has_amx())
