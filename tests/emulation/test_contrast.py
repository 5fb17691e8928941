"""The contrast pixel: what it fires, when, and that recordings and training batches agree."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroclip.emulation import contrast_crossings, emulate
from neuroclip.errors import RecordingError

THRESHOLD = 0.25
TIMES = np.array([0, 1000])


def one_pixel(*log_intensity: float) -> np.ndarray:
    return np.exp(np.array(log_intensity, np.float64)).reshape(-1, 1, 1)


def crossings(log: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    t = torch.tensor(THRESHOLD, dtype=torch.float64)
    result = contrast_crossings(torch.from_numpy(log), t, t)
    return result.on.numpy(), result.off.numpy()


def test_a_rise_of_three_thresholds_and_a_bit_fires_three_on_events_evenly_in_time():
    recording = emulate(
        one_pixel(0, 0.8), np.array([0, 1600]), on_threshold=THRESHOLD, off_threshold=THRESHOLD, floor=0.0
    )
    assert recording.events["on"].all()
    assert recording.events["t"].tolist() == [
        500,
        1000,
        1500,
    ]  # 0.25, 0.5 and 0.75 of a rise of 0.8 in 1600 us


def test_what_is_left_of_a_change_carries_over_to_the_next_picture():
    on, off = crossings(np.array([0.0, 0.2, 0.3, 0.1]).reshape(-1, 1, 1))
    assert on.ravel().tolist() == [0, 1, 0]  # 0.2 is too little; 0.3 is above 0.25; 0.1 is 0.15 below that
    assert off.ravel().tolist() == [0, 0, 0]


def test_a_still_scene_fires_nothing():
    assert len(emulate(np.ones((4, 3, 5)), np.arange(4) * 10)) == 0


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(2, 6))
def test_mirroring_log_intensity_swaps_the_polarities(seed: int, steps: int):
    log = np.random.default_rng(seed).normal(0, 0.6, (steps, 3, 4))
    on, off = crossings(log)
    assert np.array_equal(np.stack((off, on)), np.stack(crossings(-log)))


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(2, 6))
def test_a_recording_holds_the_events_that_were_counted_each_between_its_two_pictures(seed: int, steps: int):
    log = np.random.default_rng(seed).normal(0, 0.6, (steps, 3, 4))
    times = np.arange(steps) * 100
    recording = emulate(np.exp(log), times, on_threshold=THRESHOLD, off_threshold=THRESHOLD, floor=0.0)
    on, off = crossings(np.log(np.exp(log)))
    events = recording.events
    assert len(events) == on.sum() + off.sum()
    assert events["on"].sum() == on.sum()
    assert (recording.width, recording.height) == (4, 3)
    seen = np.zeros((3, 4))
    np.add.at(seen, (events["y"], events["x"]), 1)
    assert np.array_equal(seen, (on + off).sum(0))
    assert np.all(np.diff(events["t"]) >= 0)


def test_thresholds_may_differ_by_pixel():
    pictures = np.exp(np.array([[[0.0, 0.0]], [[0.61, 0.61]]]))
    recording = emulate(pictures, TIMES, on_threshold=np.array([[0.5, 0.2]]), off_threshold=0.2, floor=0.0)
    assert np.bincount(recording.events["x"]).tolist() == [1, 3]


@pytest.mark.parametrize(("pictures", "times"), [(1, [0]), (2, [5, 5]), (3, [0, 1])])
def test_too_few_pictures_or_times_that_stand_still_are_refused(pictures: int, times: list[int]):
    with pytest.raises(RecordingError, match="at least two pictures"):
        emulate(np.ones((pictures, 2, 2)), np.array(times))
