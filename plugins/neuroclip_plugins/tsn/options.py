"""The options of `tsn`, their checks, and what they say of a recording: which frames are kept of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from neuroclip.backbones.hardware import choose_device
from neuroclip.errors import OptionError
from neuroclip.heads import Head, check_choices
from neuroclip.representations import Joint, Representation, TernaryFrames, VideoFrames
from neuroclip_plugins.tsn.segments import Consensus


@dataclass(frozen=True, kw_only=True)
class SegmentOptions(Head):
    """Options of a temporal segment network.

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
            the same but for rounding; fewer take less memory.
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
        check_choices(self)
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
        return () if self.weights in (None, "pretrained") else (Path(self.weights).expanduser(),)

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
        events = TernaryFrames(self.frames, "time", self.polarity, self.min_count, least=self.segments)
        rgb = VideoFrames(self.frames, self.scale, self.segments)
        return {"events": events, "rgb": rgb, "both": Joint(events=events, rgb=rgb)}[self.inputs]
