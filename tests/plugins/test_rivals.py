"""The heads without neurons that learn from shots: cache, texts, logistic regression, class means, fitted weights."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from neuroclip_plugins.choosing import choose, mean_embeddings
from neuroclip_plugins.linear_probe import LinearProbe
from neuroclip_plugins.prototype import Prototype
from neuroclip_plugins.text_adapter import TextAdapter
from neuroclip_plugins.timesteps import TimestepHead
from neuroclip_plugins.tip_adapter import TipAdapter, TipAdapterF
from neuroclip_plugins.zero_shot import ZeroShot
from torch.nn import functional
from torch.nn.functional import normalize

from neuroclip.errors import OptionError
from neuroclip.heads import State, describe, find, make
from neuroclip.testing import ToyModel, Trial, head_checks

WINDOW: dict[str, Any] = {"split": "window", "window_us": 20_000}
VARIANTS: list[TimestepHead] = [
    ZeroShot(alpha="fitted", steps=3),
    ZeroShot(alpha="fitted", prior=0.0, steps=3),
    Prototype(),
    Prototype(**WINDOW),
    TipAdapter(),
    TipAdapter(alpha=1.0, beta=5.5, **WINDOW),
    TipAdapterF(epochs=3),
    LinearProbe(steps=3),
    LinearProbe(steps=3, inputs="concatenated", strength=10.0),
    LinearProbe(prior="text", strength=10.0, steps=3, inputs="mean"),
    LinearProbe(strength=10.0, **WINDOW),
    TextAdapter(epochs=2, steps=3),
    TextAdapter(epochs=2, **WINDOW),
]


MISTAKEN = ToyModel({"stone": "apple", "apple": "cloud", "cloud": "stone"})
"""Texts that mislead, so that there is something to learn."""


def name(head: TimestepHead) -> str:
    changed = {k: v for k, v in describe(head).items() if v != getattr(type(head)(), k)}
    return "-".join([type(head).__name__, *(f"{k}={v}" for k, v in changed.items())])


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize("head", VARIANTS, ids=name)
def test_contract(head: TimestepHead, check: Any) -> None:
    check(head)


def fitted(
    head: TimestepHead, per_class: int = 4, **trial_options: Any
) -> tuple[Trial, torch.Tensor, torch.Tensor, State]:
    trial = Trial(head, shots=per_class, **trial_options)
    x, y = trial.read(trial.shown), trial.labels(trial.shown)
    return trial, x, y, head.fit(x, y, trial.classes, seed=0)


def same_as_zero_shot(head: TimestepHead, state: State, tolerance: float = 1e-4) -> None:
    trial, plain = Trial(head), ZeroShot(steps=head.steps)
    expected = plain.logits({}, trial.read(trial.asked, plain.representation), trial.classes)
    torch.testing.assert_close(trial.ask(state), expected, atol=tolerance, rtol=0)


def test_choosing_takes_the_careful_one_unless_the_difference_is_clear() -> None:
    """The second candidate is better for all four shots, the third better still, but by one shot alone."""
    y = torch.tensor([0, 0, 1, 1])
    right = functional.one_hot(y, 2) * 2.0 - 1
    better = right.clone()
    better[0] *= 3

    def answers(training: torch.Tensor, validation: torch.Tensor) -> torch.Tensor:
        return torch.stack([0 * right, right, better])[:, validation]

    assert choose(answers, y, 0) == 1
    assert choose(lambda t, v: answers(t, v)[[1, 1]], y, 0) == 0
    assert choose(answers, torch.tensor([0, 1]), 0) is None


def test_the_mean_leaves_out_timesteps_that_are_not_there() -> None:
    x = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]])
    torch.testing.assert_close(mean_embeddings(x), torch.tensor([[0.5, 0.5]]))


def test_fitted_weights_are_not_worse_than_even_ones_on_the_shots() -> None:
    head = ZeroShot(alpha="fitted", prior=0.0, steps=4)
    trial, x, y, state = fitted(head)
    losses = [
        float(functional.cross_entropy(head.logits({"alpha": a}, x, trial.classes), y))
        for a in (state["alpha"], torch.ones(4), *torch.eye(4))
    ]
    assert losses[0] <= min(losses) + 1e-6
    torch.testing.assert_close(state["alpha"].sum(), torch.tensor(1.0))


def test_permuting_timesteps_permutes_the_fitted_weights() -> None:
    head = ZeroShot(alpha="fitted", prior=0.1, steps=4)
    trial, x, y, state = fitted(head)
    order = torch.tensor([2, 0, 3, 1])
    permuted = head.fit(x[:, order], y, trial.classes, seed=0)
    torch.testing.assert_close(permuted["alpha"], state["alpha"][order], atol=1e-6, rtol=0)


def test_weights_fitted_on_nothing_are_even() -> None:
    head = ZeroShot(alpha="fitted", steps=4)
    trial = Trial(head, shots=0)
    state = trial.fit()
    assert state["alpha"].tolist() == [0.25] * 4
    same_as_zero_shot(head, state)


def test_an_empty_cache_share_is_zero_shot() -> None:
    for head in (TipAdapter(alpha=0.0), TipAdapterF(alpha=0.0, epochs=2)):
        same_as_zero_shot(head, fitted(head)[3])


def test_the_cache_by_hand() -> None:
    head = TipAdapter(alpha=2.0, beta=3.0, steps=3)
    trial, x, y, state = fitted(head, 1)
    asked = trial.read(trial.asked)[:1]
    query, keys = normalize(asked.mean(1), dim=-1)[0], normalize(x.mean(1), dim=-1)
    expected = (trial.model.scale * asked.mean(1) @ trial.classes.features.T)[0]
    for key, label in zip(keys, y, strict=True):
        expected[label] += 2 * math.exp(-3 * (1 - float(query @ key)))
    torch.testing.assert_close(head.logits(state, asked, trial.classes)[0], expected, atol=1e-4, rtol=0)


def test_one_shot_keeps_the_published_mixture() -> None:
    for given, expected in (({}, (1.0, 5.5)), ({"alpha": 0.5}, (0.5, 5.5)), ({"beta": 2.0}, (1.0, 2.0))):
        state = fitted(TipAdapter(**given), 1)[3]
        assert (float(state["alpha"]), float(state["beta"])) == expected


def test_tuning_keys_lowers_the_loss_of_shots_that_do_not_see_themselves() -> None:
    head = TipAdapterF(alpha=2.0, beta=5.5, epochs=60, learning_rate=0.01)
    trial, x, y, state = fitted(head, model=MISTAKEN)
    means = mean_embeddings(x)
    before = TipAdapter(alpha=2.0, beta=5.5).fit(x, y, trial.classes, seed=0)

    def loss(keys: torch.Tensor) -> float:
        affinity = torch.exp(-5.5 * (1 - normalize(means, dim=-1) @ keys.T)) * (1 - torch.eye(len(y)))
        texts = trial.model.scale * means @ trial.classes.features.T
        return float(functional.cross_entropy(texts + 2 * affinity @ before["values"], y))

    assert loss(state["keys"]) < loss(before["keys"])
    still = TipAdapterF(alpha=2.0, beta=5.5, learning_rate=0.0).fit(x, y, trial.classes, seed=0)
    assert torch.equal(still["keys"], before["keys"])


def test_the_probe_solves_its_problem() -> None:
    """The gradient of its loss on all shots is zero, at the strength that it chose."""
    head = LinearProbe(steps=3, inputs="mean")
    _, x, y, state = fitted(head)
    weight = state["weight"].double().requires_grad_()
    loss = functional.cross_entropy(mean_embeddings(x).double() @ weight.T + state["bias"], y)
    (loss + weight.square().sum() / (2 * len(y) * state["strength"])).backward()
    assert weight.grad is not None
    assert weight.grad.abs().max() < 1e-6  # the state is float32


def test_a_probe_with_a_text_prior_begins_as_zero_shot() -> None:
    for inputs in ("mean", "concatenated"):
        head = make(LinearProbe, {"prior": "text", "strength": 1e-7, "inputs": inputs, "steps": 3})
        same_as_zero_shot(head, fitted(head)[3])


def test_concatenated_embeddings_can_tell_timesteps_apart() -> None:
    """Two classes with the same frames in opposite order: the mean is the same, and only `concatenated` sees it."""
    generator = torch.Generator().manual_seed(0)
    one, other = normalize(torch.randn(2, 24, generator=generator), dim=-1)
    x = torch.stack([torch.stack(pair) for pair in [(one, other), (other, one)] * 6])
    x = normalize(x + 0.02 * torch.randn(x.shape, generator=generator), dim=-1)
    y = torch.tensor([0, 1] * 6)
    head = LinearProbe(steps=2)
    classes = Trial(head, names=("stone", "apple")).classes
    state = head.fit(x, y, classes, seed=0)
    assert state["weight"].shape == (2, 48)
    assert torch.equal(head.logits(state, x, classes).argmax(-1), y)


def test_prototypes_by_hand() -> None:
    x = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[-1.0, 0.0]]])
    y = torch.tensor([0, 0, 1])
    head = Prototype(steps=1)
    classes = Trial(head, names=("stone", "apple")).classes
    state = head.fit(x, y, classes, seed=0)
    half = 0.5**0.5
    torch.testing.assert_close(state["prototypes"], torch.tensor([[half, half], [-1.0, 0.0]]))
    expected = classes.scale * torch.tensor([[half, -1.0]])
    torch.testing.assert_close(head.logits(state, x[:1], classes), expected)


def test_a_text_adapter_without_mixture_or_learning_is_zero_shot() -> None:
    head = TextAdapter(mix=0.0, learning_rate=0.0, epochs=1)
    same_as_zero_shot(head, fitted(head)[3])


def test_the_text_adapter_learns_texts_and_transformer() -> None:
    head = TextAdapter(epochs=10, learning_rate=1e-3, steps=3)
    trial, x, y, state = fitted(head, model=MISTAKEN)
    begun = fitted(replace(head, learning_rate=0.0, epochs=1), model=MISTAKEN)[3]
    assert all(not torch.equal(state[key], begun[key]) for key in state)
    losses = [float(functional.cross_entropy(head.logits(s, x, trial.classes), y)) for s in (begun, state)]
    assert losses[1] < losses[0]


def test_the_text_adapter_does_not_mind_the_order_of_frames() -> None:
    head = TextAdapter(epochs=1)
    trial, x, _, state = fitted(head)
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        head.logits(state, x, trial.classes),
        head.logits(state, x[:, order], trial.classes),
        atol=1e-4,
        rtol=0,
    )


@pytest.mark.parametrize("head", [TipAdapterF(epochs=4), TextAdapter(epochs=4, steps=3, batch=5)], ids=name)
def test_a_training_of_another_seed_is_another(head: TimestepHead) -> None:
    trial, x, y, state = fitted(replace(head, batch=5))
    other = replace(head, batch=5).fit(x, y, trial.classes, seed=1)
    assert any(not torch.equal(state[key], other[key]) for key in state)


@pytest.mark.parametrize(
    ("head", "options", "wanted"),
    [
        (ZeroShot, {"alpha": "fitted", **WINDOW}, "fixed number of timesteps"),
        (ZeroShot, {"alpha": "fitted", "prior": -1.0}, "prior is -1.0"),
        (LinearProbe, {"strength": 0.0}, "strength is 0.0; it must be above 0"),
        (LinearProbe, {"inputs": "concatenated", **WINDOW}, "use inputs='mean'"),
        (LinearProbe, {"inputs": "all"}, "'chosen' or 'mean' or 'concatenated'"),
        (TipAdapter, {"alpha": -1.0}, "alpha is -1.0"),
        (TipAdapter, {"beta": 0.0}, "beta is 0.0"),
        (TipAdapterF, {"epochs": 0}, "epochs is 0"),
        (TipAdapterF, {"learning_rate": -1.0}, "learning_rate is -1.0"),
        (TextAdapter, {"batch": 0}, "batch is 0"),
        (TextAdapter, {"mix": 2.0}, "mix is 2.0"),
        (TextAdapter, {"dropout": 1.0}, "dropout is 1.0"),
        (TextAdapter, {"learning_rate": math.nan}, "learning_rate is nan"),
    ],
)
def test_wrong_options_are_one_sentence(head: Any, options: dict[str, object], wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        make(head, options)


def test_they_come_through_the_door_and_back() -> None:
    for name, head in {
        "tip-adapter": TipAdapter,
        "tip-adapter-f": TipAdapterF,
        "text-adapter": TextAdapter,
        "linear-probe": LinearProbe,
        "prototype": Prototype,
    }.items():
        assert find(name) is head
    for head in VARIANTS:
        assert make(type(head), describe(head)) == head
