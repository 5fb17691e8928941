"""`info`, `frames` and the lists: what can be seen before a model is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., Any]
Write = Callable[..., Path]


def test_info_counts_what_is_in_the_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("34 20\n5 0 0 1\n15 33 19 1\n25 1 2 0\n1005 3 4 1\n")
    (line,) = run("info", path, "--json").stdout.splitlines()
    row = json.loads(line)
    assert (row["recording"], row["events"], row["width"], row["height"]) == (str(path), 4, 34, 20)
    assert (row["t_first_us"], row["span_us"], row["events_per_s"], row["on_share"]) == (5, 1000, 4000, 0.75)


def test_info_of_a_single_event_has_no_rate(run: Run, write_recording: Write) -> None:
    path = write_recording("a.txt", events=1)
    assert json.loads(run("info", path, "--json").stdout)["events_per_s"] is None
    assert run("info", path).exit_code == 0


def test_a_bad_recording_is_reported_and_the_others_are_answered(run: Run, write_recording: Write) -> None:
    good, other = write_recording("a.txt"), write_recording("c.txt", seed=1)
    bad = good.with_name("b.txt")
    bad.write_bytes(b"\xff\x00nonsense")
    result = run("info", good, bad, good.with_name("missing.bin"), other, "--json")
    assert result.exit_code == 1
    assert [json.loads(line)["recording"] for line in result.stdout.splitlines()] == [str(good), str(other)]
    complaints = result.stderr.splitlines()
    assert len(complaints) == 2
    assert str(bad) in complaints[0]
    assert "missing.bin" in complaints[1]


def test_a_folder_stands_for_the_recordings_in_it(run: Run, write_recording: Write) -> None:
    paths = [write_recording(f"all/{name}.txt") for name in ("b/2", "a", "b/1")]
    result = run("info", paths[1].parent, "--json")
    assert [json.loads(line)["recording"] for line in result.stdout.splitlines()] == [
        str(paths[i]) for i in (1, 2, 0)
    ]


def test_a_guessed_size_is_said_on_stderr(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0 1 1 1\n1 40 40 0\n")
    result = run("info", path, "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith("neuroclip: warning: ")
    given = run("info", path, "--json", "--size", "50x60")
    assert given.stderr == ""
    assert (json.loads(given.stdout)["width"], json.loads(given.stdout)["height"]) == (50, 60)


def test_an_event_outside_the_given_size_is_suspicious(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0 1 1 1\n1 40 40 0\n")
    (line,) = run("info", path, "--size", "34x34", "--json").stdout.splitlines()
    (warning,) = json.loads(line)["warnings"]
    assert warning == "events reach x=40 y=40, outside the sensor of 34x34"


def test_files_of_one_format_are_taken_to_be_of_one_camera(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0 1 1 1\n1 40 40 0\n")
    (tmp_path / "b.txt").write_text("0 1 1 1\n1 4 4 0\n")
    np.save(tmp_path / "c.npy", np.array([[0, 1, 1, 1], [1, 4, 4, 0]]))
    rows = [json.loads(line) for line in run("info", tmp_path, "--json").stdout.splitlines()]
    assert [row["width"] for row in rows] == [120, 120, 34]


def test_a_damaged_file_is_described_as_far_as_it_is_good_on_demand(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("34 34\n0 1 1 1\n1 4 4 0\n2 nonsense\n")
    damaged = run("info", path)
    assert damaged.exit_code == 1
    assert "--recover keeps the 2 events before that" in damaged.stderr
    result = run("info", path, "--recover")
    assert result.exit_code == 0
    assert "line 4 is '2 nonsense'" in result.stdout


def test_the_time_goes_from_the_earliest_event_to_the_latest(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("34 34\n5000 1 1 1\n1000 4 4 0\n9000 3 3 1\n7000 2 2 1\n")
    assert "0.008000 s, from 0.001000 to 0.009000" in run("info", path).stdout


@pytest.mark.parametrize("size", ["34", "0x34", "x", "34x34x2", "-1x3", "axb"])
def test_a_size_that_is_none_is_wrong_usage(run: Run, write_recording: Write, size: str) -> None:
    result = run("info", write_recording("a.txt"), f"--size={size}")
    assert result.exit_code == 2
    assert "34x34" in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["info", "frames", "zero-shot"])
def test_no_arguments_are_wrong_usage(run: Run, command: str) -> None:
    assert run(command).exit_code == 2


def test_frames_are_drawn_as_one_page(run: Run, write_recording: Write, tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    result = run("frames", write_recording("a.txt"), "--out", out, "--steps", 7)
    assert result.exit_code == 0
    assert result.stdout == f"7 frames in {out}\n"
    with Image.open(out) as page:
        assert {(0, 0, 0), (127, 127, 127), (255, 255, 255)} <= set(page.convert("RGB").get_flattened_data())


def test_frames_move_in_a_gif(run: Run, write_recording: Write, tmp_path: Path) -> None:
    """Another polarity turns the picture's black and white round, and leaves its grey."""
    path, out = write_recording("a.txt", events=200), tmp_path / "x.gif"
    pictures = []
    for polarity in ("paper", "reference-code"):
        done = run("frames", path, "--out", out, "--steps", 3, "--polarity", polarity, "--json")
        assert json.loads(done.stdout) == {
            "recording": str(path),
            "out": str(out),
            "timesteps": 3,
            "events": 200,
        }
        with Image.open(out) as gif:
            assert gif.n_frames == 3
            pictures.append(np.asarray(gif.convert("L")).astype(int)[:272, :272])  # no caption
    grey = pictures[0] == 127
    assert np.array_equal(grey, pictures[1] == 127)
    assert np.array_equal(255 - pictures[0][~grey], pictures[1][~grey])


