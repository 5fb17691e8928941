"""The motion set on disk: nothing is lost, and it opens as a labelled set with paired videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuroclip import formats
from neuroclip.datasets import open_dataset
from neuroclip.emulation import Footage
from neuroclip.errors import OptionError, RecordingError
from neuroclip.synthetic import CLASSES, motion, write_motions

av = pytest.importorskip("av")

SMALL = {"size": (20, 16), "pictures": 5}
LUMA = np.array([0.299, 0.587, 0.114])


def test_a_video_holds_the_pictures_without_loss_and_25_a_second(tmp_path: Path) -> None:
    """Up to the rounding of colours on the way to luma; a picture holds no traces of its neighbours."""
    write_motions(tmp_path, 1, seed=7, **SMALL)
    for number, label in enumerate(CLASSES):
        pictures, times = zip(*Footage(tmp_path / label / "000.mp4"), strict=True)
        expected = motion(label, [7, number, 0], **SMALL) @ LUMA
        assert np.abs(np.stack(pictures) - expected).max() < 2
        assert times == (0, 40_000, 80_000, 120_000, 160_000)
    with av.open(str(tmp_path / "growing" / "000.mp4")) as video:
        shown = np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]).astype(int)
    assert np.abs(shown - motion("growing", [7, CLASSES.index("growing"), 0], **SMALL)).max() <= 4


def test_it_opens_as_a_labelled_set_with_a_video_for_each_recording(tmp_path: Path) -> None:
    done: list[int] = []
    write_motions(tmp_path, 2, events=".npz", progress=done.append, **SMALL)
    dataset = open_dataset(tmp_path)
    assert dataset.classes == tuple(sorted(CLASSES))
    assert len(dataset.items) == len(done) == 2 * len(CLASSES)
    for item in dataset.items:
        recording = item.file.load()
        assert item.file.path.suffix == ".npz"
        assert recording.video == item.file.path.with_suffix(".mp4")
        assert (recording.width, recording.height, recording.label) == (20, 16, item.label)
        assert 0 <= recording.events["t"][0] <= recording.events["t"][-1] <= 160_000
    assert not list(tmp_path.rglob(".*"))


def test_the_same_seed_gives_the_same_set_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_motions(tmp_path / name, 1, seed, events=".npz", **SMALL)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.mp4"))
    for file in files:
        one, same, other = (formats.read((tmp_path / n / file).with_suffix(".npz")) for n in "abc")
        assert one.digest == same.digest != other.digest
        videos = [(tmp_path / n / file).read_bytes() for n in "abc"]
        assert videos[0] == videos[1] != videos[2]


def test_without_events_a_video_is_itself_the_recording(tmp_path: Path) -> None:
    write_motions(tmp_path, 1, **SMALL)
    items = open_dataset(tmp_path).items
    assert {item.file.path.suffix for item in items} == {".mp4"}
    assert len(items[0].file.load())


def test_what_cannot_be_written_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"no installed format writes \.xyz"):
        write_motions(tmp_path / "set", 1, events=".xyz")
    with pytest.raises(OptionError, match=r"per_class=1, size=21x16: expected .* an even width"):
        write_motions(tmp_path / "set", 1, size=(21, 16))
    with pytest.raises(OptionError, match="per_class=0"):
        write_motions(tmp_path / "set", 0)
    assert not (tmp_path / "set").exists()
    with pytest.raises(
        RecordingError, match=r"moving left/000\.mp4: no pixel fires; has it too few pictures"
    ):
        write_motions(tmp_path / "still", 1, size=(20, 16), pictures=1, events=".npz")
    (tmp_path / "set").write_text("a file")
    with pytest.raises(RecordingError, match=r"set/moving left/000\.mp4: cannot be written"):
        write_motions(tmp_path / "set", 1, **SMALL)
