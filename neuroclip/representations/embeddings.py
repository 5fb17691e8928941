"""What an image encoder makes of the frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.representations.base import Backbones, Representation
from neuroclip.representations.counts import TernaryFrames
from neuroclip.shapes import TimestepMask, Timesteps

_FRAME_BYTES_AT_ONCE = 64 * 2**20


@dataclass(frozen=True)
class ClipTimesteps(Representation):
    """The image embedding of each timestep's frame: float32 [t, d], unit vectors unless `normalized=False`.

    `steps`, `split`, `polarity`, `min_count` and `window_us` are those of `neuroclip.frames`; `resize` and
    `normalize` those of the model's `encode_frames`. `backbone` is a model's name; None leaves it open.

    Recordings with fewer timesteps are continued with zero vectors when they are stacked; no embedding is
    zero, so that `valid_timesteps` tells them apart.
    """

    padding: ClassVar[int | None] = 0

    steps: int = 10
    split: str = "events"
    polarity: str = "paper"
    min_count: int = 1
    window_us: int | None = None
    resize: str = "model"
    normalize: str = "clip"
    normalized: bool = True
    backbone: str | None = None

    def __post_init__(self) -> None:
        _ = self.frames  # checks the options that they share

    @property
    def frames(self) -> TernaryFrames:
        """The frames that are encoded."""
        return TernaryFrames(self.steps, self.split, self.polarity, self.min_count, self.window_us)

    def compute(self, recording: Recording, backbones: Backbones) -> Tensor:
        """Encode one recording's frames."""
        return self.compute_many([recording], backbones)[0]

    def compute_many(self, recordings: Sequence[Recording], backbones: Backbones) -> list[Tensor]:
        """Encode the frames of many recordings together; only those of one size share a batch."""
        (name,) = self.backbone_names()
        encode = backbones(name).encode_frames
        embeddings: list[Tensor] = []
        for batch in _batches(recordings, self.frames, backbones):
            encoded = encode(np.concatenate(batch), resize=self.resize, normalize=self.normalize)
            if self.normalized:
                encoded = torch.nn.functional.normalize(encoded, dim=-1)
            embeddings += [part.clone() for part in encoded.split([len(painted) for painted in batch])]
        return embeddings


def valid_timesteps(x: Timesteps) -> TimestepMask:
    """Tell the timesteps that a recording has (True) from those that `ClipTimesteps` padded it with."""
    return (x != 0).any(-1)


@dataclass(frozen=True)
class Features(Representation):
    """What a backbone makes of another representation that gives images: [t, h, w] in uint8.

    `layer` names an inner layer, for backbones that offer `encode_layer(images, layer)`; None is their
    output.
    """

    of: Representation
    backbone: str | None = None
    layer: str | None = None

    def compute(self, recording: Recording, backbones: Backbones) -> Tensor:
        """Encode the images of one recording.

        Raises:
            OptionError: The backbone offers no inner layers.
        """
        if self.backbone is None:
            raise OptionError("the backbone of Features is open: use filled('event-tiny')")
        images = self.of.compute(recording, backbones).numpy()
        model = backbones(self.backbone)
        if self.layer is None:
            return model.encode_frames(images, resize="model", normalize="clip")
        if not hasattr(model, "encode_layer"):
            raise OptionError(f"the backbone {self.backbone!r} offers no inner layers: leave layer out")
        return model.encode_layer(images, self.layer)


@dataclass(frozen=True, init=False)
class Joint(Representation):
    """Several representations by name, as in `Joint(clip=ClipTimesteps(), counts=EventsPerTimestep())`.

    It is computed and stacked into a dictionary of tensors; each part is kept in the bank by itself.
    """

    parts: tuple[tuple[str, Representation], ...]

    def __init__(self, **parts: Representation) -> None:
        object.__setattr__(self, "parts", tuple(sorted(parts.items(), key=lambda part: part[0])))

    def compute(self, recording: Recording, backbones: Backbones) -> dict[str, Any]:
        """Compute every part."""
        return {name: part.compute(recording, backbones) for name, part in self.parts}

    def compute_many(self, recordings: Sequence[Recording], backbones: Backbones) -> list[dict[str, Any]]:
        """Compute every part of many recordings."""
        columns = {name: part.compute_many(recordings, backbones) for name, part in self.parts}
        return [{name: column[i] for name, column in columns.items()} for i in range(len(recordings))]

    def stack(self, computed: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Stack every part."""
        return {name: part.stack([x[name] for x in computed]) for name, part in self.parts}

    def filled(self, model_name: str) -> Joint:
        """Return a copy in which every open backbone is this model."""
        return Joint(**{name: part.filled(model_name) for name, part in self.parts})


def _batches(
    recordings: Sequence[Recording], painter: TernaryFrames, backbones: Backbones
) -> Iterator[list[NDArray[Any]]]:
    """Yield lists of frame arrays of one size, in order, of about 64 MiB a list."""
    for (width, height), same in groupby(recordings, key=lambda r: (r.width, r.height)):
        batch: list[Any] = []
        for recording in same:
            batch.append(painter.compute(recording, backbones).numpy())
            if sum(len(painted) for painted in batch) * width * height >= _FRAME_BYTES_AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch
