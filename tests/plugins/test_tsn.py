"""Temporal segments on event frames, pictures, and both."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from neuroclip_plugins.descent import Descent
from neuroclip_plugins.tsn import TSN
from neuroclip_plugins.tsn.backbones import Pixels, bare_backbone, load_backbone
from neuroclip_plugins.tsn.crops import boxes_for, fixed_crops
from neuroclip_plugins.tsn.learning import decayed, loss_of
from neuroclip_plugins.tsn.networks import learning_networks
from neuroclip_plugins.tsn.segments import SegmentNetwork, middles, snippets
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from neuroclip.bank import Bank
from neuroclip.classes import Classes, load_prompts
from neuroclip.datasets import open_dataset
from neuroclip.errors import HeadError, ModelError, OptionError, RecordingError
from neuroclip.fitting import training
from neuroclip.heads import Checkpoint, State, describe, find, make
from neuroclip.recording import Recording
from neuroclip.representations import Joint, TernaryFrames, VideoFrames
from neuroclip.representations.base import WithoutBackbone
from neuroclip.synthetic import write_motions
from neuroclip.testing import Trial, head_checks, toy_recordings

TINY: dict[str, Any] = {
    "backbone": "timm:test_resnet", "size": 24, "epochs": 6, "batch": 9, "learning_rate": 0.1,
    "dropout": 0.0, "frames": 4, "test_segments": 4, "crop": 1.0, "schedule": "cosine",
}  # fmt: skip
QUICK = TINY | {"epochs": 2, "size": 16, "dropout": 0.5}
NAMES = ("left", "right", "down")


@dataclass(frozen=True)
class ColouredFrames(WithoutBackbone):
    """Toy recordings have no video: their frames in three colours stand in for it, at half their size."""

    steps: int = 4

    def prepare(self, recording: Recording) -> Tensor:
        frames = TernaryFrames(self.steps, "time").prepare(recording)[:, None, ::2, ::2]
        return torch.cat([frames, 255 - frames, frames], 1)


@dataclass(frozen=True, kw_only=True)
class BothOfToys(TSN):
    """Both inputs, without a video."""

    @property
    def representation(self) -> Joint:
        return Joint(events=TernaryFrames(self.frames, "time"), rgb=ColouredFrames(self.frames))


VARIANTS = [
    TSN(**TINY),
    TSN(**QUICK, consensus="learned", crops=5, chunk=3, flip=True),
    TSN(**QUICK | {"backbone": "bn-inception@0.05"}, consensus="max"),
    BothOfToys(**QUICK, inputs="both", partial_bn=True),
]


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize("head", VARIANTS, ids=lambda h: f"{h.inputs}-{h.consensus}")
def test_contract(head: TSN, check: Any) -> None:
    if str(check) == "it-learns-in-any-order-of-classes" and head != VARIANTS[0]:
        pytest.skip("two epochs are too few, and six orders of more take long")
    if str(check) == "hardly-any-events-work" and not isinstance(head, BothOfToys):
        pytest.skip(
            "a recording too short for its segments is refused, which the representation says: tested below"
        )
    check(head)


def classes_of(names: tuple[str, ...] = NAMES) -> Classes:
    return Classes(names, load_prompts(), None)


def shots(per_class: int = 4, frames: int = 4, channels: int = 0, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(seed)
    y = torch.arange(3).repeat(per_class)
    shape = (len(y), frames, *([channels] if channels else []), 18, 20)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8), y


def both(per_class: int = 4) -> tuple[dict[str, Tensor], Tensor]:
    events, y = shots(per_class)
    return {"events": events, "rgb": shots(per_class, channels=3)[0][..., ::2, ::2]}, y


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# Segments


def test_snippets_are_one_frame_of_each_segment() -> None:
    """10 frames in 3 segments: 0 to 2, 3 to 5, 6 to 9; every frame is drawn at last."""
    drawn = snippets(600, 10, 3, Generator().manual_seed(0))
    for k, of in enumerate(({0, 1, 2}, {3, 4, 5}, {6, 7, 8, 9})):
        assert set(drawn[:, k].tolist()) == of
    assert snippets(5, 3, 3, Generator()).tolist() == [[0, 1, 2]] * 5
    assert snippets(2, 7, 1, Generator()).shape == (2, 1)


def test_what_answers_are_the_middles() -> None:
    assert middles(25, 25).tolist() == list(range(25))
    assert middles(10, 1).tolist() == [5]
    assert middles(9, 3).tolist() == [1, 4, 7]
    assert middles(4, 2).tolist() == [1, 3]
    assert middles(3, 6).tolist() == [0, 0, 1, 1, 2, 2]


def network(consensus: str, segments: int = 3) -> SegmentNetwork:
    return SegmentNetwork(nn.Identity(), 2, 2, segments=segments, consensus=consensus, dropout=0.0)


def test_consensus_by_hand() -> None:
    logits = torch.tensor([[[1.0, 0.0], [2.0, 5.0], [6.0, 1.0]]])
    assert network("average").agreed(logits).tolist() == [[3.0, 2.0]]
    assert network("max").agreed(logits).tolist() == [[6.0, 5.0]]
    learned = network("learned")
    torch.testing.assert_close(learned.agreed(logits), torch.tensor([[3.0, 2.0]]))
    with torch.no_grad():
        learned.shares.copy_(torch.tensor([0.5, 0.25, 0.25]).log())
    torch.testing.assert_close(learned.agreed(logits), torch.tensor([[0.5 + 0.5 + 1.5, 1.25 + 0.25]]))


def test_learned_weights_are_those_of_the_segment_in_whose_time_a_frame_lies() -> None:
    """Six frames are two of each segment, so that each frame twice changes nothing; of 4, two share the middle one."""
    learned = network("learned")
    with torch.no_grad():
        learned.shares.copy_(torch.tensor([0.2, 0.7, 0.1]).log())
    logits = torch.rand(5, 3, 2)
    torch.testing.assert_close(learned.agreed(logits.repeat_interleave(2, 1)), learned.agreed(logits))
    four = torch.eye(4)[None]
    expected = torch.tensor([[0.2, 0.35, 0.35, 0.1]])
    if middles(3, 4).tolist() == [0, 1, 1, 2]:
        torch.testing.assert_close(learned.agreed(four), expected)
    torch.testing.assert_close(learned.agreed(torch.ones(1, 25, 2)), torch.ones(1, 2))


@pytest.mark.parametrize("consensus", ["average", "learned"])
def test_consensus_comes_before_softmax(consensus: str) -> None:
    """So that the head's logits are those of its segments joined, not their probabilities."""
    x, y = shots()
    head = TSN(**QUICK, consensus=consensus)  # type: ignore[arg-type]
    state = head.fit(x, y, classes_of(), seed=0)
    each, together = head.timestep_logits(state, x, classes_of()), head.logits(state, x, classes_of())
    if consensus == "average":
        torch.testing.assert_close(each.mean(1), together)
    lowest, highest = each.amin(1) - 1e-5, each.amax(1) + 1e-5
    assert ((together >= lowest) & (together <= highest)).all()


# Streams of segments, crops


@pytest.mark.parametrize("crops", [1, 5, 10])
def test_chunks_of_any_size_give_the_same(crops: Any) -> None:
    x, y = shots(2)
    head = TSN(**QUICK | {"crop": 0.8}, crops=crops)
    state = head.fit(x, y, classes_of(), seed=0)
    expected = head.logits(state, x, classes_of())
    for chunk in (1, 3, 7, 1000):
        got = replace(head, chunk=chunk).logits(state, x, classes_of())
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_crops_lie_in_corners_and_middle_and_then_in_the_mirror() -> None:
    boxes, mirrored = fixed_crops((20, 40), 0.5, 10)
    five = [[0, 0, 10, 20], [0, 20, 10, 20], [10, 0, 10, 20], [10, 20, 10, 20], [5, 10, 10, 20]]
    assert boxes.tolist() == five * 2
    assert mirrored == [False] * 5 + [True] * 5
    assert fixed_crops((20, 40), 0.5, 5)[0].tolist() == five
    assert fixed_crops((20, 40), 0.5, 1)[0].tolist() == [[0, 0, 20, 40]]
    assert fixed_crops((1, 1), 0.1, 5)[0].tolist() == [[0, 0, 1, 1]] * 5


def test_frames_that_look_the_same_in_the_mirror_answer_alike_to_5_and_10_crops() -> None:
    x, y = shots(2)
    head = TSN(**QUICK | {"crop": 0.8}, crops=5)
    state = head.fit(x, y, classes_of(), seed=0)
    even = torch.cat([x[..., :10], x[..., :10].flip(-1)], -1)
    ten = replace(head, crops=10)
    torch.testing.assert_close(
        head.logits(state, even, classes_of()), ten.logits(state, even, classes_of()), atol=1e-4, rtol=1e-4
    )