@pytest.mark.parametrize(
    "split", [("--split", "events"), ("--split", "time"), ("--split", "window", "--step-us", 300_000)]
)
@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_pauses_and_bursts_are_shown(
    run: Run, tmp_path: Path, split: tuple[object, ...], suffix: str
) -> None:
    """Also a timestep without events, and many events at one instant."""
    if suffix == ".mp4":
        pytest.importorskip("av")
    times = [
        *range(0, 3_000_000, 10_000),
        *[3_000_000] * 500,
        *range(3_000_000, 6_000_000, 10_000),
        600_000_000,
    ]
    path, out = tmp_path / "a.txt", tmp_path / f"x{suffix}"
    path.write_text("34 34\n" + "".join(f"{t} 3 4 1\n" for t in times))
    if split[-1] == 300_000:
        path.write_text("34 34\n" + "".join(f"{t} 3 4 1\n" for t in times[:-1]))
    assert run("frames", path, "--out", out, *split).exit_code == 0
    assert out.stat().st_size


@pytest.mark.parametrize("out", ["x.jpg", "x", "missing/x.png"])
def test_a_picture_that_cannot_be_written_is_an_error(
    run: Run, write_recording: Write, tmp_path: Path, out: str
) -> None:
    result = run("frames", write_recording("a.txt"), "--out", tmp_path / out)
    assert result.exit_code == 1
    assert str(tmp_path / out) in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_timestep_length_and_the_window_split_go_together(
    run: Run, write_recording: Write, tmp_path: Path
) -> None:
    path, out = write_recording("a.txt", span_us=10_000), tmp_path / "x.gif"
    assert run("frames", path, "--out", out, "--split", "window").exit_code == 1
    assert run("frames", path, "--out", out, "--step-us", 1000).exit_code == 1
    done = run("frames", path, "--out", out, "--split", "window", "--step-us", 1000, "--json")
    assert json.loads(done.stdout)["timesteps"] in (10, 11)


@pytest.mark.parametrize(
    "option", [("--steps", 0), ("--split", "evenly"), ("--polarity", "x"), ("--min-count", 0)]
)
def test_values_that_an_option_cannot_have_are_wrong_usage(
    run: Run, write_recording: Write, tmp_path: Path, option: tuple[str, object]
) -> None:
    assert run("frames", write_recording("a.txt"), "--out", tmp_path / "x.png", *option).exit_code == 2


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("heads", "zero-shot"),
        ("prompts", "nmnist"),
        ("prompts", "default"),
        ("formats", "atis"),
        ("formats", "text"),
    ],
)
def test_what_is_installed_is_listed_with_its_package(run: Run, command: str, name: str) -> None:
    rows = [json.loads(line) for line in run(command, "--json").stdout.splitlines()]
    (row,) = [row for row in rows if row["name"] == name]
    assert (row["package"], row["status"]) == ("neuroclip", "ok")
    assert name in run(command).stdout


def test_a_long_list_says_more(run: Run) -> None:
    (text,) = [
        r
        for r in map(json.loads, run("formats", "--long", "--json").stdout.splitlines())
        if r["name"] == "text"
    ]
    assert text["suffixes"] == [".txt", ".csv"]
    assert text["description"] in run("formats", "--long").stdout
    heads = {r["name"]: r for r in map(json.loads, run("heads", "-l", "--json").stdout.splitlines())}
    assert heads["zero-shot"]["options"]["steps"] == 10
    assert heads["zero-shot"]["min_shots"] == 0
    assert "steps=10" in run("heads", "--long").stdout


def test_a_head_that_does_not_import_is_a_row(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says why when it is imported; the others stand beside it, and the status is 0."""
    (tmp_path / "sad_head.py").write_text("raise RuntimeError('no luck today')\nclass Sad: ...\n")
    metadata = tmp_path / "sad-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: sad\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[neuroclip.heads]\nsad = sad_head:Sad\nlost = nowhere:Lost\n")
    monkeypatch.syspath_prepend(tmp_path)
    short = {row["name"]: row for row in map(json.loads, run("heads", "--json").stdout.splitlines())}
    assert (short["sad"]["status"], short["lost"]["status"], short["zero-shot"]["status"]) == (
        "ok",
        "broken",
        "ok",
    )
    result = run("heads", "--long", "--json")
    long = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert long["sad"]["status"] == "broken"
    assert "no luck today" in long["sad"]["reason"]
    assert long["zero-shot"]["status"] == "ok"
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("neuroclip ", {"zero-shot", "demo", "frames", "info", "heads", "models", "prompts", "formats"}),
        ("neuroclip zero-shot --prompts nmn", {"nmnist"}),
        ("neuroclip zero-shot --head ", {"zero-shot"}),
        ("neuroclip info --format ", {"atis", "text"}),
        ("neuroclip frames --split ", {"events", "time", "window"}),
    ],
)
def test_the_shell_completes_commands_and_names(words: str, expected: set[str]) -> None:
    asked = {
        "_NEUROCLIP_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "neuroclip"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert expected <= set(done.stdout.split())


def test_the_version_is_the_packages(run: Run) -> None:
    import neuroclip

    assert run("--version").stdout == f"neuroclip {neuroclip.__version__}\n"
