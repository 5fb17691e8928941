"""Checks of events: hardly any, of one polarity, and one that strays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from neuroclip.errors import NeuroclipError
from neuroclip.heads import Head, State
from neuroclip.recording import Recording
from neuroclip.testing.checks import DoesNotApply
from neuroclip.testing.toys import toy_corner, toy_recordings
from neuroclip.testing.trial import Trial

_TOLERANCE = 1e-4


def hardly_any_events_work(head: Head) -> None:
    """A recording with no event, one event, or fewer than timesteps has finite logits.

    A division by the number of events, or by a length that is zero: `clamp_min`.
    """
    trial = Trial(head)
    state, full = trial.fitted(), toy_recordings(trial.names[0], 1)[0]
    few = [Recording(full.events[:n], full.width, full.height) for n in (0, 1, 3)]
    for recording in few:
        logits = trial.ask(state, [recording])
        assert logits.isfinite().all(), f"{logits} for {len(recording)} events"


def both_polarities_are_seen(head: Head) -> None:
    """A recording of OFF events alone, or of ON events alone, is not taken for one without events.

    A test such as `p < 0` where polarity is 0 or 1: `recording.events["on"]` is True for ON. A representation that
    cannot use such a recording says so, as a RecordingError.
    """
    trial = Trial(head)
    state, full = trial.fitted(), toy_recordings(trial.names[0], 1)[0]
    nothing = _answer(trial, state, full, np.zeros(len(full), bool))
    for name, on in (("OFF", False), ("ON", True)):
        logits = _answer(trial, state, full, full.events["on"] == on)
        assert logits is None or nothing is None or (logits - nothing).abs().max() > _TOLERANCE, (
            f"{name} events alone have the logits of no events, {logits.tolist()}"
        )


def _answer(trial: Trial, state: State, recording: Recording, kept: NDArray[np.bool_]) -> Tensor | None:
    """Return the logits of some events of a recording; None where the representation says that it cannot use them."""
    try:
        return trial.ask(state, [Recording(recording.events[kept], recording.width, recording.height)])
    except NeuroclipError:
        return None


def a_stray_event_moves_no_other(head: Head) -> None:
    """One more event in a corner of the sensor changes little: it does not move the others.

    Coordinates divided by the largest that a recording has: divide them by `recording.width` and `recording.height`.
    """
    trial = Trial(head)
    state = trial.fitted()
    clean = [_without_noise(toy_recordings(name, 1)[0]) for name in trial.names]
    before, after = trial.ask(state, clean), trial.ask(state, [_with_a_stray_event(r) for r in clean])
    if after.argmax(-1).tolist() != list(range(len(trial.names))):
        raise DoesNotApply("with these options it learns too little for one event to be little")
    spread, moved = float((after - after.mean(0)).abs().max()), float((after - before).abs().max())
    assert moved <= 0.5 * spread, (
        f"logits moved by {moved:.2g} for one event more, where those of different classes are {spread:.2g} from "
        f"their mean"
    )


def _without_noise(recording: Recording) -> Recording:
    """Keep the events of the square that makes a toy's class."""
    left, top = toy_corner(str(recording.label))
    x, y = (recording.events[axis].astype(np.int64) for axis in ("x", "y"))
    inside = (x >= left) & (x < left + 12) & (y >= top) & (y < top + 12)
    return Recording(recording.events[inside], recording.width, recording.height)


def _with_a_stray_event(recording: Recording) -> Recording:
    """Add one event in the corner where no toy has its square, in the middle of the recording."""
    events = recording.events
    middle = len(events) // 2
    stray = events[middle : middle + 1].copy()
    stray["x"], stray["y"] = recording.width - 1, recording.height - 1
    joined = np.concatenate([events[: middle + 1], stray, events[middle + 1 :]])
    return Recording(joined, recording.width, recording.height)