def test_both_inputs_see_the_same_place() -> None:
    boxes = torch.tensor([[2, 4, 10, 12], [0, 0, 20, 40], [10, 28, 10, 12]])
    assert boxes_for(boxes, (20, 40), (10, 20)).tolist() == [[1, 2, 5, 6], [0, 0, 10, 20], [5, 14, 5, 6]]
    assert boxes_for(boxes, (20, 40), (20, 40)) is boxes
    odd = boxes_for(boxes, (20, 40), (7, 3))
    assert (odd[:, 2:] >= 1).all()
    assert (odd[:, :2] + odd[:, 2:] <= torch.tensor([7, 3])).all()


def test_two_inputs_answer_with_the_mean_of_their_probabilities() -> None:
    x, y = both()
    head = TSN(**QUICK, inputs="both")
    state = head.fit(x, y, classes_of(), seed=0)
    said = [
        replace(head, inputs=name).logits(state, x[name], classes_of()).softmax(-1)
        for name in ("events", "rgb")
    ]
    torch.testing.assert_close(head.logits(state, x, classes_of()).exp(), (said[0] + said[1]) / 2)


# Learning


@pytest.mark.parametrize(
    "head",
    [
        TSN(**QUICK | {"epochs": 3, "batch": 5, "crop": 0.8}, flip=True, consensus="learned"),
        TSN(**QUICK, inputs="both", partial_bn=True),
    ],
    ids=lambda head: head.inputs,
)
def test_training_can_be_taken_up_after_any_epoch_bit_for_bit(head: TSN) -> None:
    """With another seed from there on, since everything that is drawn is drawn by the generator that was kept."""
    x, y = shots() if head.inputs == "events" else both()
    whole = list(head.train(x, y, classes_of(), seed=3))
    assert [c.position for c in whole] == list(range(1, head.epochs + 1))
    for stop in whole:
        kept = [{name: value.clone() for name, value in part.items()} for part in (stop.state, stop.resume)]
        resume = Checkpoint(*kept, stop.position)
        last = [stop, *head.train(x, y, classes_of(), seed=99, resume=resume)][-1]
        assert same(whole[-1].state, last.state), stop.position
        assert same(whole[-1].resume, last.resume), stop.position
        assert same(kept[0], stop.state)


def trained_in_a_process(folder: Path, head: TSN, pause_s: float) -> None:
    torch.set_num_threads(1)
    training.SAVE_SECONDS = 0.0

    def wait(position: int, total: int | None) -> None:
        (folder / "position").write_text(str(position))
        time.sleep(pause_s)

    x, y = shots()
    trained = training.train(head, x, y, classes_of(), seed=0, job="one", folder=folder, progress=wait)
    save_file(trained.state, folder / "state.safetensors")


def position_in(folder: Path) -> int:
    try:
        return int((folder / "position").read_text() or 0)
    except FileNotFoundError:
        return 0


@pytest.mark.skipif(sys.platform != "linux", reason="a process is forked, so that it starts at once")
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    head, (x, y) = TSN(**QUICK | {"epochs": 3}), shots()
    expected = head.fit(x, y, classes_of(), seed=0)
    for kill_at in (1, 2, None):
        process = multiprocessing.get_context("fork").Process(
            target=trained_in_a_process, args=(tmp_path, head, 0.05 if kill_at else 0.0)
        )
        (tmp_path / "position").unlink(missing_ok=True)
        process.start()
        end = time.monotonic() + 60
        while kill_at and position_in(tmp_path) < kill_at:
            assert time.monotonic() < end
            time.sleep(0.002)
        if kill_at:
            os.kill(int(process.pid or 0), signal.SIGKILL)
        process.join()
        assert (tmp_path / "state.safetensors").exists() == (kill_at is None)
    assert same(expected, load_file(tmp_path / "state.safetensors"))


def changed(head: TSN, tmp_path: Path) -> set[str]:
    """Return which tensors of norms differ from those that learning began with, by the place of their norm."""
    begun = load_backbone("timm:test_resnet", None, 3, 16, Generator().manual_seed(0)).network
    save_file(begun.state_dict(), tmp_path / "a.safetensors")
    x, y = shots(channels=3)
    told = replace(head, inputs="rgb", weights=str(tmp_path / "a.safetensors"))
    state = told.fit(x, y, classes_of(), seed=0)
    norms = [name for name, module in begun.named_modules() if isinstance(module, nn.BatchNorm2d)]
    return {
        f"{'first' if name == norms[0] else 'others'} {part}"
        for name in norms
        for part in ("weight", "running_mean")
        if not torch.equal(state[f"rgb.backbone.{name}.{part}"], begun.state_dict()[f"{name}.{part}"])
    }


