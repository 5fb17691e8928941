"""`neuroclip compare` from the command line to the table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuroclip import heads
from neuroclip.cli.compare_config import configuration
from neuroclip.errors import OptionError

Run = Callable[..., Any]
QUICK = ("--no-speed", "--samples", 0, "--seeds", 1)


@pytest.fixture
def compare(run: Run, toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`compare("--heads", "zero-shot", ...)` on toys, without a report."""
    monkeypatch.setattr("neuroclip.comparison.report.write_report", lambda document, folder: [])
    return lambda *options: run("compare", toys, "--out", tmp_path / "out", *options)


def test_a_head_is_fitted_measured_timed_and_reported(
    run: Run, toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[Any] = []
    monkeypatch.setattr("neuroclip.comparison.report.write_report", lambda *given: reported.append(given))
    asked = [
        "--heads",
        "zero-shot,prototype",
        "--shots",
        "0,2",
        "--seeds",
        1,
        "-o",
        "all.steps=2",
        "--samples",
        1,
    ]
    result = run("compare", toys, *asked, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    (means,) = [line for line in lines if line[0] == "prototype"]
    assert means[1] == "-"
    document = json.loads((tmp_path / "out" / "comparison.json").read_text())
    (row,) = [row for row in document["summary"] if row["head"] == "prototype"]
    assert float(means[2]) == round(100 * row["accuracy"], 1)
    for head in document["heads"].values():
        assert 0 < head["latency_ms"]["p50"] <= head["latency_ms"]["p99"]
        assert head["latency_ms"]["n"] == 6
        assert head["recordings_per_second"] > 0
        assert head["peak_memory_mb"] > 50  # torch alone is more
    assert reported == [(document, tmp_path / "out")]
    kept = (tmp_path / "out" / "heads" / "prototype" / "speed.json").stat().st_mtime_ns
    again = json.loads(run("compare", toys, *asked, "--out", tmp_path / "out", "--json").stdout)
    assert "samples" not in again
    assert again["cells"] == document["cells"]
    assert again["heads"] == document["heads"]
    assert (tmp_path / "out" / "heads" / "prototype" / "speed.json").stat().st_mtime_ns == kept
    saved = run("evaluate", tmp_path / "out" / "heads" / "prototype", toys, "--json")
    assert json.loads(saved.stdout)["accuracy"] == row["accuracy"]


def test_the_published_protocol_prints_the_honest_number_the_chosen_one_and_the_gap(
    compare: Run, tmp_path: Path
) -> None:
    """Without a recipe too; the honest protocol prints no such table."""
    asked = ["--heads", "relu-adapter", "--shots", 2, "-o", "all.steps=2", "-o", "all.epochs=3", *QUICK]
    result = compare(*asked, "--protocol", "as-published")
    assert result.exit_code == 0, result.stderr
    document = json.loads((tmp_path / "out" / "comparison.json").read_text())
    (cell,) = document["cells"]
    last, best = (f"{100 * cell['published'][name]:.1f}" for name in ("honest", "accuracy"))
    gap = f"{100 * cell['published']['gap']:+.1f}" if cell["published"]["gap"] else "0.0"
    title, header, row = result.stdout.splitlines()[-4:-1]
    assert title == ("chosen on the test recordings, as published: top-1 accuracy in %, mean over seeds")
    assert re.split("  +", header) == ["head", "shots", "honest (last checkpoint)", "chosen on test", "gap"]
    assert re.split("  +", row) == ["relu-adapter", "2", last, best, gap]
    assert last == f"{100 * document['summary'][0]['accuracy']:.1f}"
    honest = compare(*asked)
    assert honest.exit_code == 0, honest.stderr
    assert "chosen on" not in honest.stdout


def test_a_failed_head_is_named_and_the_status_is_1(compare: Run) -> None:
    result = compare("--heads", "prototype,protoype", "--shots", 1, "-o", "prototype.steps=2", *QUICK)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "protoype: No head named 'protoype'" in line
    assert "prototype" in result.stdout


def test_heads_shots_and_seeds_from_a_file(compare: Run, tmp_path: Path) -> None:
    config = tmp_path / "a.toml"
    config.write_text(
        "shots = [1, 'all']\nseeds = [3]\n[heads.prototype.options]\nsteps = 2\n[heads.'means, T = 1']\n"
        "head = 'prototype'\noptions = {steps = 4}\n"
    )
    change = ["-o", "means, T = 1.steps=1"]
    result = compare("--config", config, *change, "--no-speed", "--samples", 0, "--json")
    assert result.exit_code == 0, result.stderr
    plan = json.loads(result.stdout)["plan"]
    assert (plan["shots"], plan["seeds"], plan["whole"]) == ([1, 4], [3], 4)
    assert plan["heads"] == {
        "prototype": {"head": "prototype", "options": {"steps": 2}},
        "means, T = 1": {"head": "prototype", "options": {"steps": 1}},
    }
    one = compare("--config", config, "--heads", "prototype", "--shots", "1", *QUICK, "--json")
    assert list(json.loads(one.stdout)["plan"]["heads"]) == ["prototype"]
    assert json.loads(one.stdout)["plan"]["seeds"] == [0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epochs = 3", "unknown key 'epochs'; the keys are heads, shots, seeds"),
        ("[heads.a]\noption = {}", "heads.a: unknown key 'option'"),
        ("[heads]\na = 1", "heads.a is 1; expected a table"),
        ("[heads.a]\noptions = 3", "heads.a.options is 3"),
        ("[heads.a]\nhead = 3", "heads.a.head is 3; expected the name"),
        ("shots = [-1]", r"shots is \[-1\]"),
        ("seeds = 0", "seeds is 0"),
        ("seeds = ['x']", "seeds is"),
        ("shots =", "is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(OptionError, match=words):
        configuration(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "say which heads"),
        (["--heads", "zero-shot", "--shots", "1;2"], "no list such as 0,1,16"),
        (["--heads", "zero-shot", "--data", "x"], "with --recipe"),
        (["--heads", "zero-shot", "-o", "steps"], "TITLE.name=value"),
    ],
)
def test_wrong_usage_is_status_2(compare: Run, options: list[str], words: str) -> None:
    result = compare(*options)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--heads", "zero-shot,zero-shot"], "names 'zero-shot' twice"),
        (["--heads", "zero-shot", "-o", "zeroshot.steps=1"], "zero-shot"),
        (["--heads", "zero-shot", "-o", "all.nonsense=1"], "none of the heads has the option 'nonsense'"),
        (["--heads", "prototype", "--shots", "9"], "the class 'apple' has 4 recordings"),
        (["--heads", "zero-shot", "--corrupt", "fog=1"], "no corruption named 'fog'"),
        (["--recipe", "nmist", "--data", "x"], "nmnist"),
    ],
)
def test_what_stops_everything_is_one_line(compare: Run, options: list[str], words: str) -> None:
    result = compare(*options)
    assert result.exit_code == 1, result.stdout
    (line,) = result.stderr.splitlines()
    assert words in line


