"""What learning needs beside the head: a rate that falls, shots that move, and an optimiser that can be kept."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from neuroclip.heads import State
from torch import Generator, Tensor
from torch.nn import functional

_BLANK = 127  # of a frame's pixel where nothing happened
_REMEMBERED = ("step", "exp_avg", "exp_avg_sq")  # by AdamW, of each tensor


def along_cosine(share: float) -> float:
    """Return what is left of a learning rate after a share of the training, which falls along half a cosine."""
    return (1 + math.cos(math.pi * share)) / 2


def shifted(frames: Tensor, most: int, generator: Generator) -> Tensor:
    """Shift recordings, uint8 (n, t, h, w), by up to `most` pixels along both axes; what comes in is blank.

    All frames of a recording move alike, since a jump between two of them would be motion.
    """
    if most == 0:
        return frames
    height, width = frames.shape[-2:]
    padded = functional.pad(frames, (most, most, most, most), value=_BLANK)
    corners = torch.randint(2 * most + 1, (len(frames), 2), generator=generator).tolist()
    return torch.stack(
        [
            recording[:, top : top + height, left : left + width]
            for recording, (top, left) in zip(padded, corners, strict=True)
        ]
    )


def kept(optimizer: torch.optim.AdamW, tensors: Mapping[str, Tensor], generator: Generator) -> State:
    """Return what goes into `Checkpoint.resume`: all that AdamW remembers, under names, and the generator."""
    remembered = {
        f"{name}/{key}": optimizer.state[tensor][key].clone()
        for name, tensor in tensors.items()
        for key in _REMEMBERED
        if tensor in optimizer.state  # not where there was no shot to learn from
    }
    return remembered | {"generator": generator.get_state()}


def take_up(optimizer: torch.optim.AdamW, tensors: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
    """Go on with what `kept` returned."""
    for name, tensor in tensors.items():
        optimizer.state[tensor] = {key: kept[f"{name}/{key}"].clone() for key in _REMEMBERED}
