"""The shot of a recording as events, motion and colours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from neuroclip.bank import Bank
from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import RecordingFile
from neuroclip.recording import Recording, make_events
from neuroclip.representations import EventCounts, FlowVolume, Joint, RgbVolume, SignedVolume
from neuroclip.representations.shots import shot_edges
from neuroclip.testing import toy_recordings

Make = Callable[..., Recording]
MakeVideo = Callable[..., Path]


def no_backbones(name: str) -> None:
    raise AssertionError(f"nobody should ask for {name}")


def drifting(number: int, right: int, down: int, width: int = 48, height: int = 40) -> list[np.ndarray]:
    """A texture of smooth blobs that moves by whole pixels."""
    cv2 = pytest.importorskip("cv2")
    noise = np.random.default_rng(0).random((height + 200, width + 200)).astype(np.float32)
    scene = cv2.GaussianBlur(noise, (0, 0), 2.5)
    scene = ((scene - scene.min()) / np.ptp(scene) * 255).astype(np.uint8)
    corners = [(100 - down * n, 100 - right * n) for n in range(number)]
    return [np.ascontiguousarray(scene[y : y + height, x : x + width]) for y, x in corners]


def beside(video: Path, width: int = 48, height: int = 40, pictures: int = 5, **named: int) -> Recording:
    """An event in each interval of a video with 25 pictures a second."""
    t = np.arange(pictures - 1) * 40_000 - named.get("video_offset_us", 0)
    zero = np.zeros(len(t), int)
    return Recording(make_events(t, zero, zero, zero), width, height, video=video, **named)


# Events


def test_sums_are_on_less_off_events_of_each_interval(make_recording: Make) -> None:
    recording = make_recording(events=3000, span_us=300_000)
    volume = SignedVolume(5).compute(recording, no_backbones)
    assert volume.dtype == torch.int8
    assert volume.shape == (5, 9, 12)
    edges = shot_edges(recording, 5).tolist()
    for step, start, stop in zip(volume, edges[:-1], edges[1:], strict=True):
        off, on = EventCounts(1).compute(recording.window(start, stop), no_backbones)[0]
        assert torch.equal(step.int(), on - off)


def test_events_worked_out_by_hand(make_recording: Make) -> None:
    columns = [(0, 0, 0, 1), (5, 0, 0, 1), (9, 1, 0, 0), (10, 1, 1, 0), (11, 1, 1, 1), (12, 0, 1, 0)]
    recording = make_recording(columns=columns, width=2, height=2)
    volume = SignedVolume(2, interval_us=10).compute(recording, no_backbones)
    assert volume.tolist() == [[[2, -1], [0, 0]], [[0, 0], [-1, 0]]]


def test_sums_beyond_127_are_cut(make_recording: Make) -> None:
    columns = [(n, 0, 0, 1) for n in range(300)] + [(n, 1, 0, 0) for n in range(300)]
    volume = SignedVolume(1).compute(make_recording(columns=sorted(columns), width=2, height=1), no_backbones)
    assert volume.tolist() == [[[127, -127]]]


def test_flipped_polarity_is_the_negative_and_a_shift_of_time_changes_nothing(make_recording: Make) -> None:
    recording = make_recording(events=2000, span_us=400_000)
    volume, events = SignedVolume(4).compute(recording, no_backbones), recording.events.copy()
    events["on"] = ~events["on"]
    assert torch.equal(SignedVolume(4).compute(Recording(events, 12, 9), no_backbones), -volume)
    events = recording.events.copy()
    events["t"] += 1_700_000_000_000_000
    assert torch.equal(SignedVolume(4).compute(Recording(events, 12, 9), no_backbones), volume)


def test_a_longer_shot_holds_the_shorter_one(make_video: MakeVideo) -> None:
    recording = toy_recordings("cloud", 1, events=5000)[0]
    interval = recording.span_us // 12
    long = SignedVolume(8, interval).compute(recording, no_backbones)
    short = SignedVolume(4, interval).compute(recording, no_backbones)
    assert any(torch.equal(long[i : i + 4], short) for i in range(5))


def test_a_window_of_a_recording_has_its_shot_inside_the_window(make_video: MakeVideo) -> None:
    whole = beside(make_video(drifting(20, 1, 0)), pictures=20)
    edges = shot_edges(whole.window(200_000, 400_000), 5)
    assert edges.tolist() == [200_000, 240_000, 280_000, 320_000, 360_000, 400_000]


# Flow


def in_this_wheel(method: str) -> None:
    if method == "tvl1" and not hasattr(pytest.importorskip("cv2"), "optflow"):
        pytest.skip("TV-L1 is in opencv-contrib-python-headless alone")


@pytest.mark.parametrize("method", ["dis", "farneback", "pyrlk", "tvl1"])
def test_flow_is_motion_to_the_right_and_down_in_20ths_of_127(make_video: MakeVideo, method: str) -> None:
    """3 pixels to the right are 19.05, 2 pixels up -12.7."""
    in_this_wheel(method)
    recording = beside(make_video(drifting(5, 3, -2)))
    flow = FlowVolume(4, method).compute(recording, no_backbones)
    assert flow.dtype == torch.int8
    assert flow.shape == (4, 2, 40, 48)
    inside = flow[:, :, 8:-8, 8:-8].double()
    assert inside.mean((0, 2, 3)).tolist() == pytest.approx([19.05, -12.7], abs=1.0)
    assert (inside - inside.mean((0, 2, 3), keepdim=True)).abs().mean() < 1.5


@pytest.mark.parametrize("method", ["dis", "farneback", "pyrlk", "tvl1"])
def test_what_stands_still_has_no_flow(make_video: MakeVideo, method: str) -> None:
    in_this_wheel(method)
    recording = beside(make_video(drifting(5, 0, 0)))
    assert FlowVolume(4, method).compute(recording, no_backbones).abs().max() == 0


def test_flow_is_cut_at_20_pixels(monkeypatch: pytest.MonkeyPatch, make_video: MakeVideo) -> None:
    from neuroclip.representations import volumes

    fast = np.zeros((40, 48, 2), np.float32)
    fast[..., 0], fast[..., 1], fast[0, 0] = 35, -21, np.nan
    monkeypatch.setattr(volumes, "flow_between", lambda *_: [fast, fast / 7])
    flow = FlowVolume(2).compute(beside(make_video(drifting(5, 0, 0))), no_backbones)
    assert flow[:, :, 5, 5].tolist() == [[127, -127], [32, -19]]
    assert flow[0, :, 0, 0].tolist() == [0, 0]


def test_flow_is_that_of_the_video_scaled_to_the_recording(make_video: MakeVideo) -> None:
    video = make_video(drifting(5, 4, 0, width=96, height=80))
    flow = FlowVolume(4).compute(beside(video), no_backbones)
    assert flow.shape == (4, 2, 40, 48)
    assert flow[:, 0, 8:-8, 8:-8].double().mean() == pytest.approx(2 * 6.35, abs=1.0)


def test_intervals_of_two_pictures_see_twice_the_motion(make_video: MakeVideo) -> None:
    recording = beside(make_video(drifting(9, 2, 0)), pictures=9)
    flow = FlowVolume(3, interval_us=80_000).compute(recording, no_backbones)
    assert flow[:, 0, 8:-8, 8:-8].double().mean() == pytest.approx(4 * 6.35, abs=1.0)


def test_pictures_of_any_size_have_flow_or_a_sentence(make_video: MakeVideo) -> None:
    small = beside(make_video(drifting(5, 1, 0, width=8, height=8)), 8, 8)
    with pytest.raises(
        OptionError, match=r"OpenCV cannot compute the flow \(dis\) of pictures of 8x8 pixels"
    ):
        FlowVolume(2).compute(small, no_backbones)
    odd = beside(make_video(drifting(5, 1, 0, width=37, height=22)), 37, 22)
    for method in ("dis", "farneback", "pyrlk"):
        assert FlowVolume(2, method).compute(odd, no_backbones).shape == (2, 2, 22, 37)


# Colours


def test_pictures_are_those_in_the_middles_of_equal_parts(make_video: MakeVideo) -> None:
    """16 intervals from picture 12 to 28, in parts of 2, 4, 8 and 16; red tells the number of a picture."""
    pictures = [np.full((8, 12, 3), (5 * n, 90, 200), np.uint8) for n in range(41)]
    t = np.append(np.arange(40) * 40_000, 20 * 40_000 + 5)
    where = np.append(np.zeros(40, int), 1)
    recording = Recording(make_events(t, where, where, where), 12, 8, video=make_video(pictures))
    for steps, numbers in ((8, range(13, 28, 2)), (4, (14, 18, 22, 26)), (2, (16, 24)), (1, (20,))):
        volume = RgbVolume(steps).compute(recording, no_backbones)
        assert volume.dtype == torch.uint8
        assert volume.shape == (steps, 3, 4, 6)
        assert (volume[:, 0].amax((1, 2)).double() / 5).round().tolist() == list(numbers)
        assert (volume[:, 1].int() - 90).abs().max() <= 2
        assert (volume[:, 2].int() - 200).abs().max() <= 2
    shifted = replace(recording, video_offset_us=80_000)
    numbers = (RgbVolume(2).compute(shifted, no_backbones)[:, 0].amax((1, 2)).double() / 5).round()
    assert numbers.tolist() == [18, 26]
    assert RgbVolume(2, scale=1.0, shot=4).compute(recording, no_backbones).shape == (2, 3, 8, 12)


def test_with_fixed_intervals_the_nearest_picture_is_shown(make_video: MakeVideo) -> None:
    """Pictures at 0, 100, 130 and 400 ms; middles at 50 (equally near: the earlier), 150, 250 and 350 ms."""
    video = make_video(
        [np.full((8, 8, 3), 40 * n, np.uint8) for n in range(4)], [0, 100_000, 130_000, 400_000]
    )
    recording = Recording(make_events([0, 399_999], [0, 0], [0, 0], [1, 1]), 8, 8, video=video)
    volume = RgbVolume(4, 1.0, interval_us=100_000, shot=4).compute(recording, no_backbones)
    assert volume.amax((1, 2, 3)).tolist() == [0, 80, 80, 120]


# What is missing


def test_without_a_video_there_is_neither_flow_nor_colour(make_recording: Make) -> None:
    for volume in (FlowVolume(), RgbVolume()):
        with pytest.raises(OptionError, match="needs the paired video"):
            volume.compute(make_recording(), no_backbones)


def test_a_video_that_ends_before_the_shot_is_refused_with_both_spans(
    make_recording: Make, make_video: MakeVideo
) -> None:
    video = make_video(drifting(3, 1, 0))
    recording = make_recording(columns=[(0, 0, 0, 1), (399_999, 0, 0, 1)], width=48, height=40, video=video)
    for volume in (FlowVolume(8, interval_us=50_000), RgbVolume(8, interval_us=50_000, shot=8)):
        with pytest.raises(
            RecordingError, match=r"a\.mkv: its pictures are from 0 to 80000 us, but the events"
        ):
            volume.compute(recording, no_backbones)


def test_without_opencv_and_its_contrib_modules_a_sentence_says_what_to_install(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = beside(make_video(drifting(5, 1, 0)))
    if not hasattr(sys.modules["cv2"], "optflow"):
        with pytest.raises(OptionError, match="opencv-contrib-python-headless"):
            FlowVolume(4, "tvl1").compute(recording, no_backbones)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(OptionError, match=r"neuroclip\[video\]"):
        FlowVolume(4).compute(recording, no_backbones)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SignedVolume(0), "steps is 0"),
        (lambda: FlowVolume(4, interval_us=0), "interval_us is 0"),
        (lambda: FlowVolume(4, "brox"), "it can be dis, farneback, pyrlk, tvl1, raft"),
        (lambda: FlowVolume(4, "raft"), "needs weights"),
        (lambda: FlowVolume(4, weights="a.pth"), "'dis' has none"),
        (lambda: RgbVolume(17), "a shot of 16 intervals has 1 to 16 pictures"),
        (lambda: RgbVolume(8, scale=0.0), "scale is 0"),
    ],
)
def test_options_that_cannot_be_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        make()


# In the bank


def test_the_bank_names_the_file_of_a_recording_that_is_too_short(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, make_events([0, 1000], [0, 1], [0, 1], [1, 0]))
    file = RecordingFile(path, size=(4, 4))
    with pytest.raises(RecordingError, match=r"a\.npy: the recording lasts 1000 us"):
        Bank().get(SignedVolume(), [file], no_backbones)


def test_another_offset_or_video_is_computed_anew(make_video: MakeVideo) -> None:
    first = beside(make_video(drifting(9, 2, 0)), pictures=9)
    other = replace(first, video=make_video(drifting(9, 0, 2), name="b.mkv"))
    later = replace(first, video_offset_us=40_000)
    bank, wanted = Bank(), Joint(events=SignedVolume(4), flow=FlowVolume(4))
    both = bank.get(wanted, [first, other, later, first], no_backbones)
    assert both["events"].shape == (4, 4, 40, 48)
    assert both["flow"].shape == (4, 4, 2, 40, 48)
    assert len(bank) == 6
    assert not torch.equal(both["flow"][0], both["flow"][1])
