"""The size of the sensor is decided once for a set, and never from one recording's own maximum."""

import warnings

import numpy as np
import pytest

from neuroclip import formats
from neuroclip.errors import RecordingError, RecordingWarning
from neuroclip.formats.sensors import SENSORS, smallest_sensor
from neuroclip.recording import make_events


def event_at(x, y):
    return make_events([0], [x], [y], [1])


def test_the_smallest_known_sensor_that_holds_every_event():
    assert smallest_sensor(event_at(33, 33)) == (34, 34)
    assert smallest_sensor(event_at(34, 0)) == (120, 100)
    assert smallest_sensor(event_at(0, 100)) == (128, 128)
    assert smallest_sensor(event_at(150, 172)) == (240, 180)
    assert smallest_sensor(event_at(0, 0), event_at(345, 0), event_at(0, 259)) == (346, 260)
    assert smallest_sensor() == (34, 34)
    with pytest.raises(RecordingError, match=r"1281x1 pixels.*1280x720.*--size"):
        smallest_sensor(event_at(1280, 0))
    assert list(SENSORS) == sorted(SENSORS, key=lambda size: (size[0], size[1]))


@pytest.fixture
def two_files(tmp_path):
    for name, x in (("small.npy", 5), ("large.npy", 200)):
        np.save(tmp_path / name, np.array([[0, x, 5, 1]]))
    return [tmp_path / "small.npy", tmp_path / "large.npy"]


def test_a_set_in_which_one_file_needs_a_larger_sensor_is_read_with_that_and_a_warning(two_files):
    with pytest.warns(RecordingWarning, match=r"large.npy needs it, .*small.npy alone would be 34x34"):
        assert [r.width for r in formats.read_many(two_files)] == [240, 240]


def test_guessing_from_a_single_file_warns_and_a_given_size_does_not(two_files):
    with pytest.warns(RecordingWarning, match="34x34"):
        assert formats.read(two_files[0]).width == 34
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert formats.read(two_files[0], size=(50, 60)).height == 60
        assert [r.width for r in formats.read_many(two_files, (300, 300))] == [300, 300]
    with pytest.warns(RecordingWarning):
        formats.read_many(two_files[:1])


def test_a_bad_file_takes_its_place_and_the_others_are_read(two_files, tmp_path):
    (tmp_path / "bad.npy").write_bytes(b"nonsense")
    np.save(tmp_path / "huge.npy", np.array([[0, 5000, 5, 1]]))
    paths = [two_files[0], tmp_path / "bad.npy", tmp_path / "huge.npy", two_files[1], tmp_path / "none.npy"]
    read = formats.read_each(paths)
    assert [type(one).__name__ for one in read] == [
        "Recording",
        "RecordingError",
        "RecordingError",
        "Recording",
        "RecordingError",
    ]
    assert [read[0].width, read[3].width] == [240, 240]
    for i in (1, 2, 4):
        assert str(read[i]).startswith(f"{paths[i]}: ")
    with pytest.raises(RecordingError, match=r"bad\.npy"):
        formats.read_many(paths)


def test_what_the_file_says_counts(tmp_path, two_files):
    np.savez(tmp_path / "own.npz", events=np.array([[0, 1, 1, 1]]), width=20, height=10)
    assert [r.width for r in formats.read_many([tmp_path / "own.npz", two_files[0], two_files[1]])] == [
        20,
        240,
        240,
    ]


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".raw", ".dat", ".es", ".txt"])
def test_the_size_that_is_asked_for_counts_even_where_the_file_says_another(make_recording, tmp_path, suffix):
    recording = make_recording(200)
    formats.write(recording, tmp_path / f"a{suffix}")
    wide = formats.read(tmp_path / f"a{suffix}", size=(recording.width + 5, recording.height))
    assert wide.width == recording.width + 5
    assert np.array_equal(wide.events, recording.events)
    with pytest.raises(RecordingError, match="is --size right"):
        formats.read(tmp_path / f"a{suffix}", size=(2, 2))


def test_a_file_whose_own_size_is_wrong_is_read_with_another(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("34 34\nt_us x y p\n1 10 10 1\n2 50 10 0\n3 10 10 1\n")
    with pytest.raises(RecordingError, match=r"event 1 has x=50, but the file says .* 34 pixels wide"):
        formats.read(path)
    assert len(formats.read(path, size=(64, 34))) == 3
    assert "outside the sensor" in " ".join(formats.examine(path).warnings())
