"""One head on toy recordings: what each check starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from neuroclip_prompts import PromptSet
from torch import Tensor

from neuroclip.backbones import ImageNetwork, Model, load_backbone
from neuroclip.backbones.image_names import is_image_name
from neuroclip.bank import Bank
from neuroclip.classes import Classes
from neuroclip.heads import Head, State
from neuroclip.recording import Recording
from neuroclip.representations import Representation
from neuroclip.testing.toys import TOY_CLASSES, ToyModel, toy_recordings

SHOTS, QUERIES = 6, 3
_PROMPTS = PromptSet("toy", ("a {}", "one {} here"))


@dataclass
class Trial:
    """A head, classes in some order, a toy model, shots to learn from and other recordings to ask about.

    Attributes:
        shots: Per class; at least the head's `min_shots`. The shots are shuffled.
        seed: Of the recordings.
    """

    head: Head
    names: Sequence[str] = TOY_CLASSES
    shots: int | None = None
    seed: int = 0
    model: ToyModel = field(default_factory=ToyModel)

    _last: ClassVar[tuple[Head, State] | None] = None

    def __post_init__(self) -> None:
        shots = max(SHOTS, self.head.min_shots) if self.shots is None else self.shots
        self.classes = Classes(tuple(self.names), _PROMPTS, self.model)
        shown = [r for name in self.names for r in toy_recordings(name, shots, seed=2 * self.seed)]
        order = torch.randperm(len(shown), generator=torch.Generator().manual_seed(self.seed)).tolist()
        self.shown = [shown[i] for i in order]
        # As many of each class, but 3n + 1 in all: no square of logits that could hide a transposition.
        asked = [r for name in self.names for r in toy_recordings(name, QUERIES, seed=2 * self.seed + 1)]
        self.asked = asked + toy_recordings(self.names[0], 1, seed=2 * self.seed + 99)

    def labels(self, recordings: Sequence[Recording]) -> Tensor:
        """Return the positions of the recordings' classes, int64 (n)."""
        return torch.tensor([list(self.names).index(str(r.label)) for r in recordings], dtype=torch.long)

    def read(self, recordings: Sequence[Recording], representation: Representation | None = None) -> Any:
        """Compute what `logits` reads, or another representation."""
        if not recordings:
            return torch.zeros(0)
        wanted = (representation or self.head.representation).filled(self.model.name)
        return Bank().get(wanted, recordings, self._backbone)

    def _backbone(self, name: str) -> Model | ImageNetwork:
        # Image networks are what they are called; everything else is the toy model.
        return load_backbone(name) if is_image_name(name) else self.model

    def fit(self, *, seed: int = 0) -> State:
        """Fit the head on the shots."""
        y = self.labels(self.shown)
        return self.head.fit(self.read(self.shown, self.head.training), y, self.classes, seed=seed)

    def fitted(self) -> State:
        """Return what `fit` gives, learned once while the same head is looked at: for rules about something else."""
        last = Trial._last
        if last is None or last[0] is not self.head:
            last = Trial._last = (self.head, self.fit())
        return {name: tensor.clone() for name, tensor in last[1].items()}

    def ask(self, state: State, recordings: Sequence[Recording] | None = None) -> Tensor:
        """Return the head's logits (n, c) for recordings, by default the `asked` ones."""
        x = self.read(self.asked if recordings is None else recordings)
        with torch.no_grad():
            return self.head.logits(state, x, self.classes)

    def check_shape(self, logits: Tensor) -> None:
        """Check that logits of the `asked` recordings are (n, c).

        Rules that look at rows call it too: one cause is then reported in one sentence, and not as several faults.

        Raises:
            AssertionError: They are not.
        """
        wanted = (len(self.asked), len(self.classes))
        assert tuple(logits.shape) == wanted, f"shape {tuple(logits.shape)} for n, c = {wanted}"

    def accuracy(self, state: State) -> float:
        """Return the share of the asked recordings that are named rightly."""
        return float((self.ask(state).argmax(-1) == self.labels(self.asked)).float().mean())
