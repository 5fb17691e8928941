"""Image networks by timm's names: pictures into features, with weights that are downloaded, in a file, or random."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from neuroclip.backbones.image_names import ImageSource, parse_image_name
from neuroclip.backbones.image_weights import fit_weights
from neuroclip.backbones.weight_files import read_weights
from neuroclip.errors import ModelError, OptionError

_LEAST = 1 / 4096  # of a VGG's dense layers, which are built and dropped


def image_network(
    name: str, *, classes: int = 0, channels: int = 3, seed: int = 0, advice: str | None = None
) -> Any:
    """Build a network, on the CPU and in fp32, and give it its weights.

    `name` is `timm:NAME` (downloaded on first use), `timm:NAME:FILE` (safetensors, or a checkpoint of tensors alone),
    or `timm:NAME:random`, whose weights `seed` decides, as it does those of a new classifier. The global random
    generator is left alone, also where the network then learns: it drops nothing by chance, whatever timm gives such
    networks. A VGG of another width is `timm:vgg16_bn@0.25:...`.

    Args:
        name: See above.
        classes: How many the new classifier tells apart. 0: there is none, a call gives features pooled over the
            picture, and a VGG has no dense layers.
        channels: Of the pictures. Where the weights are for three, they are summed, and spread evenly over these.
        seed: Of what is random.
        advice: How weights are given otherwise, for messages: see `parse_image_name`.

    Raises:
        ModelError: There is no such network or file, the weights do not fit, or cannot be downloaded.
    """
    source = parse_image_name(name, advice)
    with torch.random.fork_rng(devices=[]):
        torch.random.manual_seed(seed)
        network = _built(source, classes, channels)
    _drop_nothing(network)
    if source.file is not None:
        first, classifier = (_texts(network.pretrained_cfg.get(key)) for key in ("first_conv", "classifier"))
        fit_weights(network, read_weights(source.file), first, classifier, source.name)
    return network


def check_size(
    network: Any, forward: Callable[[Tensor], Tensor], size: tuple[int, int], name: str, channels: int = 3
) -> None:
    """Check on a blank picture that a network reads pictures of this height and width; it learns nothing from it.

    Args:
        network: One of `image_network`.
        forward: What is wanted of it: all, or its features alone.
        size: Height and width, in pixels.
        name: What it is called, for the message.
        channels: Of the picture.

    Raises:
        OptionError: It does not; the message says which size is its own.
    """
    cfg: dict[str, Any] = network.pretrained_cfg
    own: tuple[int, int] = tuple(cfg["input_size"][-2:])
    why = "it reads no other" if cfg.get("fixed_input_size") and size != own else None
    learning, place = network.training, next(network.parameters()).device
    network.eval()
    try:
        if why is None:
            with torch.no_grad():
                forward(torch.zeros(1, channels, *size, device=place))
    except (RuntimeError, AssertionError, ValueError, IndexError) as error:
        why = " ".join(str(error).split())[:100] or type(error).__name__
    finally:
        network.train(learning)
    if why is not None:
        advice = f"size={own[0]}, its own" if own[0] == own[1] else f"its own, {own[1]}x{own[0]}"
        raise OptionError(f"{name} cannot read pictures of {size[1]}x{size[0]} pixels ({why}): take {advice}")


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


def _drop_nothing(network: nn.Module) -> None:
    """Set every share of activations, paths or patches that a network would drop while it learns to 0.

    What is dropped is drawn from the global generator: two fits with one seed would differ.
    """
    for module in network.modules():
        drops = "drop" in type(module).__name__.lower()
        for name, value in vars(module).items():
            if isinstance(value, float) and ("drop" in name or (drops and name in ("p", "prob"))):
                setattr(module, name, 0.0)


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
        return f"{source.name}: timm has no weights of this network: {source.advice}"
    origin = f"{cfg.hf_hub_id} on the Hugging Face hub" if cfg.hf_hub_id else str(cfg.url)
    return (
        f"{source.name}: its weights are not on this machine and could not be downloaded "
        f"({' '.join(str(error).split())[:120]}): fetch those of {origin}; {source.advice}"
    )
