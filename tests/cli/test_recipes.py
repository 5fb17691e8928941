"""The recipes of the papers' tables from end to end, on stand-ins with the layout of the real sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROCLIP_BANK", str(tmp_path / "bank"))


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """One test writes it; here it would take as long as the rest."""
    monkeypatch.setattr("neuroclip.comparison.report.write_report", lambda document, folder: [])


def events(seed: int, width: int, height: int, number: int = 60) -> tuple[np.ndarray, ...]:
    """Times in microseconds, x, y and polarity of events all over a sensor."""
    random = np.random.default_rng(seed)
    t = np.sort(random.integers(0, 30_000, number))
    return (
        t,
        random.integers(0, width, number),
        random.integers(0, height, number),
        random.integers(0, 2, number),
    )


def atis(seed: int, width: int, height: int) -> bytes:
    """Bytes as N-MNIST and N-Caltech101 have them."""
    t, x, y, on = events(seed, width, height)
    words = np.zeros(len(t), [("x", "u1"), ("y", "u1"), ("high", "u1"), ("low", ">u2")])
    words["x"], words["y"], words["high"], words["low"] = x, y, on << 7, t
    return words.tobytes()


def aedat2(seed: int) -> bytes:
    """Bytes as CIFAR10-DVS has them: a DVS128's addresses and times, most significant byte first."""
    t, x, y, on = events(seed, 128, 128, 900)
    pairs = np.stack([y << 8 | x << 1 | on, t], axis=1).astype(">u4")
    return b"#!AER-DAT2.0\r\n# a stand-in\r\n" + pairs.tobytes()


def put(root: Path, names: Sequence[str], content: Callable[[int], bytes]) -> Path:
    for seed, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content(seed))
    return root


def followed(run: Run, name: str, root: Path, *more: str) -> dict[str, Any]:
    """Follow a recipe with the tiny model, and return the document."""
    out = root.parent / "out"
    arguments = ["compare", "--recipe", name, "--data", root, "--out", out, "--model", "event-tiny"]
    done = run(*arguments, "--no-speed", "--samples", "1", *more)
    assert done.exit_code == 0, done.stderr
    document = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert document["plan"]["recipe"] == name
    assert document["provenance"]["recipe"]["departures"]
    for row in document["published"]:
        line = next(line for line in done.stdout.splitlines() if f"{row['row']} (" in line)
        assert f"{row['paper']:.2f}" in line
        ours = [s for s in document["summary"] if (s["head"], s["shots"]) == (row["head"], row["shots"])]
        assert len(ours) == (row["head"] in document["heads"])
        assert all(f"{100 * one['accuracy']:.2f}" in line for one in ours)
    return document


def options(changes: dict[str, Sequence[str]]) -> list[str]:
    return [text for title, those in changes.items() for one in those for text in ("-o", f"{title}.{one}")]


QUICK = options({"lif-adapter": ["epochs=2", "copies=2"]})


def halves(classes: Sequence[str], train: int, test: int, suffix: str) -> list[str]:
    return [
        f"{half}/{c}/{i:05}{suffix}"
        for half, n in (("Train", train), ("Test", test))
        for c in classes
        for i in range(n)
    ]


def test_nmnist(run: Run, tmp_path: Path) -> None:
    """Digits are mirrored as published, and the best epoch on the test part is said beside the last."""
    put(tmp_path / "data" / "N-MNIST", halves("01", 16, 2, ".bin"), lambda seed: atis(seed, 34, 34))
    document = followed(run, "nmnist", tmp_path / "data", *QUICK)
    assert document["data"]["known"] == "nmnist"
    adapter = document["plan"]["heads"]["lif-adapter"]["options"]
    assert (adapter["flip"], adapter["epochs"], adapter["smoothing"]) == (True, 2, 0.2)
    (cell,) = [c for c in document["cells"] if (c["head"], c["shots"]) == ("lif-adapter", 16)]
    assert cell["published"]["gap"] == pytest.approx(cell["published"]["accuracy"] - cell["accuracy"])
    assert cell["seed"] == 2


def test_cifar10_dvs(run: Run, no_report: None, tmp_path: Path) -> None:
    """The last tenth of each class is for testing: two of 20."""
    names = [f"{label}/cifar10_{label}_{i:02}.aedat" for label in ("airplane", "truck") for i in range(20)]
    put(tmp_path / "data", names, aedat2)
    document = followed(run, "cifar10-dvs", tmp_path / "data", *QUICK)
    assert document["data"]["size"] == [128, 128]
    assert document["tests"]["2"]["names"] == [*names[18:20], *names[38:40]]
    assert document["plan"]["heads"]["zero-shot"]["options"]["min_count"] == 2


def test_es_imagenet(run: Run, no_report: None, tmp_path: Path) -> None:
    """Without words for its classes it is refused."""
    root = tmp_path / "data" / "extract" / "ES-imagenet-0.18"
    names = [f"train/class{c}/{i}.npz" for c in (0, 10) for i in range(16)] + ["val/a.npz", "val/b.npz"]
    for seed, name in enumerate(names):
        t, x, y, on = events(seed, 224, 224)
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        rows = np.stack([y, x, t], axis=1)
        np.savez(root / name, pos=rows[on == 1], neg=rows[on == 0])
    (root / "vallabel.txt").write_text("a.npz 0\nb.npz 10\n")
    words = tmp_path / "words.toml"
    words.write_text('templates = ["an image of {}"]\n[classes]\nclass0 = "tench"\nclass10 = "brambling"\n')
    asked = ["compare", "--recipe", "es-imagenet", "--data", tmp_path / "data", "--out", tmp_path / "out"]
    refused = run(*asked, "--model", "event-tiny")
    assert refused.exit_code == 1
    assert "ES-ImageNet has no published words" in refused.stderr
    document = followed(run, "es-imagenet", tmp_path / "data", "--prompts", str(words), *QUICK)
    assert document["provenance"]["words"] == ["tench", "brambling"]