def test_with_partial_batch_norm_only_the_first_learns(tmp_path: Path) -> None:
    """By default with weights from a file, not with random ones."""
    first = {"first weight", "first running_mean"}
    everything = first | {"others weight", "others running_mean"}
    head = TSN(**QUICK)
    assert changed(head, tmp_path) == first
    assert changed(replace(head, statistics="running"), tmp_path) == first
    assert changed(replace(head, partial_bn=False), tmp_path) == everything


def test_norms_of_one_axis_behind_dense_layers_are_kept_too() -> None:
    norms = nn.ModuleList([nn.BatchNorm2d(2), nn.BatchNorm1d(2), nn.BatchNorm2d(2)])
    network = SegmentNetwork(norms, 2, 2, segments=3, consensus="average", dropout=0.0)
    network.freeze_norms()
    assert [norm.training for norm in norms] == [True, False, False]
    assert [norm.weight.requires_grad for norm in norms] == [True, False, False]


def test_after_the_last_epoch_norms_know_the_statistics_of_all_shots() -> None:
    """With one batch, those of this batch: of the first convolution's outputs, worked out from its weights."""
    x, y = shots(frames=3)
    head = TSN(**QUICK | {"epochs": 1, "batch": 12, "frames": 3, "test_segments": 3, "size": 32})
    state = head.fit(x, y, classes_of(), seed=0)
    backbone = bare_backbone(head.backbone, 1)
    backbone.network.load_state_dict(
        {name.removeprefix("events.backbone."): v for name, v in state.items() if ".backbone." in name},
        assign=True,
    )
    names = [n for n, m in backbone.network.named_modules() if isinstance(m, nn.BatchNorm2d)]
    seen: list[Tensor] = []
    first = backbone.network.get_submodule(names[0])
    first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    frames = x.flatten(0, 1)[:, None].float()
    resized = nn.functional.interpolate(frames, (32, 32), mode="bilinear", antialias=True)
    with torch.no_grad():
        backbone.network.eval()(backbone.pixels.seen(resized))
    torch.testing.assert_close(
        state[f"events.backbone.{names[0]}.running_mean"], seen[0].mean((0, 2, 3)), atol=1e-4, rtol=1e-3
    )


def test_what_is_drawn_is_drawn_anew_in_every_epoch_and_shared_by_both_inputs() -> None:
    """With a learning rate of 0 and no dropout, the loss of an epoch changes through snippets alone."""
    x, y = both()
    head = TSN(**QUICK | {"frames": 4, "segments": 1}, inputs="both")
    generator = Generator().manual_seed(0)
    networks, pixels = learning_networks(head, 3, generator, None)
    index = torch.arange(len(y))
    losses = {
        round(loss_of(head, networks.eval(), pixels, x, index, y, generator).item(), 6) for _ in range(4)
    }
    assert len(losses) == 4


def test_weight_decay_is_for_kernels_alone() -> None:
    """0.1 of a weight of 2, with a gradient of 0: it falls by 0.1 x 0.2; a bias stays."""
    weights = {"kernel": torch.full((1, 1), 2.0), "bias": torch.full((1,), 2.0)}
    zeros = {name: torch.zeros_like(value) for name, value in weights.items()}
    Descent(weights, "sgd", 0.0).step(decayed(zeros, weights, 0.1), 0.1)
    assert weights["kernel"].item() == pytest.approx(1.98)
    assert weights["bias"].item() == 2.0


# Networks


