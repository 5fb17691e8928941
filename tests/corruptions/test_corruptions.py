"""Damage to events: laws that hold for any recording, and what exactly each kind does."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.bank import Bank
from neuroclip.classes import load_prompts
from neuroclip.corruptions.corrupted import Corrupted
from neuroclip.corruptions.kinds import HOT_PIXEL_HZ, KINDS, Corruption, parse
from neuroclip.datasets import make_split, open_dataset
from neuroclip.errors import DatasetError, OptionError, RecordingError
from neuroclip.fitting import Task
from neuroclip.formats import RecordingFile
from neuroclip.recording import EVENT_DTYPE, Recording, make_events
from neuroclip.representations import TernaryFrames
from neuroclip.testing import ToyModel

MILD = {"drop": 0.3, "noise": 200.0, "hot-pixels": 3, "jitter-us": 500.0, "rate": 2.0, "scale": 1.5}
"""A level of each kind that changes something, and leaves something, of almost any recording."""

Make = Callable[..., Recording]


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Of at least one event, also with a span of 0, a single pixel, and times of the year 2026."""
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    start = draw(st.sampled_from([0, -5, 1_790_000_000_000_000]))
    row = st.tuples(
        st.integers(start, start + 20_000),
        st.integers(0, width - 1),
        st.integers(0, height - 1),
        st.booleans(),
    )
    t, x, y, on = np.array(draw(st.lists(row, min_size=1, max_size=40)), dtype=np.int64).T
    return Recording(make_events(t, x, y, on), width, height)


def damaged(recording: Recording, kind: str, level: int | float, seed: int = 0) -> np.ndarray:
    return Corruption(kind, level).apply(recording, np.random.default_rng(seed)).events


@given(recordings(), st.sampled_from(sorted(KINDS)), st.integers(0, 3))
def test_the_level_of_nothing_changes_nothing_bit_for_bit(recording: Recording, kind: str, seed: int) -> None:
    assert damaged(recording, kind, KINDS[kind].nothing, seed).tobytes() == recording.events.tobytes()


@given(recordings(), st.sampled_from(sorted(MILD)), st.floats(0, 3), st.integers(0, 3))
def test_whatever_happens_events_stay_events(recording: Recording, kind: str, more: float, seed: int) -> None:
    """Sorted, on the sensor, of one dtype, within the span (but for `rate`); and what went in stays as it was."""
    level = round(MILD[kind] * more) if kind == "hot-pixels" else MILD[kind] * more
    before = recording.events.tobytes()
    try:
        events = damaged(recording, kind, max(level, KINDS[kind].least), seed)
    except RecordingError as error:
        assert "leaves none" in str(error) or "pixels" in str(error)  # noqa: PT017 - it may also go well
        return
    finally:
        assert recording.events.tobytes() == before
    assert events.dtype == EVENT_DTYPE
    assert np.all(np.diff(events["t"]) >= 0)
    assert (events["x"] < recording.width).all()
    assert (events["y"] < recording.height).all()
    if kind != "rate":
        assert recording.events["t"][0] <= events["t"][0] <= events["t"][-1] <= recording.events["t"][-1]


@given(recordings(), st.floats(0, 1), st.floats(0, 1), st.integers(0, 3))
def test_dropping_more_loses_the_same_and_more(recording: Recording, a: float, b: float, seed: int) -> None:
    """What is left is a part of the recording in its order, and of what a lower level leaves."""
    numbered = recording.events.copy()
    numbered["t"] = np.arange(len(numbered))
    whole = Recording(numbered, recording.width, recording.height)
    kept: list[set[int]] = []
    for level in sorted((a, b)):
        try:
            left = damaged(whole, "drop", level, seed)
        except RecordingError:
            kept.append(set())
            continue
        assert (left == numbered[left["t"]]).all()
        kept.append(set(left["t"].tolist()))
    assert kept[0] >= kept[1]


def test_as_many_events_are_dropped_as_was_said(make_recording: Make) -> None:
    """Binomial: within 5 standard deviations, 5 sqrt(20000 x 0.25 x 0.75) = 306, of 15000."""
    assert abs(len(damaged(make_recording(events=20_000), "drop", 0.25)) - 15_000) < 306


