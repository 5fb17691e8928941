"""The head: options, what it reads, how it learns, how it answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from neuroclip.backbones import Model
from neuroclip.classes import Classes
from neuroclip.errors import HeadError, OptionError
from neuroclip.heads import Checkpoint, Head, State, minibatches
from neuroclip.representations import TernaryFrames
from torch import Generator, Tensor
from torch.nn import functional

from neuroclip_lora.learning import along_cosine, kept, shifted, take_up
from neuroclip_lora.low_rank import begun, changed

_MODEL = "model"  # what the state calls the digest of the model whose weights it changes
_AT_ONCE = 16  # recordings that go through the encoder together when it answers


@dataclass(frozen=True, kw_only=True)
class Lora(Head):
    """LoRA: low-rank changes of the image encoder's weights, learned through it; texts stay the classifier.

    Each matrix W of the image tower becomes W + (alpha / rank) B A, where A (r, i) begins random and B (o, r) zero; a
    kernel of a convolution is the matrix of its outputs and of all its inputs. Logits are those of `zero-shot`:
    scale times the cosine of frame and class text, averaged over timesteps. Before it has learned, and without shots,
    it is `zero-shot`.

    Attributes:
        steps, split, polarity, min_count: The frames, as in `neuroclip.frames`.
        rank, alpha: r, and what the change counts.
        only: A part of the names of the weights that are changed, such as `attn`. Empty: all matrices.
        epochs, batch, learning_rate: Of AdamW, along a cosine; `batch` recordings, of `steps` frames each.
        shift: How many pixels of the sensor at most a shot is shifted, anew in every epoch.

    Source: Hu et al. (2022, arXiv 2106.09685), section 4.1, equation 3; for CLIP and few shots Zanella and Ben Ayed
    (2024, arXiv 2405.18541): rank 2, AdamW along a cosine, the texts as classifier. Departures: see the README.
    """

    min_shots: ClassVar[int] = 0
    backbone: ClassVar[None] = None  # no option: the model that the user chose, which results name

    steps: int = 10
    split: Literal["events", "time"] = "events"
    polarity: Literal["paper", "reference-code"] = "paper"
    min_count: int = 1
    rank: int = 2
    alpha: float = 1.0
    only: str = ""
    epochs: int = 10
    batch: int = 16
    learning_rate: float = 1e-3
    shift: int = 0

    def __post_init__(self) -> None:
        _ = self.representation  # checks the options of the frames
        for name, least in (("rank", 1), ("epochs", 1), ("batch", 1), ("shift", 0)):
            if getattr(self, name) < least:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be {least} or more")
        for name in ("alpha", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be any number above 0")

    @property
    def representation(self) -> TernaryFrames:
        """The frames themselves, uint8 (n, t, h, w): embeddings change while it learns."""
        return TernaryFrames(self.steps, self.split, self.polarity, self.min_count)

    def train(
        self, x: Tensor, y: Tensor, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch; without shots a single one, which changes nothing.

        Raises:
            HeadError: `resume` is of another model.
            OptionError: `only` fits no weight.
        """
        model, generator = classes.loaded, Generator().manual_seed(seed)
        if resume is None:
            pairs = begun(model.image_weights, self.rank, self.only, generator)
        else:
            pairs = {name: value.clone() for name, value in _pairs(resume.state, model).items()}
            generator.set_state(resume.resume["generator"])
        learned = [value.requires_grad_() for value in pairs.values()]
        optimizer = torch.optim.AdamW(learned, weight_decay=0.01)
        if resume is not None:
            take_up(optimizer, pairs, resume.resume)
        if not len(y):
            yield Checkpoint(_state(pairs, model), kept(optimizer, pairs, generator), 1, 1)
            return
        batches = math.ceil(len(y) / self.batch)
        for epoch in range(resume.position if resume else 0, self.epochs):
            for done, (index, frames) in enumerate(minibatches(x, self.batch, generator=generator)):
                share = (epoch + done / batches) / self.epochs
                optimizer.param_groups[0]["lr"] = self.learning_rate * along_cosine(share)
                # Here and not around the loops: whoever asks for the next checkpoint would find gradients on.
                with torch.enable_grad():
                    moved = shifted(frames, self.shift, generator)
                    logits = self._asked(moved, self._weights(pairs, model), model, classes).mean(1)
                    loss = functional.cross_entropy(logits, y[index])
                    gradients = torch.autograd.grad(loss, learned)
                for value, gradient in zip(learned, gradients, strict=True):
                    value.grad = gradient
                optimizer.step()
            yield Checkpoint(_state(pairs, model), kept(optimizer, pairs, generator), epoch + 1, self.epochs)

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        """Return the mean of the timesteps' logits, float32 (n, c)."""
        return self.timestep_logits(state, x, classes).mean(1)

    def timestep_logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        """Return scale times the cosine of each frame and each class text, float32 (n, t, c).

        Raises:
            HeadError: The state is of another model.
        """
        model = classes.loaded
        weights = self._weights(_pairs(state, model), model)
        parts = (frames for _, frames in minibatches(x, _AT_ONCE))
        return torch.cat([self._asked(frames, weights, model, classes) for frames in parts])

    def _weights(self, pairs: Mapping[str, Tensor], model: Model) -> dict[str, Tensor]:
        return changed(model.image_weights, pairs, self.alpha / self.rank)

    def _asked(self, frames: Tensor, weights: Mapping[str, Tensor], model: Model, classes: Classes) -> Tensor:
        """Return the logits (n, t, c) of frames under changed weights."""
        images = model.preprocess(frames.flatten(0, 1))
        embeddings = functional.normalize(model.encode_images(images, weights), dim=-1)
        return (model.scale * embeddings @ classes.features.T).unflatten(0, frames.shape[:2])


def _state(pairs: Mapping[str, Tensor], model: Model) -> State:
    """Return copies: what a caller keeps must not move when the next step does."""
    digest = torch.tensor(list(model.weights_digest.encode()), dtype=torch.uint8)
    return {name: value.detach().clone() for name, value in pairs.items()} | {_MODEL: digest}


def _pairs(state: State, model: Model) -> State:
    """Return the state without the digest, after a look at it.

    Raises:
        HeadError: It changes weights of another model, whose changes would be noise here.
    """
    digest = bytes(state[_MODEL].tolist()).decode()
    if digest != model.weights_digest:
        raise HeadError(
            f"this lora changes a model with the weights {digest[:8]}, but {model.name} has the weights "
            f"{model.weights_digest[:8]}: give the model that it was fitted with, or fit again"
        )
    return {name: value for name, value in state.items() if name != _MODEL}
