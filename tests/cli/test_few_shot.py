"""`fit`, `predict` and `evaluate` from end to end, with the model that ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuroclip.testing import TOY_CLASSES

Run = Callable[..., Any]


def answer(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_fit_predict_evaluate(run: Run, toys: Path, tmp_path: Path) -> None:
    out = tmp_path / "fitted"
    fitted = answer(run("fit", "linear-probe", toys, "--shots", 2, "--out", out, "-o", "steps=3", "--json"))
    assert fitted["fitted_on"] == 6
    assert {path.name for path in out.iterdir()} == {"head.json", "state.safetensors", "split.json"}
    found = answer(run("evaluate", out, toys, "--json"))
    assert found["n"] == 6
    assert found["seen"] == 0
    assert found["accuracy_ci"][0] <= found["accuracy"] <= found["accuracy_ci"][1]
    assert found["head"] == "linear-probe"
    assert found["provenance"]["split"]["digest"] == fitted["split"]
    asked = toys / "Test" / "apple" / "0.npz"
    predicted = answer(run("predict", out, asked, "--json"))
    assert predicted["prediction"] in TOY_CLASSES
    assert predicted["timesteps"] == 3
    assert sum(predicted["scores"].values()) == pytest.approx(1)


def test_a_head_that_learns_can_be_measured_at_once(run: Run, toys: Path, tmp_path: Path) -> None:
    fitted = tmp_path / "fitted"
    options = ["--shots", 2, "--seed", 3, "-o", "steps=2"]
    run("fit", "prototype", toys, *options, "--out", fitted)
    saved = answer(run("evaluate", fitted, toys, "--json"))
    at_once = answer(run("evaluate", "prototype", toys, *options, "--json"))
    assert saved["accuracy"] == at_once["accuracy"]
    assert saved["confusion"] == at_once["confusion"]


def test_zero_shot_needs_no_shots(run: Run, toys: Path) -> None:
    found = answer(run("evaluate", "zero-shot", toys, "-o", "steps=2", "--json"))
    assert found["n"] == 6
    assert found["parameters"] == 0
    assert found["encoder_macs"] > 1e6


def test_a_head_without_shots_has_no_train_part_and_says_what_to_ask_for(run: Run, toys: Path) -> None:
    result = run("evaluate", "zero-shot", toys, "-o", "steps=2", "--part", "train")
    assert result.exit_code == 1
    assert "--test rest" in result.stderr


def test_whose_part_was_measured_on_is_said(run: Run, toys: Path) -> None:
    """The rest of the training part is no test part of the set, and nobody shall take one number for the other."""
    how = ("evaluate", "zero-shot", toys, "-o", "steps=1")
    assert "on the part 'test' of " in run(*how).stdout
    assert "from its own" not in run(*how).stdout
    assert ", from its own 'train'\n" in run(*how, "--test", "rest").stdout
    assert ", from its own 'test' and 'train'\n" in run(*how, "--test", "pooled").stdout
    assert answer(run(*how, "--json"))["own_parts"] == {"test": 6}
    assert answer(run(*how, "--test", "rest", "--json"))["own_parts"] == {"train": 12}


def test_a_head_that_is_replaced_is_said(run: Run, toys: Path, tmp_path: Path) -> None:
    how = ("fit", "prototype", toys, "--shots", 1, "-o", "steps=1", "--out", tmp_path / "a")
    assert run(*how).stderr == ""
    assert "the head that is there is replaced" in run(*how).stderr


@pytest.mark.parametrize("kept", [False, True])
def test_an_interrupted_fit_says_what_is_kept(
    run: Run, toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    def interrupted(*_: Any, folder: Path, **__: Any) -> None:
        if kept:
            (folder / ".training").mkdir(parents=True)
            (folder / ".training" / "checkpoint.safetensors").write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr("neuroclip.fitting.fit", interrupted)
    result = run("fit", "prototype", toys, "--shots", 1, "-o", "steps=1", "--out", tmp_path / "a")
    assert result.exit_code == 130
    assert ("the same command goes on from there" if kept else "nothing is kept yet") in result.stderr


def test_what_was_learned_from_is_said_when_it_is_measured_on(run: Run, toys: Path, tmp_path: Path) -> None:
    run("fit", "prototype", toys, "--shots", 2, "--out", tmp_path / "a", "-o", "steps=1")
    result = run("evaluate", tmp_path / "a", toys, "--part", "all", "--json")
    assert answer(result)["seen"] == 6
    assert "6 of these 18 recordings were learned from" in result.stderr


def test_the_table_names_the_worst_classes(run: Run, toys: Path) -> None:
    result = run("evaluate", "zero-shot", toys, "-o", "steps=1")
    assert result.exit_code == 0
    assert "accuracy" in result.stdout
    assert "energy, estimated" in result.stdout


def test_options_from_a_file_and_the_command_line(run: Run, toys: Path, tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text("[options]\nsteps = 5\nsplit = 'time'\n")
    run("fit", "prototype", toys, "--shots", 1, "--out", tmp_path / "a", "--config", config, "-o", "steps=2")
    options = json.loads((tmp_path / "a" / "head.json").read_text())["options"]
    assert (options["steps"], options["split"]) == (2, "time")
    config.write_text("steps = 5\n")
    result = run("fit", "prototype", toys, "--out", tmp_path / "b", "--config", config)
    assert result.exit_code == 1
    assert "unknown key 'steps'" in result.stderr


def test_the_validation_share_is_named_and_the_published_way_shows_the_gap(
    run: Run, toys: Path, tmp_path: Path
) -> None:
    options = ["--shots", 2, "--validation", 0.25, "--protocol", "as-published"]
    small = ["-o", "epochs=3", "-o", "steps=2"]
    row = answer(run("fit", "relu-adapter", toys, *options, *small, "--out", tmp_path / "a", "--json"))
    assert row["validation"]["n"] == 3
    assert row["as_published"]["gap"] == row["as_published"]["accuracy"] - row["as_published"]["honest"] >= 0


def complaint(result: Any) -> str:
    assert result.exit_code == 1, result.stdout
    (line,) = result.stderr.splitlines()
    return line


def test_what_a_user_can_mend_is_one_line(run: Run, toys: Path, tmp_path: Path) -> None:
    out = ["--out", tmp_path / "x"]
    assert "no head named 'linear'" in complaint(run("fit", "linear", toys, *out)).lower()
    assert "the class 'apple' has 4 recordings" in complaint(
        run("fit", "prototype", toys, "--shots", 9, *out)
    )
    assert "say how many with --shots" in complaint(run("evaluate", "prototype", toys))
    assert "no option 'stepps'" in complaint(run("fit", "prototype", toys, "-o", "stepps=1", *out))
    assert "there is no such folder" in complaint(run("fit", "prototype", tmp_path / "nothing", *out))
    assert "holds no saved head" in complaint(run("predict", toys, toys / "Test" / "apple" / "0.npz"))


def test_a_broken_recording_is_named_and_left_out_only_when_wanted(
    run: Run, toys: Path, tmp_path: Path
) -> None:
    (toys / "Train" / "apple" / "9.npz").write_bytes(b"no archive")
    out = ["--out", tmp_path / "x", "-o", "steps=1"]
    assert "9.npz" in complaint(run("fit", "prototype", toys, *out))
    result = run("fit", "prototype", toys, *out, "--skip-bad", "--json")
    assert answer(result)["fitted_on"] == 12
    assert "left out" in result.stderr


def test_the_same_recording_twice_is_refused(run: Run, toys: Path, tmp_path: Path) -> None:
    (toys / "Test" / "apple" / "copy.npz").write_bytes((toys / "Train" / "apple" / "0.npz").read_bytes())
    message = complaint(run("fit", "prototype", toys, "--out", tmp_path / "x"))
    assert "Train/apple/0.npz" in message
    assert "Test/apple/copy.npz" in message


def test_another_model_is_refused(run: Run, toys: Path, tmp_path: Path) -> None:
    run("fit", "prototype", toys, "--shots", 1, "--out", tmp_path / "a", "-o", "steps=1")
    path = tmp_path / "a" / "head.json"
    content = json.loads(path.read_text())
    content["provenance"]["model"]["digest"] = "0" * 32
    path.write_text(json.dumps(content))
    message = complaint(run("predict", tmp_path / "a", toys / "Test" / "apple" / "0.npz"))
    assert "was fitted with event-tiny (weights 00000000)" in message


def test_a_set_with_a_class_that_the_head_does_not_know(run: Run, toys: Path, tmp_path: Path) -> None:
    run("fit", "prototype", toys, "--shots", 1, "--out", tmp_path / "a", "-o", "steps=1")
    (toys / "Test" / "apple").rename(toys / "Test" / "pear")
    (toys / "Train" / "apple").rename(toys / "Train" / "pear")
    assert "of 'pear', which the head does not know" in complaint(run("evaluate", tmp_path / "a", toys))
