"""`i3d-events`: an I3D that reads events, taught by one that reads optical flow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal

from torch import Generator, Tensor
from torch.nn import functional

from neuroclip.classes import Classes
from neuroclip.errors import HeadError, OptionError
from neuroclip.heads import Checkpoint, SavedHead, State, load, nested, unnested
from neuroclip.representations import Joint, Representation, SignedVolume
from neuroclip.shapes import Labels, Logits
from neuroclip_plugins.i3d.heads import I3DFlow, I3DHead
from neuroclip_plugins.i3d.network import FIRST
from neuroclip_plugins.i3d.weights import fitting


@dataclass(frozen=True, kw_only=True)
class I3DEvents(I3DHead):
    """I3D on the events of the shot, summed with their sign; optical flow teaches it, and is not needed to answer.

    The loss is `beta` CE(y, student) + `alpha` T^2 CE(teacher at T, student at T), where p at T is softmax(logits / T).

    Attributes:
        steps, interval_us: Of `SignedVolume`. 16 intervals, 8 in the published ablation.
        alpha, beta: Weights of the teacher and of the labels. alpha=0: labels alone.
        temperature: T.
        soften: `both`, or the `teacher` alone, as the published formula has it.
        teacher: The folder of a saved `i3d-flow` head, or such a head (its options), which is then trained first,
            on the flow of the same shots. None: one with the options of this head, if alpha is above 0.
        start: The weights to begin with: the `teacher`'s, or `random` ones. Where there is no teacher, or not its
            weights, those of the option `weights`, if given. (A teacher that is trained first begins with them, too.)
        channels: 2 as published: the events are copied to a second channel, as if they were flow. 1: the exact
            fold of that, the first convolution summed over both, which costs less and gives the same answer. Only
            learning differs, since two copies of a weight move twice as far as one.

    Source: Chadha, Bi, Abbas and Andreopoulos (2019). Departures: the teacher sees the whole frames of each shot, once,
    not the student's crop of them; those of `I3DHead`.
    """

    sign_changes: ClassVar[tuple[int, ...]] = ()

    steps: int = 16
    interval_us: int | None = None
    alpha: float = 1.0
    beta: float = 1.0
    temperature: float = 2.0
    soften: Literal["both", "teacher"] = "both"
    teacher: str | I3DFlow | None = None
    start: Literal["teacher", "random"] = "teacher"
    channels: Literal[1, 2] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("alpha", "beta"):
            if not 0 <= getattr(self, name) < math.inf:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 or more")
        if self.alpha == self.beta == 0:
            raise OptionError("alpha and beta are 0: there is nothing to learn from; one must be above 0")
        if not 0 < self.temperature < math.inf:
            raise OptionError(f"temperature is {self.temperature}; it must be above 0")
        teacher = self.teacher
        if isinstance(teacher, I3DFlow) and self.start == "teacher" and teacher.width != self.width:
            raise OptionError(
                f"the teacher's width is {teacher.width}, and this head's {self.width}, so that it cannot begin with "
                "its weights: make them equal, or use start='random'"
            )

    @property
    def ins(self) -> int:
        """Events, or events twice."""
        return self.channels

    @property
    def needs(self) -> tuple[Path, ...]:
        """Also the folder of the teacher, if it is asked, or what one that is trained first needs."""
        if isinstance(self.teacher, str):
            return (*super().needs, *([] if self._teacher() is None else [Path(self.teacher)]))
        return (*super().needs, *(self.teacher.needs if self.teacher is not None else ()))

    @property
    def representation(self) -> SignedVolume:
        """Signed sums of events (n, t, h, w)."""
        return SignedVolume(self.steps, self.interval_us)

    @property
    def training(self) -> Representation:
        """Also the flow that the teacher reads, if one is asked or trained.

        Raises:
            HeadError: The folder of the teacher holds none.
        """
        teacher = self._teacher()
        if teacher is None or (isinstance(teacher, SavedHead) and self.alpha == 0):
            return self.representation
        reads = teacher.head if isinstance(teacher, SavedHead) else teacher
        return Joint(events=self.representation, flow=reads.representation)

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch: first the teacher's, where one is trained, then its own.

        The state is always that of the student; as long as the teacher learns, of one that only begins.

        Raises:
            HeadError: The teacher is no `i3d-flow` head, has other classes, or another width.
        """
        events, flow = (x["events"], x["flow"]) if isinstance(x, Mapping) else (x, None)
        teacher = self._teacher()
        lead = teacher.epochs if isinstance(teacher, I3DFlow) else 0
        taught = _in_order(teacher, classes) if isinstance(teacher, SavedHead) else None
        if isinstance(teacher, I3DFlow) and (resume is None or resume.position <= lead):
            stopped = _of_teacher(resume) if resume is not None else None
            taught = stopped.state if stopped is not None else None
            for c in teacher.train(flow, y, classes, seed=seed, resume=stopped):
                taught = c.state
                resumable = nested("teacher.state", c.state) | nested("teacher.resume", c.resume)
                begun = self._begun(taught, classes, Generator().manual_seed(seed))
                yield Checkpoint(begun, resumable, c.position, lead + self.epochs)
            resume = None

        generator = Generator().manual_seed(seed)
        said: Tensor | None = None
        if resume is not None:
            begun, said = resume.state, resume.resume.get("teacher.logits")
            resume = Checkpoint(begun, resume.resume, resume.position - lead)
        else:
            begun = self._begun(taught, classes, generator)
            if self.alpha > 0 and teacher is not None and taught is not None:
                reads = teacher.head if isinstance(teacher, SavedHead) else teacher
                said = reads.logits(taught, flow, classes)
        labels, said = y.to(self.place), said if said is None else said.to(self.place)

        def loss(logits: Logits, index: Tensor) -> Tensor:
            of_teacher = None if said is None else said[index]
            return distillation(
                logits,
                labels[index],
                of_teacher,
                alpha=self.alpha,
                beta=self.beta,
                temperature=self.temperature,
                soften=self.soften,
            )

        kept = {} if said is None else {"teacher.logits": said}
        for c in self.learned(events, begun, loss, generator, resume):
            yield Checkpoint(c.state, c.resume | kept, lead + c.position, lead + self.epochs)

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return what the network says of the whole frames (n, c); two channels are folded into one."""
        return super().logits(state | {FIRST: state[FIRST].sum(1, keepdim=True)}, x, classes)

    def _begun(self, taught: State | None, classes: Classes, generator: Generator) -> State:
        if self.start == "random" or taught is None:
            return self.begun(len(classes), generator)
        try:
            return fitting(self.network(len(classes)), taught, classifier=True)
        except HeadError as error:
            raise HeadError(f"the student cannot begin with the teacher's weights: {error}") from error

    def _teacher(self) -> I3DFlow | SavedHead | None:
        """Return who teaches: a saved head, or one that is to be trained first."""
        if isinstance(self.teacher, str):
            return None if self.alpha == 0 and self.start == "random" else _saved(Path(self.teacher))
        if self.alpha == 0:
            return None if self.start == "random" else self.teacher
        if self.teacher is not None:
            return self.teacher
        shared = {field.name: getattr(self, field.name) for field in fields(I3DHead)}
        return I3DFlow(**shared, interval_us=self.interval_us)


def distillation(
    student: Logits,
    y: Labels,
    teacher: Logits | None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    temperature: float = 2.0,
    soften: Literal["both", "teacher"] = "both",
) -> Tensor:
    """Return beta CE(y, student) + alpha T^2 CE(teacher at T, student at T), the mean over the shots.

    p at T is softmax(logits / T); the student's is softmax(logits) in the second term where `soften` is `teacher`.
    Without a teacher the second term is 0.

    Source: Chadha et al. (2019), loss of the student, printed with the student not softened; Hinton et al. (2015).
    """
    loss = beta * functional.cross_entropy(student, y)
    if teacher is None:
        return loss
    softened = student / temperature if soften == "both" else student
    towards = functional.cross_entropy(softened, (teacher / temperature).softmax(-1))
    return loss + alpha * temperature**2 * towards


def _of_teacher(checkpoint: Checkpoint) -> Checkpoint:
    state, resume = (unnested(f"teacher.{part}", checkpoint.resume) for part in ("state", "resume"))
    return Checkpoint(state, resume, checkpoint.position)


def _saved(folder: Path) -> SavedHead:
    saved = load(folder)
    if not isinstance(saved.head, I3DFlow):
        raise HeadError(
            f"{folder}: the teacher must be a saved i3d-flow head, and this is {type(saved.head).__name__}"
        )
    return saved


def _in_order(saved: SavedHead, classes: Classes) -> State:
    """Return the teacher's state with its classes in our order."""
    if sorted(saved.names) != sorted(classes.names):
        raise HeadError(
            f"the teacher knows other classes: it was fitted on {', '.join(saved.names)}; these are "
            f"{', '.join(classes.names)}: fit i3d-flow on the same set first, or leave teacher out"
        )
    order = [saved.names.index(name) for name in classes.names]
    ends = {name: value[order] for name, value in saved.state.items() if name.startswith("logits.")}
    return saved.state | ends
