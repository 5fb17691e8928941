"""Pictures of the paired video over the whole recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from neuroclip.bank import Bank
from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording, make_events
from neuroclip.representations import VideoFrames

MakeVideo = Callable[..., Path]


def filmed(make_video: MakeVideo, first: int, last: int, pictures: int = 41) -> Recording:
    """Red tells the number of a picture, of 25 a second; events at the first and the last time."""
    video = make_video([np.full((8, 12, 3), (5 * n, 90, 200), np.uint8) for n in range(pictures)])
    return Recording(make_events([first, last], [0, 1], [0, 1], [1, 0]), 12, 8, video=video)


def numbers(recording: Recording, steps: int, **named: float) -> list[int]:
    shown = VideoFrames(steps, **named).prepare(recording)  # type: ignore[arg-type]
    assert shown.dtype == torch.uint8
    assert shown.shape[:2] == (steps, 3)
    assert (shown[:, 1].int() - 90).abs().max() <= 2
    assert (shown[:, 2].int() - 200).abs().max() <= 2
    return (shown[:, 0].amax((1, 2)).double() / 5).round().int().tolist()


def test_pictures_are_those_in_the_middles_of_equal_parts_of_the_time(make_video: MakeVideo) -> None:
    """1.6 s in four parts: middles at 0.2, 0.6, 1.0 and 1.4 s, which are pictures 5, 15, 25 and 35."""
    recording = filmed(make_video, 0, 1_599_999)
    assert numbers(recording, 4) == [5, 15, 25, 35]
    assert numbers(recording, 1) == [20]
    assert numbers(replace(recording, video_offset_us=0), 2, scale=0.5) == [10, 30]
    assert VideoFrames(2, 0.5).prepare(recording).shape == (2, 3, 4, 6)


def test_the_time_is_that_of_the_events(make_video: MakeVideo) -> None:
    """0.8 s from 0.4 s on; with an offset of 0.2 s, which the video is ahead, 5 pictures later."""
    recording = filmed(make_video, 400_000, 1_199_999)
    assert numbers(recording, 4) == [12, 17, 22, 27] or numbers(recording, 4) == [13, 18, 23, 28]
    assert numbers(recording, 2) == [15, 25]
    assert numbers(replace(recording, video_offset_us=200_000), 2) == [20, 30]
    whole = filmed(make_video, 0, 1_599_999)
    events = make_events([0, 10, 800_000, 1_599_999], *[[0] * 4] * 3)
    assert numbers(replace(whole, events=events).window(0, 800_000), 1) == [0]


def test_a_video_with_fewer_pictures_shows_them_several_times(make_video: MakeVideo) -> None:
    recording = filmed(make_video, 0, 159_999)
    assert numbers(recording, 8) == [0, 1, 1, 2, 2, 3, 3, 4] or len(set(numbers(recording, 8))) == 5


def test_a_recording_with_fewer_pictures_than_are_needed_is_refused(make_video: MakeVideo) -> None:
    recording = filmed(make_video, 0, 79_999)  # pictures 0 and 1
    assert len(VideoFrames(3, least=2).prepare(recording)) == 3
    with pytest.raises(
        RecordingError, match=r"a\.mkv: it has 2 pictures from 0 to 79999 us.* and 3 are needed"
    ):
        VideoFrames(3, least=3).prepare(recording)


def test_what_is_missing_is_said(make_video: MakeVideo) -> None:
    recording = filmed(make_video, 0, 1_599_999)
    with pytest.raises(OptionError, match="needs the paired video"):
        VideoFrames().prepare(replace(recording, video=None))
    with pytest.raises(RecordingError, match="the recording is empty"):
        VideoFrames().prepare(replace(recording, events=recording.events[:0]))
    with pytest.raises(RecordingError, match="its pictures are from 0 to 1600000 us"):
        VideoFrames().prepare(replace(recording, video_offset_us=9_000_000))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"scale": 1.5}, "scale is 1.5"),
        ({"least": 0}, "least is 0; it can be 1 to 25"),
        ({"steps": 3, "least": 4}, "least is 4; it can be 1 to 3"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, float], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        VideoFrames(**options)  # type: ignore[arg-type]


def test_they_stack_in_a_bank(make_video: MakeVideo) -> None:
    recording = filmed(make_video, 0, 1_599_999)
    other = filmed(make_video, 400_000, 1_599_999)
    stacked = Bank().get(VideoFrames(5), [recording, other], lambda name: name)
    assert stacked.shape == (2, 5, 3, 8, 12)
