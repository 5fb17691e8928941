import json
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch

from neuroclip.errors import OptionError, RecordingError
from neuroclip.representations import (
    ClipTimesteps,
    EventCounts,
    EventsPerTimestep,
    Features,
    Joint,
    Representation,
    TernaryFrames,
    frames,
    valid_timesteps,
)


@dataclass
class Encoder:
    """A backbone whose embedding is the mean of the frame and of its square; it notes what it was asked."""

    digest: str = "d"
    asked: list = field(default_factory=list)

    def encode_frames(self, frames, *, resize="model", normalize="clip"):
        self.asked.append((len(frames), resize, normalize))
        flat = torch.from_numpy(frames).float().flatten(1)
        return torch.stack([flat.mean(1), flat.square().mean(1) / 100, torch.ones(len(flat))], 1)


def no_backbones(name):
    raise AssertionError(f"nobody should ask for {name}")


def test_equal_values_have_equal_keys_and_others_do_not():
    values = [
        TernaryFrames(),
        TernaryFrames(steps=5),
        EventCounts(),
        ClipTimesteps(backbone="a"),
        ClipTimesteps(backbone="b"),
        Joint(a=EventCounts()),
        Joint(b=EventCounts()),
        Joint(a=EventCounts(), b=TernaryFrames()),
        Features(of=TernaryFrames()),
        Features(of=TernaryFrames(steps=5)),
    ]
    assert len({value.key for value in values}) == len(values)
    assert Joint(a=EventCounts(), b=TernaryFrames()) == Joint(b=TernaryFrames(), a=EventCounts())
    assert TernaryFrames(10).key == TernaryFrames(steps=10).key
    assert (
        json.loads(Features(of=TernaryFrames(), backbone="m").key)["Features"]["of"]["TernaryFrames"]["steps"]
        == 10
    )
    assert len({hash(value) for value in values}) == len(values)


def test_the_class_of_a_stranger_does_not_share_keys_with_ours():
    @dataclass(frozen=True)
    class EventCounts(Representation):
        def compute(self, recording, backbones):
            return torch.zeros(1)

    assert "test_representations" in EventCounts().key


def test_an_open_backbone_is_filled_in_everywhere_and_a_given_one_stays():
    open_one = Joint(
        mine=ClipTimesteps(backbone="mine"),
        nested=Features(of=TernaryFrames()),
        clip=ClipTimesteps(steps=3),
        counts=EventCounts(),
    )
    with pytest.raises(OptionError, match="is open"):
        open_one.backbone_names()
    filled = open_one.filled("tiny")
    assert filled.backbone_names() == ("mine", "tiny")
    assert dict(filled.parts)["clip"] == ClipTimesteps(steps=3, backbone="tiny")
    assert EventCounts().filled("tiny") == EventCounts()


def test_counts_and_frames_need_no_backbone(make_recording):
    recording = make_recording(100)
    counts = EventCounts(4).compute(recording, no_backbones)
    assert counts.shape == (4, 2, 9, 12)
    assert counts.dtype == torch.int32
    per_step = EventsPerTimestep(4).compute(recording, no_backbones)
    assert per_step.tolist() == counts.sum((1, 2, 3)).tolist() == [25, 25, 25, 25]
    assert np.array_equal(TernaryFrames(4).compute(recording, no_backbones).numpy(), frames(recording, 4))


def test_embeddings_are_unit_vectors_of_the_frames(make_recording):
    encoder = Encoder()
    recording = make_recording(100)
    options = {"steps": 4, "resize": "painted", "normalize": "half", "backbone": "tiny"}
    unit = ClipTimesteps(**options).compute(recording, lambda name: encoder)
    raw = ClipTimesteps(**options, normalized=False).compute(recording, lambda name: encoder)
    assert encoder.asked == [(4, "painted", "half")] * 2
    assert torch.allclose(unit.norm(dim=1), torch.ones(4))
    assert torch.allclose(raw, encoder.encode_frames(frames(recording, 4)))
    assert torch.allclose(unit, raw / raw.norm(dim=1, keepdim=True))


def test_many_recordings_share_a_batch_and_give_what_each_gives_alone(make_recording):
    encoder = Encoder()
    recordings = [make_recording(seed=s, width=w) for s, w in ((0, 12), (1, 12), (2, 7), (3, 12))]
    clip = ClipTimesteps(3, backbone="tiny")
    together = clip.compute_many(recordings, lambda name: encoder)
    assert [n for n, _, _ in encoder.asked] == [6, 3, 3]
    for recording, embedding in zip(recordings, together, strict=True):
        assert torch.equal(embedding, clip.compute(recording, lambda name: encoder))


