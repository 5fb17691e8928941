"""VGG on collapsed recordings: a probe, retrained dense layers, and everything from scratch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from neuroclip_plugins.vgg.collapsed import CollapsedHead, LearningVgg
from neuroclip_plugins.vgg.dense import VggDense
from neuroclip_plugins.vgg.network import Vgg
from neuroclip_plugins.vgg.probe import VggProbe
from neuroclip_plugins.vgg.scratch import VggScratch

from neuroclip.errors import ModelError, OptionError, RecordingError
from neuroclip.fitting.costs import costs_of
from neuroclip.heads import Checkpoint, State
from neuroclip.recording import Recording
from neuroclip.testing import TOY_CLASSES, Trial, head_checks, toy_recordings

NETWORK = "timm:vgg11_bn@0.125:random"
QUICK: dict[str, Any] = {"size": 32, "hidden": 32, "epochs": 6, "batch": 6, "learning_rate": 0.002}
PROBE = VggProbe(backbone=NETWORK, size=32, part="1/2", polarity="both")
DENSE = VggDense(backbone=NETWORK, polarity="both", **QUICK | {"hidden": 128, "dropout": 0.1, "epochs": 30})
SCRATCH = VggScratch(architecture="vgg11_bn", width=0.125, **QUICK | {"epochs": 8}, dropout=0.0)
HEADS: list[CollapsedHead] = [PROBE, DENSE, SCRATCH]


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize("head", HEADS, ids=lambda h: type(h).__name__)
def test_contract(head: CollapsedHead, check: Any) -> None:
    if str(check) == "hardly-any-events-work":
        pytest.skip("no picture is made of no events, which the representation says: tested below")
    check(head)


def picked(head: CollapsedHead, seed: int = 0) -> tuple[Trial, Any, torch.Tensor]:
    trial = Trial(head, seed=seed)
    return trial, trial.read(trial.shown), trial.labels(trial.shown)


def test_without_on_events_the_heads_say_what_to_try() -> None:
    full = toy_recordings(TOY_CLASSES[0], 1)[0]
    off = Recording(full.events[~full.events["on"]], full.width, full.height)
    for head in (VggProbe(backbone=NETWORK, size=32), VggDense(backbone=NETWORK, **QUICK)):
        trial = Trial(head)
        with pytest.raises(RecordingError, match=r"no ON event in the recording.* try polarity='both'"):
            trial.read([off])


def test_the_published_dense_layers_have_123_million_weights() -> None:
    """512 x 7 x 7 inputs, twice 4096, 1000 classes: 102,764,544 + 16,781,312 + 4,097,000."""
    with torch.device("meta"):
        network = torch.nn.ModuleList(
            torch.nn.Linear(a, b) for a, b in ((25088, 4096), (4096, 4096), (4096, 1000))
        )
    assert sum(weight.numel() for weight in network.parameters()) == 123_642_856
    narrow = Vgg(torch.nn.Identity(), 25088 // 64, 64, 10)
    assert [layer.in_features for layer in narrow.dense] == [392, 64, 64]


def test_a_dense_head_is_kept_in_half_precision_and_answers_with_that() -> None:
    trial, x, y = picked(DENSE)
    checkpoints = list(DENSE.train(x, y, trial.classes, seed=0))
    state, resume = checkpoints[-1].state, checkpoints[-1].resume
    assert {value.dtype for value in state.values()} == {torch.float16}
    assert all(resume[f"weights.{name}"].dtype == torch.float32 for name in state)
    whole: State = {name: resume[f"weights.{name}"] for name in state}
    near, exact = (DENSE.logits(s, x, trial.classes) for s in (state, whole))
    assert near.dtype == torch.float32
    assert torch.allclose(near, exact, rtol=0.01, atol=0.02)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("kind", [VggDense, VggScratch], ids=lambda kind: kind.__name__)
def test_a_training_goes_on_bit_by_bit(kind: type[LearningVgg], optimizer: str) -> None:
    own = {"backbone": NETWORK} if kind is VggDense else {"architecture": "vgg11_bn", "width": 0.0625}
    head: Any = kind(**QUICK | {"epochs": 3}, polarity="both", optimizer=optimizer, **own)
    trial, x, y = picked(head)
    whole = list(head.train(x, y, trial.classes, seed=5))
    for stop in whole[:-1]:
        last = list(head.train(x, y, trial.classes, seed=5, resume=stop))[-1]
        assert all(torch.equal(last.state[name], value) for name, value in whole[-1].state.items())
        assert all(torch.equal(last.resume[name], value) for name, value in whole[-1].resume.items())


def test_checkpoints_do_not_change_while_learning_goes_on() -> None:
    trial, x, y = picked(SCRATCH)
    training = SCRATCH.train(x, y, trial.classes, seed=0)
    first: Checkpoint = next(training)
    before = {name: value.clone() for name, value in (first.state | first.resume).items()}
    next(training)
    assert all(torch.equal(before[name], value) for name, value in (first.state | first.resume).items())


def test_the_norms_of_a_scratch_head_have_the_statistics_of_all_shots() -> None:
    head = VggScratch(**QUICK | {"epochs": 1, "batch": 64}, architecture="vgg11_bn", width=0.0625)
    trial, x, y = picked(head)
    (checkpoint,) = head.train(x, y, trial.classes, seed=0)
    network = head.network(3, x)
    network.load_state_dict(checkpoint.state)
    first = network.features[0](head.seen(x))
    assert torch.allclose(checkpoint.state["features.1.running_mean"], first.mean((0, 2, 3)), atol=1e-5)
    assert checkpoint.state["features.1.running_var"].numpy() == pytest.approx(
        first.var((0, 2, 3)).detach().numpy(), rel=1e-3
    )


def test_a_probe_is_a_linear_function_that_scale_and_shift_of_features_do_not_change() -> None:
    trial, x, y = picked(PROBE)
    asked = trial.read(trial.asked)
    one = PROBE.logits(PROBE.fit(x, y, trial.classes, seed=0), asked, trial.classes)
    moved = PROBE.fit(3 * x - 2, y, trial.classes, seed=0)
    assert torch.allclose(
        one.softmax(1), PROBE.logits(moved, 3 * asked - 2, trial.classes).softmax(1), atol=1e-3
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: VggProbe(strength=0.0), "strength is 0"),
        (lambda: VggDense(hidden=0), "hidden is 0"),
        (lambda: VggDense(batch=1), "batch is 1"),
        (lambda: VggDense(dropout=1.0), "dropout is 1"),
        (lambda: VggDense(learning_rate=-1.0), "learning_rate is -1"),
        (lambda: VggScratch(size=16), "a VGG reads 32 pixels or more"),
        (lambda: VggScratch(architecture="resnet18"), "vgg11, vgg13, vgg16 or vgg19"),
        (lambda: VggScratch(width=0.0), "width is 0"),
        (lambda: VggScratch(part="2"), "part is '2'"),
    ],
)
def test_options_that_cannot_be_are_refused(make: Any, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        make()


def test_a_network_that_timm_does_not_have_is_named_with_the_nearest() -> None:
    head = VggProbe(backbone="timm:vgg16bn", size=32)
    with pytest.raises(ModelError, match="Did you mean vgg16_bn"):
        Trial(head).read(toy_recordings(TOY_CLASSES[0], 1))


def test_the_convolutions_count_as_the_encoder() -> None:
    """Kernel x filters x places: 27 x 4 x 32^2, 36 x 8 x 16^2, 72 x 16 x 8^2, 144 x 16 x 8^2 and so on."""
    head = VggProbe(backbone="timm:vgg11_bn@0.0625:random", size=32)
    trial, x, y = picked(head)
    costs = costs_of(head, head.fit(x, y, trial.classes, seed=0), x, trial.classes, trial.model)
    assert costs.encoder_macs == 110_592 + 73_728 + 73_728 + 147_456 + 73_728 + 147_456 + 36_864 + 36_864
    assert costs.macs == 32 * 3
