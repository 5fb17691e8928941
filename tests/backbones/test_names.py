from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from neuroclip.backbones import list_models, load_model, names
from neuroclip.backbones.names import parse_name
from neuroclip.errors import ModelError


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and caches that are empty, whatever this machine has."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)


def message(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(name, device="cpu")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_directory_is_a_model_with_and_without_the_prefix(model_directory: Callable[[str], Path]) -> None:
    directory = model_directory("vit")
    for name in (str(directory), f"local-dir:{directory}"):
        assert load_model(name, device="cpu").dim == 24
    assert parse_name(str(directory)).kind == "directory"


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_an_architecture_and_a_file_are_a_model(
    suffix: str, monkeypatch: pytest.MonkeyPatch, model_directory: Callable[[str], Path], tmp_path: Path
) -> None:
    import json

    import open_clip

    directory = model_directory("vit")
    config = json.loads((directory / "open_clip_config.json").read_text())["model_cfg"]
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-vit", config)
    weights = {
        key: value.float() for key, value in load_file(directory / "open_clip_model.safetensors").items()
    }
    file = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save({"state_dict": weights, "epoch": 3}, file)
    else:
        save_file(weights, file)
    model = load_model(f"tiny-vit:{file}", precision="fp32", device="cpu")
    again = load_model(str(directory), precision="fp32", device="cpu")
    frames = np.full((1, 32, 32), 200, np.uint8)
    # half: the file knows no preprocessing of its own, and open_clip gives it CLIP's
    one, other = (m.encode_frames(frames, normalize="half") for m in (model, again))
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    save_file({**weights, "visual.conv1.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    assert re.search("do not fit tiny-vit.*conv1", message(f"tiny-vit:{tmp_path / 'other.safetensors'}"))


def test_names_that_lead_nowhere_say_what_to_write(tmp_path: Path) -> None:
    assert "Did you mean ViT-B-32" in message("ViT-B-33:openai")
    assert "known tags: openai" in message("RN50-quickgelu:openia")
    assert "it needs a tag or a file; known tags: openai" in message("RN50-quickgelu")
    assert "there is no such file" in message("ViT-B-32:missing.pt")
    assert "there is no such directory" in message(f"{tmp_path}/nowhere")
    assert "no open_clip_config.json" in message(str(tmp_path))
    (tmp_path / "w.pt").write_bytes(b"")
    assert "say which architecture" in message(str(tmp_path / "w.pt"))
    assert "half a model name" in message("ViT-B-32:")
    assert "half a model name" in message("")


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("RN50:openai", "RN50-quickgelu:openai"),
        ("ViT-B/32:openai", "ViT-B-32-quickgelu:openai"),
        ("ViT-B-32-quickgelu:laion2b_s34b_b79k", "ViT-B-32:laion2b_s34b_b79k"),
    ],
)
def test_the_wrong_activation_is_an_error_with_the_right_name_in_it(name: str, right: str) -> None:
    assert f"use {right}" in message(name)


def test_files_that_need_the_other_activation_are_recognised(tmp_path: Path) -> None:
    marks = {name: torch.tensor(1) for name in ("input_resolution", "context_length", "vocab_size")}
    torch.save(marks, tmp_path / "openai.pt")
    assert f"use RN50-quickgelu:{tmp_path / 'openai.pt'}" in message(f"RN50:{tmp_path / 'openai.pt'}")
    cached = tmp_path / "models--timm--resnet50_clip.openai" / "snapshots"
    cached.mkdir(parents=True)
    save_file({"a": torch.zeros(1)}, cached / "open_clip_model.safetensors")
    assert "RN50-quickgelu" in message(f"RN50:{cached / 'open_clip_model.safetensors'}")


@pytest.mark.filterwarnings("ignore:.*all published weights")
def test_bad_files_are_described_and_never_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (open, (str(tmp_path / "it-ran"), "w"))  # type: ignore[return-value]

    torch.save({"state_dict": Evil()}, tmp_path / "evil.pt")
    assert "refused" in message(f"ViT-B-32:{tmp_path / 'evil.pt'}")
    assert not (tmp_path / "it-ran").exists()
    for name, content in {
        "empty.pt": b"",
        "junk.pt": b"junk" * 100,
        "junk.safetensors": b"junk" * 100,
    }.items():
        (tmp_path / name).write_bytes(content)
        assert name in message(f"ViT-B-32:{tmp_path / name}")
    torch.save([1, 2], tmp_path / "list.pt")
    assert "holds list, not named tensors" in message(f"ViT-B-32:{tmp_path / 'list.pt'}")
    torch.save({"a": torch.zeros(1)}, tmp_path / "little.pt")
    assert "do not fit ViT-B-32" in message(f"ViT-B-32:{tmp_path / 'little.pt'}")


def test_a_broken_directory_is_described(tmp_path: Path, model_directory: Callable[[str], Path]) -> None:
    directory = tmp_path / "model"
    shutil.copytree(model_directory("test_resnet"), directory)
    weights = directory / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert str(directory) in message(str(directory))
    weights.unlink()
    assert str(directory) in message(str(directory))
    (directory / "open_clip_config.json").write_text("{")
    assert str(directory) in message(str(directory))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("RN50-quickgelu:openai", "open_clip_model.safetensors of timm/resnet50_clip.openai"),
        ("ViT-B-32-quickgelu:metaclip_400m", "metaclip_400m"),
        ("hf-hub:someone/something", "someone/something"),
    ],
)
def test_no_download_says_which_file_where_and_what_needs_none(name: str, file: str, tmp_path: Path) -> None:
    said = message(name)
    assert file in said
    assert "could not be downloaded" in said
    assert "--model event-tiny needs no download" in said
    if ":openai" in name:
        assert str(tmp_path) in said  # the cache
        assert "--model RN50-quickgelu:path/to/" in said


def test_listing_tells_shipped_cached_and_nameable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neuroclip.backbones.listing.shipped", lambda: {"event-tiny": tmp_path})
    snapshot = tmp_path / "hub" / "models--timm--resnet50_clip.cc12m"
    (snapshot / "snapshots" / "abc").mkdir(parents=True)
    (snapshot / "refs").mkdir()
    (snapshot / "refs" / "main").write_text("abc")
    (snapshot / "snapshots" / "abc" / "open_clip_model.safetensors").write_bytes(b"x")
    rows = {row.name: row for row in list_models()}
    assert next(iter(rows)) == "event-tiny"
    assert rows["event-tiny"].status == "shipped"
    assert rows["RN50-quickgelu:openai"].status == "nameable"
    assert "RN50:openai" not in rows
    assert rows["RN50-quickgelu:cc12m"].status == "cached"
    assert list(rows)[1] == "RN50-quickgelu:cc12m"


def test_a_missing_shipped_model_asks_to_install_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "shipped", dict)
    assert "install NeuroCLIP again" in message("event-tiny")
