from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from neuroclip_plugins.average import Average
from neuroclip_plugins.tsn import TSN
from neuroclip_plugins.vgg.probe import VggProbe
from neuroclip_plugins.zero_shot import ZeroShot
from neuroclip_prompts import PromptSet
from safetensors.torch import save_file

from neuroclip.classes import Classes
from neuroclip.errors import HeadError
from neuroclip.heads import load, save
from neuroclip.heads.saving import TENSORS
from neuroclip.testing import ToyModel

CLASSES = Classes(("0", "b"), PromptSet("p", ("a {}",), {"0": "zero"}, "here"), ToyModel())
HEAD = ZeroShot(steps=3, alpha=(1.0, 2.0, 0.0))


def state() -> dict[str, torch.Tensor]:
    shared = torch.arange(6.0).view(2, 3)
    return {
        "a": shared,
        "again": shared,
        "turned": shared.T,
        "inner.b": torch.tensor(True),
        "half": shared.bfloat16(),
        "none": torch.zeros(0, 4),
    }


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    digest = save(tmp_path / "new" / "head", HEAD, state(), CLASSES, provenance={"seed": 3, "split": "abc"})
    saved = load(tmp_path / "new" / "head")
    assert saved.head == HEAD
    assert saved.names == ("0", "b")
    assert saved.prompts == CLASSES.prompts
    assert saved.provenance == {"seed": 3, "split": "abc"}
    assert saved.digest == digest
    assert saved.state.keys() == state().keys()
    for name, tensor in state().items():
        assert saved.state[name].dtype == tensor.dtype
        assert torch.equal(saved.state[name], tensor)
    torch.testing.assert_close(saved.classes(ToyModel()).features, CLASSES.features)


def test_files_that_options_name_are_saved_as_absolute_paths(tmp_path: Path) -> None:
    """Also those of a head inside; other texts are left alone."""
    probe = VggProbe(backbone="timm:vgg16_bn:weights.pth", layer="features.3")
    save(tmp_path, Average(members=(TSN(weights="weights.pth"), probe)), {}, CLASSES)
    found = load(tmp_path).head
    assert isinstance(found, Average)
    place = str(Path.cwd() / "weights.pth")
    assert found.members[0] == TSN(weights=place)
    assert found.members[1] == replace(probe, backbone=f"timm:vgg16_bn:{place}")


def test_a_head_that_learned_nothing_can_be_saved(tmp_path: Path) -> None:
    save(tmp_path, ZeroShot(), {}, CLASSES)
    assert load(tmp_path).state == {}


def test_the_digest_is_of_options_classes_and_state_alone(tmp_path: Path) -> None:
    first = save(tmp_path, HEAD, state(), CLASSES, provenance={"seed": 1})
    assert save(tmp_path, HEAD, state(), CLASSES, provenance={"seed": 2}) == first
    assert save(tmp_path, ZeroShot(), state(), CLASSES) != first
    assert save(tmp_path, HEAD, {**state(), "a": torch.zeros(2, 3)}, CLASSES) != first
    assert save(tmp_path, HEAD, state(), Classes(("b", "0"), CLASSES.prompts)) != first


def test_only_data_is_on_disk(tmp_path: Path) -> None:
    save(tmp_path, HEAD, state(), CLASSES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["head.json", "state.safetensors"]
    content = json.loads((tmp_path / "head.json").read_text())
    assert content["head"] == "zero-shot"
    assert content["options"]["alpha"] == [1.0, 2.0, 0.0]
    assert content["package"]["name"] == "neuroclip"


def test_what_cannot_be_loaded_is_one_sentence_with_the_folder(tmp_path: Path) -> None:
    def message() -> str:
        with pytest.raises(HeadError) as caught:
            load(tmp_path)
        assert str(tmp_path) in str(caught.value)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "holds no saved head: there is no head.json" in message()
    save(tmp_path, HEAD, state(), CLASSES)
    content = json.loads((tmp_path / "head.json").read_text())

    def change(**parts: object) -> str:
        (tmp_path / "head.json").write_text(json.dumps({**content, **parts}))
        return message()

    assert "No head named 'gone'" in change(head="gone")
    assert "no option 'stops'" in change(options={"stops": 1})
    assert "update NeuroCLIP" in change(format=9)
    assert "damaged" in change(classes=3)
    assert "damaged" in change(classes={"names": ["a", "b"]})
    assert "damaged" in change(provenance=None)
    assert "damaged" in change(provenance=[])
    assert "damaged" in change(provenance={"fit_seconds": float("nan")})
    assert "package ?" in change(head="gone", package=None)
    (tmp_path / "head.json").write_text("{")
    assert "damaged" in message()
    (tmp_path / "head.json").write_text("[]")
    assert "damaged" in message()
    (tmp_path / "head.json").write_text(json.dumps(content))
    (tmp_path / "state.safetensors").write_bytes(b"junk")
    assert "damaged" in message()
    (tmp_path / "state.safetensors").unlink()
    assert "state.safetensors" in message()


def test_what_was_changed_after_it_was_saved_is_refused(tmp_path: Path) -> None:
    save(tmp_path, HEAD, state(), CLASSES)
    text = (tmp_path / "head.json").read_text()
    content = json.loads(text)
    names = {**content["classes"], "names": content["classes"]["names"][::-1]}
    words = {**content["classes"], "prompts": {**content["classes"]["prompts"], "templates": ["b {}"]}}
    for changed in ({"classes": names}, {"classes": words}, {"options": {"steps": 3}}, {"digest": None}):
        (tmp_path / "head.json").write_text(json.dumps({**content, **changed}))
        with pytest.raises(HeadError, match="was changed after it was saved") as caught:
            load(tmp_path)
        assert str(tmp_path) in str(caught.value)
    (tmp_path / "head.json").write_text(text)
    load(tmp_path)
    less = {name: tensor for name, tensor in state().items() if name != "a"}
    shorter, whole = {**less, "a": state()["a"][:1]}, {**less, "a": state()["a"].long()}
    for other in (less, shorter, whole):
        save_file({name: tensor.contiguous().clone() for name, tensor in other.items()}, tmp_path / TENSORS)
        with pytest.raises(HeadError, match="was changed after it was saved"):
            load(tmp_path)


def test_no_flipped_bit_of_what_was_learned_is_passed_over(tmp_path: Path) -> None:
    save(tmp_path, HEAD, {"a": torch.arange(6.0), "b": torch.tensor([True])}, CLASSES)
    path = tmp_path / TENSORS
    raw = path.read_bytes()
    for place in range(len(raw) - 25, len(raw)):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(HeadError, match=re.escape(str(tmp_path))):
            load(tmp_path)


def test_a_folder_without_a_digest_is_refused(tmp_path: Path) -> None:
    save(tmp_path, HEAD, state(), CLASSES)
    content = json.loads((tmp_path / "head.json").read_text())
    del content["digest"]
    (tmp_path / "head.json").write_text(json.dumps(content))
    with pytest.raises(HeadError, match=r"damaged .*digest"):
        load(tmp_path)


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match=r"provenance of zero-shot is more than JSON"):
        save(tmp_path, HEAD, {}, CLASSES, provenance={"x": object()})
    (tmp_path / "file").write_text("")
    with pytest.raises(HeadError, match=r"cannot be written"):
        save(tmp_path / "file" / "head", HEAD, {}, CLASSES)
