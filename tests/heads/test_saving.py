from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from neuroclip_plugins.zero_shot import ZeroShot
from neuroclip_prompts import PromptSet

from neuroclip.classes import Classes
from neuroclip.errors import HeadError
from neuroclip.heads import load, save
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
    (tmp_path / "head.json").write_text("{")
    assert "damaged" in message()
    (tmp_path / "head.json").write_text("[]")
    assert "damaged" in message()
    (tmp_path / "head.json").write_text(json.dumps(content))
    (tmp_path / "state.safetensors").write_bytes(b"junk")
    assert "damaged" in message()
    (tmp_path / "state.safetensors").unlink()
    assert "state.safetensors" in message()


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match=r"provenance of zero-shot is more than JSON"):
        save(tmp_path, HEAD, {}, CLASSES, provenance={"x": object()})
    (tmp_path / "file").write_text("")
    with pytest.raises(HeadError, match=r"cannot be written"):
        save(tmp_path / "file" / "head", HEAD, {}, CLASSES)
