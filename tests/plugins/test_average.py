"""The mean of what several heads say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from neuroclip_plugins.average import Average, I3DFlowRgb
from neuroclip_plugins.i3d.events import I3DEvents
from neuroclip_plugins.i3d.heads import I3DFlow, I3DRgb
from neuroclip_plugins.lif_adapter import LifAdapter
from neuroclip_plugins.linear_probe import LinearProbe
from neuroclip_plugins.prototype import Prototype
from neuroclip_plugins.relu_adapter import ReluAdapter
from neuroclip_plugins.zero_shot import ZeroShot

from neuroclip.bank import DiskBank
from neuroclip.errors import OptionError
from neuroclip.heads import (
    Checkpoint,
    Operations,
    describe,
    find,
    item_count,
    make,
    restore,
    take,
    unnested,
)
from neuroclip.representations import EventCounts, FlowVolume, Joint, RgbVolume, SignedVolume
from neuroclip.testing import Trial, head_checks

PAIR = Average(members=(Prototype(steps=2), ReluAdapter(steps=3, epochs=4)))
DEEP = Average(members=(PAIR, ZeroShot(steps=2)))
VARIANTS = [Average(members=(Prototype(steps=2), ReluAdapter(steps=3, epochs=30))), DEEP]


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize("head", VARIANTS, ids=["two", "nested"])
def test_contract(head: Average, check: Any) -> None:
    check(head)


@pytest.mark.parametrize("head", [PAIR, DEEP], ids=["two", "nested"])
def test_it_is_the_mean_of_its_members_probabilities(head: Average) -> None:
    """Of members that learned alone, from the same shots with the same seed."""
    together = Trial(head)
    mean = torch.zeros(len(together.asked), 3)
    for member in head.members:
        alone = Trial(member)
        mean += alone.ask(alone.fit(seed=3)).softmax(-1) / len(head.members)
    torch.testing.assert_close(together.ask(together.fit(seed=3)).softmax(-1), mean)


def test_probabilities_that_are_almost_nothing_stay_numbers() -> None:
    head, classes = PAIR, Trial(PAIR).classes

    @dataclass(frozen=True, kw_only=True)
    class Sure(Prototype):
        def logits(self, state: Any, x: Any, classes: Any) -> Any:
            return torch.tensor([[1000.0, 0.0, -1000.0]])

    head = Average(members=(Sure(), Sure()))
    said = head.logits({"members": torch.tensor(2)}, {"m0": 0, "m1": 0}, classes)
    torch.testing.assert_close(said, torch.tensor([[0.0, -1000.0, -2000.0]]))


def test_it_reads_what_its_members_read() -> None:
    head = Average(members=(I3DEvents(steps=8), I3DRgb()))
    assert head.representation == Joint(m0=SignedVolume(8), m1=RgbVolume())
    flow = FlowVolume(32)
    assert head.training == Joint(m0=Joint(events=SignedVolume(8), flow=flow), m1=RgbVolume())


def test_flow_and_pictures_are_averaged_by_name() -> None:
    assert I3DFlowRgb().members == (I3DFlow(), I3DRgb())
    assert isinstance(restore("i3d-flow-rgb"), Average)


def test_training_can_be_taken_up_in_any_member_bit_for_bit() -> None:
    head = Average(members=(PAIR, LinearProbe(steps=2), LifAdapter(steps=2, epochs=2)))
    trial = Trial(head, shots=2)
    x, y = trial.read(trial.shown, head.training), trial.labels(trial.shown)
    whole = list(head.train(x, y, trial.classes, seed=3))
    assert [c.position for c in whole] == list(range(1, 1 + 1 + 4 + 1 + 2))
    assert whole[-1].total == 8
    for stop in whole:
        assert trial.ask(stop.state).isfinite().all()
        kept = Checkpoint(dict(stop.state), dict(stop.resume), stop.position, stop.total)
        rest = list(head.train(x, y, trial.classes, seed=3, resume=kept))
        assert [c.position for c in rest] == list(range(stop.position + 1, 9))
        last = [stop, *rest][-1]
        assert last.state.keys() == whole[-1].state.keys()
        assert all(torch.equal(last.state[name], value) for name, value in whole[-1].state.items())


def test_members_that_have_not_begun_say_nothing_yet() -> None:
    trial = Trial(PAIR, shots=2)
    x, y = trial.read(trial.shown, PAIR.training), trial.labels(trial.shown)
    first = next(iter(PAIR.train(x, y, trial.classes, seed=0)))
    alone = Trial(PAIR.members[0], shots=2)
    torch.testing.assert_close(trial.ask(first.state).softmax(-1), alone.ask(alone.fit()).softmax(-1))


def test_operations_are_those_of_all_members() -> None:
    trial = Trial(replace(PAIR, members=(*PAIR.members, LifAdapter(steps=2, epochs=1))))
    head, state, x = trial.head, trial.fit(), trial.read(trial.asked)
    assert isinstance(head, Average)
    told = head.operations(state, x, trial.classes)
    parts = [
        member.operations(unnested(f"m{i}", state), x[f"m{i}"], trial.classes)
        for i, member in enumerate(head.members)
    ]
    assert parts[0] is None  # counted: 24 numbers of 2 timesteps, and of 3 classes
    relu, lif = (part for part in parts[1:] if part is not None)
    assert told == Operations(5 * 24 + relu.macs + lif.macs, lif.accumulates, lif.firing_rate)
    plain = Average(members=(Prototype(), Prototype(steps=2)))
    trial = Trial(plain)
    assert plain.operations(trial.fit(), trial.read(trial.asked), trial.classes) is None


def test_a_bank_on_disk_keeps_the_parts_of_parts(tmp_path: Any) -> None:
    trial = Trial(DEEP)
    wanted = Joint(m0=Joint(events=EventCounts(2), more=EventCounts(3)), m1=EventCounts(2))
    x = DiskBank(tmp_path).get(wanted, trial.asked, lambda _: trial.model)
    assert x["m0"]["more"].shape[:2] == (10, 3)
    assert torch.equal(x["m0"]["events"], x["m1"])
    assert len(list(tmp_path.iterdir())) == 2
    assert item_count(x) == 10
    assert torch.equal(take(x, slice(3, 5))["m0"]["more"], x["m0"]["more"][3:5])


def test_fewer_than_two_members_are_refused() -> None:
    for members in ((), (Prototype(),)):
        with pytest.raises(OptionError, match=f"members is {len(members)} heads; give at least two"):
            Average(members=members)
    with pytest.raises(OptionError, match="give at least two, as in"):
        make(Average, {})


def test_they_come_through_the_door_and_back() -> None:
    assert (find("average"), find("i3d-flow-rgb")) == (Average, I3DFlowRgb)
    for head in (*VARIANTS, I3DFlowRgb()):
        assert make(type(head), describe(head)) == head
    options = {"members": [{"head": "prototype"}, {"head": "linear-probe", "options": {"steps": 3}}]}
    assert restore("average", options) == Average(members=(Prototype(), LinearProbe(steps=3)))
