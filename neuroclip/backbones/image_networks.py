"""Image networks by timm's names: pictures into features, with weights that are downloaded, in a file, or random."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from neuroclip.backbones.image_names import ImageSource, parse_image_name
from neuroclip.backbones.image_weights import fit_weights, read_weights
from neuroclip.errors import ModelError

_LEAST = 1 / 4096  # of a VGG's dense layers, which are built and dropped


def image_network(name: str, *, classes: int = 0, channels: int = 3, seed: int = 0) -> Any:
    """Build a network, on the CPU and in fp32, and give it its weights.

    `name` is `timm:NAME` (downloaded on first use), `timm:NAME:FILE` (safetensors, or a checkpoint of tensors alone),
    or `timm:NAME:random`, whose weights `seed` decides, as it does those of a new classifier. The global random
    generator is left alone. A VGG of another width is `timm:vgg16_bn@0.25:...`.

    Args:
        name: See above.
        classes: How many the new classifier tells apart. 0: there is none, a call gives features pooled over the
            picture, and a VGG has no dense layers.
        channels: Of the pictures. Where the weights are for three, they are summed, and spread evenly over these.
        seed: Of what is random.

    Raises:
        ModelError: There is no such network or file, the weights do not fit, or cannot be downloaded.
    """
    source = parse_image_name(name)
    with torch.random.fork_rng(devices=[]):
        torch.random.manual_seed(seed)
        network = _built(source, classes, channels)
    if source.file is not None:
        first, classifier = (_texts(network.pretrained_cfg.get(key)) for key in ("first_conv", "classifier"))
        fit_weights(network, read_weights(source.file), first, classifier, source.name)
    return network


def _built(source: ImageSource, classes: int, channels: int) -> Any:
    import timm  # a second
    from timm.models.vgg import VGG, cfgs

    downloaded = source.file is None and not source.random
    kept: dict[str, Any] = {"num_classes": classes, "in_chans": channels}
    # A VGG's dense layers are 120 million numbers, and no features of a picture.
    bare = source.is_vgg and classes == 0
    narrow: dict[str, Any] = {"mlp_ratio": _LEAST} if bare and not downloaded else {}
    if source.width != 1:
        plain = source.architecture.split(".")[0]
        filters = [
            n if n == "M" else max(4, round(int(n) * source.width)) for n in cfgs[plain.removesuffix("_bn")]
        ]
        norm = nn.BatchNorm2d if plain.endswith("_bn") else None
        network: Any = VGG(filters, norm_layer=norm, **kept, **narrow)
        cfg = timm.get_pretrained_cfg(source.architecture)
        assert cfg is not None  # of every VGG
        network.pretrained_cfg = cfg.to_dict()
    else:
        try:
            with _quiet():
                network = timm.create_model(source.architecture, pretrained=downloaded, **kept, **narrow)
        except Exception as error:  # the hub, its client and torch raise a dozen unrelated kinds
            raise ModelError(
                _unavailable(source, error) if downloaded else f"{source.name}: {error}"
            ) from error
    if bare:
        network.pre_logits = nn.Identity()
        network.head_hidden_size = network.num_features
    return network


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


@contextmanager
def _quiet() -> Generator[None]:
    """Keep what the hub's client logs about failed downloads off stderr: our own sentence says it."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _unavailable(source: ImageSource, error: Exception) -> str:
    import timm

    cfg = timm.get_pretrained_cfg(source.architecture)
    if cfg is None or not (cfg.hf_hub_id or cfg.url):
        return f"{source.name}: timm has no weights of this network; write {source.name}:FILE or {source.name}:random"
    origin = f"{cfg.hf_hub_id} on the Hugging Face hub" if cfg.hf_hub_id else str(cfg.url)
    return (
        f"{source.name}: its weights are not on this machine and could not be downloaded "
        f"({' '.join(str(error).split())[:120]}): fetch those of {origin} and write {source.name}:path/to/FILE"
    )