def test_noise_has_the_rate_that_was_said_everywhere(make_recording: Make) -> None:
    """12 x 9 pixels x 0.5 s x 400 Hz = 21600 new events, +-5 sqrt(21600); the old ones are among them."""
    recording = make_recording(events=50, span_us=500_000, columns=None)
    span = recording.span_us / 1e6
    noisy = damaged(recording, "noise", 400)
    new, mean = len(noisy) - 50, 12 * 9 * span * 400
    assert abs(new - mean) < 5 * mean**0.5
    assert set(recording.events.tolist()) <= set(noisy.tolist())
    counts = np.bincount(noisy["y"] * 12 + noisy["x"], minlength=108)
    assert np.abs(counts - mean / 108).max() < 6 * (mean / 108) ** 0.5
    halves = np.histogram(noisy["t"], 2)[0]
    assert abs(int(halves[0]) - int(halves[1])) < 5 * mean**0.5
    assert abs(noisy["on"].mean() - 0.5) < 0.02


def test_hot_pixels_are_few_and_busy(make_recording: Make) -> None:
    """Three pixels fire a thousand times a second, each always with one polarity."""
    recording = make_recording(columns=[(0, 0, 0, 1), (1_000_000, 0, 0, 1)])
    events = damaged(recording, "hot-pixels", 3, seed=4)[1:-1]
    places, counts = np.unique(events[["x", "y"]], return_counts=True)
    assert len(places) == 3
    assert np.abs(counts - HOT_PIXEL_HZ).max() < 5 * HOT_PIXEL_HZ**0.5
    assert all(len(set(events["on"][events[["x", "y"]] == place].tolist())) == 1 for place in places)
    two = damaged(recording, "hot-pixels", 2, seed=4)[1:-1]
    assert set(np.unique(two[["x", "y"]]).tolist()) < set(places.tolist())
    with pytest.raises(RecordingError, match="there are 108 pixels, so that 109 hot ones are too many"):
        damaged(recording, "hot-pixels", 109)


def test_jitter_has_the_deviation_that_was_said(make_recording: Make) -> None:
    """Far from the ends of the span; the pixels and polarities are the same ones."""
    middle = [(500_000, i % 12, i % 9, i % 2) for i in range(4000)]
    recording = make_recording(columns=[(0, 0, 0, 1), *middle, (1_000_000, 0, 0, 1)])
    events = damaged(recording, "jitter-us", 3000)
    inner = events[(events["t"] > 400_000) & (events["t"] < 600_000)]
    assert abs(inner["t"].std() - 3000) < 5 * 3000 / (2 * 4000) ** 0.5
    assert abs(inner["t"].mean() - 500_000) < 5 * 3000 / 4000**0.5
    assert sorted(events[["x", "y", "on"]].tolist()) == sorted(recording.events[["x", "y", "on"]].tolist())


def test_twice_the_rate_is_half_the_time(make_recording: Make) -> None:
    recording = make_recording(columns=[(100, 1, 2, 1), (101, 3, 4, 0), (105, 5, 6, 1)])
    assert damaged(recording, "rate", 2)["t"].tolist() == [100, 100, 102]  # 0.5 and 2.5 round to even
    assert damaged(recording, "rate", 0.5)["t"].tolist() == [100, 102, 110]
    assert damaged(recording, "rate", 2)["x"].tolist() == [1, 3, 5]


def test_scaling_is_about_the_middle(make_recording: Make) -> None:
    """On 4 pixels, twice as large: the two in the middle become the second of each pair, the outer ones are gone."""
    row = [(i, i, 1, 1) for i in range(4)]
    recording = make_recording(columns=row, width=4, height=4)
    assert damaged(recording, "scale", 2)[["t", "x", "y"]].tolist() == [(1, 1, 1), (2, 3, 1)]
    assert damaged(recording, "scale", 0.5)[["t", "x", "y"]].tolist() == [
        (0, 1, 1),
        (1, 1, 1),
        (2, 2, 1),
        (3, 2, 1),
    ]
    corner = make_recording(columns=[(0, 0, 0, 1)], width=4, height=4)
    with pytest.raises(RecordingError, match="scale=2 leaves none of 1 events"):
        damaged(corner, "scale", 2)


def test_damage_is_read_from_text() -> None:
    """Levels of one kind are runs of their own; what comes twice is one."""
    assert parse("drop=0.25/0.5, noise=5,drop=.5") == (
        Corruption("drop", 0.25),
        Corruption("drop", 0.5),
        Corruption("noise", 5),
    )
    every = ",".join(f"{kind}={level}" for kind, level in MILD.items())
    assert parse(",".join(map(str, parse(every)))) == parse(every)
    assert str(Corruption("jitter-us", 1234567)) == "jitter-us=1234567"


