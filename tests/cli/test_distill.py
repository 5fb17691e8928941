"""`distill` from end to end, on a few small videos."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuroclip.synthetic import motion

av = pytest.importorskip("av")
pytest.importorskip("cv2")

Run = Callable[..., Any]
LABELS = ("moving left", "moving right")
SMALL = ["-o", "width=0.02", "-o", "size=16", "-o", "epochs=1", "-o", "steps=4"]


def write_video(path: Path, pictures: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def once(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: `videos`, two classes of three of 20 pictures each; `out`, four networks; the `bank` of both."""
    folder = tmp_path_factory.mktemp("once")
    for label in LABELS:
        for n in range(3):
            write_video(folder / "videos" / label / f"{n}.mp4", motion(label, n, size=(32, 32), pictures=20))
    options = ["--out", folder / "out", "--bank", folder / "bank", "--shots", 2, *SMALL, "--json"]
    made = run("distill", folder / "videos", *options)
    assert made.exit_code == 0, made.stderr
    (folder / "stdout").write_text(made.stdout)
    return folder


@pytest.fixture
def teacher(once: Path) -> Path:
    return once / "out" / "teacher"


@pytest.fixture
def videos(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those of `once`, and its bank, in folders of the test."""
    monkeypatch.setenv("NEUROCLIP_BANK", str(tmp_path / "bank"))
    for name in ("bank", "videos"):
        shutil.copytree(once / name, tmp_path / name)
    return tmp_path / "videos"


def test_videos_become_four_heads_and_a_report(run: Run, once: Path, videos: Path) -> None:
    out = once / "out"
    report = json.loads((once / "stdout").read_text())
    assert list(report["networks"]) == ["teacher", "student", "rgb", "fusion"]
    assert {row["n"] for row in report["networks"].values()} == {2}
    assert report["fitted_on"] == 4
    networks = report["networks"]
    assert networks["fusion"]["gflops"] == pytest.approx(
        networks["student"]["gflops"] + networks["rgb"]["gflops"]
    )
    assert json.loads((out / "distillation.json").read_text()) == {"videos": report}
    assert "| student |" in (out / "distillation.md").read_text().replace("videos | ", "")
    for name, row in networks.items():
        found = run("evaluate", out / name, videos, "--json")
        assert json.loads(found.stdout)["accuracy"] == row["accuracy"]


def test_what_is_finished_is_kept_and_what_changed_is_done_again(
    run: Run, once: Path, videos: Path, tmp_path: Path
) -> None:
    """Also where the folder was moved."""
    out = tmp_path / "out"
    shutil.copytree(once / "out", out)
    first = json.loads((once / "stdout").read_text())
    options = ["--out", out, "--shots", 2, "--json"]
    again = run("distill", videos, *options, *SMALL)
    assert json.loads(again.stdout) == first
    assert again.stderr.count("already") == 3
    # Another teacher makes another student, though no option of the student changed.
    (tmp_path / "config.toml").write_text("[teacher]\nlearning_rate = 0.1\n")
    other = run("distill", videos, *options, "--no-rgb", *SMALL, "--config", tmp_path / "config.toml")
    assert "already" not in other.stderr
    digests = [
        {name: row["digest"] for name, row in json.loads(one)["networks"].items()}
        for one in (json.dumps(first), other.stdout)
    ]
    assert digests[0]["teacher"] != digests[1]["teacher"]
    assert digests[0]["student"] != digests[1]["student"]


def test_a_teacher_can_be_brought(run: Run, once: Path, videos: Path, teacher: Path, tmp_path: Path) -> None:
    out = tmp_path / "b"
    made = run("distill", videos, "--out", out, "--teacher", teacher, "--shots", 2, "--no-rgb", *SMALL)
    assert made.exit_code == 0, made.stderr
    assert not (out / "teacher").exists()
    students = [(folder / "student" / "state.safetensors").read_bytes() for folder in (once / "out", out)]
    assert students[0] == students[1]


def test_a_teacher_of_other_classes_is_refused(run: Run, videos: Path, teacher: Path, tmp_path: Path) -> None:
    (videos / "moving left").rename(videos / "growing")
    made = run("distill", videos, "--out", tmp_path / "b", "--teacher", teacher, "--shots", 2, *SMALL)
    assert made.exit_code == 1
    assert "the teacher knows moving left, moving right" in made.stderr
    assert "growing" in made.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "steps=40"], "steps"),
        (["-o", "wdth=1"], "did you mean 'width'"),
        (["--config", "{config}"], "unknown key 'students'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run: Run, videos: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[students]\nwidth = 1\n")
    options = [argument.format(config=config) for argument in arguments]
    made = run("distill", videos, "--out", tmp_path / "out", "--shots", 2, *SMALL, *options)
    assert made.exit_code == 1
    assert said in made.stderr
    assert len(made.stderr.strip().splitlines()) == 1


def test_recordings_without_video_say_so(
    run: Run, write_recording: Callable[..., Path], tmp_path: Path
) -> None:
    for i, name in enumerate(f"plain/{label}/{n}.txt" for label in LABELS for n in range(2)):
        write_recording(name, events=500 + i, span_us=1_000_000)
    made = run("distill", tmp_path / "plain", "--out", tmp_path / "out", "--shots", 1, *SMALL)
    assert made.exit_code == 1
    assert "needs the paired video" in made.stderr


def test_a_teacher_that_has_seen_the_test_recordings_is_refused(
    run: Run, videos: Path, teacher: Path, tmp_path: Path
) -> None:
    options = ["--seed", 1, "--shots", 1, "--test", "rest", *SMALL]
    made = run("distill", videos, "--out", tmp_path / "b", "--teacher", teacher, "--no-rgb", *options)
    assert made.exit_code == 1
    assert "the teacher has learned from" in made.stderr
    # On its own, a student that was taught is known to have seen what its teacher saw.
    student = tmp_path / "student"
    run("fit", "i3d-events", videos, "--out", student, "-o", f"teacher={teacher}", *options)
    assert json.loads(run("evaluate", student, videos, "--json").stdout)["seen"] >= 2


def test_another_video_or_file_of_weights_is_learned_from_anew(
    run: Run, videos: Path, teacher: Path, tmp_path: Path
) -> None:
    out, weights = tmp_path / "out", tmp_path / "weights.safetensors"
    weights.write_bytes((teacher / "state.safetensors").read_bytes())
    options = ["--out", out, "--shots", 2, "--no-rgb", *SMALL, "-o", f"weights={weights}"]
    run("distill", videos, *options)
    assert run("distill", videos, *options).stderr.count("already") == 2
    moved = tmp_path / "moved.safetensors"
    weights.rename(moved)
    assert run("distill", videos, *options[:-1], f"weights={moved}").stderr.count("already") == 2
    moved.write_bytes((out / "teacher" / "state.safetensors").read_bytes())
    assert "already" not in run("distill", videos, *options[:-1], f"weights={moved}").stderr


def test_a_recording_that_is_too_short_is_named_and_the_others_are_answered(
    run: Run, once: Path, videos: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.mp4"
    write_video(short, motion("growing", 0, size=(32, 32), pictures=4))
    asked = [videos / LABELS[0] / "0.mp4", short, videos / LABELS[1] / "0.mp4"]
    made = run("predict", once / "out" / "student", *asked, "--json")
    assert made.exit_code == 1
    assert len(made.stdout.splitlines()) == 2
    assert "short.mp4: the recording lasts" in made.stderr
    assert len(made.stderr.strip().splitlines()) == 1


def test_what_was_left_out_stands_in_the_report(run: Run, videos: Path, tmp_path: Path) -> None:
    write_video(videos / LABELS[0] / "short.mp4", motion("growing", 0, size=(32, 32), pictures=3))
    options = ["--out", tmp_path / "out", "--shots", 2, "--no-rgb", "--skip-bad", *SMALL]
    made = run("distill", videos, *options, "--json")
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["left_out"] == [f"{LABELS[0]}/short.mp4"]
    assert (
        "1 recordings that cannot be read were left out" in (tmp_path / "out" / "distillation.md").read_text()
    )
