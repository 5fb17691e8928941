"""Tip-Adapter: shots as a cache beside the class texts, training-free or with tuned keys."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from neuroclip_adapters import cache_logits
from torch import Tensor
from torch.nn import functional
from torch.nn.functional import normalize

from neuroclip.classes import Classes
from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, State
from neuroclip.shapes import Labels, Logits, Timesteps
from neuroclip_plugins.choosing import choose, mean_embeddings
from neuroclip_plugins.timesteps import TimestepHead

ALPHAS = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
BETAS = (1.0, 2.0, 3.5, 5.5, 7.0)
"""Tried from the least trust in the cache upwards, as far as the published search for ImageNet goes."""

PUBLISHED_ALPHA, PUBLISHED_BETA = 1.0, 5.5


@dataclass(frozen=True, kw_only=True)
class TipAdapter(TimestepHead):
    """Zero-shot logits + alpha sum_k exp(-beta (1 - cos(f, shot_k))) onehot(class_k), without training.

    f is the mean embedding of a recording, and the keys are those of the shots; the zero-shot logits are those of
    `zero-shot`, whose answer it gives for alpha 0.

    Attributes:
        alpha: How much the cache counts. None: chosen by cross-validation on the shots; 1 where a class has a single
            shot.
        beta: How near a shot must be to count. None: chosen in the same cross-validation; 5.5 where a class has a
            single shot.

    Source: Zhang et al. 2022, "Tip-Adapter", equations 3 to 6; published starting values (there for a scale of 100,
    here with the model's own). Departures: the paper's keys are means over 10 augmented views, here each is the shot
    itself, averaged over its timesteps; its search for alpha and beta uses a validation set (for ImageNet the test
    set), here cross-validation on the shots.
    """

    alpha: float | None = None
    beta: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha is not None and not 0 <= self.alpha < math.inf:
            raise OptionError(f"alpha is {self.alpha}; it must not be negative")
        if self.beta is not None and not 0 < self.beta < math.inf:
            raise OptionError(f"beta is {self.beta}; it must be above 0")

    def fit(self, x: Timesteps, y: Labels, classes: Classes, *, seed: int) -> State:
        """Keep the shots, and choose alpha and beta where they are open."""
        means = mean_embeddings(x)
        keys, values = normalize(means, dim=-1), functional.one_hot(y, len(classes)).float()
        alpha, beta = self._mixture(_zero_shot(means, classes), keys, values, y, seed)
        return {"keys": keys, "values": values, "alpha": torch.tensor(alpha), "beta": torch.tensor(beta)}

    def logits(self, state: State, x: Timesteps, classes: Classes) -> Logits:
        """Return zero-shot logits and what the cache adds (n, c)."""
        means = mean_embeddings(x)
        cached = cache_logits(normalize(means, dim=-1), state["keys"], state["values"], float(state["beta"]))
        return _zero_shot(means, classes) + state["alpha"] * cached

    def _mixture(
        self, texts: Tensor, keys: Tensor, values: Tensor, y: Labels, seed: int
    ) -> tuple[float, float]:
        """Return alpha and beta: given, chosen on the shots, or as published."""
        alphas: Sequence[float] = ALPHAS if self.alpha is None else (self.alpha,)
        betas: Sequence[float] = BETAS if self.beta is None else (self.beta,)

        def answers(training: Tensor, validation: Tensor) -> Tensor:
            cached = [cache_logits(keys[validation], keys[training], values[training], b) for b in betas]
            return torch.stack([texts[validation] + a * c for a in alphas for c in cached])

        best = choose(answers, y, seed) if len(alphas) * len(betas) > 1 else 0
        if best is None:
            return (
                PUBLISHED_ALPHA if self.alpha is None else self.alpha,
                PUBLISHED_BETA if self.beta is None else self.beta,
            )
        return alphas[best // len(betas)], betas[best % len(betas)]


@dataclass(frozen=True, kw_only=True)
class TipAdapterF(TipAdapter):
    """Tip-Adapter whose keys are tuned, from the shots they begin as.

    Attributes:
        alpha, beta: As for `tip-adapter`; chosen before the keys are tuned, and kept while they are.
        epochs, learning_rate, batch: AdamW along a cosine, by default as published.

    Source: Zhang et al. 2022, section 3.2 (Tip-Adapter-F); AdamW with 0.001 and eps 1e-4, batches of 256, 100 epochs,
    as in the published code for EuroSAT, which has 10 classes too (20 for ImageNet). Departures besides those of
    `tip-adapter`: the paper's training images are other augmented views than those that made the keys. Here they
    would be the same vectors, and a shot that finds itself in the cache has nothing to learn, so while keys are tuned
    the shot's own key is hidden from it (not the only one of a class). The last epoch is the answer, where the
    published code took the best one on the test set, and alpha and beta are not searched again after tuning.
    """

    epochs: int = 100
    learning_rate: float = 1e-3
    batch: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} is {getattr(self, name)}; it can be 1 or more")
        if not 0 <= self.learning_rate < math.inf:
            raise OptionError(f"learning_rate is {self.learning_rate}; it can be 0 or more")

    def fit(self, x: Timesteps, y: Labels, classes: Classes, *, seed: int) -> State:
        """Tune the keys to the last epoch."""
        # the contract's own: the last state of train
        return TimestepHead.fit(self, x, y, classes, seed=seed)

    def train(
        self, x: Timesteps, y: Labels, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        """Yield a checkpoint after every epoch."""
        means = mean_embeddings(x)
        queries, texts = normalize(means, dim=-1), _zero_shot(means, classes)
        generator = torch.Generator().manual_seed(seed)
        state = super().fit(x, y, classes, seed=seed) if resume is None else resume.state
        values, alpha, beta = state["values"], float(state["alpha"]), float(state["beta"])
        keys = state["keys"].clone().requires_grad_()
        search = torch.optim.AdamW([keys], lr=self.learning_rate, eps=1e-4)
        if resume is not None:
            generator.set_state(resume.resume["generator"])
            moments = {name: value.clone() for name, value in resume.resume.items() if name != "generator"}
            search.state[keys].update(moments)
        own = torch.eye(len(y), dtype=torch.bool) & (values.sum(0) > 1)[y][:, None]
        steps = math.ceil(len(y) / self.batch)
        for epoch in range(resume.position if resume else 0, self.epochs):
            order = torch.randperm(len(y), generator=generator)
            for step, index in enumerate(order.split(self.batch)):
                turn = math.pi * (epoch * steps + step) / (self.epochs * steps)
                search.param_groups[0]["lr"] = self.learning_rate * (1 + math.cos(turn)) / 2
                cached = cache_logits(queries[index], keys, values, beta, hidden=own[index])
                loss = functional.cross_entropy(texts[index] + alpha * cached, y[index])
                search.zero_grad()
                loss.backward()
                search.step()
            tuned = state | {"keys": keys.detach().clone()}
            moments = {name: value.clone() for name, value in search.state[keys].items()}
            yield Checkpoint(tuned, moments | {"generator": generator.get_state()}, epoch + 1, self.epochs)


def _zero_shot(means: Tensor, classes: Classes) -> Tensor:
    return classes.scale * means @ classes.features.T
