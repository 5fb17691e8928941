"""Temporal segments: single frames of a recording's parts, one image network for all, and their consensus (`tsn`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from neuroclip.backbones.hardware import choose_device
from neuroclip.classes import Classes
from neuroclip.errors import HeadError, OptionError
from neuroclip.heads import Checkpoint, Head, State, item_count, unnested
from neuroclip.representations import Joint, Representation, TernaryFrames, VideoFrames
from neuroclip.shapes import Labels, Logits, TimestepLogits
from neuroclip_plugins.clips import cut, distorted, flipped, whole
from neuroclip_plugins.tsn_backbones import Backbone, Pixels, bare_backbone, load_backbone
from neuroclip_plugins.tsn_crops import boxes_for, fixed_crops
from neuroclip_plugins.tsn_segments import (
    Consensus,
    SegmentNetwork,
    initialise_classifier,
    middles,
    snippets,
)

_CHANNELS = {"events": 1, "rgb": 3}


@dataclass(frozen=True, kw_only=True)
class TSN(Head):
    """Temporal segment network, on event frames, on pictures of the paired video, or on both.

    Of each recording, `frames` frames are kept, which stand for equal parts of its time. While it learns, the network
    sees of each shot one frame by chance of each of K segments, drawn anew in every epoch; when it answers, the frames
    in the middles of more segments. What single frames say is joined before softmax. With both inputs there are two
    networks, which learn side by side; the answer is the mean of their probabilities.

    Attributes:
        inputs: `events`, `rgb` or `both`.
        backbone: `timm:NAME` (any image network of timm) or `bn-inception`; `bn-inception@0.25` is narrow.
        weights: That it begins with: a file (`.safetensors`, or `.pt` or `.pth` with nothing but tensors), whose
            classifier is not used; `pretrained`, those that timm downloads; None: random ones.
        segments: K. As published 3.
        frames: How many are kept of each recording.
        test_segments: How many answer. As published 25.
        crops: What is seen of a frame that answers: 1, the whole; 5, corners and middle; 10, these and their mirror
            images, as published.
        chunk: How many pictures go through the network at once when it answers; None: all of a recording. The answer is
            the same; fewer take less memory.
        consensus: `average`, `max` or `learned`: see `SegmentNetwork`.
        partial_bn: Whether all batch norms but the first stay as they are in the weights, as published. None: unless
            the weights are random, for which there is nothing to keep.
        statistics: Of norms that learn, when they answer: `shots`, those of all shots after the last epoch; or
            `running`, what was remembered.
        size: Side of the square that the network sees, in pixels.
        crop: Smallest share that a crop keeps of each side while it learns, and that of 5 or 10 crops. As published
            0.875, which is 224 of 256.
        flip: Whether half of what it learns from is mirrored. Not for classes that left and right tell apart.
        scale: Of the pictures, before they are kept: share of the recording's size.
        polarity, min_count: Of the event frames, as in `neuroclip.frames`.
        epochs, batch: How often each shot is seen, and how many together (as equal batches as can be).
        learning_rate, momentum, weight_decay: Of stochastic gradient descent; as published.
        schedule: `constant`, or the learning rate falls along half a `cosine`.
        dropout: Share of the features that is dropped. As published 0.8.

    Source: Wang et al., "Temporal segment networks" (2016); for events Bilkhu and Ayyubi (2018).
    Departures: the first convolution of pictures is summed for one channel, where the paper takes the mean (the norm
    behind it, which learns, undoes the difference); the learning rate does not fall in steps; crops are squeezed to
    squares; one crop is the whole frame.
    """

    inputs: Literal["events", "rgb", "both"] = "events"
    backbone: str = "timm:resnet18"
    weights: str | None = None
    segments: int = 3
    frames: int = 25
    test_segments: int = 25
    crops: Literal[1, 5, 10] = 1
    chunk: int | None = None
    consensus: Consensus = "average"
    partial_bn: bool | None = None
    statistics: Literal["shots", "running"] = "shots"
    size: int = 224
    crop: float = 0.875
    flip: bool = False
    scale: float = 1.0
    polarity: str = "paper"
    min_count: int = 1
    epochs: int = 80
    batch: int = 32
    learning_rate: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 0.0005
    schedule: Literal["constant", "cosine"] = "constant"
    dropout: float = 0.8

    def __post_init__(self) -> None:
        leasts = {"segments": 1, "test_segments": 1, "size": 8, "epochs": 1, "batch": 2, "chunk": 1}
        for name, least in leasts.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise OptionError(f"{name} is {value}; it can be {least} or more")
        for name in ("segments", "test_segments"):
            if getattr(self, name) > self.frames:
                raise OptionError(
                    f"{name} is {getattr(self, name)}, but of each recording {self.frames} frames are kept: "
                    f"set frames={getattr(self, name)} or more"
                )
        if not 0 < self.crop <= 1:
            raise OptionError(f"crop is {self.crop}; it can be above 0 and up to 1, which is no crop")
        for name in ("learning_rate", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 or more")
        for name in ("momentum", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 0 up to, but not, 1")
        if self.backbone.count(":") > self.backbone.startswith("timm:"):
            raise OptionError(
                f"backbone is {self.backbone!r}; it names a network alone: say weights=FILE beside it"
            )
        _ = self.representation  # checks the options that they share

    @property
    def needs(self) -> tuple[Path, ...]:
        """The file of weights to begin with."""
        return () if self.weights in (None, "pretrained") else (Path(self.weights),)

    @property
    def place(self) -> torch.device:
        """Where the networks work: on the first GPU that torch sees. Shots stay where they are; minibatches travel."""
        return choose_device("auto")

    @property
    def streams(self) -> tuple[str, ...]:
        """What has a network of its own."""
        return ("events", "rgb") if self.inputs == "both" else (self.inputs,)

    @property
    def representation(self) -> Representation:
        """Event frames (n, t, h, w), pictures (n, t, 3, h, w), or both by name."""
        events = TernaryFrames(self.frames, "time", self.polarity, self.min_count)
        rgb = VideoFrames(self.frames, self.scale, self.segments)
        return {"events": events, "rgb": rgb, "both": Joint(events=events, rgb=rgb)}[self.inputs]

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch; tensors have the backbone's names behind `events.backbone.`, say.

        Raises:
            HeadError: Shots with fewer frames than segments.
            ModelError, OptionError: As `load_backbone`.
        """
        shots, generator = self._by_stream(x), Generator().manual_seed(seed)
        for shown in shots.values():
            if shown.shape[1] < self.segments:
                raise HeadError(
                    f"a recording has {shown.shape[1]} frames, fewer than the {self.segments} segments that one is "
                    "drawn of each: ask for fewer segments"
                )
        networks, pixels = self._begun(len(classes), generator, None if resume is None else resume.state)
        weights: dict[str, Tensor] = {name: w for name, w in networks.named_parameters() if w.requires_grad}
        momenta = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        if resume is not None:
            for name, momentum in momenta.items():
                momentum.copy_(resume.resume[f"momentum.{name}"])
            generator.set_state(resume.resume["generator"].cpu())
        labels, n = y.to(self.place), item_count(x)
        # None of them a single shot, whose norms would have little to compare.
        batches = max(1, min(math.ceil(n / self.batch), n // 2))
        for epoch in range(resume.position if resume else 0, self.epochs):
            for index in torch.randperm(n, generator=generator).tensor_split(batches):
                with torch.enable_grad():  # also where the caller has turned gradients off
                    loss = self._loss(networks, pixels, shots, index, labels, generator)
                    gradients = torch.autograd.grad(loss, list(weights.values()))
                self._descend(weights, dict(zip(weights, gradients, strict=True)), momenta, epoch)
            if epoch == self.epochs - 1 and self.statistics == "shots":
                self._remember(networks, pixels, shots, batches, generator)
            resumable = {f"momentum.{name}": _kept(value) for name, value in momenta.items()}
            resumable["generator"] = generator.get_state()
            state = {name: _kept(value) for name, value in networks.state_dict().items()}
            yield Checkpoint(state, resumable, epoch + 1, self.epochs)

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return the consensus of the segments (n, c); of two inputs, the logarithm of the mean probability."""
        return self._answered(state, x, classes, agreed=True)

    def timestep_logits(self, state: State, x: Any, classes: Classes) -> TimestepLogits:
        """Return what the frame of each segment says by itself (n, t, c)."""
        return self._answered(state, x, classes, agreed=False)

    def _answered(self, state: State, x: Any, classes: Classes, *, agreed: bool) -> Tensor:
        if not item_count(x):
            return torch.zeros((0, len(classes)) if agreed else (0, self.test_segments, len(classes)))
        said: list[Tensor] = []
        for stream, shown in self._by_stream(x).items():
            backbone = bare_backbone(self.backbone, _CHANNELS[stream], self.size)
            network = self._network(backbone, len(classes))
            own = {name: value.to(self.place) for name, value in unnested(stream, state).items()}
            network.load_state_dict(own, assign=True)
            network.eval().to(self.place)
            with torch.no_grad():
                parts = [self._of_segments(network, backbone.pixels, one) for one in shown.split(1)]
                said.append(torch.cat([network.agreed(p) if agreed else p for p in parts]).to(shown.device))
        if len(said) == 1:
            return said[0]
        # The mean inside the logarithm, where no probability is rounded to 0.
        return torch.stack([one.log_softmax(-1) for one in said]).logsumexp(0) - math.log(len(said))

    def _of_segments(self, network: SegmentNetwork, pixels: Pixels, x: Tensor) -> Tensor:
        """Return what the segments of some recordings say, the mean over their crops (n, k, c)."""
        boxes, mirrored = fixed_crops(_size(x), self.crop, self.crops)
        n, k, answering = len(x), self.test_segments, middles(x.shape[1], self.test_segments)

        def seen(pictures: Tensor) -> Tensor:
            frame, crop = pictures // self.crops, (pictures % self.crops).tolist()
            frames = _with_channels(x[frame // k, answering[frame % k]][:, None]).to(self.place)
            shown = cut(frames, self.size, boxes[crop], [mirrored[i] for i in crop])
            return pixels.seen(shown.flatten(0, 1))

        everything = torch.arange(n * k * self.crops)
        # Made where it is asked for, so that nothing but what the network is given stays while it works.
        said = [network(seen(some)) for some in everything.split(self.chunk or len(everything))]
        return torch.cat(said).view(n, k, self.crops, -1).mean(2)

    def _loss(
        self, networks: nn.ModuleDict, pixels: Mapping[str, Pixels], shots: Mapping[str, Tensor], index: Tensor,
        labels: Tensor, generator: Generator,
    ) -> Tensor:  # fmt: skip
        """Return the cross-entropy of the consensus, summed over the inputs, which share snippets and crops."""
        first = next(iter(shots.values()))
        drawn = snippets(len(index), first.shape[1], self.segments, generator)
        boxes = distorted(len(index), _size(first), self.crop, generator)
        mirrored = flipped(len(index), self.flip, generator)
        losses: list[Tensor] = []
        for stream, network in networks.items():
            assert isinstance(network, SegmentNetwork)
            shown = _with_channels(shots[stream][index[:, None], drawn]).to(self.place)
            own = boxes_for(boxes, _size(first), _size(shown))
            seen = pixels[stream].seen(cut(shown, self.size, own, mirrored).flatten(0, 1))
            logits = network(seen, generator).unflatten(0, (len(index), self.segments))
            losses.append(functional.cross_entropy(network.agreed(logits), labels[index.to(labels.device)]))
        return torch.stack(losses).sum()

    @torch.no_grad()
    def _descend(
        self, weights: dict[str, Tensor], gradients: dict[str, Tensor], momenta: State, epoch: int
    ) -> None:
        rate = self.learning_rate
        if self.schedule == "cosine":
            rate *= (1 + math.cos(math.pi * epoch / self.epochs)) / 2
        for name, gradient in gradients.items():
            if gradient.ndim > 1:  # neither norms nor biases
                gradient = gradient.add(weights[name], alpha=self.weight_decay)
            momenta[name].mul_(self.momentum).add_(gradient)
            weights[name].sub_(momenta[name], alpha=rate)

    @torch.no_grad()
    def _remember(
        self, networks: nn.ModuleDict, pixels: Mapping[str, Pixels], shots: Mapping[str, Tensor], batches: int,
        generator: Generator,
    ) -> None:  # fmt: skip
        """Give norms that learn the statistics of all shots under the last weights; the weights stay."""
        n, frames = next(iter(shots.values())).shape[:2]
        drawn = snippets(n, frames, self.segments, generator)
        order = torch.randperm(n, generator=generator)  # since a batch of one class would be no example
        for stream, network in networks.items():
            assert isinstance(network, SegmentNetwork)
            network.count_anew()
            for index in order.tensor_split(batches):
                shown = _with_channels(shots[stream][index[:, None], drawn[index]]).to(self.place)
                boxes = whole(len(index), _size(shown))
                network(pixels[stream].seen(cut(shown, self.size, boxes).flatten(0, 1)))

    def _begun(
        self, classes: int, generator: Generator, state: State | None
    ) -> tuple[nn.ModuleDict, dict[str, Pixels]]:
        """Return the networks that learning begins, or goes on, with."""
        networks, pixels = nn.ModuleDict(), dict[str, Pixels]()
        for stream in self.streams:
            channels = _CHANNELS[stream]
            if state is None:
                backbone = load_backbone(self.backbone, self.weights, channels, self.size, generator)
                network = self._network(backbone, classes)
                initialise_classifier(network, generator)
            else:
                backbone = bare_backbone(self.backbone, channels, self.size)
                network = self._network(backbone, classes)
                own = {name: value.clone() for name, value in unnested(stream, state).items()}
                network.load_state_dict(own, assign=True)
            networks[stream], pixels[stream] = network, backbone.pixels
        networks.to(self.place).train()
        if self.partial_bn or (self.partial_bn is None and self.weights is not None):
            for network in networks.values():
                assert isinstance(network, SegmentNetwork)
                network.freeze_norms()
        return networks, pixels

    def _network(self, backbone: Backbone, classes: int) -> SegmentNetwork:
        with torch.device("meta"):  # which draws nothing from the global generator
            network = SegmentNetwork(
                nn.Identity(), backbone.features, classes, segments=self.segments, consensus=self.consensus,
                dropout=self.dropout,
            )  # fmt: skip
        network.to_empty(device="cpu")
        network.backbone = backbone.network
        return network

    def _by_stream(self, x: Any) -> dict[str, Tensor]:
        return (
            {stream: x[stream] for stream in self.streams} if isinstance(x, Mapping) else {self.streams[0]: x}
        )


def _with_channels(x: Tensor) -> Tensor:
    return x[:, :, None] if x.ndim == 4 else x


def _size(x: Tensor) -> tuple[int, int]:
    return x.shape[-2], x.shape[-1]


def _kept(value: Tensor) -> Tensor:
    """Return a copy, in the plain order of its axes."""
    return value.detach().clone(memory_format=torch.contiguous_format)
