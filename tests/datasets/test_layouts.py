"""The folders of spikingjelly, followed without it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuroclip.datasets import open_dataset
from neuroclip.errors import DatasetError, RecordingError

Put = Callable[..., Path]


def test_extracted_folders_are_read_and_spikingjelly_is_not_imported(put: Put, tmp_path: Path) -> None:
    put("Train/3/1.bin", "Train/7/1.bin", "Test/3/1.bin", to=tmp_path / "extract")
    dataset = open_dataset(f"spikingjelly:N-MNIST:{tmp_path}")
    assert dataset.known is not None
    assert (dataset.name, dataset.classes, len(dataset.part("test"))) == ("nmnist", ("3", "7"), 1)
    assert dataset.items[0].file.size == (34, 34)
    assert "spikingjelly.datasets" not in sys.modules


def test_what_it_made_of_them_is_read_where_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "extract").mkdir()
    for label in ("cat", "dog"):
        (tmp_path / "events_np" / label).mkdir(parents=True)
        columns = {name: np.arange(3) for name in "txy"} | {"p": np.array([0, 1, 1])}
        np.savez(tmp_path / "events_np" / label / "1.npz", **columns)
    dataset = open_dataset(f"spikingjelly:cifar10_dvs:{tmp_path}")
    recording = dataset.items[0].file.load()
    assert (recording.width, len(recording)) == (128, 3)


def write_gestures(root: Path) -> Path:
    """A long text file (its content decides, not its suffix) with an event a second, and two trials in it."""
    folder = root / "extract" / "DvsGesture"
    folder.mkdir(parents=True)
    for user in ("user01_led", "user24_led"):
        lines = [f"{t * 1_000_000} {t} {len(user)} {t % 2}" for t in range(10)]
        (folder / f"{user}.aedat").write_text("\n".join([*lines, user and f"10000000 1 {user[5]} 1"]) + "\n")
        (folder / f"{user}_labels.csv").write_text(
            "class,startTime_usec,endTime_usec\n2,1000000,4000000\n1,5000000,6000000\n"
        )
    (folder / "trials_to_train.txt").write_text("user01_led.aedat\n\n")
    (folder / "trials_to_test.txt").write_text("user24_led.aedat\n")
    return folder


def test_trials_are_cut_from_long_recordings(tmp_path: Path) -> None:
    """Class 2 of the table is the second word; a trial begins with its first microsecond and ends before its last."""
    write_gestures(tmp_path)
    dataset = open_dataset(f"spikingjelly:DVS128Gesture:{tmp_path}")
    assert [(i.name, i.label, i.part) for i in dataset.items] == [
        ("user01_led.aedat#0", "right_hand_wave", "train"),
        ("user01_led.aedat#1", "hand_clapping", "train"),
        ("user24_led.aedat#0", "right_hand_wave", "test"),
        ("user24_led.aedat#1", "hand_clapping", "test"),
    ]
    assert dataset.classes == ("hand_clapping", "right_hand_wave")
    recording = dataset.items[0].file.load()
    assert recording.events["t"].tolist() == [1_000_000, 2_000_000, 3_000_000]
    assert (recording.width, recording.label) == (128, "right_hand_wave")
    assert len({item.file.digest for item in dataset.items}) == 4
    assert len({item.file.content_digest for item in dataset.items}) == 4
    again = open_dataset(f"spikingjelly:DVS128Gesture:{tmp_path}", recover=True)
    assert [i.file.content_digest for i in again.items] == [i.file.content_digest for i in dataset.items]


def test_wrong_trials_are_named(tmp_path: Path) -> None:
    folder = write_gestures(tmp_path)
    table = folder / "user01_led_labels.csv"
    data = f"spikingjelly:DVS128Gesture:{tmp_path}"
    for line, wanted in (
        ("12,1,2", "'12' is no gesture; expected 1 to 11"),
        ("1,a,2", "trial 0 is from 'a'"),
        ("1,2", "line 2: expected 3"),
    ):
        table.write_text(f"class,start,end\n{line}\n")
        with pytest.raises(DatasetError, match=wanted):
            open_dataset(data)
    table.write_text("class,start,end\n1,11000000,12000000\n")
    with pytest.raises(RecordingError, match="no events from 11000000 to 12000000 us"):
        open_dataset(data).items[0].file.load()
    table.unlink()
    with pytest.raises(DatasetError, match=r"user01_led_labels\.csv: cannot be read"):
        open_dataset(data)


def test_es_imagenet_has_labels_of_its_test_in_a_list(tmp_path: Path) -> None:
    """Events of pos are ON, of neg OFF; columns are y, x and t."""
    root = tmp_path / "extract" / "ES-imagenet-0.18"
    for name in ("train/class0/a.npz", "train/class10/b.npz", "val/c.npz"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        np.savez(root / name, pos=np.array([[200, 5, 2]]), neg=np.array([[9, 8, 1], [7, 6, 3]]))
    (root / "vallabel.txt").write_text("c.npz 10\n")
    dataset = open_dataset(f"spikingjelly:ESImageNet:{tmp_path}")
    assert [(i.name, i.label, i.part) for i in dataset.items] == [
        ("train/class0/a.npz", "class0", "train"),
        ("train/class10/b.npz", "class10", "train"),
        ("val/c.npz", "class10", "test"),
    ]
    recording = dataset.items[0].file.load()
    assert recording.events.tolist() == [(1, 8, 9, False), (2, 5, 200, True), (3, 6, 7, False)]
    assert (recording.width, recording.height) == (256, 256)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ("spikingjelly:NMNIST", "expected spikingjelly:NAME:ROOT"),
        (
            "spikingjelly:SHD:/tmp",
            "'SHD' is none of the sets .*NMNIST, CIFAR10DVS, NCaltech101, DVS128Gesture, ESIm",
        ),
        ("spikingjelly:NMNIST:/nowhere", "none of extract, events_np is in"),
    ],
)
def test_what_is_not_there_is_one_sentence(data: str, wanted: str) -> None:
    with pytest.raises(DatasetError, match=wanted):
        open_dataset(data)
