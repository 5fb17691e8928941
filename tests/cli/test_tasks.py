"""How a labelled set is opened, split and given to a head: what `fit` and `evaluate` share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuroclip import heads
from neuroclip.cli.tasks import suited
from neuroclip.datasets import load_known
from neuroclip.errors import OptionError
from neuroclip.testing import TOY_CLASSES

Run = Callable[..., Any]
PLANES = ("airplane", "bird", "cat")
DIGITS = ("0", "1", "2")


def renamed(toys: Path, labels: tuple[str, ...]) -> Path:
    for half in ("Train", "Test"):
        for old, new in zip(TOY_CLASSES, labels, strict=True):
            (toys / half / old).rename(toys / half / new)
    return toys


def options_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "head.json").read_text())["options"]


@pytest.mark.parametrize("command", ["fit", "evaluate"])
def test_empty_files_are_left_out_before_shots_are_drawn(
    run: Run, toys: Path, tmp_path: Path, command: str
) -> None:
    """Two empty files are the same bytes; neither is a recording."""
    for half in ("Train", "Test"):
        (toys / half / "apple" / "9.npz").touch()
    out = ["--out", tmp_path / "x"] if command == "fit" else []
    options = ["-o", "steps=1", "--shots", 4, "--size", "24x24", *out, "--json"]
    assert "9.npz" in run(command, "prototype", toys, *options).stderr
    result = run(command, "prototype", toys, *options, "--skip-bad")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("left out") == 2
    found = json.loads(result.stdout)
    assert (found["fitted_on"] if command == "fit" else found["n"]) == (12 if command == "fit" else 6)


def test_bad_files_are_left_out_of_a_split_that_was_written_before(
    run: Run, toys: Path, tmp_path: Path
) -> None:
    run("fit", "prototype", toys, "--shots", 2, "--out", tmp_path / "a", "-o", "steps=1")
    split = json.loads((tmp_path / "a" / "split.json").read_text())
    (toys / split["train"]["apple"][0]).write_bytes(b"no archive")
    options = [
        "--split-file",
        tmp_path / "a" / "split.json",
        "--out",
        tmp_path / "b",
        "-o",
        "steps=1",
        "--json",
    ]
    result = run("fit", "prototype", toys, *options, "--skip-bad")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["fitted_on"] == 5


@pytest.mark.parametrize(
    "option", [("--shots", 1), ("--validation", 0), ("--test", "rest"), ("--reserve", 2)], ids=str
)
def test_a_split_file_leaves_nothing_to_be_drawn(
    run: Run, toys: Path, tmp_path: Path, option: tuple[str, object]
) -> None:
    wanted = ["prototype", toys, "--split-file", tmp_path / "split.json", *option]
    for arguments in (["fit", *wanted, "--out", tmp_path / "x"], ["evaluate", *wanted]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert option[0] in result.stderr


def test_the_seed_beside_a_split_file_is_that_of_the_fit(run: Run, toys: Path, tmp_path: Path) -> None:
    run("fit", "prototype", toys, "--shots", 2, "--out", tmp_path / "a", "-o", "steps=1")
    options = ["--split-file", tmp_path / "a" / "split.json", "--seed", 7, "-o", "steps=1"]
    result = run("fit", "prototype", toys, *options, "--out", tmp_path / "b", "--json")
    assert json.loads(result.stdout)["seed"] == 7
    assert run("evaluate", "prototype", toys, *options).exit_code == 0


def test_the_split_is_there_before_the_head(
    run: Run, toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends the command, a folder with a head has the split that it was fitted with."""
    there: list[str] = []

    def save(folder: Path, *_: Any, **__: Any) -> str:
        there.extend(path.name for path in folder.iterdir())
        return ""

    monkeypatch.setattr(heads, "save", save)
    run("fit", "prototype", toys, "--shots", 1, "--out", tmp_path / "a", "-o", "steps=1")
    assert there == ["split.json"]


def test_a_known_set_says_its_min_count_where_the_user_does_not(run: Run, toys: Path, tmp_path: Path) -> None:
    options = ["--known", "cifar10-dvs", "--shots", 1, "-o", "steps=1"]
    result = run("fit", "prototype", renamed(toys, PLANES), *options, "--out", tmp_path / "a")
    assert "prototype: min_count=2, as CIFAR10-DVS needs" in result.stderr
    assert options_in(tmp_path / "a")["min_count"] == 2
    result = run("fit", "prototype", toys, *options, "-o", "min_count=1", "--out", tmp_path / "b")
    assert result.stderr == ""
    assert options_in(tmp_path / "b")["min_count"] == 1
    result = run("evaluate", "prototype", toys, *options, "--json")
    assert "min_count=2" in result.stderr
    assert json.loads(result.stdout)["provenance"]["head"]["options"]["min_count"] == 2


def test_heads_inside_a_head_are_given_the_min_count_too(capsys: pytest.CaptureFixture[str]) -> None:
    members = [{"head": "zero-shot"}, {"head": "prototype", "options": {"min_count": 3}}, {"head": "i3d-rgb"}]
    head = suited("average", {"members": members}, load_known("cifar10-dvs"))
    assert [getattr(member, "min_count", None) for member in head.members] == [2, 3, None]
    assert "zero-shot: min_count=2" in capsys.readouterr().err


def test_a_set_whose_pixels_need_one_event_and_an_unknown_one_change_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for known in (None, load_known("n-caltech101")):
        assert suited("lif-adapter", {"flip": True}, known) == heads.restore("lif-adapter", {"flip": True})
    assert capsys.readouterr().err == ""


def test_digits_are_not_mirrored(run: Run, toys: Path, tmp_path: Path) -> None:
    options = ["--known", "nmnist", "--shots", 1, "-o", "flip=true", "-o", "copies=2"]
    result = run("fit", "lif-adapter", renamed(toys, DIGITS), *options, "--out", tmp_path / "a")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "flip is true, but a mirrored recording of N-MNIST is no longer of its class" in line
    with pytest.raises(OptionError, match="lif-adapter"):
        suited("lif-adapter", {"flip": True}, load_known("dvs128-gesture"))
    inside = {"members": [{"head": "zero-shot"}, {"head": "lif-adapter", "options": {"flip": True}}]}
    with pytest.raises(OptionError, match="average: flip is true"):
        suited("average", inside, load_known("nmnist"))


def test_a_misspelt_option_is_said_before_the_set_is_opened(run: Run, tmp_path: Path) -> None:
    for command in (
        ["fit", "prototype", tmp_path, "--out", tmp_path / "a"],
        ["evaluate", "prototype", tmp_path],
    ):
        assert "no option 'stepps'" in run(*command, "--shots", 1, "-o", "stepps=1").stderr
