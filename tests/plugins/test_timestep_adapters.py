"""The spiking adapter and its control."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from neuroclip_plugins.lif_adapter import LifAdapter
from neuroclip_plugins.relu_adapter import ReluAdapter
from neuroclip_plugins.timestep_adapter import TimestepAdapter
from torch.nn import functional

from neuroclip.errors import OptionError
from neuroclip.heads import Checkpoint, describe, find, make
from neuroclip.representations import Augmented, ClipTimesteps
from neuroclip.testing import Trial, head_checks

QUICK: dict[str, Any] = {"steps": 3, "epochs": 40, "copies": 2}
VARIANTS: list[TimestepAdapter] = [
    LifAdapter(**QUICK),
    ReluAdapter(**QUICK),
    LifAdapter(steps=2, epochs=40, copies=1, precision="bf16"),
    LifAdapter(split="window", window_us=20_000, epochs=40, copies=2),
    ReluAdapter(split="window", window_us=20_000, epochs=40, copies=1, normalize="half"),
]


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize(
    "head", VARIANTS, ids=lambda h: f"{type(h).__name__}-{h.split}-{h.copies}-{h.precision}"
)
def test_contract(head: TimestepAdapter, check: Any) -> None:
    check(head)


def shots(head: TimestepAdapter, per_class: int = 4) -> tuple[Trial, Any, torch.Tensor]:
    trial = Trial(head, shots=per_class)
    return trial, trial.read(trial.shown, head.training), trial.labels(trial.shown)


def test_with_nothing_adapted_it_is_the_cosine_of_concatenated_vectors() -> None:
    head = LifAdapter(steps=4, epochs=1, copies=1, mix=0.0)
    trial, x, y = shots(head)
    state = head.fit(x, y, trial.classes, seed=0)
    images = functional.normalize(x.flatten(1), dim=-1)
    texts = functional.normalize(trial.classes.features.repeat(1, 4), dim=-1)
    torch.testing.assert_close(
        head.logits(state, x, trial.classes), trial.classes.scale * images @ texts.T, atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("head", VARIANTS[:2] + VARIANTS[3:4], ids=lambda h: type(h).__name__ + h.split)
def test_the_mean_over_the_timesteps_there_are_is_the_answer(head: TimestepAdapter) -> None:
    trial, x, y = shots(head)
    state = head.fit(x, y, trial.classes, seed=0)
    x = trial.read(trial.asked)
    steps = (x != 0).any(-1).sum(-1)[:, None]
    each = head.timestep_logits(state, x, trial.classes)
    torch.testing.assert_close(
        each.sum(1) / steps, head.logits(state, x, trial.classes), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("shorter", [True, False])
@pytest.mark.parametrize("kind", [LifAdapter, ReluAdapter])
def test_padding_counts_for_nothing(kind: type[TimestepAdapter], shorter: bool) -> None:
    """Three more timesteps of padding change neither what is learned nor what is answered."""
    head = kind(split="window", window_us=30_000, epochs=5, copies=1)
    trial, x, y = shots(head)
    if shorter:
        x[::2, 2:] = 0
    else:
        x = x[:, :2]
    longer = torch.cat([x, torch.zeros(len(x), 3, x.shape[2])], 1)
    state, also = (head.fit(shown, y, trial.classes, seed=0) for shown in (x, longer))
    for name, value in state.items():
        assert torch.equal(also[name], value), name
    torch.testing.assert_close(
        head.logits(state, x, trial.classes), head.logits(state, longer, trial.classes)
    )


def test_training_can_be_taken_up_after_any_epoch_bit_for_bit() -> None:
    head = LifAdapter(steps=3, epochs=6, copies=3, batch=5)
    trial, x, y = shots(head)
    checkpoints = list(head.train(x, y, trial.classes, seed=3))
    assert [c.position for c in checkpoints] == [1, 2, 3, 4, 5, 6]
    for stop in checkpoints:
        copied = Checkpoint(dict(stop.state), dict(stop.resume), stop.position, stop.total)
        last = [copied, *head.train(x, y, trial.classes, seed=99, resume=copied)][-1]
        for part in ("state", "resume"):
            for name, value in getattr(checkpoints[-1], part).items():
                assert torch.equal(getattr(last, part)[name], value), f"{name} from epoch {stop.position}"


def test_the_learning_rate_is_the_published_one() -> None:
    """1e-5 in the first epoch, 0.01 in the second, half of it half way from there, almost 0 in the last."""
    rates = [LifAdapter()._learning_rate(epoch) for epoch in range(150)]
    assert rates[:2] == [1e-5, 0.01]
    assert rates[76] == pytest.approx(0.005)
    assert 0 < rates[149] < 1e-5
    assert rates[1:] == sorted(rates[1:], reverse=True)


def test_what_is_not_the_class_shares_the_smoothing() -> None:
    from neuroclip_plugins.timestep_adapter import _smoothed

    torch.testing.assert_close(
        _smoothed(torch.tensor([1, 2]), 3, 0.2), torch.tensor([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    )


def test_no_batch_holds_a_single_shot() -> None:
    """33 shots in batches of 32 are 17 and 16, not 32 and 1."""
    head = LifAdapter(steps=1, epochs=2, copies=1, batch=11)
    trial, x, y = shots(head)  # 12 shots
    state = head.fit(x, y, trial.classes, seed=0)
    assert all(value.isfinite().all() for value in state.values())


def test_without_copies_training_is_the_representation() -> None:
    assert LifAdapter().training == LifAdapter(copies=5).representation == ClipTimesteps(normalized=False)
    assert LifAdapter(copies=5, flip=True).training == Augmented(
        ClipTimesteps(normalized=False), 5, flip=True
    )


def test_every_copy_is_learned_from() -> None:
    """Other copies give another state, and so does each single one of them."""
    head = ReluAdapter(steps=2, epochs=12, copies=3)
    trial, x, y = shots(head)
    before = head.fit(x, y, trial.classes, seed=0)["down.weight"]
    for copy in range(3):
        other = x.clone()
        other[:, copy] += 1
        assert not torch.equal(head.fit(other, y, trial.classes, seed=0)["down.weight"], before)


def test_operations_by_hand() -> None:
    """With d = 24, 3 hidden neurons, and 2 recordings of 3 timesteps, one of which the second does not have.

    Each timestep: 24 * 3 = 72 to the neurons and 3 * 24 = 72 to mix and sum up; 3 membranes, or 72 back. Each
    recording: 24 * 3 classes and 24 for the length. 5 timesteps of 2 recordings.
    """
    trial = Trial(LifAdapter())
    x = torch.randn(2, 3, 24, generator=torch.Generator().manual_seed(0))
    x[1, 2] = 0
    relu, lif = ReluAdapter(epochs=1, copies=1), LifAdapter(epochs=1, copies=1)
    state = lif.fit(x, torch.tensor([0, 1]), trial.classes, seed=0)
    # Every neuron fires at every timestep: whatever comes in, the norm before it gives 5.
    state |= {"norm2.weight": torch.zeros(3), "norm2.bias": torch.full((3,), 5.0)}
    cost = lif.operations(state, x, trial.classes)
    assert (cost.macs, cost.accumulates, cost.firing_rate) == (
        5 * (72 + 72 + 3) / 2 + 96,
        5 * 3 * 24 / 2,
        1.0,
    )
    state |= {"norm2.bias": torch.tensor([5.0, 0.4, -1.0])}
    # 0.4, 0.5 and a spike, 0.4: the second neuron fires at the second timestep, the third never.
    cost = lif.operations(state, x, trial.classes)
    assert cost.firing_rate == pytest.approx((5 + 2) / 15)
    assert cost.accumulates == (5 + 2) * 24 / 2
    assert relu.operations(state, x, trial.classes).macs == 5 * (72 + 72 + 72) / 2 + 96
    assert relu.operations(state, x, trial.classes).firing_rate is None


def test_gradients_turned_off_by_the_caller_do_not_stop_it() -> None:
    head = LifAdapter(steps=2, epochs=3, copies=1)
    trial, x, y = shots(head)
    with torch.no_grad():
        quiet = head.fit(x, y, trial.classes, seed=0)
        assert not torch.is_grad_enabled()
    assert torch.equal(quiet["up.weight"], head.fit(x, y, trial.classes, seed=0)["up.weight"])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_embeddings_of_another_type_are_cast(dtype: torch.dtype) -> None:
    head = LifAdapter(steps=2, epochs=3, copies=1)
    trial, x, y = shots(head)
    state = head.fit(x.to(dtype), y, trial.classes, seed=0)
    assert head.logits(state, x.to(dtype), trial.classes).dtype == torch.float32


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_it_learns_on_a_gpu() -> None:
    head = LifAdapter(steps=3, epochs=60, copies=2)
    trial, x, y = shots(head, 8)
    state = head.fit(x.cuda(), y.cuda(), trial.classes, seed=0)
    logits = head.logits(state, trial.read(trial.asked).cuda(), trial.classes)
    assert (logits.argmax(-1).cpu() == trial.labels(trial.asked)).float().mean() >= 0.7


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"copies": 0}, "copies is 0; it can be 1 or more"),
        ({"batch": 1}, "batch is 1; it can be 2 or more"),
        ({"mix": 1.5}, "mix is 1.5; it can be 0 to 1"),
        ({"learning_rate": -1.0}, "learning_rate is -1.0"),
        ({"precision": "fp16"}, "'fp32' or 'bf16'"),
        ({"steps": 0}, "at least 1 timestep"),
    ],
)
def test_wrong_options_are_one_sentence(options: dict[str, object], wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        make(LifAdapter, options)


def test_both_come_through_the_door_and_back() -> None:
    assert find("lif-adapter") is LifAdapter
    assert find("relu-adapter") is ReluAdapter
    for head in VARIANTS:
        assert make(type(head), describe(head)) == head