def test_shorter_recordings_are_continued_with_zeros_that_the_mask_tells(make_recording):
    clip = ClipTimesteps(split="window", window_us=10, backbone="tiny")
    recordings = [make_recording(columns=[(0, 0, 0, 1), (t, 0, 0, 1)]) for t in (25, 5)]
    computed = clip.compute_many(recordings, lambda name: Encoder())
    stacked = clip.stack(computed)
    assert stacked.shape == (2, 3, 3)
    assert valid_timesteps(stacked).tolist() == [[True, True, True], [True, False, False]]
    assert torch.equal(stacked[1, :1], computed[1])
    painter = TernaryFrames(split="window", window_us=10)
    with pytest.raises(OptionError, match="different numbers of timesteps"):
        painter.stack(painter.compute_many(recordings, no_backbones))


def test_frames_can_ask_for_events_at_several_times(make_recording):
    recording = make_recording(columns=[(0, 0, 0, 1), (0, 1, 0, 1), (7, 0, 0, 1)])
    asking, plain = TernaryFrames(2, least=2), TernaryFrames(2)
    assert torch.equal(asking.compute(recording, no_backbones), plain.compute(recording, no_backbones))
    with pytest.raises(RecordingError, match="at 3 or more different times, one for each segment, found 2"):
        TernaryFrames(2, least=3).compute(recording, no_backbones)
    with pytest.raises(RecordingError, match="at 1 or more different times, one for each segment, found 0"):
        TernaryFrames(2, least=1).compute(recording.window(3, 4), no_backbones)
    with pytest.raises(OptionError, match="least is -1; it can be 0 or more"):
        TernaryFrames(least=-1)


def test_recordings_of_different_sensors_do_not_stack(make_recording):
    painter = TernaryFrames()
    with pytest.raises(OptionError, match="--size"):
        painter.stack([painter.compute(make_recording(width=w), no_backbones) for w in (12, 13)])


def test_joint_gives_its_parts_by_name(make_recording):
    joint = Joint(a=EventCounts(2), b=EventsPerTimestep(3))
    many = joint.compute_many([make_recording(), make_recording(seed=1)], no_backbones)
    assert [set(one) for one in many] == [{"a", "b"}] * 2
    stacked = joint.stack(many)
    assert {name: tuple(x.shape) for name, x in stacked.items()} == {"a": (2, 2, 2, 9, 12), "b": (2, 3)}
    assert torch.equal(joint.compute(make_recording(), no_backbones)["a"], many[0]["a"])


def test_features_encode_another_representation(make_recording):
    features = Features(of=TernaryFrames(4), backbone="tiny")
    assert features.compute(make_recording(), lambda name: Encoder()).shape == (4, 3)
    with pytest.raises(OptionError, match="no inner layers"):
        replace(features, layer="conv").compute(make_recording(), lambda name: Encoder())
    with pytest.raises(OptionError, match="is open"):
        replace(features, backbone=None).compute(make_recording(), no_backbones)


@pytest.mark.parametrize("kind", [TernaryFrames, EventCounts, EventsPerTimestep, ClipTimesteps])
def test_options_that_cannot_be_are_refused_when_the_value_is_made(kind):
    with pytest.raises(OptionError):
        kind(steps=0)
    with pytest.raises(OptionError):
        kind(split="window")


def test_equal_parts_of_a_joint_are_computed_once(make_recording):
    asked = []

    @dataclass(frozen=True)
    class Counted(EventCounts):
        def prepare(self, recording):
            asked.append(self.steps)
            return super().prepare(recording)

    joint = Joint(a=Counted(2), b=Counted(3), c=Counted(2))
    made = joint.compute_many([make_recording()], lambda name: None)[0]
    assert sorted(asked) == [2, 3]
    assert torch.equal(made["a"], made["c"])
    assert len(made["b"]) == 3


def test_parts_that_follow_from_the_same_embeddings_ask_the_encoder_once(make_recording):
    recording, encoder = make_recording(events=40), Encoder()
    plain, unit = (ClipTimesteps(2, backbone="e", normalized=normalized) for normalized in (False, True))
    made = Joint(a=plain, b=unit).compute(recording, lambda name: encoder)
    assert len(encoder.asked) == 1
    assert torch.equal(made["a"], plain.compute(recording, lambda name: Encoder()))
    assert torch.equal(made["b"], unit.compute(recording, lambda name: Encoder()))
