"""What is streamed is what is read, cut."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuroclip
from neuroclip.errors import OptionError, RecordingError, RecordingWarning
from neuroclip.formats import format as contract
from neuroclip.formats import numpy as numpy_format


@pytest.fixture
def path(make_recording, tmp_path):
    recording = make_recording(events=500, width=60, height=40, seed=3)
    neuroclip.write(recording, tmp_path / "a.npz")
    return tmp_path / "a.npz"


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(contract, "PIECE_EVENTS", 37)
    monkeypatch.setattr(numpy_format, "PIECE_EVENTS", 37)


@given(count=st.integers(1, 600))
@settings(max_examples=20, deadline=None)
def test_pieces_of_so_many_events_are_the_whole_recording_in_order(path_of_500, count):
    whole = neuroclip.read(path_of_500)
    parts = list(neuroclip.stream(path_of_500, events=count))
    assert [len(part) for part in parts[:-1]] == [count] * (len(parts) - 1)
    assert np.array_equal(np.concatenate([part.events for part in parts]), whole.events)
    assert {(part.width, part.height) for part in parts} == {(60, 40)}


@given(window_us=st.integers(500, 2_000_000))
@settings(max_examples=20, deadline=None)
def test_windows_are_those_of_the_whole_recording(path_of_500, window_us):
    whole = neuroclip.read(path_of_500)
    parts = list(neuroclip.stream(path_of_500, window_us=window_us))
    expected = list(whole.windows(window_us))
    assert len(parts) == len(expected)
    for part, window in zip(parts, expected, strict=True):
        assert np.array_equal(part.events, window.events)


@pytest.fixture(scope="module")
def path_of_500(tmp_path_factory):
    random = np.random.default_rng(0)
    t = np.sort(random.integers(0, 1_000_000, 500))
    path = tmp_path_factory.mktemp("stream") / "a.npz"
    np.savez(
        path,
        t=t,
        x=random.integers(0, 60, 500),
        y=random.integers(0, 40, 500),
        p=random.integers(0, 2, 500),
        width=60,
        height=40,
    )
    patch = pytest.MonkeyPatch()
    patch.setattr(numpy_format, "PIECE_EVENTS", 37)
    yield path
    patch.undo()


def test_without_a_size_the_file_is_walked_for_it(tmp_path):
    np.savez(tmp_path / "a.npz", t=[1, 2, 3], x=[0, 1, 200], y=[0, 0, 0], p=[1, 1, 0])
    with pytest.warns(RecordingWarning, match="240x180"):
        (first, second) = neuroclip.stream(tmp_path / "a.npz", events=2)
    assert (first.width, second.width) == (240, 240)


def test_a_step_back_in_time_beyond_what_was_given_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(numpy_format, "PIECE_EVENTS", 3)
    columns = {"x": [0] * 6, "y": [0] * 6, "p": [1] * 6, "width": 34, "height": 34}
    np.savez(tmp_path / "a.npz", t=[10, 12, 11, 14, 13, 15], **columns)
    parts = list(neuroclip.stream(tmp_path / "a.npz", events=2))
    assert [part.events["t"].tolist() for part in parts] == [[10, 11], [12, 13], [14, 15]]
    np.savez(tmp_path / "b.npz", t=[10, 12, 11, 4, 13, 15], **columns)
    with pytest.raises(RecordingError, match="4 us, and 11 us had been reached: neuroclip convert"):
        list(neuroclip.stream(tmp_path / "b.npz", events=2))


def test_a_long_pause_is_not_cut_into_millions_of_windows(tmp_path):
    np.savez(tmp_path / "a.npz", t=[0, 10**15], x=[0, 0], y=[0, 0], p=[1, 1], width=34, height=34)
    with pytest.raises(OptionError, match="make them longer"):
        list(neuroclip.stream(tmp_path / "a.npz", window_us=1000))


@pytest.mark.parametrize("wrong", [{}, {"events": 0}, {"window_us": -1}, {"events": 5, "window_us": 5}])
def test_one_way_to_cut_is_asked_for(path, wrong):
    with pytest.raises(OptionError, match="either window_us or events"):
        neuroclip.stream(path, **wrong)


def test_a_damaged_file_is_given_as_far_as_it_is_good(path, small_pieces):
    whole = neuroclip.read(path)
    np.save(path.with_suffix(".npy"), whole.events.view([("t", "i8"), ("x", "u2"), ("y", "u2"), ("p", "?")]))
    cut = path.with_suffix(".npy")
    cut.write_bytes(cut.read_bytes()[: -13 * 100 - 5])
    with pytest.raises(RecordingError, match="cut off"):
        list(neuroclip.stream(cut, events=100, size=(60, 40)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        parts = list(neuroclip.stream(cut, events=100, size=(60, 40), recover=True))
        again = neuroclip.read(cut, size=(60, 40), recover=True)
    assert np.array_equal(np.concatenate([part.events for part in parts]), whole.events[:399])
    assert np.array_equal(again.events, whole.events[:399])
    assert all("399 events" in str(warning.message) for warning in said)
    assert len(said) == 2