def test_every_kind_of_damage_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "corruptions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.+?)=.+?` \|", text, re.M)
    assert rows == list(KINDS)
    assert all(f"`{kind}={KINDS[kind].nothing:g}`" in text for kind in KINDS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("dropp=0.5", "no corruption named 'dropp'; did you mean drop"),
        ("xyz=1", "no corruption named 'xyz'; there are drop, noise"),
        ("drop", "'drop': expected KIND=LEVEL, such as drop=0.5"),
        ("", "expected KIND=LEVEL"),
        ("drop=0.5,", "'': expected KIND=LEVEL"),
        ("drop=half", "the level 'half' is no number"),
        ("drop=0.5//1", "the level '' is no number"),
        ("drop=1.5", "drop is 1.5; it can be 0 to 1"),
        ("drop=nan", "drop is nan; it can be"),
        ("noise=inf", "noise is inf; it can be"),
        ("noise=-1", "noise is -1.0; it can be 0"),
        ("hot-pixels=1.5", "hot-pixels is 1.5; it can be a whole number from 0"),
        ("rate=0", "rate is 0.0; it can be 0.01 to 100"),
        ("scale=1e9", "scale is 1000000000.0; it can be 0.01 to 100"),
    ],
)
def test_wrong_damage_is_one_sentence(text: str, wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        parse(text)


def test_damage_depends_on_the_bytes_and_the_seed_alone(make_recording: Make, tmp_path: Path) -> None:
    """Not on the name, the order, or what was damaged before; and other bytes are damaged in another way."""
    formats.write(make_recording(events=300), tmp_path / "a.npz")
    shutil.copy(tmp_path / "a.npz", tmp_path / "b.npz")
    half = Corruption("drop", 0.5)

    def kept(name: str, seed: int = 0) -> list[object]:
        return Corrupted.of(RecordingFile(tmp_path / name, "x"), half, seed).load().events.tolist()

    assert kept("b.npz") == kept("a.npz") == kept("b.npz")
    assert kept("a.npz", seed=1) != kept("a.npz")
    formats.write(make_recording(events=300, seed=0, span_us=10_001), tmp_path / "b.npz")
    assert len(kept("b.npz")) != 300
    assert kept("b.npz") != kept("a.npz")


def test_a_damaged_file_is_kept_apart_but_known_again(make_recording: Make, tmp_path: Path) -> None:
    formats.write(make_recording(), tmp_path / "a.npz")
    file = RecordingFile(tmp_path / "a.npz", "x", size=(12, 9))
    many = [*parse("drop=0.25/0.5,noise=1"), Corruption("scale", 2)]
    those = [Corrupted.of(file, c, seed) for c in many for seed in (0, 1)]
    assert len({file.digest, *(one.digest for one in those)}) == 9
    assert {one.content_digest for one in those} == {file.content_digest}
    assert Corrupted.of(file, Corruption("drop", 0), 0).digest == file.digest
    assert (those[0].path, those[0].label, those[0].load().label) == (file.path, "x", "x")


def test_what_leaves_nothing_names_the_file(make_recording: Make, tmp_path: Path) -> None:
    formats.write(make_recording(), tmp_path / "a.npz")
    file = Corrupted.of(RecordingFile(tmp_path / "a.npz"), Corruption("drop", 1), 0)
    with pytest.raises(RecordingError, match=r"a\.npz: drop=1 leaves none of 50 events: try a milder level"):
        file.load()


def test_a_task_reads_damaged_recordings_and_learns_from_clean_ones(write_toys: Callable[..., Path]) -> None:
    dataset = open_dataset(write_toys(train=2, test=1)).sized()
    split = make_split(dataset, shots=1, seed=3)
    task = Task(dataset, split, ToyModel(), load_prompts(), Bank())
    frames, half = TernaryFrames(2), Corruption("drop", 0.5)
    clean, noisy = task.read(frames, split.test), task.read(frames, split.test, corruption=half)
    assert clean.shape == noisy.shape
    assert (clean != noisy).any()
    assert (clean == task.read(frames, split.test, corruption=Corruption("drop", 0))).all()
    assert (noisy == task.read(frames, split.test, corruption=half)).all()
    assert len(task.bank) == 2 * len(split.test)
    assert [file.seed for file in task.files(split.test, half) if isinstance(file, Corrupted)] == [3, 3, 3]
    with pytest.raises(DatasetError, match="is to be learned from: only what is measured is corrupted"):
        task.read(frames, split.train, corruption=half)
