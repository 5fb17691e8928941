"""What the heads with a VGG share: a recording collapsed into one picture, and dense layers that learn."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, Head, State, minibatches
from neuroclip.representations import CollapsedImage
from neuroclip.shapes import Labels, Logits
from neuroclip_plugins.vgg.network import Vgg

_NUMBERS_AT_ONCE = 2**22
"""Of the input, of the recordings that are answered for together."""

_RESUMED = "weights."


@dataclass(frozen=True, kw_only=True)
class CollapsedHead(Head):
    """Reads one picture of each recording: see `CollapsedImage`.

    Attributes:
        polarity: Which events count: `on` as published, `off`, or `both` together.
        part: How much of the recording's time: `all`, or a share such as `1/3`, the first of three saccades.
        size: Side of the square in pixels that the network sees.
    """

    polarity: str = "on"
    part: str = "all"
    size: int = 224

    def __post_init__(self) -> None:
        _ = self.picture  # checks the options that they share

    @property
    def picture(self) -> CollapsedImage:
        """What is collapsed."""
        return CollapsedImage(self.polarity, self.part)


@dataclass(frozen=True, kw_only=True)
class LearningVgg(CollapsedHead):
    """Learns the layers of a VGG, or the last of them, step by step.

    Attributes:
        hidden: Of the first two of three dense layers, how many numbers they give. 4096: the published network.
        dropout: Share of those numbers that is dropped while it learns.
        epochs, batch: How often each shot is seen, and how many together (as equal batches as can be).
        learning_rate: Of the optimiser.
        optimizer: `adam`, as published, or `sgd` with a momentum of 0.9.
    """

    hidden: int = 4096
    dropout: float = 0.5
    epochs: int = 30
    batch: int = 32
    learning_rate: float = 0.0001
    optimizer: Literal["adam", "sgd"] = "adam"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("size", 1), ("hidden", 1), ("epochs", 1), ("batch", 2)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be {least} or more")
        if not 0 <= self.dropout < 1:
            raise OptionError(f"dropout is {self.dropout}; it can be 0 up to, but not, 1")
        if not 0 <= self.learning_rate < math.inf:
            raise OptionError(f"learning_rate is {self.learning_rate}; it can be 0 or more")

    @property
    def place(self) -> torch.device:
        """Where the network works: on the first GPU that torch sees. Shots stay where they are; minibatches travel."""
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")

    @abstractmethod
    def network(self, classes: int, example: Tensor) -> Vgg:
        """Make a network for what is read of some recordings; its weights mean nothing yet."""

    @abstractmethod
    def begin(self, network: Vgg, generator: Generator) -> None:
        """Give the network the weights that learning begins with."""

    def seen(self, x: Tensor) -> Tensor:
        """Return some recordings as the network takes them, float32."""
        return x.to(self.place).float()

    def kept(self, value: Tensor) -> Tensor:
        """Return a weight as the state holds it, a copy."""
        return value.detach().clone(memory_format=torch.contiguous_format)

    def train(
        self, x: Any, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch; the last epoch is the answer."""
        generator = Generator().manual_seed(seed)
        network = self.network(len(classes), x[:1])
        if resume is None:
            self.begin(network, generator)
        else:
            network.load_state_dict(_under(_RESUMED, resume.resume))
            generator.set_state(resume.resume["generator"].cpu())
        network.to(self.place)
        optimizer = self._optimizer(network)
        if resume is not None:
            _restore(optimizer, network, resume.resume)
        labels = y.to(self.place)
        # None of them a single shot, whose norms would have nothing to compare.
        batches = max(1, min(math.ceil(len(x) / self.batch), len(x) // 2))
        for epoch in range(resume.position if resume else 0, self.epochs):
            network.train()
            for index in torch.randperm(len(x), generator=generator).tensor_split(batches):
                with torch.enable_grad():  # also where the caller has turned gradients off
                    logits = network(self.seen(x[index]), self.dropout, generator)
                    loss = functional.cross_entropy(logits, labels[index.to(labels.device)])
                    optimizer.zero_grad()
                    loss.backward()
                optimizer.step()
            if epoch == self.epochs - 1:
                order = torch.randperm(len(x), generator=generator)
                network.remember(self.seen(x[index]) for index in order.tensor_split(batches))
            weights = network.state_dict()
            resumable = {f"{_RESUMED}{name}": _copied(value) for name, value in weights.items()}
            resumable |= _moments(optimizer, network) | {"generator": generator.get_state()}
            state = {name: self.kept(value) for name, value in weights.items()}
            yield Checkpoint(state, resumable, epoch + 1, self.epochs)

    def logits(self, state: State, x: Any, classes: Classes) -> Logits:
        """Return what the network says (n, c)."""
        if not len(x):
            return torch.zeros(0, len(classes))
        network = self.network(len(classes), x[:1])
        network.load_state_dict(state)
        network.to(self.place).eval()
        at_once = max(1, _NUMBERS_AT_ONCE // self.seen(x[:1]).numel())
        with torch.no_grad():
            parts = [network(self.seen(part)) for _, part in minibatches(x, at_once)]
        return torch.cat(parts).to(x.device)

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        if self.optimizer == "sgd":
            return torch.optim.SGD(network.parameters(), self.learning_rate, momentum=0.9)
        return torch.optim.Adam(network.parameters(), self.learning_rate)


def _moments(optimizer: torch.optim.Optimizer, network: nn.Module) -> State:
    """Return what an optimiser remembers of each weight, by names."""
    return {
        f"{kind}/{name}": _copied(value)
        for name, weight in network.named_parameters()
        for kind, value in optimizer.state[weight].items()
        if isinstance(value, Tensor)
    }


def _restore(optimizer: torch.optim.Optimizer, network: nn.Module, resumed: State) -> None:
    for name, weight in network.named_parameters():
        for key, value in resumed.items():
            kind, _, of = key.partition("/")
            if of == name:
                # Adam counts its steps on the CPU.
                optimizer.state[weight][kind] = _copied(value).to("cpu" if kind == "step" else weight.device)


def _under(prefix: str, state: State) -> State:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _copied(value: Tensor) -> Tensor:
    return value.detach().clone(memory_format=torch.contiguous_format)
