from dataclasses import dataclass, field

import pytest
import torch

from neuroclip.bank import Bank
from neuroclip.errors import OptionError
from neuroclip.representations import (
    Augmented,
    ClipTimesteps,
    EventCounts,
    EventsPerTimestep,
    Joint,
    Representation,
)

COMPUTED = []


@dataclass(frozen=True)
class Noted(Representation):
    """Notes each recording that it computes."""

    backbone: str | None = "m"

    def compute(self, recording, backbones):
        COMPUTED.append(recording.label)
        return torch.tensor([len(recording)])


@dataclass
class Model:
    digest: str = "weights"
    encoded: list = field(default_factory=list)

    def encode_frames(self, frames, *, resize="model", normalize="clip"):
        self.encoded.append(len(frames))
        return torch.ones(len(frames), 2)


@pytest.fixture(autouse=True)
def nothing_computed():
    COMPUTED.clear()


def test_equal_content_is_computed_once_whatever_its_name(make_recording):
    bank, model = Bank(), Model()
    a, same, b = make_recording(5, label="a"), make_recording(5, label="same"), make_recording(6, label="b")
    assert bank.get(Noted(), [a, b, same], lambda name: model).tolist() == [[5], [6], [5]]
    assert bank.get(Noted(), [b, a], lambda name: model).tolist() == [[6], [5]]
    assert sorted(COMPUTED) in (["a", "b"], ["b", "same"])
    assert len(bank) == 2


def test_other_weights_under_the_same_name_are_computed_anew(make_recording):
    bank = Bank()
    for digest in ("one", "two", "one"):
        bank.get(Noted(), [make_recording(label="a")], lambda name, digest=digest: Model(digest))
    assert COMPUTED == ["a", "a"]


def test_changing_what_came_out_does_not_change_the_bank(make_recording):
    bank = Bank()
    first = bank.get(EventsPerTimestep(2), [make_recording()], lambda name: None)
    first.zero_()
    assert bank.get(EventsPerTimestep(2), [make_recording()], lambda name: None).sum() == 50


def test_the_parts_of_a_joint_are_kept_by_themselves(make_recording):
    bank, model = Bank(), Model()
    clip = ClipTimesteps(3, backbone="m")
    alone = bank.get(clip, [make_recording()], lambda name: model)
    joint = bank.get(Joint(clip=clip, counts=EventCounts(3)), [make_recording()], lambda name: model)
    assert torch.equal(joint["clip"], alone)
    assert joint["counts"].shape == (1, 3, 2, 9, 12)
    assert model.encoded == [3]


def test_what_is_missing_is_computed_in_one_batch(make_recording):
    bank, model = Bank(), Model()
    clip = ClipTimesteps(3, backbone="m")
    bank.get(clip, [make_recording(seed=0)], lambda name: model)
    bank.get(clip, [make_recording(seed=s) for s in range(4)], lambda name: model)
    assert model.encoded == [3, 9]


def test_an_open_backbone_and_no_recordings_are_refused(make_recording):
    with pytest.raises(OptionError, match="is open"):
        Bank().get(ClipTimesteps(), [make_recording()], lambda name: Model())
    with pytest.raises(OptionError, match="no recording"):
        Bank().get(EventCounts(), [], lambda name: Model())


def test_one_pass_of_the_encoder_serves_heads_that_want_unit_vectors_and_those_that_do_not(make_recording):
    bank, model, recordings = Bank(), Model(), [make_recording(seed=seed) for seed in range(2)]
    unit, raw = (ClipTimesteps(3, backbone="m", normalized=n) for n in (True, False))
    units, raws = (bank.get(clip, recordings, lambda name: model) for clip in (unit, raw))
    assert model.encoded == [6]
    assert torch.allclose(units, torch.nn.functional.normalize(raws, dim=-1))
    assert torch.allclose(units, torch.stack(unit.compute_many(recordings, lambda name: Model())))
    copies = [bank.get(Augmented(clip, copies=2), recordings, lambda name: model) for clip in (unit, raw)]
    assert model.encoded == [6, 12]
    assert torch.allclose(copies[0], torch.nn.functional.normalize(copies[1], dim=-1))
