"""What a head says of one recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from neuroclip.backbones import load_model
from neuroclip.notebook import answer_html
from neuroclip.recording import Recording
from neuroclip.representations import TernaryFrames
from neuroclip.shapes import Frames


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction:
    """What a head says of one recording.

    Attributes:
        recording: Its file, or what the caller called it.
        label: The class with the highest score.
        scores: Class name to probability, highest first; they sum to 1.
        timesteps: Class name to the probabilities at each timestep alone, to plot; None where the head has none.
        head: Its name.
        model: The name of the network that answered: the model, or the one that the head asks or has in its place.
        events: How many events the recording has.
        steps: How many timesteps the head read; None where it reads no timesteps.
        provenance: Versions, the model's digest, options, class words, prompts: what is needed to get it again.
    """

    recording: str
    label: str
    scores: Mapping[str, float]
    timesteps: Mapping[str, Sequence[float]] | None
    head: str
    model: str
    events: int
    steps: int | None
    provenance: Mapping[str, Any] = field(repr=False)
    source: Recording = field(repr=False)
    painter: TernaryFrames | None = field(repr=False)

    @cached_property
    def frames(self) -> Frames | None:
        """The frames that the encoder saw, uint8 (t, h, w); None where the head reads no frames."""
        if self.painter is None:
            return None
        return self.painter.compute(self.source, load_model).numpy()

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints, on one line per recording."""
        return {
            "recording": self.recording,
            "prediction": self.label,
            "scores": dict(self.scores),
            "head": self.head,
            "model": self.model,
            "events": self.events,
            "timesteps": self.steps,
        }

    def _repr_html_(self) -> str:
        """Draw scores and frames in a notebook, in one piece of HTML without scripts."""
        about = f"{self.events} events, head {self.head}, model {self.model}"
        return answer_html(self.recording, self.label, about, self.scores, self.frames, self.timesteps)
