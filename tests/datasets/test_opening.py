"""Folders and tables of labelled recordings."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from neuroclip.datasets import Dataset, open_dataset
from neuroclip.errors import DatasetError, DatasetWarning, RecordingError, RecordingWarning

Put = Callable[..., Path]


def shown(dataset: Dataset) -> list[tuple[str, str, str | None]]:
    return [(item.name, item.label, item.part) for item in dataset.items]


def test_a_folder_of_class_folders_has_labels_and_no_parts(put: Put) -> None:
    dataset = open_dataset(put("b/2.bin", "b/1.bin", "a/deep/3.bin"))
    assert shown(dataset) == [("a/deep/3.bin", "a", None), ("b/1.bin", "b", None), ("b/2.bin", "b", None)]
    assert (dataset.name, dataset.classes, dataset.known) == ("set", ("a", "b"), None)
    assert open_dataset(dataset.root, size=(34, 34)).items[0].file.load().label == "a"


@pytest.mark.parametrize(
    ("halves", "parts"),
    [
        (("Train", "Test"), ("train", "test")),
        (("training", "validation", "testing"), ("train", "validation", "test")),
        (("TRAIN", "val"), ("train", "validation")),
        (("n-cars_train", "n-cars_test"), ("train", "test")),
    ],
)
def test_halves_are_known_by_their_names_in_any_case(
    put: Put, halves: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    dataset = open_dataset(put(*(f"{half}/{c}/1.bin" for half in halves for c in "ab")))
    for half, part in zip(halves, parts, strict=True):
        assert [i.name for i in dataset.part(part)] == [f"{half}/a/1.bin", f"{half}/b/1.bin"]  # type: ignore[arg-type]
    assert len(dataset.items) == 2 * len(halves)


def test_a_class_may_be_called_train(put: Put) -> None:
    assert open_dataset(put("train/1.bin", "bus/1.bin")).classes == ("bus", "train")


def test_a_part_beside_class_folders_is_refused_rather_than_guessed(put: Put) -> None:
    with pytest.raises(
        DatasetError, match=r"train looks like a part of a split, but bus beside it holds rec"
    ):
        open_dataset(put("train/monday/1.bin", "bus/monday/1.bin"))


def test_labels_are_sorted_as_people_do(put: Put) -> None:
    names = ["x 10", "x 2", "10", "2", "Zoo", "ape"]
    assert open_dataset(put(*(f"{n}/1.bin" for n in names))).classes == (
        "2",
        "10",
        "ape",
        "x 2",
        "x 10",
        "Zoo",
    )


def test_labels_that_differ_only_in_case_are_warned_of_once(put: Put, tmp_path: Path) -> None:
    root = put("Train/Dog/1.bin", "Test/dog/2.bin", "Train/cat/3.bin", "Test/cat/4.bin")
    with pytest.warns(DatasetWarning, match="the labels 'Dog' and 'dog' differ only in case") as caught:
        assert open_dataset(root).classes == ("cat", "Dog", "dog")
    assert len(caught) == 1
    table = tmp_path / "set" / "a.csv"
    table.write_text("file,label\nTrain/Dog/1.bin,UP\nTest/dog/2.bin,up\n")
    with pytest.warns(DatasetWarning, match="'UP' and 'up'"):
        open_dataset(table)


def test_a_class_without_recordings_is_named(put: Put) -> None:
    root = put("a/1.bin", "b/1.bin")
    (root / "empty").mkdir()
    (root / "empty" / "notes.md").write_text("none")
    with pytest.raises(DatasetError, match=r"class folder 'empty' holds no recordings"):
        open_dataset(root)


def test_a_class_may_be_missing_in_one_half_but_not_in_both(put: Put) -> None:
    root = put("Train/a/1.bin", "Train/b/1.bin", "Test/a/1.bin")
    (root / "Test" / "b").mkdir()
    assert len(open_dataset(root).items) == 3
    for half in ("Train", "Test"):
        (root / half / "c").mkdir()
    with pytest.raises(DatasetError, match="'c'"):
        open_dataset(root)


def test_fewer_than_two_classes_are_refused(put: Put, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="only the class 'a'"):
        open_dataset(put("a/1.bin"))
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="there is no recording in a class folder"):
        open_dataset(tmp_path / "none")
    with pytest.raises(DatasetError, match="no such folder or file"):
        open_dataset(tmp_path / "missing")
    with pytest.raises(DatasetError, match=r"1\.bin: expected a folder of class folders, or a CSV"):
        open_dataset(tmp_path / "set" / "a" / "1.bin")


def test_links_back_are_left_out_and_a_file_in_two_classes_is_refused(put: Put) -> None:
    root = put("a/1.bin", "b/2.bin")
    (root / "loop").symlink_to(root)
    (root / "a" / "up").symlink_to(root)
    assert open_dataset(root).classes == ("a", "b")
    (root / "b" / "other.bin").symlink_to(root / "a" / "1.bin")
    with pytest.raises(
        DatasetError, match=r"same file comes twice: as a/1\.bin \(a\) and as b/other\.bin \(b\)"
    ):
        open_dataset(root)


def test_a_file_in_two_parts_is_refused(put: Put) -> None:
    root = put("Train/a/1.bin", "Train/b/1.bin", "Test/a/2.bin")
    os.link(root / "Train" / "a" / "1.bin", root / "Test" / "a" / "1.bin")
    with pytest.raises(DatasetError, match=r"Test/a/1\.bin \(a, test\) and as Train/a/1\.bin \(a, train\)"):
        open_dataset(root)


def test_a_video_beside_a_recording_is_its_video_and_else_a_recording(put: Put) -> None:
    root = put("a/1.bin", "b/2.bin")
    for name in ("a/1.mp4", "b/3.mp4"):
        (root / name).write_bytes(b"video")
    items = {item.name: item for item in open_dataset(root).items}
    assert set(items) == {"a/1.bin", "b/2.bin", "b/3.mp4"}
    assert items["a/1.bin"].file.video == root / "a" / "1.mp4"
    assert items["b/2.bin"].file.video is None


def test_a_table_says_label_part_video_and_offset(put: Put) -> None:
    root = put("x/1.bin", "x/2.bin", "3.bin")
    (root / "film.mp4").write_bytes(b"video")
    (root / "3.mov").write_bytes(b"video")
    (root / "my.csv").write_text(
        "\ufefffile, label,split,video,offset_us\n"
        'x/1.bin,"cat, small",Train,film.mp4,-40\n\nx/2.bin,dog,testing\n3.bin,dog\n',
        encoding="utf-8",
    )
    dataset = open_dataset(root / "my.csv")
    assert shown(dataset) == [
        ("x/1.bin", "cat, small", "train"),
        ("x/2.bin", "dog", "test"),
        ("3.bin", "dog", None),
    ]
    assert [(i.file.video, i.offset_us) for i in dataset.items] == [
        (root / "film.mp4", -40),
        (None, 0),
        (root / "3.mov", 0),
    ]
    assert (dataset.name, dataset.root) == ("my", root)


def test_a_folder_without_class_folders_is_its_labels_csv(put: Put) -> None:
    root = put("1.bin", "2.bin")
    (root / "labels.csv").write_text("file,label\n1.bin,a\n2.bin,b\n")
    assert open_dataset(root).classes == ("a", "b")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "the column 'file' is missing"),
        ("file,klass\n", "unknown column 'klass'; the columns are file, label, split, video, offset_us"),
        ("file,label,label\n", "twice the column 'label'"),
        ("file,split\n", "the column 'label' is missing"),
        ("file,label\n1.bin,a\nno.bin,b\n", r"line 3: there is no file 'no\.bin'"),
        ("file,label,video\n1.bin,a,no.mp4\n", r"line 2: there is no file 'no\.mp4'"),
        ("file,label\n1.bin,\n", "line 2: there is no label"),
        ("file,label\n1.bin,a,b\n", "line 2: 3 values, but 2 columns"),
        ("file,label,split\n1.bin,a,dev\n", "line 2: the split 'dev' is none of"),
        ("file,label,offset_us\n1.bin,a,0.5\n", "line 2: offset_us is '0.5'; expected whole microseconds"),
        ("file,label\n1.bin,a\n./1.bin,b\n", "same file comes twice"),
        ("file,label\n1.bin,a\n", "only the class 'a'"),
        ("file,label\n\xff1.bin,a\n", "no CSV in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(put: Put, text: str, wanted: str) -> None:
    root = put("1.bin")
    (root / "t.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DatasetError, match=wanted) as caught:
        open_dataset(root / "t.csv")
    assert "\n" not in str(caught.value)


def test_how_to_read_is_passed_on_to_every_file(put: Put) -> None:
    dataset = open_dataset(put("a/1.bin", "b/1.bin"), size=(50, 40), format="atis", recover=True)
    file = dataset.items[0].file
    assert (file.size, file.format, file.recover) == ((50, 40), "atis", True)
    recording = file.load()
    assert (recording.width, recording.height) == (50, 40)


def test_one_size_is_found_for_all_files_that_do_not_say_theirs(put: Put, tmp_path: Path) -> None:
    """The smallest known sensor that holds 33, 99 and 127 is 128x128; a file that says 640x480 keeps that."""
    put("a/1.bin", largest=33)
    put("a/2.bin", largest=99)
    root = put("b/1.bin", largest=127)
    (root / "b" / "2.txt").write_text("640 480\n0 1 2 1\n10 2 3 0\n")
    done: list[int] = []
    with pytest.warns(RecordingWarning, match=r"3 recordings .* read as 128x128.*\(b/1\.bin needs it\)"):
        dataset = open_dataset(root).sized(done.append)
    assert done == [1] * 4
    assert [item.file.size for item in dataset.items] == [(128, 128)] * 3 + [None]
    assert dataset.items[3].file.load().width == 640
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dataset.sized().items == dataset.items


def test_a_broken_file_is_named_or_handed_over_and_left_out(put: Put) -> None:
    root = put("a/1.bin", "a/2.bin", "b/1.bin", "b/2.bin")
    (root / "a" / "2.bin").write_bytes(b"")
    dataset = open_dataset(root)
    with pytest.raises(RecordingError, match=r"2\.bin: the file is empty"):
        dataset.sized()
    bad: list[str] = []
    with pytest.warns(RecordingWarning):
        kept = dataset.sized(bad=lambda file, error: bad.append(file.path.name))
    assert (bad, len(kept.items)) == (["2.bin"], 3)
    (root / "a" / "1.bin").write_bytes(b"123")
    with pytest.raises(DatasetError, match="no recording of the class 'a' can be read"):
        dataset.sized(bad=lambda file, error: None)


@pytest.mark.real
def test_real_folders_and_tables_open(real_data: Path) -> None:
    dataset = open_dataset(real_data / "nmnist")
    assert dataset.known is not None
    assert dataset.known.name == "nmnist"
    assert dataset.classes == tuple("0123456789")
    assert (len(dataset.part("train")), len(dataset.part("test"))) == (300, 48)
    assert dataset.items[0].file.size == (34, 34)
    table = open_dataset(real_data / "nmnist" / "labels.csv")
    assert {i.name: i.label for i in table.items} == {i.name: i.label for i in dataset.items}
    assert "mug" in open_dataset(real_data / "dvs128_objects").classes
    assert open_dataset(real_data / "dvs128_actions").classes == ("standing up", "walking")
