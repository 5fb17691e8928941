from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from html.parser import HTMLParser
from inspect import unwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from neuroclip_plugins.zero_shot import ZeroShot

import neuroclip
from neuroclip.errors import (
    ClassesError,
    HeadError,
    ModelError,
    OptionError,
    PromptError,
    RecordingError,
    RecordingWarning,
)
from neuroclip.prediction import Prediction
from neuroclip.recording import Recording
from neuroclip.testing import TOY_CLASSES, ToyModel, toy_recordings

RECORDINGS = [toy_recordings(name, 1, seed=3)[0] for name in TOY_CLASSES]


def ask(recording: object, classes: object = TOY_CLASSES, **options: object) -> object:
    return neuroclip.zero_shot(recording, classes, model=ToyModel(), **options)  # type: ignore[arg-type]


def test_one_recording_is_one_answer() -> None:
    answer = ask(RECORDINGS[1])
    assert isinstance(answer, Prediction)
    assert answer.label == "apple"
    assert list(answer.scores.values()) == sorted(answer.scores.values(), reverse=True)
    assert set(answer.scores) == set(TOY_CLASSES)
    assert math.isclose(sum(answer.scores.values()), 1, abs_tol=1e-12)
    assert (answer.head, answer.model, answer.events, answer.steps) == (
        "zero-shot",
        "toy",
        len(RECORDINGS[1]),
        10,
    )


def test_several_are_answered_as_each_alone() -> None:
    together = ask(RECORDINGS, "stone, apple, cloud", names=["a", "b", "c"])
    assert [answer.label for answer in together] == list(TOY_CLASSES)
    assert [answer.recording for answer in together] == ["a", "b", "c"]
    for answer, recording in zip(together, RECORDINGS, strict=True):
        alone = ask(recording)
        assert answer.scores == pytest.approx(alone.scores, abs=1e-6)
        assert answer.provenance == alone.provenance
    assert ask([]) == []


def test_all_frames_are_encoded_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    model, calls = ToyModel(), []
    encode = model.encode_frames
    monkeypatch.setattr(
        model, "encode_frames", lambda frames, **how: calls.append(len(frames)) or encode(frames, **how)
    )
    neuroclip.zero_shot(RECORDINGS, TOY_CLASSES, model=model, steps=4)
    assert calls == [12]


def test_timesteps_say_what_each_frame_says() -> None:
    answer = ask(RECORDINGS[0], steps=6)
    assert answer.timesteps is not None
    assert set(answer.timesteps) == set(TOY_CLASSES)
    for sums in zip(*answer.timesteps.values(), strict=True):
        assert math.isclose(sum(sums), 1)
    assert answer.frames.shape == (6, 24, 24)
    assert np.array_equal(answer.frames, neuroclip.frames(RECORDINGS[0], steps=6))


def test_windows_of_time_have_as_many_timesteps_as_the_recording() -> None:
    short = RECORDINGS[0].window(0, 30_000)
    answers = ask([RECORDINGS[0], short], split="window", window_us=10_000)
    assert answers[0].steps > answers[1].steps == len(answers[1].timesteps["stone"]) == len(answers[1].frames)
    assert answers[1].scores == pytest.approx(ask(short, split="window", window_us=10_000).scores, abs=1e-6)


def test_an_empty_window_has_an_answer_too() -> None:
    answer = ask(RECORDINGS[0].window(0, 0))
    assert answer.events == 0
    assert all(math.isfinite(score) for score in answer.scores.values())


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_are_refused(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ZeroShot, "logits", lambda *_: torch.tensor([[0.0, wrong, 1.0]]))
    with pytest.raises(HeadError, match="zero-shot gives scores that are no numbers"):
        ask(RECORDINGS[0])


def test_json_is_as_documented() -> None:
    printed = json.loads(json.dumps(ask(RECORDINGS[2]).to_json(), allow_nan=False))
    assert list(printed) == ["recording", "prediction", "scores", "head", "model", "events", "timesteps"]
    assert printed["prediction"] == "cloud"
    assert printed["timesteps"] == 10


