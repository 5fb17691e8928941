"""An image network as a backbone of representations: pictures into features."""

from __future__ import annotations

import difflib
import json
import math
import os
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from neuroclip.backbones.hardware import choose_device
from neuroclip.backbones.image_names import parse_image_name
from neuroclip.backbones.image_networks import check_size, image_network
from neuroclip.errors import OptionError

_PIXELS_AT_ONCE = 2**21


class ImageNetwork:
    """An image network that reads pictures as a backbone of representations; frozen, fp32, on a GPU if there is one.

    Attributes:
        name: As it was asked for.
        digest, weights_digest: Of architecture, weights and normalisation, 128 bits in hexadecimal.
        size: Height and width in pixels of the pictures that it learned from.
        mean, std: Per channel, of values from 0 to 1.
    """

    def __init__(self, name: str) -> None:
        source = parse_image_name(name)
        network: Any = image_network(name)
        cfg: dict[str, Any] = network.pretrained_cfg
        self.name = name
        self.size: tuple[int, int] = tuple(cfg["input_size"][-2:])
        self.mean, self.std = (tuple(map(float, cfg[key])) for key in ("mean", "std"))
        self._read = set[tuple[int, int]]()  # sizes that it can read
        self._device = choose_device("auto")
        about = [source.architecture, source.width, self.size, self.mean, self.std]
        self.digest = self.weights_digest = _digest(network, about)
        self._network = (
            network.eval().requires_grad_(False).to(self._device, memory_format=torch.channels_last)
        )

    def __repr__(self) -> str:
        return f"ImageNetwork({self.name!r}, weights={self.digest[:8]}, device={self._device})"

    def encode_images(
        self, images: Tensor, *, size: int | None = None, layer: str | None = None, pool: str = "avg"
    ) -> Tensor:
        """Turn pictures into features, float32 on the CPU.

        Args:
            images: [n, h, w] or [n, 3, h, w]; bytes, or numbers from 0 to 1. One channel is copied to three.
            size: Side of the square that they are resized to, bilinearly, with a filter where they become smaller.
                None: the network's own size.
            layer: An inner layer by its name; None: what the network has before its classifier.
            pool: `avg`: the mean over places (n, d); `none`: everything, for a convolution (n, d, height, width).

        Raises:
            OptionError: There is no such layer, these are no pictures, or the network cannot read some of this size.
        """
        if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[1] != 3):
            raise OptionError(f"pictures have the shape [n, h, w] or [n, 3, h, w], not {list(images.shape)}")
        if images.dtype != torch.uint8 and not images.is_floating_point():
            raise OptionError(f"pictures are bytes, or numbers from 0 to 1, not {images.dtype}")
        height, width = (size, size) if size else self.size
        if (height, width) not in self._read:
            check_size(self._network, self._network.forward_features, (height, width), self.name)
            self._read.add((height, width))
        module = self._inner(layer)
        parts: list[Tensor] = []
        for some in images.split(max(1, _PIXELS_AT_ONCE // (height * width))):
            with torch.no_grad():
                features = self._features(self._seen(some, (height, width)), module)
                if pool == "avg":
                    features = self._pooled(features, (height, width))
                parts.append(features.float().cpu().contiguous())
        return torch.cat(parts)

    def _seen(self, images: Tensor, size: tuple[int, int]) -> Tensor:
        pictures = images.to(self._device)
        pictures = pictures / 255 if pictures.dtype == torch.uint8 else pictures.float()
        if pictures.ndim == 3:
            pictures = pictures[:, None]
        pictures = functional.interpolate(pictures, size, mode="bilinear", antialias=True)
        mean, std = (torch.tensor(v, device=self._device).view(1, 3, 1, 1) for v in (self.mean, self.std))
        return ((pictures - mean) / std).contiguous(memory_format=torch.channels_last)

    def _inner(self, layer: str | None) -> nn.Module | None:
        if layer is None:
            return None
        names = [name for name, _ in self._network.named_modules() if name]
        if layer not in names:
            near = difflib.get_close_matches(layer, names, n=3, cutoff=0.0)
            raise OptionError(f"{self.name} has no layer {layer!r}; it has {', '.join(near)} and others")
        return self._network.get_submodule(layer)

    def _features(self, pictures: Tensor, layer: nn.Module | None) -> Tensor:
        if layer is None:
            return self._network.forward_features(pictures)
        seen: list[Any] = []

        def look(_: nn.Module, __: Any, out: Any) -> None:
            # Cloned: what comes behind the layer may work in place.
            seen.append(out.clone() if isinstance(out, Tensor) else out)

        hook = layer.register_forward_hook(look)
        try:
            self._network.forward_features(pictures)
        finally:
            hook.remove()
        if not seen:
            raise OptionError(f"{self.name}: this layer comes after the features; name one before them")
        if not isinstance(seen[0], Tensor) or len(seen[0]) != len(pictures):
            raise OptionError(f"{self.name}: this layer gives no features for each picture; name another")
        return seen[0]

    def _pooled(self, features: Tensor, size: tuple[int, int]) -> Tensor:
        if features.ndim == 3:  # tokens, the first of which may stand for no place
            return features[:, int(getattr(self._network, "num_prefix_tokens", 0)) :].mean(1)
        if features.ndim == 4 and self._channels_last(features, size):
            return features.mean((1, 2))
        return features.mean(tuple(range(2, features.ndim)))

    def _channels_last(self, features: Tensor, size: tuple[int, int]) -> bool:
        """Tell whether the last axis of [n, a, b, c] is none of the two of places, whose sides are like the picture's.

        Where all three could be, it is as in what the network gives at its end.
        """
        a, b, c = features.shape[1:]
        first, last = (abs(math.log(high / wide * size[1] / size[0])) for high, wide in ((b, c), (a, b)))
        if first != last:
            return last < first
        with torch.no_grad():
            blank = torch.zeros(1, 3, *size, device=self._device)
            end = self._network.forward_features(blank)
        own = self._network.num_features
        return end.ndim == 4 and end.shape[-1] == own != end.shape[1]


def load_image_network(name: str) -> ImageNetwork:
    """Load an image network by name; the last few are kept, since a bank asks for one again and again.

    Raises:
        ModelError: As `image_network`.
    """
    file = parse_image_name(name).file
    status = os.stat(file) if file is not None else None
    return _loaded(name, status and (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=2)
def _loaded(name: str, _: object) -> ImageNetwork:
    return ImageNetwork(name)


def _digest(network: nn.Module, about: list[Any]) -> str:
    hashed = blake2b(json.dumps(about).encode(), digest_size=16)
    for name, tensor in sorted(network.state_dict().items()):
        hashed.update(f"{name}{tuple(tensor.shape)}".encode())
        hashed.update(tensor.contiguous().numpy().reshape(-1).view(np.uint8).data)
    return hashed.hexdigest()