def test_event_frames_are_0_where_nothing_happened() -> None:
    pixels = Pixels((0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
    frame = torch.tensor([127.0, 255.0, 0.0]).view(1, 1, 1, 3)
    torch.testing.assert_close(pixels.seen(frame).flatten(), torch.tensor([0.0, 128, -127]) / 255 / 0.25)
    colour = torch.tensor([255.0, 0.0, 127.5]).view(1, 3, 1, 1)
    torch.testing.assert_close(pixels.seen(colour).flatten(), torch.tensor([2.5, -1.6, 0.2 / 0.3]))


def test_a_network_without_weights_of_its_own_is_built_for_a_state(tmp_path: Path) -> None:
    """The file of weights may be gone, and nothing is drawn from the global generator."""
    x, y = shots(channels=3)
    path = tmp_path / "a.safetensors"
    save_file(bare_state("timm:test_resnet"), path)
    head = TSN(**QUICK, inputs="rgb", weights=str(path))
    assert head.needs == (path,)
    assert TSN().needs == TSN(weights="pretrained").needs == ()
    state = head.fit(x, y, classes_of(), seed=0)
    path.unlink()
    before = torch.get_rng_state()
    assert head.logits(state, x, classes_of()).shape == (12, 3)
    assert torch.equal(before, torch.get_rng_state())
    assert head.logits(state, x[:0], classes_of()).shape == (0, 3)
    with pytest.raises(ModelError, match="no"):
        head.fit(x, y, classes_of(), seed=0)


def bare_state(name: str) -> State:
    return load_backbone(name, None, 3, 32, Generator().manual_seed(5)).network.state_dict()


def test_networks_of_several_kinds_learn() -> None:
    x, y = shots(1, channels=3)
    for name, size in (
        ("timm:resnet10t", 32),
        ("timm:test_efficientnet", 32),
        ("timm:test_vit", 160),
    ):
        head = TSN(
            **QUICK | {"backbone": name, "size": size, "epochs": 1, "frames": 3, "test_segments": 1},
            inputs="rgb",
        )
        assert head.logits(head.fit(x, y, classes_of(), seed=0), x[:1], classes_of()).isfinite().all()


@pytest.mark.parametrize("name", ["legacy_seresnet18", "ghostnet_050", "rexnet_100"])
def test_networks_that_would_drop_something_of_their_own_leave_the_global_generator_alone(name: str) -> None:
    """So that two fits with one seed are equal; shares in functions, in modules, and of paths are all 0."""
    network, before = (
        load_backbone(f"timm:{name}", None, 1, 32, Generator()).network.train(),
        torch.get_rng_state(),
    )
    network(torch.zeros(2, 1, 32, 32))
    assert torch.equal(before, torch.get_rng_state())


def test_a_network_with_another_input_size_says_which() -> None:
    x, y = shots(1, channels=3)
    head = TSN(**QUICK | {"backbone": "timm:test_vit"}, inputs="rgb")
    with pytest.raises(
        OptionError, match=r"timm:test_vit cannot read pictures of 16x16 pixels .*: take size=160, its own"
    ):
        head.fit(x, y, classes_of(), seed=0)
    small = TSN(**QUICK | {"backbone": "timm:vgg11_bn@0.0625"}, inputs="rgb")
    with pytest.raises(OptionError, match=r"cannot read pictures of 16x16 pixels .*: take size=224, its own"):
        small.fit(x, y, classes_of(), seed=0)


def test_weights_that_cannot_be_had_are_given_by_the_option_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm

    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", offline)
    for name, weights, said in (
        ("timm:resnet18", "pretrained", "resnet18.a1_in1k on the Hugging Face hub; say weights=FILE"),
        ("timm:vgg11_bn@0.5", "pretrained", "no weights to download: say weights=FILE"),
        ("timm:resnet18", "no/such.pt", "there is no file no/such.pt: say weights=FILE"),
    ):
        with pytest.raises(ModelError, match=said):
            load_backbone(name, weights, 3, 32, Generator())
    assert TSN(weights="~/w.pth").needs == (Path.home() / "w.pth",)


def test_a_network_that_timm_does_not_have_is_refused_with_the_nearest() -> None:
    x, y = shots(1)
    with pytest.raises(ModelError, match="resnet18"):
        TSN(**QUICK | {"backbone": "timm:resnet118"}).fit(x, y, classes_of(), seed=0)


# What goes in


def test_each_input_has_its_representation() -> None:
    events = TernaryFrames(9, "time", "reference-code", 2, least=3)
    rgb = VideoFrames(9, 0.5, least=3)
    options: dict[str, Any] = {"frames": 9, "test_segments": 9, "scale": 0.5}
    options |= {"polarity": "reference-code", "min_count": 2}
    assert TSN(**options).representation == events
    assert TSN(**options, inputs="rgb").representation == rgb
    assert TSN(**options, inputs="both").representation == Joint(events=events, rgb=rgb)


def test_fewer_frames_than_segments_are_refused() -> None:
    x, y = shots(frames=2)
    with pytest.raises(HeadError, match="a recording has 2 frames, fewer than the 3 segments"):
        TSN(**QUICK).fit(x, y, classes_of(), seed=0)
    with pytest.raises(
        OptionError, match="segments is 3, but of each recording 2 frames are kept: set frames=3"
    ):
        TSN(frames=2, test_segments=2)
    with pytest.raises(OptionError, match="test_segments is 25, but of each recording 9 frames"):
        TSN(frames=9)


@pytest.mark.parametrize("segments", [1, 3])
def test_events_at_fewer_times_than_segments_are_refused_and_as_many_answer(segments: int) -> None:
    """Also many events at one time, and a window that holds hardly any."""
    trial = Trial(TSN(**QUICK, segments=segments))
    state, full = trial.fit(), toy_recordings("stone", 1)[0]
    at_once = full.events[:50].copy()
    at_once["t"] = np.repeat(np.arange(segments - 1) if segments > 1 else [0], 50 // max(1, segments - 1))
    short = [full.events[: segments - 1], at_once] if segments > 1 else [full.events[:0]]
    for events in short:
        recording = Recording(events, full.width, full.height)
        wanted = f"at {segments} or more different times, one for each segment, found {segments - 1}: give a longer"
        with pytest.raises(RecordingError, match=wanted):
            trial.ask(state, [recording])
    enough = Recording(full.events[:segments], full.width, full.height)
    assert len(set(enough.events["t"].tolist())) == segments
    assert trial.ask(state, [enough]).isfinite().all()


def test_a_recording_without_video_or_with_too_short_a_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="needs the paired video"):
        Trial(TSN(inputs="rgb")).read(toy_recordings("stone", 1))
    pytest.importorskip("av")
    write_motions(tmp_path, 1, size=(24, 24), pictures=8)
    recording = open_dataset(tmp_path).sized().items[0].file.load()
    short = recording.window(int(recording.events["t"][0]), int(recording.events["t"][0]) + 50_000)
    with pytest.raises(RecordingError, match="and 3 are needed: ask for fewer segments"):
        Trial(TSN(inputs="rgb")).read([short])


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"backbone": "timm:resnet18:a.pth"}, "it names a network alone: say weights=FILE"),
        ({"backbone": "bn-inception:random"}, "it names a network alone"),
        ({"inputs": "flow"}, "'events' or 'rgb' or 'both'"),
        ({"segments": 0}, "segments is 0; it can be 1 or more"),
        ({"chunk": 0}, "chunk is 0"),
        ({"crops": 3}, "1 or 5 or 10"),
        ({"consensus": "vote"}, "'average' or 'max' or 'learned'"),
        ({"crop": 0.0}, "crop is 0.0; it can be above 0"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"batch": 1}, "batch is 1; it can be 2 or more"),
        ({"min_count": 0}, "min_count"),
        ({"inputs": "rgb", "scale": 2.0}, "scale is 2"),
    ],
)
def test_wrong_options_are_one_sentence(options: dict[str, object], wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        make(TSN, options)


def test_wrong_choices_are_told_from_python_too() -> None:
    for options in ({"crops": 3}, {"consensus": "foo"}, {"inputs": "x"}, {"schedule": ""}, {"statistics": 1}):
        wrong: Any = options
        with pytest.raises(OptionError, match=f"{next(iter(options))} is .*; expected"):
            TSN(**wrong)


def test_it_comes_through_the_door_and_back() -> None:
    assert find("tsn") is TSN
    for head in (TSN(), TSN(inputs="both", crops=10, chunk=5, partial_bn=False)):
        assert make(TSN, describe(head)) == head


def test_videos_and_their_events_are_told_apart_together(tmp_path: Path) -> None:
    """Through files and the bank."""
    pytest.importorskip("av")
    write_motions(tmp_path, 1, size=(24, 24), pictures=8)
    dataset = open_dataset(tmp_path).sized()
    head = TSN(**QUICK | {"epochs": 1}, inputs="both", scale=0.5)
    classes = classes_of(dataset.classes)
    x = Bank().get(head.training, [item.file for item in dataset.items], lambda name: name)
    assert x["events"].shape == (9, 4, 24, 24)
    assert x["rgb"].shape == (9, 4, 3, 12, 12)
    state = head.fit(x, torch.arange(9), classes, seed=0)
    assert head.logits(state, x, classes).isfinite().all()