def test_provenance_is_json_and_names_what_is_needed_to_repeat_it() -> None:
    provenance = json.loads(json.dumps(ask(RECORDINGS[0], prompts="nmnist", templates=["the {}"]).provenance))
    assert provenance["prompts"]["templates"] == ["the {}"]
    assert provenance["model"]["digest"] == ToyModel().weights_digest
    assert provenance["head"]["options"]["steps"] == 10
    assert provenance["classes"]["words"] == list(TOY_CLASSES)
    assert "neuroclip" in provenance["versions"]


def test_a_prompt_set_may_bring_the_classes() -> None:
    answer = ask(RECORDINGS[0], None, prompts="nmnist")
    assert set(answer.scores) == set("zero one two three four five six seven eight nine".split())
    with pytest.raises(ClassesError, match=r"'default' names no classes"):
        ask(RECORDINGS[0], None)


def test_a_file_is_read_and_named(tmp_path: Path) -> None:
    events = RECORDINGS[0].events
    file = tmp_path / "a stone.npz"
    np.savez(file, t=events["t"], x=events["x"], y=events["y"], p=events["on"])
    with pytest.warns(RecordingWarning):
        answer = ask(str(file), steps=4)
    assert answer.recording == str(file)
    assert answer.events == len(events)
    with pytest.warns(RecordingWarning):
        mixed = ask([file, RECORDINGS[1]], steps=4)
    assert [each.recording for each in mixed] == [str(file), "recording 1"]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (np.zeros((5, 4)), "numpy.ndarray"),
        (RECORDINGS[0].events, "numpy.ndarray"),
        (np.zeros(()), "numpy.ndarray"),
        (None, "builtins.NoneType"),
        (7, "builtins.int"),
        ([RECORDINGS[0], 7], "builtins.int"),
        (b"a.bin", "builtins.bytes"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(given: object, found: str) -> None:
    plain = unwrap(neuroclip.zero_shot)  # without the tests' type checker, which a user does not have
    with pytest.raises(
        RecordingError, match=f"expected a Recording, a path, or several .* found {found}: "
    ) as caught:
        plain(given, TOY_CLASSES, model=ToyModel())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "error", "wanted"),
    [
        ({"classes": "a"}, ClassesError, "at least two"),
        ({"classes": ["a", "a"]}, ClassesError, "more than once"),
        ({"prompts": "nmist"}, PromptError, "nmnist"),
        ({"head": "zero-shoot"}, HeadError, "Installed: .*zero-shot"),
        ({"stops": 3}, OptionError, "no option 'stops'"),
        ({"steps": 0}, OptionError, "at least 1 timestep"),
        ({"model": "no-such-model"}, ModelError, "no-such-model"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(
    options: dict[str, object], error: type[Exception], wanted: str
) -> None:
    arguments = {"classes": TOY_CLASSES, "model": ToyModel(), **options}
    with pytest.raises(error, match=wanted) as caught:
        neuroclip.zero_shot(RECORDINGS[0], **arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


class _Pictures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images += 1
            assert str(dict(attrs)["src"]).startswith("data:image/png;base64,iVBOR")
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_notebook_shows_frames_and_scores_and_no_script_of_a_strangers_file_name() -> None:
    html = ask(RECORDINGS[0], ["<b>stone", "apple"], names=["<script>x</script>"], steps=3)._repr_html_()
    parser = _Pictures()
    parser.feed(html)
    assert parser.images == 3
    assert not parser.open
    assert "<script" not in html
    assert "&lt;b&gt;stone" in html
    assert len(re.findall("figcaption", html)) == 6


def test_answers_do_not_depend_on_the_process(make_recording: Callable[..., Recording]) -> None:
    """The two orders of asking give one answer."""
    recording = make_recording(events=30)
    first = ask([recording, *RECORDINGS])[0]
    torch.manual_seed(5)
    assert ask([*RECORDINGS, recording])[-1].scores == pytest.approx(first.scores, abs=1e-6)
