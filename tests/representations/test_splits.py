import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.errors import OptionError
from neuroclip.recording import Recording, make_events
from neuroclip.representations import step_edges


def counts(recording, *options):
    return np.diff(step_edges(recording, *options)).tolist()


@pytest.fixture
def at(make_recording):
    return lambda *times: make_recording(columns=[(t, 0, 0, 1) for t in times])


def test_events_are_shared_equally_and_the_last_timestep_takes_the_remainder(at):
    assert counts(at(*range(11)), 4, "events") == [2, 2, 2, 5]
    assert counts(at(*range(4)), 4, "events") == [1, 1, 1, 1]


def test_fewer_events_than_timesteps_fill_the_first_ones_and_leave_the_others_blank(at):
    assert counts(at(5, 6, 7), 5, "events") == [1, 1, 1, 0, 0]
    assert counts(at(5), 3, "events") == [1, 0, 0]


def test_time_is_shared_equally_and_the_last_event_lies_inside(at):
    # 0 to 9 us, both included, in two halves: 0..4 and 5..9
    assert counts(at(0, 4, 5, 9), 2, "time") == [2, 2]
    # 4 us in three: steps begin at 0, 2 (4/3 rounded up to a whole us) and 3 (8/3)
    assert counts(at(0, 1, 2, 3), 3, "time") == [2, 1, 1]
    # a pause
    assert counts(at(0, 1, 100), 4, "time") == [2, 0, 0, 1]


def test_a_single_event_is_in_the_first_timestep_of_every_split(at):
    assert counts(at(7), 3, "time") == [1, 0, 0]
    assert counts(at(7), 3, "window", 5) == [1]


def test_windows_are_as_many_as_the_recording_has(at):
    assert counts(at(0, 9, 10, 25), 10, "window", 10) == [2, 1, 1]
    assert counts(at(3, 12), 10, "window", 10) == [2]
    assert counts(at(3, 13), 10, "window", 10) == [1, 1]


def test_an_empty_recording_has_empty_timesteps(at):
    assert counts(at(), 3, "events") == [0, 0, 0]
    assert counts(at(), 3, "time") == [0, 0, 0]
    assert counts(at(), 3, "window", 10) == [0]


options = st.one_of(
    st.tuples(st.integers(1, 30), st.sampled_from(["events", "time"])),
    st.tuples(st.just(10), st.just("window"), st.integers(1, 300)),
)


@given(n=st.integers(0, 80), span=st.integers(0, 2000), seed=st.integers(0, 99), options=options)
def test_every_event_is_in_exactly_one_timestep(make_recording, n, span, seed, options):
    edges = step_edges(make_recording(n, span_us=span, seed=seed), *options)
    assert edges[0] == 0
    assert edges[-1] == n
    assert np.all(np.diff(edges) >= 0)
    if options[1] != "window":
        assert len(edges) == options[0] + 1


@given(n=st.integers(1, 80), span=st.integers(0, 2000), options=options, shift=st.integers(-(10**12), 10**16))
def test_shifting_time_changes_nothing(make_recording, n, span, options, shift):
    recording = make_recording(n, span_us=span)
    e = recording.events
    shifted = Recording(
        make_events(e["t"] + shift, e["x"], e["y"], e["on"]), recording.width, recording.height
    )
    assert np.array_equal(step_edges(recording, *options), step_edges(shifted, *options))


@pytest.mark.parametrize(
    "options", [(0,), (10, "evnts"), (10, "window"), (10, "events", 100), (10, "window", 0), (-1, "time")]
)
def test_options_that_cannot_be_are_refused(at, options):
    with pytest.raises(OptionError):
        step_edges(at(0, 1), *options)


def test_windows_far_too_short_for_the_recording_are_refused(at):
    with pytest.raises(OptionError, match="give at least 101"):
        step_edges(at(0, 10_000_000), 10, "window", 1)


@pytest.mark.parametrize("steps", [100_000_000, 50_000])
def test_more_pixels_than_memory_holds_are_refused(make_recording, steps):
    recording = make_recording(width=1280, height=720)
    with pytest.raises(OptionError, match=r"steps is|too many to hold"):
        step_edges(recording, steps)
