"""`zero-shot` and `demo`, with the model that ships."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Run = Callable[..., Any]
Write = Callable[..., Path]


def answers(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_answer_has_what_a_script_needs(run: Run, write_recording: Write) -> None:
    path = write_recording("a.txt", events=300)
    (answer,) = answers(run("zero-shot", path, "--classes", "zero, one, two", "--steps", 4, "--json"))
    scores = answer.pop("scores")
    assert set(scores) == {"zero", "one", "two"}
    assert sum(scores.values()) == pytest.approx(1)
    assert answer == {
        "recording": str(path),
        "prediction": max(scores, key=lambda name: scores[name]),
        "head": "zero-shot",
        "model": "event-tiny",
        "events": 300,
        "timesteps": 4,
    }


def test_ten_timesteps_unless_told_otherwise(run: Run, write_recording: Write) -> None:
    assert (
        answers(run("zero-shot", write_recording("a.txt"), "--classes", "a, b", "--json"))[0]["timesteps"]
        == 10
    )


def test_the_good_ones_among_several_are_answered(run: Run, write_recording: Write) -> None:
    first, last = write_recording("a.txt"), write_recording("folder/c.txt", seed=1)
    bad = first.with_name("b.npz")
    bad.write_bytes(b"no archive")
    result = run(
        "zero-shot", first, bad, first.with_name("no.bin"), last.parent, "--classes", "a, b", "--json"
    )
    assert result.exit_code == 1
    assert [answer["recording"] for answer in answers(result)] == [str(first), str(last)]
    assert len(result.stderr.splitlines()) == 2
    assert "b.npz" in result.stderr
    assert "no.bin" in result.stderr


def test_nothing_good_is_status_one_without_an_answer(run: Run, tmp_path: Path) -> None:
    result = run("zero-shot", tmp_path / "no.bin", "--classes", "a, b", "--json")
    assert (result.exit_code, result.stdout) == (1, "")


def test_an_answer_does_not_depend_on_the_others(run: Run, write_recording: Write) -> None:
    """More recordings than fit in a batch, of two sizes, are answered in order and as if each were alone."""
    paths = [
        write_recording(f"{i:02}.txt", seed=i, **({"width": 20, "height": 20} if i % 3 else {}))
        for i in range(20)
    ]
    together = answers(run("zero-shot", *paths, "--prompts", "nmnist", "--json"))
    assert [answer["recording"] for answer in together] == [str(path) for path in paths]
    for i in (0, 7, 19):
        (alone,) = answers(run("zero-shot", paths[i], "--prompts", "nmnist", "--json"))
        assert alone["scores"] == pytest.approx(together[i]["scores"], abs=1e-3)


def test_a_prompt_set_may_bring_the_class_words(run: Run, write_recording: Write) -> None:
    (answer,) = answers(run("zero-shot", write_recording("a.txt"), "--prompts", "nmnist", "--json"))
    assert sorted(answer["scores"]) == sorted("zero one two three four five six seven eight nine".split())


def test_classes_from_a_file_are_the_same_as_in_words(
    run: Run, write_recording: Write, tmp_path: Path
) -> None:
    path = write_recording("a.txt")
    (tmp_path / "names").write_text("a cat\na dog\n\n")
    spoken = run("zero-shot", path, "--classes", "a cat, a dog", "--json").stdout
    assert run("zero-shot", path, "--classes-file", tmp_path / "names", "--json").stdout == spoken


def test_templates_take_the_place_of_the_prompt_sets(
    run: Run, write_recording: Write, tmp_path: Path
) -> None:
    path = write_recording("a.txt")
    (tmp_path / "mine.toml").write_text('templates = ["a {}, drawn", "one {}"]\n')
    common = ("zero-shot", path, "--classes", "cat, dog", "--json")
    given = run(*common, "--templates", "a {}, drawn", "--templates", "one {}").stdout
    assert run(*common, "--prompts", tmp_path / "mine.toml").stdout == given
    assert run(*common).stdout != given


def test_windows_are_half_open_and_side_by_side(run: Run, tmp_path: Path) -> None:
    """Windows begin at the first event, every event is in one, and those in a pause are left out."""
    path = tmp_path / "a.txt"
    path.write_text("34 34\n" + "".join(f"{t} 3 4 1\n" for t in (100, 150, 199, 200, 500, 501)))
    result = run("zero-shot", path, "--classes", "a, b", "--window-us", 100, "--json")
    assert [(answer["window_us"], answer["events"]) for answer in answers(result)] == [
        ([100, 200], 3),
        ([200, 300], 1),
        ([500, 600], 2),
    ]
    assert "2 windows without events" in result.stderr
    assert result.exit_code == 0


def test_sliding_windows_overlap(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("34 34\n" + "".join(f"{t} 3 4 1\n" for t in range(0, 300, 10)))
    result = run("zero-shot", path, "--classes", "a, b", "--window-us", 100, "--slide", 50, "--json")
    assert [answer["window_us"][0] for answer in answers(result)] == [0, 50, 100, 150, 200]
    assert {answer["events"] for answer in answers(result)} == {10}


def test_one_window_over_everything_is_the_whole_recording(run: Run, write_recording: Write) -> None:
    path = write_recording("a.txt")
    (whole,) = answers(run("zero-shot", path, "--classes", "a, b", "--json"))
    (window,) = answers(run("zero-shot", path, "--classes", "a, b", "--window-us", 10**9, "--json"))
    del window["window_us"]
    assert window == whole


def test_options_of_the_head_are_the_same_either_way(run: Run, write_recording: Write) -> None:
    common = ("zero-shot", write_recording("a.txt"), "--classes", "a, b", "--json")
    short = run(*common, "--steps", 3, "--polarity", "reference-code", "--split", "window", "--step-us", 2000)
    long = ("steps=3", "polarity=reference-code", "split=window", "window-us=2000")
    assert run(*common, *(word for text in long for word in ("-o", text))).stdout == short.stdout
    assert run(*common, "--option", "steps=2", "-o", "alpha=[1, 0]").exit_code == 0


def test_one_recording_is_a_list_of_classes_and_several_are_a_table(run: Run, write_recording: Write) -> None:
    one, other = write_recording("a.txt"), write_recording("b.txt", seed=1)
    lines = run("zero-shot", one, "--prompts", "nmnist").stdout.splitlines()
    assert len(lines) == 11
    assert str(one) in lines[0]
    scores = [float(line.split()[-1]) for line in lines[1:]]
    assert scores == sorted(scores, reverse=True)
    table = run("zero-shot", one, other, "--prompts", "nmnist").stdout.splitlines()
    assert [line.split()[0] for line in table] == ["recording", str(one), str(other)]


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--classes", "a, b", "--classes-file", "x"),
        ("--classes", "a, b", "--slide", 10),
        ("--classes", "a, b", "--window-us", 0),
        ("--classes", "a, b", "-o", "steps"),
        ("--classes", "a, b", "--precision", "int8"),
        ("--classes", "a, b", "--nonsense"),
    ],
    ids=str,
)
def test_wrong_usage_is_status_two(run: Run, write_recording: Write, wrong: tuple[object, ...]) -> None:
    result = run("zero-shot", write_recording("a.txt"), *wrong)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (("--classes", "cat"), "'cat'"),
        (("--classes", ""), "class"),
        (("--classes", "cat, , dog"), "empty"),
        (("--classes", "cat, dog, cat"), "'cat'"),
        (("--classes-file", "missing.txt"), "missing.txt"),
        (("--prompts", "default"), "--classes"),
        (("--prompts", "nonsense"), "nmnist"),
        (("--prompts", "missing.toml"), "missing.toml"),
        (("--classes", "cat, dog", "--templates", "a photo"), "{}"),
        (("--classes", "cat, dog", "--head", "zero-shoot"), "zero-shot"),
        (("--classes", "cat, dog", "-o", "step=3"), "steps"),
        (("--classes", "cat, dog", "-o", "steps=many"), "steps"),
        (("--classes", "cat, dog", "--split", "window"), "window"),
        (("--classes", "cat, dog", "--model", "ViT-Q-1:nonsense"), "ViT-Q-1"),
        (("--classes", "cat, dog", "--model", "no/such/directory"), "no/such/directory"),
        (("--classes", "cat, dog", "--device", "abacus"), "abacus"),
        (("--classes", "cat, dog", "--format", "nonsense"), "atis"),
    ],
    ids=str,
)
def test_what_a_user_can_mend_is_one_line_and_status_one(
    run: Run, write_recording: Write, wrong: tuple[object, ...], message: str
) -> None:
    result = run("zero-shot", write_recording("a.txt"), *wrong)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("neuroclip: ")
    assert message in line


def test_a_process_of_its_own_leaves_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "neuroclip", "zero-shot", tmp_path / "no.bin", "--classes", "a, b"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path / "no.bin") in done.stderr


def test_models_are_listed_with_what_ships_first(run: Run) -> None:
    rows = answers(run("models", "--json"))
    assert (rows[0]["name"], rows[0]["status"]) == ("event-tiny", "shipped")
    assert {row["name"]: row["status"] for row in rows}["RN50-quickgelu:openai"] in ("cached", "nameable")
    assert "event-tiny" in run("models").stdout


def test_the_default_model_and_prompts_are_those_of_the_library() -> None:
    """The command line repeats the names, so that `--help` need not import what they belong to."""
    from neuroclip.backbones import DEFAULT_MODEL
    from neuroclip.cli import demo, zero_shot
    from neuroclip.prediction import DEFAULT_HEAD

    assert inspect.signature(zero_shot.command).parameters["model"].default == DEFAULT_MODEL
    assert inspect.signature(zero_shot.command).parameters["head"].default == DEFAULT_HEAD
    assert inspect.signature(demo.command).parameters["model"].default == DEFAULT_MODEL


def test_the_demo_names_what_ships(run: Run, tmp_path: Path) -> None:
    """Every sample has a line with its true name; most answers are right; the picture has a row for each."""
    from neuroclip.samples import samples

    out = tmp_path / "sheet.png"
    rows = answers(run("demo", "--out", out, "--json"))
    assert [row["recording"] for row in rows] == [sample.path.name for sample in samples()]
    assert sum(row["prediction"] == row["label"] for row in rows) >= len(rows) - 2
    with Image.open(out) as sheet:
        assert sheet.height > 60 * len(rows)
        assert sheet.width > 600


def test_the_demo_says_where_the_picture_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("demo")
    assert result.exit_code == 0
    assert (tmp_path / "neuroclip-demo.png").is_file()
    assert result.stdout.rstrip().endswith(str(tmp_path / "neuroclip-demo.png"))


@pytest.mark.parametrize("out", ["sheet.jpg", "missing/sheet.png"])
def test_a_demo_without_a_place_for_its_picture_is_an_error(run: Run, tmp_path: Path, out: str) -> None:
    result = run("demo", "--out", tmp_path / out)
    assert (result.exit_code, result.stdout) == (1, "")
    assert out in result.stderr


def test_samples_are_labelled_with_one_of_their_classes() -> None:
    from neuroclip.samples import samples

    for sample in samples():
        assert sample.path.is_file()
        assert sample.label in sample.classes


@pytest.mark.real
def test_real_digits_are_named_right_nine_times_in_ten(run: Run, real_data: Path) -> None:
    digits = "zero one two three four five six seven eight nine".split()
    result = run("zero-shot", real_data / "nmnist" / "Test", "--classes", ", ".join(digits), "--json")
    rows = answers(result)
    assert len(rows) == 48
    right = sum(row["prediction"] == digits[int(Path(row["recording"]).parent.name)] for row in rows)
    assert right / len(rows) > 0.9
