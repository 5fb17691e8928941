"""Frames into what an image tower reads, on tensors: the model's own preprocessing, or the published one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from neuroclip.errors import ModelError, OptionError

Resize = Literal["model", "painted", "bicubic", "area"]
Normalize = Literal["clip", "half"]


@dataclass(frozen=True)
class Preprocess:
    """A model's own way from an image to its input; the fields are open_clip's `preprocess_cfg`.

    Attributes:
        size: Height and width of the input in pixels.
        mean, std: Per channel, of values from 0 to 1.
        interpolation: `"bicubic"` or `"bilinear"`, both with antialiasing.
        resize_mode: `"shortest"` side to size and the rest cut off, `"longest"` side to size and the rest filled
            with `fill_color`, or `"squash"` (the aspect is lost).
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bicubic"
    resize_mode: str = "shortest"
    fill_color: int = 0

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> Preprocess:
        """Read open_clip's dictionary, whose `size` may be one number.

        Raises:
            ModelError: Something in it is unknown here, so that the pictures would differ from the model's own.
        """
        size, mean, std, fill = config["size"], config["mean"], config["std"], config.get("fill_color") or 0
        own = Preprocess(
            size=(size, size) if isinstance(size, int) else (int(size[0]), int(size[1])),
            mean=tuple(map(float, mean)) if isinstance(mean, list | tuple) else (float(mean),) * 3,
            std=tuple(map(float, std)) if isinstance(std, list | tuple) else (float(std),) * 3,
            # open_clip treats "random", which only means something in training, as bicubic
            interpolation="bilinear" if config.get("interpolation") == "bilinear" else "bicubic",
            resize_mode=config.get("resize_mode") or "shortest",
            fill_color=int(fill if isinstance(fill, int | float) else fill[0]),
        )
        if own.resize_mode not in ("shortest", "longest", "squash"):
            raise ModelError(f"resize_mode {own.resize_mode!r} in the model's preprocess_cfg is unknown")
        return own

    def __call__(
        self, frames: UInt8[Tensor, "n h w"], resize: Resize = "model", normalize: Normalize = "clip"
    ) -> Float[Tensor, "n 3 height width"]:
        """Resize, repeat to three channels and normalise.

        `normalize="clip"` is the model's own mean and deviation, `"half"` the published x/255 - 0.5.
        `resize="model"` is what belongs to it: the model's own preprocessing, or for `"half"` the same as
        `"painted"`: bilinear without antialiasing, as published. `"bicubic"` and `"area"` squash to the input size.

        Raises:
            OptionError: No such way to resize or to normalise.
        """
        if resize not in get_args(Resize):
            raise OptionError(f"resize is {resize!r}; it can be {', '.join(map(repr, get_args(Resize)))}")
        if normalize not in get_args(Normalize):
            raise OptionError(
                f"normalize is {normalize!r}; it can be {' or '.join(map(repr, get_args(Normalize)))}"
            )
        images = frames[:, None].float()
        if resize == "model" and normalize == "clip":
            images = self._own(images)
        elif resize in ("model", "painted"):
            images = functional.interpolate(images, self.size, mode="bilinear", align_corners=False)
        elif resize == "bicubic":
            images = _resize_like_pil(images, self.size, "bicubic")
        else:
            images = functional.interpolate(images, self.size, mode="area")
        if normalize == "half":
            return (images / 255 - 0.5).expand(-1, 3, -1, -1)
        mean, std = (torch.tensor(v, device=images.device).view(1, 3, 1, 1) for v in (self.mean, self.std))
        return (images / 255 - mean) / std

    def _own(self, images: Tensor) -> Tensor:
        height, width = images.shape[-2:]
        ratios = height / self.size[0], width / self.size[1]
        if self.resize_mode == "squash":
            return _resize_like_pil(images, self.size, self.interpolation)
        if self.resize_mode == "longest":
            ratio = max(ratios)
            inner = round(height / ratio), round(width / ratio)
        elif self.size[0] == self.size[1]:  # torchvision's Resize rounds the longer side down
            short = min(height, width)
            inner = int(self.size[0] * height / short), int(self.size[0] * width / short)
        else:
            inner = round(height / min(ratios)), round(width / min(ratios))
        images = _resize_like_pil(images, inner, self.interpolation)
        return _centre(images, self.size, self.fill_color)


def _resize_like_pil(images: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """Resize with antialiasing, one axis after the other, rounding to whole grey levels in between, as PIL does.

    Across first, unless that enlarges while the other axis shrinks (so Pillow 13; earlier ones always across). On the
    hard edges of event frames this matters: a single pass is up to 30 grey levels off after bicubic overshoot.
    """
    height, width = images.shape[-2:]
    down_first = size[1] > width and size[0] < height
    for step in ((size[0], width) if down_first else (height, size[1]), size):
        if tuple(images.shape[-2:]) != step:
            images = functional.interpolate(images, step, mode=mode, antialias=True, align_corners=False)
            images = images.round().clamp(0, 255)
    return images


def _centre(images: Tensor, size: tuple[int, int], fill: int) -> Tensor:
    height, width = images.shape[-2:]
    across, down = max(size[1] - width, 0), max(size[0] - height, 0)
    padding = (across // 2, (across + 1) // 2, down // 2, (down + 1) // 2)
    images = functional.pad(images, padding, value=fill)
    top, left = round((images.shape[-2] - size[0]) / 2), round((images.shape[-1] - size[1]) / 2)
    return images[..., top : top + size[0], left : left + size[1]]
