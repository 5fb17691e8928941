"""Moved copies of a recording."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from neuroclip.bank import Bank
from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.representations import (
    Augmented,
    ClipTimesteps,
    EventCounts,
    EventsPerTimestep,
    Joint,
    TernaryFrames,
)
from neuroclip.testing import ToyModel, toy_recordings

Make = Callable[..., Recording]
STILL = Augmented(EventCounts(2), copies=3, rotate=0.0, shear=0.0, shift=0.0)


def no_backbones(name: str) -> None:
    raise AssertionError(f"nobody should ask for {name}")


def recorded() -> Recording:
    return toy_recordings("cloud", 1, events=2000)[0]


def test_the_first_copy_is_the_recording_itself() -> None:
    many = Augmented(TernaryFrames(3), copies=4)
    computed = many.compute(recorded(), no_backbones)
    assert computed.shape == (4, 3, 24, 24)
    assert torch.equal(computed[0], TernaryFrames(3).compute(recorded(), no_backbones))
    assert len({copy.numpy().tobytes() for copy in computed}) == 4


def test_a_map_that_moves_nothing_changes_nothing() -> None:
    computed = STILL.compute(recorded(), no_backbones)
    assert all(torch.equal(copy, computed[0]) for copy in computed)


def test_times_and_polarities_stay_and_nothing_is_invented() -> None:
    recording = recorded()
    for copy in range(1, 6):
        moved = Augmented(EventCounts()).moved(recording, copy)
        assert 0 < len(moved) <= len(recording)
        rows = {(int(e["t"]), bool(e["on"])) for e in recording.events}
        assert {(int(e["t"]), bool(e["on"])) for e in moved.events} <= rows
        assert (moved.width, moved.height, moved.label) == (24, 24, "cloud")


def test_a_shift_moves_every_event_by_the_same_whole_pixels(make_recording: Make) -> None:
    """By at most 0.1 of 40 x 20 pixels; events far from the edges stay inside."""
    recording = make_recording(
        columns=[(t, 10 + t % 20, 5 + t % 10, t % 2) for t in range(60)], width=40, height=20
    )
    steps = set()
    for copy in range(1, 9):
        moved = Augmented(EventCounts(), rotate=0.0, shear=0.0, shift=0.1).moved(recording, copy).events
        step = {
            (int(right), int(down))
            for right, down in zip(
                moved["x"].astype(int) - recording.events["x"],
                moved["y"].astype(int) - recording.events["y"],
                strict=True,
            )
        }
        assert len(step) == 1
        steps |= step
    assert len(steps) > 3
    assert all(abs(right) <= 4 and abs(down) <= 2 for right, down in steps)


def test_a_flip_mirrors_about_the_middle_column(make_recording: Make) -> None:
    """Some copies are the mirror image, x -> width - 1 - x, the others are as they were."""
    recording = make_recording(60, width=12, height=9)
    flipping = Augmented(EventCounts(1), copies=20, rotate=0.0, shear=0.0, shift=0.0, flip=True)
    counts = flipping.compute(recording, no_backbones)
    mirrored = [bool(torch.equal(copy, counts[0].flip(-1))) for copy in counts]
    assert all(m or torch.equal(copy, counts[0]) for m, copy in zip(mirrored, counts, strict=True))
    assert 3 < sum(mirrored) < 17


def test_rotations_stay_within_their_limit() -> None:
    """A line of events from the middle of the sensor to its right edge, seen again at its angle."""
    columns = [(i, 100 + i, 100, 1) for i in range(90)]
    events = np.zeros(len(columns), dtype=recorded().events.dtype)
    for field, column in zip(("t", "x", "y", "on"), zip(*columns, strict=True), strict=True):
        events[field] = column
    line = Recording(events, 201, 201)
    turning = Augmented(EventCounts(), copies=100, rotate=10.0, shear=0.0, shift=0.0)
    angles = []
    for copy in range(1, 100):
        last = turning.moved(line, copy).events[-1]
        angles.append(math.degrees(math.atan2(int(last["y"]) - 100, int(last["x"]) - 100)))
    assert all(abs(angle) <= 10.5 for angle in angles)
    assert min(angles) < -6
    assert max(angles) > 6


def test_a_copy_depends_on_seed_recording_and_number_alone() -> None:
    recording, other = toy_recordings("stone", 2)
    one, more = Augmented(TernaryFrames(2), copies=3), Augmented(TernaryFrames(2), copies=5)
    together = more.compute_many([other, recording], no_backbones)[1]
    assert torch.equal(together[:3], one.compute(recording, no_backbones))
    assert not torch.equal(replace(more, seed=1).compute(recording, no_backbones)[1], together[1])


def test_no_copy_is_empty(make_recording: Make) -> None:
    """One event in a corner would leave the sensor often; an empty recording stays empty."""
    corner = make_recording(columns=[(0, 0, 0, 1)])
    wild = Augmented(EventCounts(), copies=50, rotate=180.0, shift=1.0)
    assert all(len(wild.moved(corner, copy)) == 1 for copy in range(50))
    empty = replace(corner, events=corner.events[:0])
    assert wild.compute(empty, no_backbones).sum() == 0


def test_recordings_and_copies_with_fewer_timesteps_are_continued() -> None:
    windows = EventsPerTimestep(split="window", window_us=20_000)
    recordings = [toy_recordings("stone", 1)[0].window(0, stop) for stop in (100_000, 45_000)]
    augmented = Augmented(windows, copies=3)
    stacked = augmented.stack(augmented.compute_many(recordings, no_backbones))
    assert stacked.shape == (2, 3, 5)
    assert (stacked[1, :, 3:] == 0).all()
    for row, recording in zip(stacked, recordings, strict=True):
        assert row[0].sum() == len(recording)


def test_it_goes_through_the_bank_and_has_a_key_of_its_own() -> None:
    clip = ClipTimesteps(3)
    augmented = Augmented(clip, copies=2).filled("toy")
    assert augmented.backbone_names() == ("toy",)
    x = Bank().get(augmented, toy_recordings("apple", 4), lambda _: ToyModel())
    assert x.shape == (4, 2, 3, 24)
    assert json.loads(augmented.key)["Augmented"]["of"]["ClipTimesteps"]["backbone"] == "toy"
    assert len({a.key for a in (augmented, replace(augmented, copies=3), replace(augmented, flip=True))}) == 3


def test_the_parts_of_a_joint_are_copied_alike() -> None:
    joint = Augmented(Joint(counts=EventCounts(2), events=EventsPerTimestep(2)), copies=3)
    stacked = joint.stack(joint.compute_many(toy_recordings("stone", 2), no_backbones))
    assert torch.equal(stacked["counts"].sum((-3, -2, -1)), stacked["events"])


@pytest.mark.parametrize(
    "options", [{"copies": 0}, {"rotate": -1.0}, {"shear": 90.0}, {"shift": 1.5}, {"rotate": float("nan")}]
)
def test_ranges_that_cannot_be_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=r"copies is|it can be 0 to"):
        Augmented(EventCounts(), **options)  # type: ignore[arg-type]
