"""Tiny models with random weights, made once: no test needs the network or the model that ships."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import save_file

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
CNN = {
    "timm_model_name": "test_resnet",
    "timm_model_pretrained": False,
    "timm_pool": "avg",
    "timm_proj": "linear",
}
VIT = {"image_size": 32, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16}
CONFIGS = {
    "test_resnet": {
        "embed_dim": 24,
        "vision_cfg": {**CNN, "timm_proj": "mlp", "image_size": 32},
        "text_cfg": TEXT,
    },
    "test_byobnet": {
        "embed_dim": 24,
        "vision_cfg": {**CNN, "timm_model_name": "test_byobnet", "timm_proj": "mlp", "image_size": 48},
        "text_cfg": TEXT,
    },
    "vit": {
        "embed_dim": 24,
        "vision_cfg": VIT,
        "text_cfg": TEXT,
    },
    "coca": {  # a captioning model, whose image tower also gives a vector for each place
        "embed_dim": 24,
        "custom_text": True,
        "vision_cfg": {
            **VIT,
            "attentional_pool": True,
            "attn_pooler_heads": 2,
            "output_tokens": True,
        },
        "text_cfg": {**TEXT, "embed_cls": True, "output_tokens": True},
        "multimodal_cfg": {**TEXT, "attn_pooler_heads": 2},
    },
    **{
        name: {
            "embed_dim": 24,
            "vision_cfg": {**CNN, "timm_model_name": name, "timm_proj_bias": bias, "image_size": 64},
            "text_cfg": TEXT,
        }
        for name, bias in {"resnet10t": True, "resnet18": False, "resnet50d": False}.items()
    },
}
PREPROCESS = {
    "mean": [0.5, 0.5, 0.5],
    "std": [1.0, 1.0, 1.0],
    "interpolation": "bilinear",
    "resize_mode": "squash",
}


def write_model(directory: Path, config: dict[str, object], *, seed: int = 0) -> Path:
    """Write an open_clip directory with random weights, as `local-dir:` reads it."""
    directory.mkdir(parents=True)
    (directory / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": config, "preprocess_cfg": PREPROCESS}), encoding="utf-8"
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        logging.disable()  # open_clip says on stderr that there are no weights yet
        network = open_clip.create_model(f"local-dir:{directory}")
        logging.disable(logging.NOTSET)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):  # not the identity, so that a swapped one shows
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 2)
                module.weight.data.uniform_(0.5, 2)
    save_file(network.half().state_dict(), directory / "open_clip_model.safetensors")
    return directory


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            made[kind] = write_model(tmp_path_factory.mktemp("models") / kind, CONFIGS[kind])
        return made[kind]

    return make