def test_ncaltech101(run: Run, no_report: None, tmp_path: Path) -> None:
    """15 % of each class, at least one, drawn anew for each seed; all others are learned from."""
    names = [f"{label}/image_{i:04}.bin" for label in ("accordion", "airplanes") for i in range(1, 6)]
    put(tmp_path / "data" / "Caltech101", names, lambda seed: atis(seed, 240, 180))
    small = ["size=32", "hidden=8", "epochs=1"]
    base = ["backbone=timm:vgg11_bn@0.0625:random", *small]
    scratch = ["architecture=vgg11_bn", "width=0.0625", *small]
    changed = {
        f"{kind}-{n}": base if kind != "scratch" else scratch
        for kind in ("rgb", "grey", "scratch")
        for n in "13"
    }
    document = followed(run, "ncaltech101", tmp_path / "data", "--seeds", "2", *options(changed))
    assert {row["n"] for row in document["summary"]} == {2}
    assert len({tuple(part["names"]) for part in document["tests"].values()}) == 2
    assert {row["shots"] for row in document["published"]} == {4}


SMALL: dict[str, Any] = {"width": 0.02, "size": 16, "epochs": 1, "steps": 4}


def member(head: str, **more: Any) -> dict[str, Any]:
    return {"head": head, "options": SMALL | more}


def texts(**changed: Any) -> list[str]:
    return [f"{name}={json.dumps(value)}" for name, value in changed.items()]


PLAIN = texts(**SMALL, weights=None)
RGB = [*PLAIN, "shot=8"]
TAUGHT = texts(**SMALL, weights=None, teacher=member("i3d-flow"))
CHADHA = {
    "events": TAUGHT,
    "rgb": RGB,
    "fused": texts(members=[member("i3d-events", alpha=0), member("i3d-rgb", shot=8)]),
}
TSN = texts(weights=None, size=32, epochs=1, frames=3, test_segments=3, partial_bn=False, batch=2)
FEW = {
    "labels": PLAIN,
    "both-2": TAUGHT,
    "flow": PLAIN,
    "i3d-flow-rgb": texts(members=[member("i3d-flow"), member("i3d-rgb", shot=8)]),
    "tsn-inception": [*TSN, "backbone=bn-inception@0.05"],
    "tsn-resnet": [*TSN, "backbone=timm:test_resnet"],
}
"""Of those of ucf101; the others are `both-2` or `i3d-flow-rgb` with other numbers, or those of hmdb51."""


def write_videos(root: Path, names: Sequence[str]) -> None:
    av = pytest.importorskip("av")
    pytest.importorskip("cv2")
    from neuroclip.synthetic import motion

    for seed, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(root / name), "w") as container:
            stream = container.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            for picture in motion("moving left", seed, size=(32, 32), pictures=16):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode())


def test_ucf101(run: Run, no_report: None, tmp_path: Path) -> None:
    """The first official split, by its lists."""
    labels = ("ApplyEyeMakeup", "YoYo")
    names = {
        part: [f"{c}/v_{c}_{g}_c01.avi" for c in labels for g in those]
        for part, those in (("train", ("g08", "g09")), ("test", ("g01",)))
    }
    write_videos(tmp_path / "data" / "UCF-101", [*names["train"], *names["test"]])
    lists = tmp_path / "data" / "ucfTrainTestlist"
    lists.mkdir()
    for part, those in names.items():
        (lists / f"{part}list01.txt").write_text("".join(f"{name} 1\n" for name in those))
    document = followed(run, "ucf101", tmp_path / "data", "--heads", ",".join(FEW), *options(FEW))
    assert list(document["heads"]) == list(FEW)
    assert document["tests"]["0"]["names"] == names["test"]
    assert {cell["shots"] for cell in document["cells"]} == {2}


def test_hmdb51(run: Run, no_report: None, tmp_path: Path) -> None:
    write_videos(
        tmp_path / "data" / "hmdb51", [f"{c}/{c}_{i}.avi" for c in ("brush_hair", "wave") for i in range(3)]
    )
    lists = tmp_path / "data" / "testTrainMulti_7030_splits"
    lists.mkdir()
    for label in ("brush_hair", "wave"):
        (lists / f"{label}_test_split1.txt").write_text(
            "".join(f"{label}_{i}.avi {1 + (i == 2)} \n" for i in range(3))
        )
    document = followed(run, "hmdb51", tmp_path / "data", *options(CHADHA))
    assert document["tests"]["0"]["names"] == ["brush_hair/brush_hair_2.avi", "wave/wave_2.avi"]


def test_a_set_that_is_not_there_is_one_sentence(run: Run, tmp_path: Path) -> None:
    done = run("compare", "--recipe", "ncaltech101", "--data", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "the recipe 'ncaltech101' needs N-Caltech101 as it is published" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
