"""Which intervals the shot of a recording has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import MOST_WINDOWS, Recording, make_events
from neuroclip.representations.shots import interval_edges, shot_edges

Make = Callable[..., Recording]
MakeVideo = Callable[..., Path]
GREY = [np.full((16, 16), n, np.uint8) for n in range(40)]


def busy(at: int, intervals: int = 40, interval_us: int = 40_000) -> Recording:
    """One event in each interval, and one more, on another pixel, in interval `at`."""
    times = [n * interval_us for n in range(intervals)] + [at * interval_us + 5]
    return Recording(make_events(times, [0] * intervals + [1], [0] * (intervals + 1), [1] * len(times)), 4, 4)


def test_without_a_video_intervals_last_40_ms_from_the_first_event_on(make_recording: Make) -> None:
    recording = make_recording(columns=[(7, 0, 0, 1), (40_006, 0, 0, 1), (80_007, 0, 0, 0)])
    assert interval_edges(recording).tolist() == [7, 40_007, 80_007, 120_007]
    assert interval_edges(recording, 80_001).tolist() == [7, 80_008]
    assert interval_edges(recording, 80_000).tolist() == [7, 80_007, 160_007]


def test_with_a_video_they_are_those_between_its_pictures_less_the_offset(
    make_recording: Make, make_video: MakeVideo
) -> None:
    """Pictures at 0, 10, 30, 90 and 100 ms of the video, which are 1000, 1010, ... ms of the events."""
    video = make_video(GREY[:5], [0, 10_000, 30_000, 90_000, 100_000])
    paired = {"video": video, "video_offset_us": -1_000_000}
    whole = make_recording(columns=[(1_000_000, 0, 0, 1), (1_099_000, 0, 0, 1)], **paired)
    assert interval_edges(whole).tolist() == [1_000_000, 1_010_000, 1_030_000, 1_090_000, 1_100_000]
    assert interval_edges(whole, 50_000).tolist() == [1_000_000, 1_050_000, 1_100_000]
    part = make_recording(columns=[(1_010_000, 0, 0, 1), (1_029_999, 0, 0, 1)], **paired)
    assert interval_edges(part).tolist() == [1_010_000, 1_030_000]
    longer = make_recording(columns=[(940_000, 0, 0, 1), (1_160_000, 0, 0, 1)], **paired)
    assert interval_edges(longer).tolist() == interval_edges(whole).tolist()


@pytest.mark.parametrize(
    "columns", [[(0, 0, 0, 1), (400_000, 0, 0, 1)], [(-90_000, 0, 0, 1), (100_000, 0, 0, 1)]]
)
def test_a_video_of_only_a_part_of_the_recording_is_refused(
    make_recording: Make, make_video: MakeVideo, columns: list[tuple[int, int, int, int]]
) -> None:
    recording = make_recording(columns=columns, video=make_video(GREY[:5]))
    with pytest.raises(RecordingError, match="its pictures are from 0 to 160000 us"):
        interval_edges(recording)


@given(at=st.integers(0, 39), steps=st.integers(1, 40))
def test_the_shot_is_around_the_busiest_interval_and_inside_the_recording(at: int, steps: int) -> None:
    edges = shot_edges(busy(at), steps)
    assert np.all(np.diff(edges) == 40_000)
    assert edges[0] >= 0
    assert edges[-1] <= 40 * 40_000
    assert edges[0] <= at * 40_000 < edges[-1]
    if steps // 2 <= at <= 40 - (steps - steps // 2):
        assert edges[steps // 2] == at * 40_000


def test_shots_of_8_16_and_32_share_their_middle() -> None:
    edges = {steps: shot_edges(busy(20), steps) for steps in (8, 16, 32)}
    assert {(e[0] + e[-1]) // 2 for e in edges.values()} == {20 * 40_000}
    assert {(e[0] + e[-1]) // 2 for e in (shot_edges(busy(3), n) for n in (8, 16))} == {
        4 * 40_000,
        8 * 40_000,
    }


def test_on_and_off_of_one_pixel_cancel_before_intervals_are_compared(make_recording: Make) -> None:
    """In the first interval 6 events of which 3 are OFF on the same pixel; in the second 2 ON, in the third 3 OFF."""
    columns = [(n, 1, 1, n % 2) for n in range(6)]
    columns += [(10, 0, 0, 1), (11, 1, 0, 1), (20, 0, 0, 0), (21, 2, 2, 0), (22, 3, 2, 0)]
    assert shot_edges(make_recording(columns=columns), 1, 10).tolist() == [20, 30]


def test_the_first_of_equally_busy_intervals_counts() -> None:
    assert shot_edges(busy(0, intervals=1), 1).tolist() == [0, 40_000]
    equal = Recording(make_events([0, 10, 20], [0, 0, 0], [0, 0, 0], [1, 0, 1]), 1, 1)
    assert shot_edges(equal, 1, 10).tolist() == [0, 10]


def test_a_recording_that_is_too_short_says_how_many_intervals_it_has(
    make_recording: Make, make_video: MakeVideo
) -> None:
    short = make_recording(columns=[(5, 0, 0, 1), (99_999, 0, 0, 1)])
    with pytest.raises(
        RecordingError, match="lasts 99994 us, which is 3 intervals of 40000 us, but a shot has 16"
    ):
        shot_edges(short, 16)
    with pytest.raises(RecordingError, match=r"2 intervals between pictures of its video.*at most 2 steps"):
        shot_edges(make_recording(video=make_video(GREY[:3]), span_us=100_000), 16)
    with pytest.raises(RecordingError, match="the recording is empty; a shot has 4 intervals"):
        shot_edges(make_recording(events=0), 4)


def test_a_video_of_one_picture_or_of_another_time_is_refused(
    make_recording: Make, make_video: MakeVideo
) -> None:
    with pytest.raises(RecordingError, match=r"one\.mkv: it has a single picture"):
        shot_edges(make_recording(video=make_video(GREY[:1], name="one.mkv")), 1)
    late = make_recording(columns=[(500_000, 0, 0, 1), (600_000, 0, 0, 1)], video=make_video(GREY[:3]))
    with pytest.raises(RecordingError, match=r"from 0 to 80000 us, but the events from 500000 to 600000 us"):
        shot_edges(late, 1)
    before = make_recording(span_us=1000, video=make_video(GREY[:3]), video_offset_us=-2000)
    with pytest.raises(RecordingError, match="with an offset of -2000 us"):
        shot_edges(before, 1)


def test_an_unreadable_video_is_named(make_recording: Make, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"gone\.mp4: cannot be read"):
        shot_edges(make_recording(video=tmp_path / "gone.mp4"), 1)
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video at all")
    with pytest.raises(RecordingError, match=r"bad\.mp4: it cannot be opened as a video"):
        shot_edges(make_recording(video=bad), 1)


def test_a_slip_of_units_is_refused(make_recording: Make) -> None:
    long = make_recording(columns=[(0, 0, 0, 1), (MOST_WINDOWS * 2, 0, 0, 1)])
    with pytest.raises(OptionError, match=r"interval_us=1 cuts .* give at least 2"):
        interval_edges(long, 1)
