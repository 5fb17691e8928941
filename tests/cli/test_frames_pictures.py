"""`frames --representation`: what other heads see, as pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neuroclip.cli import frames_pictures as pictures

Run = Callable[..., Any]
Write = Callable[..., Path]


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_class_folders_are_kept_and_pictures_are_counts(
    run: Run, write_recording: Write, tmp_path: Path, suffix: str
) -> None:
    for name in ("set/a/1.txt", "set/a/2.txt", "set/b/1.txt"):
        write_recording(name, seed=len(name))
    arguments = ("--representation", "collapsed", "--events", "both", "--suffix", suffix, "--json")
    result = run("frames", tmp_path / "set", "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 0
    places = [tmp_path / "out" / f"{name}.{suffix}" for name in ("a/1", "a/2", "b/1")]
    assert [json.loads(line)["out"] for line in result.stdout.splitlines()] == [str(p) for p in places]
    picture = np.asarray(Image.open(places[0]))
    assert (picture.shape, picture.dtype, picture.max()) == ((34, 34), np.uint8, 255)


def test_one_recording_is_drawn_into_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("3 2\n0 1 0 1\n1 1 0 1\n2 2 1 1\n3 0 0 0\n")
    out = tmp_path / "x.bmp"
    assert (
        run("frames", path, "--out", out, "--representation", "collapsed").stdout
        == f"1 of 1 pictures in {out}\n"
    )
    assert np.asarray(Image.open(out)).tolist() == [[0, 255, 0], [0, 0, 128]]


def test_what_cannot_be_drawn_is_reported_and_the_others_are_drawn(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("3 2\n0 1 0 0\n5 1 0 0\n")
    (tmp_path / "b.txt").write_text("3 2\n0 1 0 1\n5 1 0 1\n")
    arguments = ("--representation", "collapsed", "--out", tmp_path / "out", "--size", "3x2")
    result = run("frames", tmp_path / "a.txt", tmp_path / "b.txt", *arguments)
    assert result.exit_code == 1
    assert (
        "a.txt: there is no ON event in the recording, which has 2 events: try polarity='both'"
        in result.stderr
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]


def test_two_recordings_of_one_name_keep_their_suffixes(
    run: Run, write_recording: Write, tmp_path: Path
) -> None:
    first, second = write_recording("a.txt"), write_recording("a.csv", seed=1)
    run("frames", first, second, "--representation", "collapsed", "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv.png", "a.png"]


def test_recordings_of_one_name_in_several_folders_all_keep_their_pictures(run: Run, tmp_path: Path) -> None:
    """Also a recording that is called as the picture of another would be, and one that was named twice."""
    folders = [tmp_path / name for name in "abcd"]
    for i, folder in enumerate(folders):
        (folder / "3").mkdir(parents=True)
        (folder / "3" / "1.txt").write_text("4 1\n" + f"0 {i} 0 1\n" * 2)
    folders[3].joinpath("3", "1.txt").rename(folders[3] / "3" / "1.txt.txt")
    arguments = ("--representation", "collapsed", "--out", tmp_path / "out", "--json")
    result = run("frames", *folders, folders[0], *arguments)
    assert result.exit_code == 0
    drawn = {json.loads(line)["recording"]: json.loads(line)["out"] for line in result.stdout.splitlines()}
    assert len(drawn) == 4
    for i, path in enumerate(drawn.values()):
        assert np.asarray(Image.open(path)).argmax() == i
    names = sorted(path.name for path in (tmp_path / "out" / "3").iterdir())
    assert names == ["1.png", "1.txt-2.png", "1.txt.png", "1.txt.txt.png"]


def test_signed_events_are_a_page_with_a_tile_for_each_interval(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"{t} {t // 40_000} 0 {t // 40_000 % 2}\n" for t in range(0, 160_000, 20_000))
    (tmp_path / "a.txt").write_text("8 8\n" + rows)
    arguments = ("--representation", "signed", "--steps", "3", "--out", tmp_path / "out")
    assert run("frames", tmp_path / "a.txt", *arguments).exit_code == 0
    page = Image.open(tmp_path / "out" / "a.png")
    assert page.width > 3 * 200


def test_flow_is_painted_by_its_direction() -> None:
    """To the right red, down yellow-green, to the left cyan; half the speed half as bright, no motion black."""
    flow = np.zeros((1, 2, 1, 4), np.int8)
    flow[0, 0, 0, :2] = 100, 50
    flow[0, 0, 0, 2] = -100
    painted = pictures._directions(flow)[0, 0].astype(int)
    assert np.abs(painted - [[255, 0, 0], [127, 0, 0], [0, 255, 255], [0, 0, 0]]).max() <= 6


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--representation", "collapsed", "--steps", "4"), 2, "--steps says nothing"),
        (("--representation", "signed", "--part", "1/3"), 2, "--part says nothing"),
        (("--events", "on"), 2, "--events says nothing"),
        (("--representation", "collapsed", "--part", "7"), 1, "part is '7'"),
        (("--representation", "rgb"), 1, "needs the paired video"),
    ],
)
def test_options_that_say_nothing_are_refused(
    run: Run, write_recording: Write, tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    result = run("frames", write_recording("a.txt"), "--out", tmp_path / "out.png", *arguments)
    assert result.exit_code == status
    assert said in " ".join(result.stderr.split())


def test_many_recordings_are_no_single_picture(run: Run, write_recording: Write, tmp_path: Path) -> None:
    paths = [write_recording(f"{name}.txt") for name in "ab"]
    for out in ("x.png", "x.gif", "x.tiff", "x.webp"):
        result = run("frames", *paths, "--representation", "collapsed", "--out", tmp_path / out)
        assert result.exit_code == 1
        assert out in result.stderr
        assert not (tmp_path / out).exists()
    both = ("--representation", "collapsed", "--out", tmp_path / "x.png", "--suffix", "bmp")
    assert "x.png ends in .png, but --suffix says bmp" in run("frames", paths[0], *both).stderr
    assert "draws one recording, not 2" in run("frames", *paths, "--out", tmp_path / "x.png").stderr
