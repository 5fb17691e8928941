"""What an image encoder makes of the frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

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

    def prepare(self, recording: Recording) -> NDArray[Any]:
        """Paint the frames."""
        return self.frames.prepare(recording).numpy()

    def finish(self, prepared: Sequence[NDArray[Any]], backbones: Backbones) -> list[Tensor]:
        """Encode the frames of many recordings together."""
        (name,) = self.backbone_names()
        encode = partial(backbones(name).encode_frames, resize=self.resize, normalize=self.normalize)
        return [self.derived(embedding) for embedding in encoded(prepared, encode)]

    @property
    def stored(self) -> ClipTimesteps:
        """The embeddings as the model gives them: one pass of the encoder serves heads that want either."""
        return replace(self, normalized=False)

    def derived(self, stacked: Tensor) -> Tensor:
        """Return unit vectors, where that is wanted; zero vectors stay zero."""
        return functional.normalize(stacked, dim=-1) if self.normalized else stacked


def valid_timesteps(x: Timesteps) -> TimestepMask:
    """Tell the timesteps that a recording has (True) from those that `ClipTimesteps` padded it with."""
    return (x != 0).any(-1)


@dataclass(frozen=True, init=False)
class Joint(Representation):
    """Several representations by name, as in `Joint(clip=ClipTimesteps(), counts=EventsPerTimestep())`.

    It is computed and stacked into a dictionary of tensors; each part is kept in the bank by itself. What several parts
    follow from (`stored`) is computed once.
    """

    parts: tuple[tuple[str, Representation], ...]

    def __init__(self, **parts: Representation) -> None:
        object.__setattr__(self, "parts", tuple(sorted(parts.items(), key=lambda part: part[0])))

    def compute(self, recording: Recording, backbones: Backbones) -> dict[str, Any]:
        """Compute every part."""
        return self.finish([self.prepare(recording)], backbones)[0]

    def prepare(self, recording: Recording) -> dict[str, Any]:
        """Prepare what the parts follow from."""
        return {key: stored.prepare(recording) for key, stored in self._stored.items()}

    def finish(self, prepared: Sequence[dict[str, Any]], backbones: Backbones) -> list[dict[str, Any]]:
        """Finish what the parts follow from, and make the parts of it."""
        columns = {
            key: stored.finish([p[key] for p in prepared], backbones) for key, stored in self._stored.items()
        }
        return [
            {name: _derived(part, columns[part.stored.key][i]) for name, part in self.parts}
            for i in range(len(prepared))
        ]

    @property
    def _stored(self) -> dict[str, Representation]:
        return {part.stored.key: part.stored for _, part in self.parts}

    def stack(self, computed: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Stack every part."""
        return {name: part.stack([x[name] for x in computed]) for name, part in self.parts}

    def filled(self, model_name: str) -> Joint:
        """Return a copy in which every open backbone is this model."""
        return Joint(**{name: part.filled(model_name) for name, part in self.parts})


def _derived(part: Representation, stored: Any) -> Any:
    """Make one recording's part of what it follows from."""
    return stored if part.stored == part else part.derived(stored[None])[0]


def encoded(frames: Sequence[NDArray[Any]], encode: Callable[[NDArray[Any]], Tensor]) -> list[Tensor]:
    """Encode the frames [t, h, w] of many recordings; those of one size share a call, of about 64 MiB."""
    encoded: list[Tensor] = []
    for batch in _batches(frames):
        vectors = encode(np.concatenate(batch))
        # Cloned: a part alone would keep all of them in memory.
        encoded += [part.clone() for part in vectors.split([len(painted) for painted in batch])]
    return encoded


def _batches(frames: Sequence[NDArray[Any]]) -> Iterator[list[NDArray[Any]]]:
    """Yield lists of frame arrays of one size, in order, of about 64 MiB a list."""
    for _, same in groupby(frames, key=lambda painted: painted.shape[1:]):
        batch: list[NDArray[Any]] = []
        for painted in same:
            batch.append(painted)
            if sum(p.nbytes for p in batch) >= _FRAME_BYTES_AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch
