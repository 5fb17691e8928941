"""The world that the documents speak of: small recordings under the names that their examples use."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neuroclip import backbones, formats
from neuroclip.recording import Recording, event_array
from neuroclip.samples import samples
from neuroclip.synthetic import write_motions

TRAIN, TEST = 20, 3
"""Recordings of each digit: as many to learn from as 16 shots and a share for validation need."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that a page may name without having made it."""
    root = tmp_path_factory.mktemp("world")
    sample = {one.path.stem: formats.read(one.path) for one in samples()}
    three, guitar = sample["digit_three"], sample["object_guitar"]
    long = _after_one_another([three, sample["digit_five"], sample["digit_seven"], three])

    for name in ("recording.npz", "recording.h5", "recording.raw", "recording.aedat4", "recording.txt"):
        formats.write(guitar, root / name)
    formats.write(long, root / "long.npz")
    formats.write(long, root / "long.raw")
    for name in ("three.bin", "a.bin", "recording.bin"):
        (root / name).write_bytes(_atis(three))
    (root / "folder").mkdir()
    (root / "folder" / "a.bin").write_bytes(_atis(three))
    (root / "folder" / "b.bin").write_bytes(_atis(sample["digit_five"]))

    digits = root / "data" / "nmnist"
    random = np.random.default_rng(0)
    for half, number in (("Train", TRAIN), ("Test", TEST)):
        for digit in range(10):
            (digits / half / str(digit)).mkdir(parents=True)
            for i in range(number):
                path = digits / half / str(digit) / f"{i + 1:05}.bin"
                path.write_bytes(_atis(_blob(digit, random)))
    for label in ("waving", "clapping"):
        (root / "gestures" / label).mkdir(parents=True)
        for i in range(20):
            formats.write(_blob(len(label), random), root / "gestures" / label / f"{i}.npz")
    for half, seed in (("Train", 0), ("Test", 1)):
        write_motions(root / "videos" / half, 1, seed=seed, size=(32, 32))
    Image.fromarray(random.integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(root / "photo.png")
    shutil.copy(next((root / "videos").rglob("*.mp4")), root / "video.mp4")
    shutil.copytree(Path(__file__).parents[2] / "docs" / "example-head", root / "docs" / "example-head")
    shutil.copy(root / "video.mp4", root / "waving.mp4")
    formats.write(formats.read(root / "video.mp4"), root / "waving.aedat4")
    return root


@pytest.fixture
def page_folder(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own working folder for one page, in which the world can be read; computed embeddings are shared."""
    for path in world.iterdir():
        if path.name != "bank":
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUROCLIP_BANK", str(world / "bank"))
    monkeypatch.setenv("COLUMNS", "200")
    # A page loads the model once for every command: here the second one finds it.
    monkeypatch.setattr(backbones, "load_model", _loaded_once)
    return tmp_path


@pytest.fixture
def pip_install(
    page_folder: Path, install_package: Callable[[Path, Path], None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path], None]]:
    """`pip_install(folder)` installs a copy of a package for this page, without pip."""
    monkeypatch.syspath_prepend(page_folder)
    before = set(sys.modules)

    def install(folder: Path) -> None:
        # Each in a place of its own, so that what was known of the search path does not hold any more.
        site = page_folder / f"site-{folder.name}"
        site.mkdir()
        install_package(Path(shutil.copytree(folder, page_folder / "copies" / folder.name)), site)
        monkeypatch.syspath_prepend(site)

    yield install
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(page_folder)):
            del sys.modules[name]


_loaded_once = lru_cache(maxsize=None)(backbones.load_model)


def _atis(recording: Recording) -> bytes:
    """Return a recording as N-MNIST has them: five bytes an event, times below 2^23 us."""
    events = recording.events
    words = np.zeros(len(events), [("x", "u1"), ("y", "u1"), ("high", "u1"), ("low", ">u2")])
    words["x"], words["y"] = events["x"], events["y"]
    words["high"] = (events["on"].astype(int) << 7) | (events["t"] >> 16)
    words["low"] = events["t"] & 0xFFFF
    return words.tobytes()


def _blob(label: int, random: np.random.Generator) -> Recording:
    """Return 300 events around a place that says the label, on 34x34 pixels."""
    angle = label * 2 * np.pi / 10
    middle = 17 + 9 * np.array([np.cos(angle), np.sin(angle)])
    x, y = np.clip(np.rint(random.normal(middle, 3, (300, 2))), 0, 33).astype(int).T
    x[0] = y[0] = 33  # the whole sensor is used
    t = np.sort(random.integers(0, 300_000, 300))
    return Recording(event_array(t, x, y, random.integers(0, 2, 300)), 34, 34)


def _after_one_another(parts: list[Recording]) -> Recording:
    """Return recordings one after the other, each beginning 300 ms after the one before."""
    events = [part.events.copy() for part in parts]
    for i, one in enumerate(events):
        one["t"] += 300_000 * i - one["t"][0]
        events[i] = one[one["t"] < 300_000 * (i + 1)]
    return Recording(np.concatenate(events), parts[0].width, parts[0].height)
