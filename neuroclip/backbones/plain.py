"""The simplest towers, built from their weights without importing timm and open_clip, which costs two seconds.

`read` takes an ordinary open_clip directory whose image tower is one of timm's plain trunks and whose text
tower is CLIP's, both without extras, and says None to every other, which then goes through open_clip. What the
weights can tell (widths, blocks, stem) is read from their shapes; the tests hold the embeddings against open_clip's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from neuroclip.backbones.model import Loaded
from neuroclip.backbones.names import CONFIG, WEIGHTS
from neuroclip.backbones.plain_towers import PlainClip
from neuroclip.backbones.preprocess import Preprocess
from neuroclip.backbones.tokenizer import simple_tokenizer

# timm's ResNets of 3x3 and 1x1 convolutions, ReLU, batch norm, max pooling, no attention and no blur pooling,
# and the smallest of its networks of chosen blocks.
_TRUNKS = {
    "test_byobnet",
    *("test_resnet", "resnet10t", "resnet14t", "resnet18", "resnet18d", "resnet26", "resnet26d", "resnet26t"),
    *("resnet34", "resnet34d", "resnet50", "resnet50c", "resnet50d", "resnet50t", "resnet101", "resnet101d"),
}
_VISION = {
    "timm_model_name",
    "timm_model_pretrained",
    "timm_pool",
    "timm_proj",
    "timm_proj_bias",
    "image_size",
}
_TEXT = {"context_length", "vocab_size", "width", "heads", "layers"}


def read(directory: Path) -> Loaded | None:
    """Read an open_clip directory; None where it is not of the plain kind."""
    config = json.loads((directory / CONFIG).read_text(encoding="utf-8"))
    file = directory / WEIGHTS
    if not (file.is_file() and _is_plain(config.get("model_cfg", {}))):
        return None
    weights = {
        name: values.float() if values.is_floating_point() else values
        for name, values in load_file(file).items()
    }
    try:
        with torch.device("meta"):
            network = PlainClip(weights, heads=config["model_cfg"]["text_cfg"]["heads"])
        network.load_state_dict(weights, strict=True, assign=True)
    except (KeyError, RuntimeError):
        return None
    tokenizer, room = simple_tokenizer(), int(config["model_cfg"]["text_cfg"].get("context_length", 77))
    own = {
        "mean": (0.48145466, 0.4578275, 0.40821073),
        "std": (0.26862954, 0.26130258, 0.27577711),
    }  # open_clip's
    size = {"size": config["model_cfg"]["vision_cfg"]["image_size"]}
    return Loaded(
        network=network,
        tokenize=lambda texts: tokenizer(texts, context_length=room),
        count_tokens=lambda text: len(tokenizer.encode(text)) + 2,
        preprocess=Preprocess.from_config({**own, **_given(config.get("preprocess_cfg", {})), **size}),
        model_cfg=config["model_cfg"],
    )


def _is_plain(config: Mapping[str, Any]) -> bool:
    vision, text = config.get("vision_cfg", {}), config.get("text_cfg", {})
    return (
        set(config) == {"embed_dim", "vision_cfg", "text_cfg"}
        and {"timm_model_name", "image_size"} <= set(vision) <= _VISION
        and str(vision["timm_model_name"]).split(".")[0] in _TRUNKS
        and vision.get("timm_pool", "avg") == "avg"
        and vision.get("timm_proj", "linear") in ("linear", "mlp")
        and {"heads", "width"} <= set(text) <= _TEXT
        and text.get("vocab_size", 49408) == 49408
    )


def _given(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value is not None}
