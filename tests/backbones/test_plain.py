from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from neuroclip.backbones import DEFAULT_MODEL, Model, plain, through_open_clip
from neuroclip.backbones.names import parse_name, shipped

FRAMES = np.random.default_rng(0).choice(np.array([0, 127, 255], np.uint8), size=(5, 34, 34))
TEXTS = ["the digit zero", "a", "naïve café, 3 o'clock!", " ".join(["long"] * 40)]


def both_ways(directory: Path) -> tuple[Model, Model]:
    loaded = plain.read(directory)
    assert loaded is not None
    others = through_open_clip.load(parse_name(str(directory)))
    cpu = torch.device("cpu")
    return tuple(Model("m", each, device=cpu, dtype=torch.float32) for each in (loaded, others))  # type: ignore[return-value]


@pytest.mark.parametrize("kind", ["test_byobnet", "test_resnet", "resnet10t", "resnet18", "resnet50d"])
@pytest.mark.filterwarnings("ignore:m reads")
def test_plain_towers_give_the_embeddings_of_open_clip(
    model_directory: Callable[[str], Path], kind: str
) -> None:
    ours, theirs = both_ways(model_directory(kind))
    torch.testing.assert_close(ours.encode_frames(FRAMES), theirs.encode_frames(FRAMES), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours.encode_texts(TEXTS), theirs.encode_texts(TEXTS), atol=1e-5, rtol=0)
    assert ours.scale == theirs.scale
    assert ours.preprocess == theirs.preprocess


@pytest.mark.filterwarnings("ignore:m reads")
def test_the_shipped_model_is_plain_and_an_ordinary_open_clip_directory() -> None:
    ours, theirs = both_ways(shipped()[DEFAULT_MODEL])
    torch.testing.assert_close(ours.encode_frames(FRAMES), theirs.encode_frames(FRAMES), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours.encode_texts(TEXTS), theirs.encode_texts(TEXTS), atol=1e-5, rtol=0)
    assert ours.weights_digest == theirs.weights_digest


def test_the_digest_does_not_depend_on_the_way_of_loading(model_directory: Callable[[str], Path]) -> None:
    ours, theirs = both_ways(model_directory("test_resnet"))
    assert ours.weights_digest == theirs.weights_digest


@pytest.mark.parametrize(
    "change",
    [
        {"quick_gelu": True},
        {"vision_cfg": {"timm_model_name": "resnetblur18"}},
        {"vision_cfg": {"timm_pool": "abs_attn"}},
        {"text_cfg": {"pool_type": "last"}},
        {"text_cfg": {"hf_tokenizer_name": "some/tokenizer"}},
    ],
)
def test_what_is_not_plain_is_left_to_open_clip(
    model_directory: Callable[[str], Path], tmp_path: Path, change: dict[str, object]
) -> None:
    source = model_directory("test_resnet")
    config = json.loads((source / "open_clip_config.json").read_text())
    for key, value in change.items():
        config["model_cfg"][key] = {**config["model_cfg"][key], **value} if isinstance(value, dict) else value
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    (tmp_path / "open_clip_model.safetensors").hardlink_to(source / "open_clip_model.safetensors")
    assert plain.read(tmp_path) is None


def test_a_plain_model_imports_neither_open_clip_nor_timm(model_directory: Callable[[str], Path]) -> None:
    program = (
        "import sys, numpy, neuroclip\n"
        f"model = neuroclip.load_model({str(model_directory('resnet10t'))!r})\n"
        "model.encode_frames(numpy.zeros((2, 34, 34), numpy.uint8)); model.encode_texts(['a'])\n"
        "print({'open_clip', 'timm', 'torchvision', 'torch._dynamo'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
