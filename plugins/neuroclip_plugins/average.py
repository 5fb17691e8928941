"""The mean of what several heads say: late fusion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, Head, Operations, State, item_count, nested, unnested
from neuroclip.heads.counting import counted
from neuroclip.representations import Joint
from neuroclip.shapes import Labels, Logits
from neuroclip_plugins.i3d.heads import I3DFlow, I3DRgb

_READY = "members"


@dataclass(frozen=True, kw_only=True)
class Average(Head):
    """Learn several heads one after the other, and answer with the mean of their probabilities.

    Attributes:
        members: Heads with their options, as `{"head": "i3d-events", "options": {"steps": 8}}`; at least two.

    Source: Chadha et al. (2019), table 2 (events and RGB); Bilkhu and Ayyubi (RGB and flow): the mean of the scores.
    """

    members: tuple[Head, ...] = ()

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise OptionError(
                f"members is {len(self.members)} heads; give at least two, as in "
                """-o 'members=[{"head": "i3d-events"}, {"head": "i3d-rgb", "options": {"steps": 4}}]'"""
            )

    @property
    def representation(self) -> Joint:
        """What each member reads, as m0, m1, ..."""
        return Joint(**{_name(i): member.representation for i, member in enumerate(self.members)})

    @property
    def training(self) -> Joint:
        """What each member learns from, as m0, m1, ..."""
        return Joint(**{_name(i): member.training for i, member in enumerate(self.members)})

    @property
    def needs(self) -> tuple[Path, ...]:
        """What the members need."""
        return tuple(path for member in self.members for path in member.needs)

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield the checkpoints of the members one after the other; the state answers with those that have begun.

        Every member is given the seed, so that it learns what it would learn alone.
        """
        first, before, state = 0, 0, State()
        stopped: Checkpoint | None = None
        if resume is not None:
            first, own = (int(resume.resume[name]) for name in ("member", "position"))
            before = resume.position - own
            state = {k: v for k, v in resume.state.items() if k != _READY}
            name = _name(first)
            stopped = Checkpoint(unnested(name, state), unnested(name, resume.resume), own)
        for i, member in enumerate(self.members[first:], first):
            name, own = _name(i), stopped.position if stopped is not None else 0
            for c in member.train(x[name], y, classes, seed=seed, resume=stopped):
                own = c.position
                state = {k: v for k, v in state.items() if not k.startswith(f"{name}.")}
                state |= nested(name, c.state)
                place = {"member": torch.tensor(i), "position": torch.tensor(own)}
                last = i == len(self.members) - 1 and c.total is not None
                total = before + c.total if last and c.total is not None else None
                usable = state | {_READY: torch.tensor(i + 1)}
                yield Checkpoint(usable, place | nested(name, c.resume), before + own, total)
            before, stopped = before + own, None

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return the logarithm of the mean of the members' probabilities (n, c)."""
        # Absent where the members were fitted one by one, and laid together.
        number = int(state[_READY]) if _READY in state else len(self.members)
        ready = list(enumerate(self.members))[:number]
        said = [member.logits(unnested(_name(i), state), x[_name(i)], classes) for i, member in ready]
        logs = torch.stack([logits.float().log_softmax(-1) for logits in said])
        # The mean inside the logarithm, where no probability is rounded to 0.
        return logs.logsumexp(0) - torch.tensor(float(len(logs))).log()

    def operations(self, state: State, x: Any, classes: Classes) -> Operations | None:
        """Return the sum over the members, those that do not count their own being counted; None where none does."""
        parts = [(member, unnested(_name(i), state), x[_name(i)]) for i, member in enumerate(self.members)]
        told = [member.operations(own, read, classes) for member, own, read in parts]
        if not any(told):
            return None
        counted = [
            one or _counted(member, own, read, classes)
            for one, (member, own, read) in zip(told, parts, strict=True)
        ]
        rates = [one.firing_rate for one in counted if one.firing_rate is not None]
        return Operations(
            sum(one.macs for one in counted),
            sum(one.accumulates for one in counted),
            rates[0] if len(rates) == 1 else None,
        )


@dataclass(frozen=True, kw_only=True)
class I3DFlowRgb(Average):
    """The mean of what I3D says of the optical flow and of the pictures.

    Attributes:
        members: `i3d-flow` and `i3d-rgb`, unless given with other options.
    """

    members: tuple[Head, ...] = (I3DFlow(), I3DRgb())


def _name(i: int) -> str:
    return f"m{i}"


def _counted(member: Head, state: State, x: Any, classes: Classes) -> Operations:
    member.logits(state, x, classes)  # text features and the like, which are computed once
    with counted() as counter, torch.no_grad():
        member.logits(state, x, classes)
    return Operations(counter.get_total_flops() / 2 / max(1, item_count(x)))
