import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuroclip
from neuroclip.errors import OptionError
from neuroclip.recording import Recording, make_events
from neuroclip.representations import paint, ternary
from neuroclip.representations.counts import count_events
from neuroclip.representations.painting import check_painting

conventions = st.fixed_dictionaries(
    {"polarity": st.sampled_from(["paper", "reference-code"]), "min_count": st.integers(1, 3)}
)
splits = st.one_of(
    st.fixed_dictionaries({"steps": st.integers(1, 12), "split": st.sampled_from(["events", "time"])}),
    st.fixed_dictionaries({"split": st.just("window"), "window_us": st.integers(50, 900)}),
)
crowded = st.fixed_dictionaries(
    {
        "events": st.integers(0, 150),
        "width": st.integers(1, 5),
        "height": st.integers(1, 4),
        "seed": st.integers(0, 99),
    }
)


def test_four_events_in_two_frames_as_worked_out_by_hand(make_recording):
    # On a sensor of 3 x 2; the third event falls on the pixel of the first, but in the next timestep.
    recording = make_recording(
        columns=[(0, 0, 0, 1), (1, 2, 1, 0), (2, 0, 0, 0), (3, 1, 0, 1)], width=3, height=2
    )
    assert neuroclip.frames(recording, steps=2).tolist() == [
        [[255, 127, 127], [127, 127, 0]],
        [[0, 255, 127], [127, 127, 127]],
    ]
    # T = 1: the pixel that saw ON and then OFF is ON.
    assert neuroclip.frames(recording, steps=1).tolist() == [[[255, 255, 127], [127, 127, 0]]]
    assert neuroclip.frames(recording, steps=1, polarity="reference-code").tolist() == [
        [[0, 0, 127], [127, 127, 255]]
    ]
    assert neuroclip.frames(recording, steps=1, min_count=2).tolist() == [[[127] * 3, [127] * 3]]


def test_on_wins_whichever_came_first(make_recording):
    for first in (0, 1):
        recording = make_recording(columns=[(0, 0, 0, first), (1, 0, 0, 1 - first)], width=1, height=1)
        assert neuroclip.frames(recording, steps=1).tolist() == [[[255]]]


def test_an_empty_recording_is_127_all_over_with_the_same_axes(make_recording):
    frames = neuroclip.frames(make_recording(0), steps=4)
    assert frames.shape == (4, 9, 12)
    assert frames.dtype == np.uint8
    assert np.all(frames == 127)
    assert neuroclip.frames(make_recording(0), split="window", window_us=10).shape == (1, 9, 12)


def test_a_single_event_paints_one_pixel_of_the_first_frame(make_recording):
    frames = neuroclip.frames(make_recording(columns=[(99, 3, 2, 0)]))
    assert frames.shape == (10, 9, 12)
    assert frames[0, 2, 3] == 0
    assert np.count_nonzero(frames != 127) == 1


@given(made=crowded, split=splits, convention=conventions)
def test_numba_and_numpy_paint_the_same_bytes_as_the_counts_say(make_recording, made, split, convention):
    pytest.importorskip("numba")
    recording = make_recording(**made)
    edges = ternary.step_edges(recording, **split)
    slow = ternary._paint_with_numpy(recording, edges, **convention)
    fast = ternary._paint_with_numba(recording, edges, check_painting(**convention), convention["min_count"])
    volume = count_events(recording, **split)
    assert np.array_equal(slow, fast)
    assert np.array_equal(slow, paint(volume[:, 1], volume[:, 0], **convention))
    assert np.array_equal(slow, neuroclip.frames(recording, **split, **convention))


def test_without_numba_the_frames_are_the_same(make_recording, monkeypatch):
    recording = make_recording(500)
    expected = neuroclip.frames(recording)
    monkeypatch.setattr(ternary, "numba_pays", lambda *_: False)
    assert np.array_equal(neuroclip.frames(recording), expected)


@given(made=crowded)
def test_flipping_every_polarity_swaps_the_two_planes_and_changes_nothing_else(make_recording, made):
    recording = make_recording(**made)
    e = recording.events
    flipped = Recording(make_events(e["t"], e["x"], e["y"], ~e["on"]), recording.width, recording.height)
    assert np.array_equal(count_events(flipped), count_events(recording)[:, ::-1])


@given(made=crowded, split=splits)
def test_counting_conserves_events(make_recording, made, split):
    recording = make_recording(**made)
    volume = count_events(recording, **split)
    assert volume.sum() == len(recording)
    assert volume[:, 1].sum() == recording.events["on"].sum()


def test_options_that_cannot_be_are_refused(make_recording):
    for options in (
        {"steps": 0},
        {"polarity": "negative"},
        {"min_count": 0},
        {"split": "number"},
        {"window_us": 5},
    ):
        with pytest.raises(OptionError):
            neuroclip.frames(make_recording(), **options)


@pytest.mark.real
def test_frames_of_a_real_digit_have_all_three_values(real_data):
    recording = neuroclip.read(real_data / "nmnist/Test/3/00045.bin", size=(34, 34))
    frames = neuroclip.frames(recording)
    assert frames.shape == (10, 34, 34)
    assert set(np.unique(frames)) == {0, 127, 255}
    assert np.all((frames != 127).mean((1, 2)) > 0.05)
