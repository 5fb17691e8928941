"""A recording collapsed into one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording, make_events
from neuroclip.representations import CollapsedImage

Make = Callable[..., Recording]

BY_HAND = make_events(
    # x, y and polarity; a third of 300 us (0 to 299, the last included) is 100 us
    t=[0, 10, 99, 100, 150, 299],
    x=[1, 1, 2, 0, 1, 2],
    y=[0, 0, 1, 0, 0, 1],
    on=[1, 1, 1, 1, 0, 0],
)


@pytest.mark.parametrize(
    ("polarity", "part", "expected"),
    [
        ("on", "all", [[0.5, 1.0, 0.0], [0.0, 0.0, 0.5]]),
        ("off", "all", [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        ("both", "all", [[1 / 3, 1.0, 0.0], [0.0, 0.0, 2 / 3]]),
        ("on", "1/3", [[0.0, 1.0, 0.0], [0.0, 0.0, 0.5]]),
        ("on", "3/3", [[0.5, 1.0, 0.0], [0.0, 0.0, 0.5]]),
        ("off", "2/3", [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    ],
)
def test_counts_by_hand(polarity: str, part: str, expected: list[list[float]]) -> None:
    """The event at 100 us is in the second third, as timesteps of equal time have it."""
    picture = CollapsedImage(polarity, part).prepare(Recording(BY_HAND, 3, 2))
    assert picture.dtype == torch.float32
    assert torch.equal(picture, torch.tensor(expected))


@given(st.integers(0, 10_000), st.sampled_from(["on", "off", "both"]), st.sampled_from(["all", "1/3", "2/5"]))
def test_the_maximum_is_1_and_shifts_and_copies_change_nothing(seed: int, polarity: str, part: str) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(20, 200))
    t, x, y = np.sort(random.integers(0, 5000, n)), random.integers(0, 7, n), random.integers(0, 5, n)
    on = np.arange(n) % 2 == 0
    on[:2] = True, False
    t[:2] = 0
    wanted = CollapsedImage(polarity, part)
    picture = wanted.prepare(Recording(make_events(t, x, y, on), 7, 5))
    assert picture.max() == 1
    assert picture.min() >= 0
    late = wanted.prepare(Recording(make_events(t + 987, x, y, on), 7, 5))
    twice = wanted.prepare(Recording(make_events(t.repeat(2), x.repeat(2), y.repeat(2), on.repeat(2)), 7, 5))
    turned = wanted.prepare(Recording(make_events(t, y, x, on), 5, 7))
    assert torch.equal(picture, late)
    assert torch.equal(picture, twice)
    assert torch.equal(picture, turned.T)
    other = replace(wanted, polarity={"on": "off", "off": "on", "both": "both"}[polarity])
    assert torch.equal(picture, other.prepare(Recording(make_events(t, x, y, ~on), 7, 5)))


def test_a_pixel_that_always_fires_leaves_the_others_apart() -> None:
    """300 pixels of 1 to 300 events beside one of 100 000: bytes would make all of them 0 or 1."""
    x = np.append(np.repeat(np.arange(300), np.arange(1, 301)), np.full(100_000, 300))
    events = make_events(np.arange(len(x)), x, np.zeros_like(x), np.ones_like(x))
    assert len(CollapsedImage().prepare(Recording(events, 301, 1)).unique()) == 301


def test_without_such_an_event_the_sentence_says_what_to_try() -> None:
    off = Recording(make_events([0, 90, 99], [0, 0, 0], [0, 0, 0], [0, 0, 1]), 3, 3)
    with pytest.raises(
        RecordingError, match=r"no ON event in the first 1/3 of the recording's time, which has 3"
    ):
        CollapsedImage("on", "1/3").prepare(off)
    with pytest.raises(RecordingError, match=r"try polarity='both' or part='all'"):
        CollapsedImage("on", "1/3").prepare(off)
    with pytest.raises(RecordingError, match="the recording is empty"):
        CollapsedImage().prepare(replace(off, events=off.events[:0]))
    assert CollapsedImage("off", "1/3").prepare(off).sum() == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"polarity": "paper"}, "polarity is 'paper'; it can be 'on', 'off', 'both'"),
        ({"part": "0/3"}, "part is '0/3'"),
        ({"part": "4/3"}, "part is '4/3'"),
        ({"part": "third"}, "a share of the time such as '1/3'"),
        ({"part": "1/0"}, "part is '1/0'"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        CollapsedImage(**options)


def test_a_part_that_is_no_text_is_refused() -> None:
    made = CollapsedImage()
    object.__setattr__(made, "part", 1)  # since the types of arguments are checked while tests run
    with pytest.raises(OptionError, match="part is 1; it can be 'all'"):
        _ = made.share


def test_one_event_is_a_picture(make_recording: Make) -> None:
    picture = CollapsedImage("both", "1/3").prepare(make_recording(events=1, width=4, height=3))
    assert sorted(picture.flatten().tolist()) == [0.0] * 11 + [1.0]
