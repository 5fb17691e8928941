"""What backbones make of pictures, through the bank."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from neuroclip.backbones import image_network, load_backbone
from neuroclip.bank import Bank
from neuroclip.errors import ModelError, OptionError
from neuroclip.recording import Recording
from neuroclip.representations import CollapsedImage, Features, TernaryFrames

Make = Callable[..., Recording]
NETWORK = "timm:vgg11_bn@0.0625:random"


def test_one_picture_becomes_a_vector_and_several_a_row_each(make_recording: Make) -> None:
    recordings = [make_recording(events=200, width=w, height=30, seed=w) for w in (34, 34, 40)]
    bank = Bank()
    one = bank.get(Features(CollapsedImage(), NETWORK, size=32), recordings, load_backbone)
    maps = bank.get(Features(CollapsedImage(), NETWORK, size=64, pool="none"), recordings, load_backbone)
    several = bank.get(Features(TernaryFrames(4), NETWORK, size=32), recordings, load_backbone)
    assert one.shape == (3, 32)
    assert maps.shape == (3, 32, 2, 2)
    assert several.shape == (3, 4, 32)
    alone = Features(CollapsedImage(), NETWORK, size=32).compute(recordings[1], load_backbone)
    assert torch.allclose(one[1], alone, atol=1e-6)


def test_each_content_is_encoded_once(make_recording: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    network, seen = load_backbone(NETWORK), list[int]()
    encode = network.encode_images
    monkeypatch.setattr(
        network,
        "encode_images",
        lambda images, **options: seen.append(len(images)) or encode(images, **options),
    )
    recordings = [make_recording(events=100, seed=seed) for seed in (0, 1, 0)]
    bank, wanted = Bank(), Features(CollapsedImage("both"), NETWORK, size=32)
    for _ in range(2):
        bank.get(wanted, recordings, lambda _: network)
    assert seen == [2]


def test_a_moved_file_of_weights_has_the_same_key_and_another_file_another(tmp_path: Path) -> None:
    network = image_network(NETWORK)
    a, b, c = (tmp_path / f"{name}.safetensors" for name in "abc")
    save_file(network.state_dict(), a)
    shutil.copy(a, b)
    save_file(image_network(NETWORK, seed=1).state_dict(), c)
    keys = [Features(CollapsedImage(), f"timm:vgg11_bn@0.0625:{file}").key for file in (a, b, c)]
    assert keys[0] == keys[1] != keys[2]
    assert str(tmp_path) not in keys[0]
    a.unlink()
    with pytest.raises(ModelError, match=r"there is no file .*a\.safetensors"):
        _ = Features(CollapsedImage(), f"timm:vgg11_bn@0.0625:{a}").key


def test_a_model_sees_collapsed_pictures_in_bytes(make_recording: Make) -> None:
    recording = make_recording(events=300)
    model = load_backbone("event-tiny")
    found = Features(CollapsedImage(), "event-tiny").compute(recording, load_backbone)
    painted = (CollapsedImage().prepare(recording) * 255).round().byte()
    assert torch.allclose(found, model.encode_frames(painted[None].numpy())[0], atol=1e-5)


def test_what_image_networks_alone_have_is_refused_of_models(make_recording: Make) -> None:
    for options in ({"pool": "none"}, {"size": 32}):
        with pytest.raises(OptionError, match=r"no image network, .*: take one, such as timm:vgg16_bn"):
            Features(CollapsedImage(), "event-tiny", **options).compute(make_recording(), load_backbone)
    with pytest.raises(OptionError, match="pool is 'max'; it can be 'avg' or 'none'"):
        Features(CollapsedImage(), NETWORK, pool="max")
    with pytest.raises(OptionError, match="size is 0"):
        Features(CollapsedImage(), NETWORK, size=0)
