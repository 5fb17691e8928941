from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import torch
from neuroclip_plugins.zero_shot import ZeroShot

from neuroclip.classes import Classes
from neuroclip.errors import HeadError, OptionError
from neuroclip.heads import Checkpoint, Head, describe, make, restore
from neuroclip.representations import ClipTimesteps


@dataclass(frozen=True, kw_only=True)
class Many(Head):
    rate: float = 0.1
    epochs: int = 3
    shuffle: bool = True
    mode: Literal["a", "b"] = "a"
    sizes: tuple[int, ...] = (1, 2)
    pair: tuple[int, str] = (1, "x")
    limit: int | None = None
    share: float | Literal["auto"] = "auto"
    teacher: Head | None = None
    members: tuple[Head, ...] = ()

    @property
    def representation(self) -> ClipTimesteps:
        return ClipTimesteps()

    def logits(self, state: Any, x: Any, classes: Any) -> Any:
        raise NotImplementedError


def test_options_survive_json_also_of_heads_inside_heads() -> None:
    inner = ZeroShot(steps=2, alpha=(1.0, 0.0))
    head = Many(sizes=(), limit=4, share=0.5, teacher=inner, members=(inner, ZeroShot()))
    assert make(Many, json.loads(json.dumps(describe(head)))) == head


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"rate": 1}, "rate", 1.0),
        ({"sizes": [3]}, "sizes", (3,)),
        ({"limit": None}, "limit", None),
        ({"share": 1}, "share", 1.0),
        ({"pair": [2, "y"]}, "pair", (2, "y")),
        ({"teacher": {"head": "zero-shot"}}, "teacher", ZeroShot()),
    ],
)
def test_json_becomes_what_the_field_is(given: dict[str, Any], field: str, value: Any) -> None:
    made = getattr(make(Many, given), field)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"rates": 1}, "no option 'rates'; the options are rate, epochs, .*; did you mean 'rate'"),
        ({"epochs": 1.5}, "epochs is 1.5; expected a whole number"),
        ({"epochs": True}, "epochs is True; expected a whole number"),
        ({"shuffle": 1}, "shuffle is 1; expected true or false"),
        ({"rate": "fast"}, "rate is 'fast'; expected a number"),
        ({"mode": "c"}, "mode is 'c'; expected 'a' or 'b'"),
        ({"sizes": [1, "x"]}, "sizes is 'x'; expected a whole number"),
        ({"pair": [1]}, r"pair is \[1\]; expected a list"),
        ({"limit": "x"}, "limit is 'x'; expected a whole number or nothing"),
        ({"share": "some"}, "share is 'some'; expected a number or 'auto'"),
        ({"teacher": {"head": "zero-shot", "options": {"steps": 0}}}, "teacher|steps"),
    ],
)
def test_a_wrong_option_is_named_with_what_was_expected(given: dict[str, Any], wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        make(Many, given)


def test_installed_heads_are_restored_by_name() -> None:
    assert restore("zero-shot", {"steps": 3}) == ZeroShot(steps=3)
    with pytest.raises(OptionError, match=r"zero-shot: steps is"):
        restore("zero-shot", {"steps": "3"})
    with pytest.raises(HeadError, match=r"No head named 'x'"):
        restore("x")


def test_a_head_that_is_not_installed_cannot_be_described_inside_another() -> None:
    with pytest.raises(HeadError, match=r"Many is not installed"):
        describe(Many(teacher=Many()))


def test_fit_and_train_stand_for_each_other() -> None:
    nothing, classes = torch.zeros(0, dtype=torch.long), Classes(("a", "b"))
    with pytest.raises(HeadError, match=r"neither fit nor train"):
        Many().fit(None, nothing, classes, seed=0)
    (only,) = ZeroShot().train(None, nothing, classes, seed=0)
    assert isinstance(only, Checkpoint)
    assert (only.state, only.position, only.total) == ({}, 1, 1)
    assert list(ZeroShot().train(None, nothing, classes, seed=0, resume=only)) == []
