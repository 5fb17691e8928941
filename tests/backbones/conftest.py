"""Tiny models with random weights, made once: no test needs the network or the model that ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import save_file

TEXT = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
CNN = {"timm_model_name": "test_resnet", "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": "linear"}
CONFIGS = {
    "resnet": {"embed_dim": 24, "vision_cfg": {**CNN, "image_size": 32}, "text_cfg": TEXT},
    "resnet10t": {
        "embed_dim": 24,
        "vision_cfg": {**CNN, "timm_model_name": "resnet10t", "image_size": 64, "timm_proj_bias": True},
        "text_cfg": TEXT,
    },
    "resnet18": {
        "embed_dim": 24,
        "vision_cfg": {**CNN, "timm_model_name": "resnet18", "image_size": 64},
        "text_cfg": TEXT,
    },
    "vit": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16},
        "text_cfg": TEXT,
    },
}
PREPROCESS = {"mean": [0.5, 0.5, 0.5], "std": [1.0, 1.0, 1.0], "interpolation": "bilinear", "resize_mode": "squash"}


def write_model(directory: Path, config: dict[str, object], *, seed: int = 0) -> Path:
    """Write an open_clip directory with random weights, as `local-dir:` reads it."""
    directory.mkdir(parents=True)
    (directory / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": config, "preprocess_cfg": PREPROCESS}), encoding="utf-8"
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = open_clip.create_model(f"local-dir:{directory}")
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
