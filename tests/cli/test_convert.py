"""`convert` writes the same recording in another format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuroclip
from neuroclip import formats

Run = Callable[..., Any]
Write = Callable[..., Path]
WRITING = [
    (row.name, suffix)
    for row in formats.installed()
    if row.status == "ok" and (loaded := formats.load(row.name)).writes
    for suffix in loaded.suffixes
]


@pytest.mark.parametrize(("name", "suffix"), WRITING)
def test_every_format_that_writes_gives_the_same_recording_again(
    run: Run, write_recording: Write, tmp_path: Path, name: str, suffix: str
) -> None:
    path, out = write_recording("a.txt", events=200), tmp_path / f"out{suffix}"
    (line,) = run("convert", path, out, "--to", name, "--json").stdout.splitlines()
    assert json.loads(line)["events"] == 200
    before, after = neuroclip.read(path), neuroclip.read(out)
    assert np.array_equal(before.events, after.events)
    assert (before.width, before.height) == (after.width, after.height)


def test_an_interrupted_or_refused_conversion_leaves_what_was_there(
    run: Run, write_recording: Write, tmp_path: Path
) -> None:
    path, out = write_recording("a.txt"), tmp_path / "out.npz"
    assert run("convert", path, out).exit_code == 0
    before = out.read_bytes()
    path.write_text("nonsense\n")
    assert run("convert", path, out).exit_code == 1
    assert out.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "out.npz"]


@pytest.mark.parametrize(
    ("out", "message"),
    [("out.jpg", "writes .jpg"), ("out", "without a suffix"), ("a.txt", "is the recording itself")],
)
def test_what_cannot_be_written_is_one_sentence(
    run: Run, write_recording: Write, tmp_path: Path, out: str, message: str
) -> None:
    result = run("convert", write_recording("a.txt"), tmp_path / out)
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_damaged_file_is_converted_as_far_as_it_is_good(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("34 34\n0 1 1 1\n1 4 4 0\n2 nonsense\n")
    result = run("convert", tmp_path / "a.txt", tmp_path / "b.npz", "--recover")
    assert result.exit_code == 0
    assert "kept the 2 events before that" in result.stderr
    assert len(neuroclip.read(tmp_path / "b.npz")) == 2


def test_dates_become_times_from_zero_on_demand(run: Run, tmp_path: Path) -> None:
    """EVT 2.0 holds no dates; with `--from-zero` it has the same events from 0 on."""
    (tmp_path / "a.txt").write_text("34 34\n1605537493718345 1 1 1\n1605537493718355 4 4 0\n")
    refused = run("convert", tmp_path / "a.txt", tmp_path / "b.raw")
    assert refused.exit_code == 1
    assert "--from-zero" in refused.stderr
    assert run("convert", tmp_path / "a.txt", tmp_path / "b.raw", "--from-zero").exit_code == 0
    assert neuroclip.read(tmp_path / "b.raw").events["t"].tolist() == [0, 10]
