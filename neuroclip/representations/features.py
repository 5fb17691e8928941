"""What a backbone makes of the pictures that another representation gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from neuroclip.backbones.image_names import is_image_name, portable_name
from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.representations.base import Backbones, Representation
from neuroclip.representations.embeddings import encoded

Pool = Literal["avg", "none"]


@dataclass(frozen=True)
class Features(Representation):
    """What a backbone makes of pictures: float32 [d], or [t, d] of t pictures; see `pool`.

    Attributes:
        of: Gives the pictures, in bytes or as numbers from 0 to 1: one [h, w], several [t, h, w], or in colour
            [t, 3, h, w].
        backbone: An image network of timm, as `timm:vgg16_bn` (`neuroclip.backbones.image_network` says which names
            there are; the bytes of a file of weights count in the bank, not its name), or a model, whose image tower
            sees grey pictures. None leaves it open.
        layer: An inner layer, for backbones that offer such; None: their output.
        pool: Of image networks. `avg`: the mean over places; `none`: everything, [d, height, width] for convolutions.
        size: Of image networks: side of the square, in pixels, that the pictures are resized to. None: their own.
    """

    of: Representation
    backbone: str | None = None
    layer: str | None = None
    pool: str = "avg"
    size: int | None = None

    def __post_init__(self) -> None:
        if self.pool not in get_args(Pool):
            raise OptionError(f"pool is {self.pool!r}; it can be {' or '.join(map(repr, get_args(Pool)))}")
        if self.size is not None and self.size < 1:
            raise OptionError(f"size is {self.size}; a picture has at least 1 pixel")

    def compute(self, recording: Recording, backbones: Backbones) -> Tensor:
        """Encode the pictures of one recording; errors as in `finish`."""
        return self.compute_many([recording], backbones)[0]

    def prepare(self, recording: Recording) -> Any:
        """Prepare what gives the pictures."""
        return self.of.prepare(recording)

    def finish(self, prepared: Sequence[Any], backbones: Backbones) -> list[Tensor]:
        """Encode the pictures of many recordings together.

        Raises:
            OptionError: The backbone is open, offers no inner layers, or cannot read such pictures.
        """
        if self.backbone is None:
            raise OptionError("the backbone of Features is open: use filled('event-tiny')")
        pictures = self.of.finish(prepared, backbones)
        model = backbones(self.backbone)
        if is_image_name(self.backbone):
            encode = partial(model.encode_images, size=self.size, layer=self.layer, pool=self.pool)
            return [
                features
                for _, same in groupby(pictures, key=lambda one: (one.shape, one.dtype))
                for features in _of_one_shape(list(same), encode)
            ]
        if self.pool != "avg" or self.size is not None:
            raise OptionError(
                f"the backbone {self.backbone!r} is no image network, and pool and size are of those alone: take one, "
                "such as timm:vgg16_bn"
            )
        frames = [_as_frames(picture).numpy() for picture in pictures]
        if self.layer is None:
            found = encoded(frames, partial(model.encode_frames, resize="model", normalize="clip"))
        elif hasattr(model, "encode_layer"):
            found = encoded(frames, partial(model.encode_layer, layer=self.layer))
        else:
            raise OptionError(f"the backbone {self.backbone!r} offers no inner layers: leave layer out")
        return [one[0] if picture.ndim == 2 else one for one, picture in zip(found, pictures, strict=True)]

    def described(self) -> dict[str, Any]:
        """Return the fields, with the digest of a file of weights in place of its name.

        Raises:
            ModelError: There is no such file, or no such image network.
        """
        described = super().described()
        if self.backbone is not None and is_image_name(self.backbone):
            (fields,) = described.values()
            fields["backbone"] = portable_name(self.backbone)
        return described


def _of_one_shape(pictures: list[Tensor], encode: Any) -> list[Tensor]:
    """Encode pictures, one or several of each recording, all of one shape."""
    single = pictures[0].ndim == 2
    features = encode(torch.stack(pictures) if single else torch.cat(pictures))
    parts = features.split(1 if single else len(pictures[0]))
    # Cloned: a part alone would keep all of them in memory.
    return [part[0].clone() if single else part.clone() for part in parts]


def _as_frames(picture: Tensor) -> Tensor:
    """Return grey pictures as bytes [t, h, w]."""
    if picture.ndim not in (2, 3):
        raise OptionError(
            f"the image tower of a model sees grey pictures, not some of the shape {list(picture.shape)}"
        )
    grey = picture if picture.dtype == torch.uint8 else (picture * 255).round().to(torch.uint8)
    return grey[None] if picture.ndim == 2 else grey
