"""Recordings that are easy to tell apart, and a model that knows their names; no weights, no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from neuroclip.backbones import Model
from neuroclip.backbones.preprocess import Normalize, Preprocess, Resize
from neuroclip.backbones.replacing import replaced
from neuroclip.recording import Recording, make_events
from neuroclip.shapes import Embeddings, Frames

TOY_CLASSES = ("stone", "apple", "cloud")
"""In no alphabetical order, forwards or backwards, so that a head with an order of its own is found out."""

_SIZE = 24
_CORNERS = {"stone": (0, 0), "apple": (12, 0), "cloud": (6, 12)}


def toy_recordings(label: str, n: int, *, seed: int = 0, events: int = 240) -> list[Recording]:
    """Make n recordings of one of `TOY_CLASSES`: a square in a place of its own, with noise; 24x24 pixels, 0.1 s."""
    return list(_toy_recordings(label, n, seed, events))


def toy_corner(label: str) -> tuple[int, int]:
    """Return the left and top pixel of a toy's square, which is 12x12."""
    return _CORNERS[label]


@lru_cache(maxsize=256)  # each check of a head begins with the same ones, and recordings are values
def _toy_recordings(label: str, n: int, seed: int, events: int) -> tuple[Recording, ...]:
    random = np.random.default_rng([seed, TOY_CLASSES.index(label)])
    made: list[Recording] = []
    for _ in range(n):
        count = int(events * random.uniform(0.8, 1.2))
        noise = random.random(count) < 0.1
        left, top = _CORNERS[label]
        x = np.where(noise, random.integers(0, _SIZE, count), left + random.integers(0, 12, count))
        y = np.where(noise, random.integers(0, _SIZE, count), top + random.integers(0, 12, count))
        t = np.sort(random.integers(0, 100_000, count))
        # Quicker towards the end, so that equal numbers and equal times are different splits.
        t = (t * (200_000 - t) // 100_000).astype(np.int64)
        made.append(Recording(make_events(t, x, y, random.random(count) < 0.6), _SIZE, _SIZE, label=label))
    return tuple(made)


class ToyModel(Model):
    """A model without weights: frames become the activity of 16 fields, turned by a fixed rotation.

    A text with the name of a toy class in it becomes the embedding of that class's square, any other text a vector
    of its own. `mistaken` maps class names to those that they are taken for.
    """

    def __init__(self, mistaken: dict[str, str] | None = None) -> None:
        self.name, self.precision, self.device = "toy", "fp32", "cpu"
        self.dim, self.scale, self.image_size = 24, 20.0, (_SIZE, _SIZE)
        self.mistaken = mistaken or {}
        self.digest = self.weights_digest = f"toy-{sorted(self.mistaken.items())}"
        generator = torch.Generator().manual_seed(0)
        self._turn = torch.linalg.qr(torch.randn(self.dim, self.dim, generator=generator))[0][:16]
        # What happened nowhere becomes 0, or nearly so with normalize="half".
        self.preprocess = Preprocess(self.image_size, mean=(127 / 255,) * 3, std=(1.0,) * 3)

    def encode_frames(
        self, frames: Frames, *, resize: Resize = "model", normalize: Normalize = "clip", batch: int = 64
    ) -> Embeddings:
        """Return embeddings whose length grows with the activity."""
        return self._embed(frames)

    @property
    def image_weights(self) -> Mapping[str, Tensor]:  # pyright: ignore[reportIncompatibleVariableOverride] - never set
        """The rotation, as a layer (24, 16) of a network that one could learn through."""
        return {"turn.weight": self._turn.T}

    def encode_images(self, images: Tensor, weights: Mapping[str, Tensor] | None = None) -> Embeddings:
        """Return what `encode_frames` gives of these images (n, 3, h, w), or what other weights make of them."""
        turn = replaced(self.image_weights, weights or {}, self.name)["turn.weight"]
        return _fields((images.abs() > 0.01).any(1)) @ turn.T

    def _embed(self, frames: Frames) -> Embeddings:
        return _fields(torch.from_numpy(np.ascontiguousarray(frames)) != 127) @ self._turn

    def encode_texts(self, texts: Sequence[str], *, batch: int = 256) -> Embeddings:
        """Return unit vectors."""
        return functional.normalize(torch.stack([self._encode_text(text) for text in texts]), dim=-1)

    def _encode_text(self, text: str) -> Tensor:
        for name in TOY_CLASSES:
            if name in text:
                frame = np.full((1, _SIZE, _SIZE), 127, np.uint8)
                left, top = _CORNERS[self.mistaken.get(name, name)]
                frame[:, top : top + 12, left : left + 12] = 255
                return self._embed(frame)[0]
        seed = int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")
        return torch.randn(self.dim, generator=torch.Generator().manual_seed(seed))


def _fields(active: Tensor) -> Tensor:
    """Return the activity (n, 16) of 4x4 fields of frames (n, h, w), with a little in each."""
    return functional.adaptive_avg_pool2d(active.float()[:, None], 4).flatten(1) + 0.05
