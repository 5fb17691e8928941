"""Where one timestep ends and the next begins."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from neuroclip.errors import OptionError
from neuroclip.recording import MOST_WINDOWS, Recording
from neuroclip.shapes import Edges

Split = Literal["events", "time", "window"]
_MOST_PIXELS = 2**32  # of all timesteps together: 4 GiB as bytes


def check_split(steps: int, split: str, window_us: int | None) -> None:
    """Check the three options that belong together.

    Raises:
        OptionError: An unknown split, fewer than one step, or a `window_us` that is missing or of no use.
    """
    if split not in get_args(Split):
        raise OptionError(f"split is {split!r}; it can be {', '.join(map(repr, get_args(Split)))}")
    if steps < 1:
        raise OptionError(f"steps is {steps}; there must be at least 1 timestep")
    if steps > MOST_WINDOWS or steps != int(steps):
        raise OptionError(f"steps is {steps}; expected a whole number up to {MOST_WINDOWS}")
    if (split == "window") != (window_us is not None):
        raise OptionError("split='window' and window_us go together: give both or neither")
    if window_us is not None and window_us < 1:
        raise OptionError(f"window_us is {window_us}; a window lasts at least 1 microsecond")


def step_edges(
    recording: Recording, steps: int = 10, split: str = "events", window_us: int | None = None
) -> Edges:
    """Cut the events into timesteps: step i is `recording.events[edges[i]:edges[i + 1]]`.

    - `events`: floor(N / T) events in each, the remainder in the last. With fewer events than timesteps the
      first N timesteps have one event each and the others none.
    - `time`: the time from the first event to the last (included) in T equal spans; pauses give empty
      timesteps.
    - `window`: spans of `window_us` from the first event on, as many as reach the last event, the last
      perhaps filled in part; `steps` says nothing here. An empty recording has one, empty.

    Every event is in exactly one timestep. An empty recording gives empty timesteps.

    Source: `events` is SpikingJelly's `split_by="number"`, which NeuroCLIP's published code uses (T = 10).
    """
    check_split(steps, split, window_us)
    n = len(recording)
    if split != "window" and steps * recording.width * recording.height > _MOST_PIXELS:
        raise OptionError(
            f"{steps} timesteps of {recording.width}x{recording.height} pixels are too many to hold: "
            "take fewer, or check the size of the sensor"
        )
    if split == "events":
        if n < steps:
            return np.minimum(np.arange(steps + 1), n)
        return np.append(np.arange(steps) * (n // steps), n)
    # Half-open spans of whole microseconds: the last event lies inside the last one.
    span = recording.span_us + 1
    if window_us and span // window_us >= MOST_WINDOWS:
        raise OptionError(
            f"window_us={window_us} cuts {span} us into {-(-span // window_us)} timesteps: "
            f"give at least {span // MOST_WINDOWS + 1}"
        )
    starts = np.arange(0, span, window_us) if window_us else -(-np.arange(steps) * span // steps)
    if n == 0:
        return np.zeros(len(starts) + 1, np.int64)
    times = recording.events["t"]
    return np.append(np.searchsorted(times, times[0] + starts), n)
