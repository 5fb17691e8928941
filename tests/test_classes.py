from __future__ import annotations

from pathlib import Path

import pytest
import torch
from neuroclip_prompts import PromptSet

from neuroclip.classes import Classes, load_prompts, parse_classes, read_classes
from neuroclip.errors import ClassesError, PromptError
from neuroclip.testing import ToyModel

PROMPTS = PromptSet("two", ("a {}", "the {}"), {"0": "stone"})


def test_a_text_is_split_at_commas() -> None:
    assert parse_classes("zero, one ,two three,") == ("zero", "one", "two three")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a, , b", "class name 2 of 3 is empty"),
        ("a, b, a", "'a' comes more than once"),
        ("a", "only 'a'"),
        ("", "none"),
        (" , ", "empty|none"),
    ],
)
def test_what_is_no_choice_is_said(text: str, wanted: str) -> None:
    with pytest.raises(ClassesError, match=wanted):
        parse_classes(text)


def test_a_file_has_one_name_a_line_and_errors_name_it(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("# digits\nzero\n\none, or so\n", encoding="utf-8")
    assert read_classes(file) == ("zero", "one, or so")
    file.write_text("zero\nzero\n", encoding="utf-8")
    with pytest.raises(ClassesError, match=r"names\.txt: .*'zero' comes more than once"):
        read_classes(file)
    with pytest.raises(ClassesError, match=r"missing.txt: No such file"):
        read_classes(tmp_path / "missing.txt")
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ClassesError, match=r"UTF-8"):
        read_classes(file)


def test_features_are_unit_means_of_unit_sentences_and_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = ToyModel(), []
    encode = model.encode_texts
    monkeypatch.setattr(model, "encode_texts", lambda texts: asked.append(list(texts)) or encode(texts))
    classes = Classes(("0", "tin_can"), PROMPTS, model)
    first, second = (encode([f"a {w}", f"the {w}"]).mean(0) for w in ("stone", "tin can"))
    by_hand = torch.stack([first / first.norm(), second / second.norm()])
    torch.testing.assert_close(classes.features, by_hand)
    assert classes.features is classes.features
    assert asked == [["a stone", "the stone", "a tin can", "the tin can"]]
    assert classes.scale == model.scale
    assert len(classes) == 2


def test_a_model_is_loaded_when_features_are_asked_for_and_not_before() -> None:
    loaded: list[ToyModel] = []

    def load() -> ToyModel:
        loaded.append(ToyModel())
        return loaded[0]

    classes = Classes(("a", "b"), PROMPTS, load)
    assert classes.words == ("a", "b")
    assert not loaded
    _ = classes.features, classes.scale
    assert len(loaded) == 1


def test_without_a_model_there_are_names_and_no_features() -> None:
    classes = Classes(("a", "b"), PROMPTS)
    assert classes.names == ("a", "b")
    with pytest.raises(ClassesError, match=r"without a model"):
        _ = classes.features


def test_unknown_prompts_list_those_there_are_and_templates_take_their_place() -> None:
    with pytest.raises(PromptError, match=r"'nmist'; installed: .*nmnist"):
        load_prompts("nmist")
    given = load_prompts("nmnist", ["digit {}!"])
    assert given.texts("3") == ("digit three!",)
    with pytest.raises(PromptError, match=r"no {} for the class"):
        load_prompts("nmnist", ["digit"])
