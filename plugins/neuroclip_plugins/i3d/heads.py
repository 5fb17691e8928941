"""A narrow or wide I3D that learns from the shots, and its two heads that read video: `i3d-flow` and `i3d-rgb`."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor
from torch.nn import functional

from neuroclip.backbones.weight_files import read_weights
from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, Head, State, check_choices, minibatches
from neuroclip.representations import FlowVolume, Representation, RgbVolume
from neuroclip.shapes import Labels, Logits
from neuroclip_plugins.clips import Boxes, distorted, flipped, views, whole
from neuroclip_plugins.descent import Descent, Optimizer, along_cosine
from neuroclip_plugins.i3d.network import BIAS, I3D, initialise, network_of
from neuroclip_plugins.i3d.weights import fitting

_PIXELS_AT_ONCE = 2**22  # of the frames that are answered for together, at the network's size

Loss = Callable[[Logits, Tensor], Tensor]
"""From the logits of some shots and their positions to a number."""


@dataclass(frozen=True, kw_only=True)
class I3DHead(Head):
    """What all heads with an I3D share: options, what the network sees, how it learns.

    While it learns, the network sees a crop of each shot, drawn anew in every epoch and the same for all frames; when
    it answers, the whole.

    Attributes:
        width: Factor of the numbers of filters. 1: the published network; 0.25 or less trains on a CPU.
        size: Side of the square that the network sees, in pixels. As published 224.
        epochs, batch: How often each shot is seen, and how many together (as equal batches as can be).
        optimizer: `sgd` with momentum, as Chadha et al., or `adam`, as Bilkhu and Ayyubi.
        learning_rate: Of either: 0.01 as published for SGD, 0.002 for Adam.
        momentum: Of SGD; as published.
        schedule: `constant`, or the learning rate falls along half a `cosine`.
        statistics: Of the norms, when they answer: `shots`, those of all shots after the last epoch; or `running`, what
            was remembered with a decay of 0.9, as published, which takes hundreds of steps to be right.
        scaling: `frame`: each frame is normalised by itself (mean 0 of each channel, deviation 1 of all), as Chadha et
            al.; `unit`: all values are scaled to 0 to 1 alike, as Bilkhu and Ayyubi. Then 0.5 is no motion, and no
            event.
        dropout: Share of the pooled features that is dropped.
        crop: Smallest share that a crop keeps of each side. 1: no crops.
        flip: Whether half of what it learns from is mirrored. Not for classes that left and right tell apart.
        weights: A file with weights to begin with (`.safetensors`, or `.pt` with nothing but tensors) under the names
            of piergiaj/pytorch-i3d; its classifier is not used. None: random ones.

    Source: Chadha, Bi, Abbas and Andreopoulos (2019); Bilkhu and Ayyubi (2018). Departures: see `I3D` and `statistics`;
    the last epoch is the answer; `crop` and `epochs` are our own, since the papers give none; the batch is that of
    Bilkhu and Ayyubi.
    """

    sign_changes: ClassVar[tuple[int, ...]] = ()
    """Channels that change sign in the mirror."""
    span: ClassVar[tuple[int, int]] = (-127, 127)
    """The least and the largest value that is read, which become 0 and 1 with `scaling="unit"`."""

    width: float = 1.0
    size: int = 224
    epochs: int = 60
    batch: int = 16
    optimizer: Optimizer = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    schedule: Literal["constant", "cosine"] = "constant"
    statistics: Literal["shots", "running"] = "shots"
    scaling: Literal["frame", "unit"] = "frame"
    dropout: float = 0.5
    crop: float = 0.8
    flip: bool = False
    weights: str | None = None

    def __post_init__(self) -> None:
        check_choices(self)
        for name, least in (("size", 8), ("epochs", 1), ("batch", 2)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be {least} or more")
        for name in ("width", "crop"):
            if not 0 < getattr(self, name) < math.inf:
                raise OptionError(f"{name} is {getattr(self, name)}; it must be above 0")
        if self.crop > 1:
            raise OptionError(f"crop is {self.crop}; it can be up to 1, which is no crop")
        if not 0 <= self.learning_rate < math.inf:
            raise OptionError(f"learning_rate is {self.learning_rate}; it can be 0 or more")
        for name in ("momentum", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 up to, but not, 1")
        _ = self.representation  # checks the options that they share

    @property
    def place(self) -> torch.device:
        """Where the network works: on the first GPU that torch sees. Shots stay where they are; minibatches travel."""
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @property
    def needs(self) -> tuple[Path, ...]:
        """The file of weights to begin with."""
        return () if self.weights is None else (Path(self.weights).expanduser(),)

    @property
    @abstractmethod
    def ins(self) -> int:
        """How many channels the network has while it learns."""

    @property
    @abstractmethod
    def representation(self) -> Representation:
        """Volumes (n, t, channels, h, w), or (n, t, h, w) for one channel."""

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch; the state has the names of piergiaj/pytorch-i3d."""
        generator = Generator().manual_seed(seed)
        begun = self.begun(len(classes), generator) if resume is None else resume.state
        labels = y.to(self.place)
        yield from self.learned(
            x, begun, lambda logits, index: functional.cross_entropy(logits, labels[index]), generator, resume
        )

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return what the network says of the whole frames (n, c)."""
        at_once = max(1, _PIXELS_AT_ONCE // (x.shape[1] * self.size**2))
        with torch.no_grad():
            network = network_of({name: value.to(self.place) for name, value in state.items()}, self.width)
            parts = [network(self._seen(part)) for _, part in minibatches(x, at_once)]
            return torch.cat(parts).to(x.device) if parts else torch.zeros(0, len(classes))

    def begun(self, classes: int, generator: Generator) -> State:
        """Return the state that learning begins with: random, but for what the file of weights has.

        Raises:
            HeadError: The file is of another network.
            ModelError: It cannot be read.
        """
        network = self.network(classes)
        initialise(network, generator)
        if self.weights is None:
            return dict(network.state_dict())
        return fitting(network, read_weights(Path(self.weights).expanduser()))

    def network(self, classes: int) -> I3D:
        """Make a network, whose weights hold nothing yet."""
        with torch.device("meta"):  # which draws nothing from the global generator
            network = I3D(classes, self.ins, self.width, self.dropout)
        return network.to_empty(device="cpu")

    def learned(
        self, x: Tensor, begun: State, loss: Loss, generator: Generator, resume: Checkpoint | None
    ) -> Iterator[Checkpoint]:
        """Go on from a state, by gradient descent, to the last epoch; a checkpoint after every one."""
        network = self.network(len(begun[BIAS])).to(self.place)
        network.load_state_dict(begun)
        network.train().to(memory_format=torch.channels_last_3d)
        weights: dict[str, Tensor] = dict(network.named_parameters())
        descent = Descent(weights, self.optimizer, self.momentum)
        if resume is not None:
            descent.take_up(resume.resume)
            generator.set_state(resume.resume["generator"].cpu())
        # None of them a single shot, whose norms would have nothing to compare.
        batches = max(1, min(math.ceil(len(x) / self.batch), len(x) // 2))
        for epoch in range(resume.position if resume else 0, self.epochs):
            for index in torch.randperm(len(x), generator=generator).tensor_split(batches):
                shown = self._shown(x[index], generator)
                with torch.enable_grad():  # also where the caller has turned gradients off
                    value = loss(network(shown, generator), index.to(self.place))
                    gradients = torch.autograd.grad(value, list(weights.values()))
                descent.step(dict(zip(weights, gradients, strict=True)), self._rate(epoch))
            if epoch == self.epochs - 1 and self.statistics == "shots":
                # In random order, since a batch of one class would be no example.
                order = torch.randperm(len(x), generator=generator)
                network.remember(self._seen(x[index]) for index in order.tensor_split(batches))
            resumable = descent.kept() | {"generator": generator.get_state()}
            state = {name: _kept(value) for name, value in network.state_dict().items()}
            yield Checkpoint(state, resumable, epoch + 1, self.epochs)

    def _rate(self, epoch: int) -> float:
        falls = self.schedule == "cosine"
        return self.learning_rate * (along_cosine(epoch, self.epochs) if falls else 1)

    def _shown(self, x: Tensor, generator: Generator) -> Tensor:
        """Return what the network learns from: a crop of each shot, perhaps mirrored."""
        size = (x.shape[-2], x.shape[-1])
        boxes = distorted(len(x), size, self.crop, generator)
        mirrored = flipped(len(x), self.flip, generator)
        return self._views(x, boxes, mirrored)

    def _seen(self, x: Tensor) -> Tensor:
        """Return what the network answers to: everything."""
        return self._views(x, whole(len(x), (x.shape[-2], x.shape[-1])))

    def _views(self, x: Tensor, boxes: Boxes, mirrored: Sequence[bool] = ()) -> Tensor:
        span = self.span if self.scaling == "unit" else None
        return views(self._prepared(x), self.size, boxes, mirrored, self.sign_changes, span)

    def _prepared(self, x: Tensor) -> Tensor:
        """Return shots with an axis of channels, where the network works."""
        return (x[:, :, None] if x.ndim == 4 else x).to(self.place)


@dataclass(frozen=True, kw_only=True)
class I3DFlow(I3DHead):
    """I3D on the optical flow of the paired video: the teacher of `i3d-events`.

    Attributes:
        steps, method, interval_us, flow_weights: Of `FlowVolume`, the last its `weights`. 32 flows, 8 in the published
            ablation.
    """

    sign_changes: ClassVar[tuple[int, ...]] = (0,)

    steps: int = 32
    method: str = "dis"
    interval_us: int | None = None
    flow_weights: str | None = None

    @property
    def needs(self) -> tuple[Path, ...]:
        """Also the file with the weights that compute the flow."""
        return (*super().needs, *([] if self.flow_weights is None else [Path(self.flow_weights)]))

    @property
    def ins(self) -> int:
        """To the right, and down."""
        return 2

    @property
    def representation(self) -> FlowVolume:
        """Flow (n, t, 2, h, w)."""
        return FlowVolume(self.steps, self.method, self.interval_us, self.flow_weights)


@dataclass(frozen=True, kw_only=True)
class I3DRgb(I3DHead):
    """I3D on pictures of the paired video.

    Attributes:
        steps, scale, interval_us, shot: Of `RgbVolume`: how many pictures, their share of the sensor's size, and how
            many intervals of which length they are spread over.
        background: `removed`: each pixel's mean over the shot is subtracted first, so that a camera at rest shows what
            moves. As published it is `kept`; from few videos, the network then learns what things look like, and where
            looks do not give a class away, nothing. With `scaling="unit"` differences are from -1 to 1.
    """

    span: ClassVar[tuple[int, int]] = (0, 255)

    steps: int = 8
    scale: float = 0.5
    interval_us: int | None = None
    shot: int = 16
    background: Literal["kept", "removed"] = "kept"

    @property
    def ins(self) -> int:
        """Red, green and blue."""
        return 3

    @property
    def representation(self) -> RgbVolume:
        """Pictures (n, t, 3, h, w)."""
        return RgbVolume(self.steps, self.scale, self.interval_us, self.shot)

    def _prepared(self, x: Tensor) -> Tensor:
        shown = super()._prepared(x)
        if self.background == "kept":
            return shown
        shown = shown.float()
        return shown - shown.mean(1, keepdim=True)


def _kept(value: Tensor) -> Tensor:
    """Return a copy, in the plain order of its axes."""
    return value.detach().clone(memory_format=torch.contiguous_format)
