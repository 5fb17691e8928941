"""A loaded model: frames and texts in, vectors of one space out."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from neuroclip.backbones.preprocess import Normalize, Preprocess, Resize
from neuroclip.backbones.replacing import encode, replaced, weights_of
from neuroclip.errors import ModelError
from neuroclip.shapes import Embeddings, Frames

_BLANK = 127


class Towers(Protocol):
    """What is needed of a network, and open_clip's models all have."""

    visual: torch.nn.Module
    logit_scale: Tensor

    def encode_image(self, image: Tensor) -> Tensor:
        """Turn images (n, 3, h, w) into embeddings (n, d)."""
        ...

    def encode_text(self, text: Tensor) -> Tensor:
        """Turn tokens (n, length) into embeddings (n, d)."""
        ...


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network as it was read, in fp32 on the CPU; `Model` makes it ready for use.

    Attributes:
        network: The two towers.
        tokenize: Texts into token numbers, cut at the network's context length.
        count_tokens: How many tokens a text would need; None where that is not known.
        preprocess: The model's own way with images.
        model_cfg: open_clip's description of the network.
    """

    network: Any
    tokenize: Callable[[list[str]], Tensor]
    count_tokens: Callable[[str], int] | None
    preprocess: Preprocess
    model_cfg: Mapping[str, Any]

    def digest(self) -> str:
        """128 bits of BLAKE2b in hexadecimal, of every weight (as fp32), its name, and both configurations."""
        description = {"model_cfg": self.model_cfg, "preprocess": asdict(self.preprocess)}
        hashed = blake2b(json.dumps(description, sort_keys=True).encode(), digest_size=16)
        for name, tensor in sorted(self.network.state_dict().items()):
            values = tensor.float() if tensor.is_floating_point() else tensor
            hashed.update(f"{name}{tuple(values.shape)}".encode())
            hashed.update(values.contiguous().numpy().reshape(-1).view(np.uint8).data)
        return hashed.hexdigest()


class Model:
    """An image tower and a text tower with a common space.

    Attributes:
        name: As it was asked for.
        weights_digest: Of weights and configuration, 128 bits in hexadecimal: the same on every machine.
        digest: Of those and the precision: models with equal digests give equal embeddings (up to 1e-6, the noise of
            batch shapes), which is what features may be kept under.
        dim: Length of an embedding.
        scale: What a cosine is multiplied with to become a logit: exp(logit_scale).
        image_size: Height and width of the image tower's input in pixels.
        device: Where it runs, `"cpu"` or `"cuda"` for example.
        precision: Of the image tower's weights, `"fp32"` or `"bf16"`. The text tower is always fp32: texts are few.
        preprocess: From frames (uint8 tensor, n h w) to the image tower's input (float32, n 3 height width).
    """

    name: str
    weights_digest: str
    digest: str
    dim: int
    scale: float
    image_size: tuple[int, int]
    device: str
    precision: str
    preprocess: Preprocess

    def __init__(self, name: str, loaded: Loaded, *, device: torch.device, dtype: torch.dtype) -> None:
        self.name = name
        self.weights_digest = loaded.digest()
        self.device = str(device)
        self.precision = "bf16" if dtype == torch.bfloat16 else "fp32"
        self.digest = blake2b(f"{self.weights_digest}-{self.precision}".encode(), digest_size=16).hexdigest()
        self.preprocess = loaded.preprocess
        self.image_size = loaded.preprocess.size
        self.scale = math.exp(float(loaded.network.logit_scale.detach()))
        self.dim = int(loaded.model_cfg["embed_dim"])
        self._tokenize, self._count_tokens = loaded.tokenize, loaded.count_tokens
        self._dtype = dtype
        self._network: Towers = loaded.network.eval().requires_grad_(False).to(device)
        # Converted once: autocast would convert in every call, and is slower than fp32 on ViTs.
        self._network.visual.to(dtype=dtype).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] - unknown to its stub
        self._blanks: dict[tuple[object, ...], Tensor] = {}

    def __repr__(self) -> str:
        weights = self.weights_digest[:8]
        return f"Model({self.name!r}, weights={weights}, device={self.device}, precision={self.precision})"

    def encode_frames(
        self, frames: Frames, *, resize: Resize = "model", normalize: Normalize = "clip", batch: int = 64
    ) -> Embeddings:
        """Encode frames (uint8) into float32 vectors on the CPU; not normalised.

        Equal frames are encoded once, and a blank one (127 everywhere) once in the life of the model.

        Raises:
            ModelError: Frames of another type or shape.
            OptionError: No such way to resize or normalise (`Preprocess` says which there are).
        """
        if frames.dtype != np.uint8 or frames.ndim != 3 or 0 in frames.shape[1:]:
            raise ModelError(
                f"frames are {frames.dtype} of shape {frames.shape}; expected uint8 (n, height, width)"
            )
        places: dict[bytes, int] = {}
        order = [
            places.setdefault(blake2b(f.tobytes(), digest_size=16).digest(), len(places)) for f in frames
        ]
        first = sorted(dict(zip(reversed(order), reversed(range(len(order))), strict=True)).values())
        blank = {i for i in first if frames[i, 0, 0] == _BLANK and (frames[i] == _BLANK).all()}
        seen = [i for i in first if i not in blank]
        vectors = torch.zeros(len(places), self.dim)
        for start in range(0, len(seen), batch):
            chosen = seen[start : start + batch]
            vectors[[order[i] for i in chosen]] = self._encode(frames[chosen], resize, normalize)
        for i in blank:
            key = (*frames.shape[1:], resize, normalize)
            if key not in self._blanks:
                # On its own, so that it does not depend on the frames that happen to stand beside it.
                self._blanks[key] = self._encode(frames[[i]], resize, normalize)[0]
            vectors[order[i]] = self._blanks[key]
        return vectors[order] if order else vectors

    def _encode(self, frames: Frames, resize: Resize, normalize: Normalize) -> Tensor:
        # no_grad and not inference_mode: what comes out may be trained on.
        with torch.no_grad():
            images = self.preprocess(torch.from_numpy(frames).to(self.device), resize, normalize)
            images = images.to(dtype=self._dtype, memory_format=torch.channels_last)
            return self._network.encode_image(images).float().cpu()

    @cached_property
    def image_weights(self) -> Mapping[str, Tensor]:
        """The image tower's weights and statistics by name, float32, where it runs: to be read, never changed."""
        return MappingProxyType(weights_of(self._network.visual))

    def encode_images(
        self, images: Float[Tensor, "n 3 height width"], weights: Mapping[str, Tensor] | None = None
    ) -> Embeddings:
        """Encode what `preprocess` gives, as `encode_frames` does, but so that one can learn from it: float32 (n, d).

        `weights` take the place of those of the same name in `image_weights`, in this call alone; gradients go back to
        them and to the images. Computed in float32 whatever the precision is: a small change of a weight would be
        lost in bf16. Statistics of batch norms stay as they are, and nothing is dropped.

        Raises:
            ModelError: A weight that the image tower does not have, or of another shape.
        """
        given = {name: value.to(self.device) for name, value in (weights or {}).items()}
        images = images.to(device=self.device, dtype=torch.float32, memory_format=torch.channels_last)
        return encode(self._network, images, replaced(self.image_weights, given, self.name)).cpu()

    def encode_texts(self, texts: Sequence[str], *, batch: int = 256) -> Embeddings:
        """Encode texts into float32 unit vectors on the CPU.

        A text longer than the tower reads is cut, with a warning: its end would be ignored silently otherwise.
        """
        parts = [torch.zeros(0, self.dim)]
        for start in range(0, len(texts), batch):
            tokens = self._tokenize(list(texts[start : start + batch]))
            with torch.no_grad():
                vectors = self._network.encode_text(tokens.to(self.device))
            parts.append(functional.normalize(vectors.float(), dim=-1).cpu())
            for text in texts[start : start + batch]:
                if self._count_tokens and self._count_tokens(text) > tokens.shape[1]:
                    room = tokens.shape[1]
                    warnings.warn(
                        f"{self.name} reads {room} tokens; the end of {text!r} is ignored", stacklevel=2
                    )
        return torch.cat(parts)
