"""What heads over timestep embeddings have in common: the options of the frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neuroclip.heads import Head
from neuroclip.representations import ClipTimesteps, Representation


@dataclass(frozen=True, kw_only=True)
class TimestepHead(Head):
    """A head that reads the embedding of each timestep's frame.

    Attributes:
        steps, split, polarity, min_count, window_us: The frames, as in `neuroclip.frames`.
        resize, normalize: From frame to model input, as in `ClipTimesteps`: by default the model's own preprocessing;
            `normalize="half"` is the published one.
    """

    steps: int = 10
    split: Literal["events", "time", "window"] = "events"
    polarity: Literal["paper", "reference-code"] = "paper"
    min_count: int = 1
    window_us: int | None = None
    resize: Literal["model", "painted", "bicubic", "area"] = "model"
    normalize: Literal["clip", "half"] = "clip"

    def __post_init__(self) -> None:
        _ = self.timesteps()  # checks the options of the frames

    def timesteps(self, *, normalized: bool = True) -> ClipTimesteps:
        """Return the embeddings that the options of the frames describe: unit vectors, or as the model gives them."""
        return ClipTimesteps(
            self.steps,
            self.split,
            self.polarity,
            self.min_count,
            self.window_us,
            self.resize,
            self.normalize,
            normalized,
        )

    @property
    def representation(self) -> Representation:
        """Unit embeddings of the frames (n, t, d); zero vectors where a recording has fewer timesteps than others."""
        return self.timesteps()
