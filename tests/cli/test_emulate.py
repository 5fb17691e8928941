"""`neuroclip emulate`: a video in, a recording out, and options that do what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuroclip

av = pytest.importorskip("av")

Run = Callable[..., Any]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A bright bar that moves to the right: 10 pictures of 64 x 48, 40 ms apart."""
    path, x = tmp_path / "film.mkv", np.arange(64)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for n in range(10):
            row = np.where((x >= 4 * n) & (x < 4 * n + 8), 200, 60).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.tile(row, (48, 1)), "gray")
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def emulate(run: Run, film: Path, out: Path, *options: object) -> tuple[dict[str, Any], neuroclip.Recording]:
    result = run("emulate", film, "--out", out, "--json", *options)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), neuroclip.read(out)


def test_a_video_becomes_a_recording(run: Run, film: Path, tmp_path: Path) -> None:
    row, recording = emulate(run, film, tmp_path / "a.npz")
    assert (row["width"], row["height"], row["pictures"], row["duration_us"]) == (64, 48, 10, 360_000)
    assert (row["events"], row["on"]) == (len(recording), int(recording.events["on"].sum()))
    assert (row["video"], row["out"]) == (str(film), str(tmp_path / "a.npz"))
    assert row["options"]["on_threshold"] == 0.2
    assert np.array_equal(recording.events, neuroclip.read(film).events)  # as when the video itself is read
    said = run("emulate", film, "--out", tmp_path / "b.npz").stdout
    assert said.startswith(f"{len(recording)} events of 64x48 pixels in ")


def test_options_reach_the_camera(run: Run, film: Path, tmp_path: Path) -> None:
    """A clean camera with the thresholds of ln(200 / 60) / n fires n times at each edge."""
    out = tmp_path / "a.npz"
    row, clean = emulate(run, film, out, "--clean", "--on-threshold", 0.4, "--off-threshold", 0.6)
    assert (row["options"]["threshold_spread"], row["options"]["refractory_us"]) == (0, 0)
    on, off = int(clean.events["on"].sum()), int((~clean.events["on"]).sum())
    assert on == 9 * 4 * 48 * 3
    assert off <= 9 * 4 * 48 * 2
    _, small = emulate(run, film, out, "--size", "32x20", "--clean")
    assert (small.width, small.height) == (32, 20)
    _, usual = emulate(run, film, out, "--clean")
    _, noisy = emulate(run, film, out, "--clean", "--shot-noise-rate-hz", 5, "--leak-rate-hz", 5)
    assert len(noisy) > len(usual) + 64 * 48
    _, blind = emulate(run, film, out, "--clean", "--refractory-us", 30_000)
    assert len(blind) < len(usual) / 2
    _, linear = emulate(
        run, film, out, "--clean", "--linear-below", 200
    )  # (200 - 60) / 200 / 0.2 is 3, not 6
    assert linear.events["on"].sum() == on
    _, spread = emulate(run, film, out, "--clean", "--threshold-spread", 0.1)
    assert len(np.unique(np.bincount(spread.events["y"]))) > 1


def test_the_seed_decides_the_noise(run: Run, film: Path, tmp_path: Path) -> None:
    digests = [emulate(run, film, tmp_path / "a.npz", "--seed", seed)[1].digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_other_commands_take_the_video_as_it_is(run: Run, film: Path, tmp_path: Path) -> None:
    row = json.loads(run("info", film, "--json").stdout)
    assert (row["width"], row["height"]) == (64, 48)
    assert run("frames", film, "--out", tmp_path / "x.png").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing.mp4", "--out", "a.npz"), "missing.mp4: there is no such file"),
        (("film.mkv", "--out", "a.xyz"), "a.xyz: no installed format writes .xyz"),
        (("words.mp4", "--out", "a.npz"), "words.mp4: it cannot be opened as a video"),
        (("film.mkv", "--out", "a.npz", "--on-threshold", 0), "on_threshold is 0; it must be at least 0.01"),
        (
            ("film.mkv", "--out", "a.npz", "--clean", "--on-threshold", 9, "--off-threshold", 9),
            "no pixel fires",
        ),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    run: Run,
    film: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[Any, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.mp4").write_text("nothing to see\n" * 20)
    result = run("emulate", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert words in line
    assert not (tmp_path / "a.npz").exists()


def test_a_video_that_is_cut_off_leaves_no_recording(run: Run, film: Path, tmp_path: Path) -> None:
    film.write_bytes(film.read_bytes()[:-100])
    result = run("emulate", film, "--out", tmp_path / "a.npz")
    assert result.exit_code == 1
    assert "cut off" in result.stderr
    assert not (tmp_path / "a.npz").exists()
