"""What may happen to events between the sensor and the file: kinds of damage, each with a level."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording, event_array, join_events
from neuroclip.shapes import Events

HOT_PIXEL_HZ = 1000.0
"""How many events a hot pixel fires in a second, on average."""

_MOST_ADDED = 100_000_000  # events; more is a slip of units


@dataclass(frozen=True)
class Kind:
    """One kind of damage.

    Attributes:
        about: What a level of it does.
        nothing: The level that changes nothing.
        least, most: The range of levels, ends included.
        whole: Whether a level is a whole number.
        change: Returns the events of a recording, damaged at a level.
    """

    about: str
    nothing: int | float
    least: int | float
    most: int | float
    change: Callable[[Recording, int | float, Generator], Events]
    whole: bool = False


def _drop(recording: Recording, share: int | float, random: Generator) -> Events:
    # One draw for each event whatever the level, so that a higher one takes the same events and more.
    return recording.events[random.random(len(recording)) >= share]


def _noise(recording: Recording, hz: int | float, random: Generator) -> Events:
    pixels = recording.width * recording.height
    n = _number(hz * pixels * recording.span_us / 1e6, random)
    place = random.integers(0, pixels, n)
    return _with(recording, place, random.random(n) < 0.5, random)


def _hot_pixels(recording: Recording, number: int | float, random: Generator) -> Events:
    pixels = recording.width * recording.height
    if number > pixels:
        raise RecordingError(
            f"there are {pixels} pixels, so that {number:.0f} hot ones are too many: say fewer in hot-pixels"
        )
    # In one order whatever the level, as for `drop`.
    hot, on = random.permutation(pixels)[: int(number)], random.random(pixels) < 0.5
    n = _number(number * HOT_PIXEL_HZ * recording.span_us / 1e6, random)
    place = hot[random.integers(0, len(hot), n)] if len(hot) else hot
    return _with(recording, place, on[place], random)


def _jitter(recording: Recording, deviation_us: int | float, random: Generator) -> Events:
    events = recording.events.copy()
    start, span = events["t"][0], recording.span_us
    if span:
        drawn = np.clip(random.standard_normal(len(events)) * deviation_us, -1e15, 1e15)
        # Thrown back at both ends, where cutting would put many events on the first and last microsecond.
        moved = (events["t"] - start + np.rint(drawn).astype(np.int64)) % (2 * span)
        events["t"] = start + np.minimum(moved, 2 * span - moved)
    return events[np.argsort(events["t"], kind="stable")]


def _rate(recording: Recording, factor: int | float, random: Generator) -> Events:
    events = recording.events.copy()
    start = events["t"][0]
    if factor != 1:  # float64 cannot hold every whole microsecond since 1970, but every span
        events["t"] = start + np.rint((events["t"] - start) / factor).astype(np.int64)
    return events


def _scale(recording: Recording, factor: int | float, random: Generator) -> Events:
    events = recording.events.copy()
    inside = np.ones(len(events), bool)
    for axis, size in (("x", recording.width), ("y", recording.height)):
        # The pixel in which the scaled middle of the old one lies.
        moved = np.floor((events[axis] + 0.5 - size / 2) * factor + size / 2)
        inside &= (moved >= 0) & (moved < size)
        events[axis] = np.clip(moved, 0, size - 1)
    return events[inside]


def _number(expected: int | float, random: Generator) -> int:
    if expected > _MOST_ADDED:
        raise RecordingError(f"about {expected:.3g} events would be added, more than {_MOST_ADDED}: say less")
    return int(random.poisson(expected))


def _with(recording: Recording, place: np.ndarray, on: np.ndarray, random: Generator) -> Events:
    """Return the events, and new ones among them at uniform times from the first event to the last."""
    first, last = recording.events["t"][[0, -1]]
    times = random.integers(first, last, len(place), endpoint=True)
    new = event_array(times, place % recording.width, place // recording.width, on)
    both = join_events([recording.events, new])
    return both[np.argsort(both["t"], kind="stable")]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "drop": Kind("each event is lost with this probability", 0, 0, 1, _drop),
        "noise": Kind("so many events are added per pixel and second, anywhere and at any time", 0, 0, 1e6, _noise),
        "hot-pixels": Kind("so many pixels fire 1000 events a second", 0, 0, 65536**2, _hot_pixels, whole=True),
        "jitter-us": Kind("times change by chance, with this deviation in microseconds", 0, 0, 1e12, _jitter),
        "rate": Kind("everything happens so many times as fast", 1, 0.01, 100, _rate),
        "scale": Kind("the picture is so many times as large, about the middle", 1, 0.01, 100, _scale),
    }
)  # fmt: skip
"""Kinds of damage by name."""


@dataclass(frozen=True)
class Corruption:
    """One kind of damage at one level.

    Nothing but events changes: a paired video, and when it begins, stay as they are. All events stay on the sensor,
    in whole microseconds and in the order of time; the recording that is damaged is not changed.

    - `drop`: each event is kept with a probability of 1 - level. What a lower level loses, a higher one loses too.
    - `noise`: shot noise. The number of new events is Poisson distributed, with a mean of level times pixels times
      seconds; pixel, time (from the first event to the last) and polarity are uniform.
    - `hot-pixels`: so many pixels by chance, each of one polarity, fire `HOT_PIXEL_HZ` at uniform times (Poisson).
    - `jitter-us`: the time of each event changes by a rounded Gaussian with this deviation, thrown back where it would
      leave the span; then events are sorted again.
    - `rate`: the time since the first event is divided by the level, and rounded: 2 is twice as fast. Timesteps of
      equal numbers of events, or equal shares of the span, hardly notice; those of so many microseconds do.
    - `scale`: what is seen is so many times as large, about the middle of the sensor. Events that leave it are gone;
      above 1 there are gaps, since every event stays one event.

    Raises:
        OptionError: No such kind, or a level out of its range.
    """

    kind: str
    level: int | float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            near = get_close_matches(self.kind, KINDS, 1)
            raise OptionError(
                f"no corruption named {self.kind!r}{f'; did you mean {near[0]}?' if near else ''}; there are "
                f"{', '.join(KINDS)}"
            )
        kind = KINDS[self.kind]
        if not kind.least <= self.level <= kind.most or (kind.whole and self.level != math.floor(self.level)):
            raise OptionError(
                f"{self.kind} is {self.level}; it can be {'a whole number from ' if kind.whole else ''}{kind.least:g} "
                f"to {kind.most:g}: {kind.about}"
            )
        object.__setattr__(self, "level", float(self.level) or 0.0)  # no -0.0

    def __str__(self) -> str:
        return f"{self.kind}={int(self.level) if self.level == int(self.level) else self.level}"

    @property
    def does_nothing(self) -> bool:
        """Whether nothing changes at this level."""
        return self.level == KINDS[self.kind].nothing

    def apply(self, recording: Recording, random: Generator) -> Recording:
        """Return a damaged recording.

        Raises:
            RecordingError: No event is left, more hot pixels than there are, or more noise than memory holds.
        """
        if not len(recording):
            return recording
        events = KINDS[self.kind].change(recording, self.level, random)
        if not len(events):
            raise RecordingError(f"{self} leaves none of {len(recording)} events: try a milder level")
        return replace(recording, events=events)


def parse(text: str) -> tuple[Corruption, ...]:
    """Read `drop=0.25/0.5,noise=5`: kinds with levels, each of which is a run of its own; none comes twice.

    Raises:
        OptionError: As `Corruption`, or not of this form.
    """
    found: list[Corruption] = []
    for part in text.split(","):
        kind, equals, levels = part.strip().partition("=")
        if not equals:
            raise OptionError(
                f"--corrupt {part.strip()!r}: expected KIND=LEVEL, such as drop=0.5 or drop=0.25/0.5"
            )
        for level in levels.split("/"):
            try:
                value = float(level)
            except ValueError as error:
                raise OptionError(f"--corrupt {part.strip()}: the level {level!r} is no number") from error
            found.append(Corruption(kind.strip(), value))
    return tuple(dict.fromkeys(found))