def test_all_heads_are_those_that_load(monkeypatch: pytest.MonkeyPatch) -> None:
    from neuroclip.cli.compare_heads import named_heads

    def find(name: str) -> Any:
        if name == "tsn":
            raise heads.registry.HeadError("broken")

    monkeypatch.setattr(heads, "find", find)
    everything = {row.name for row in heads.installed()} - {"tsn"}
    own = {"mine": {"head": "tsn", "options": {}}}
    assert set(named_heads("all", own)) == everything | {"mine"}


def test_an_interruption_says_where_to_go_on(
    compare: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("neuroclip.comparison.comparing.compare", stop)
    result = compare("--heads", "zero-shot", "--shots", 0)
    assert result.exit_code == 130
    assert f"what is finished is in {tmp_path / 'out'}" in result.stderr


def test_what_cannot_be_read_is_left_out_only_when_wanted(compare: Run, toys: Path) -> None:
    (toys / "Test" / "apple" / "9.npz").write_bytes(b"no archive")
    asked = ["--heads", "zero-shot", "--shots", 0, "--size", "24x24", "-o", "zero-shot.steps=2", *QUICK]
    result = compare(*asked)
    assert result.exit_code == 1
    assert "9.npz" in result.stderr
    result = compare(*asked, "--skip-bad", "--json")
    assert result.exit_code == 0
    assert "left out" in result.stderr
    assert json.loads(result.stdout)["cells"][0]["n"] == 6
