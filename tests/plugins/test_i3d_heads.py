"""I3D on flow and pictures, and the student that reads events."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from neuroclip_plugins.average import Average
from neuroclip_plugins.i3d.events import I3DEvents, distillation
from neuroclip_plugins.i3d.heads import I3DFlow, I3DHead, I3DRgb
from safetensors.torch import load_file, save_file
from torch import Tensor

from neuroclip.bank import Bank
from neuroclip.classes import Classes, load_prompts
from neuroclip.datasets import open_dataset
from neuroclip.errors import HeadError, ModelError, OptionError, RecordingError
from neuroclip.fitting import training
from neuroclip.heads import Checkpoint, State, describe, find, make, save, unnested
from neuroclip.representations import EventCounts, FlowVolume, Joint, RgbVolume, SignedVolume
from neuroclip.synthetic import write_motions
from neuroclip.testing import Trial, head_checks, toy_recordings

QUICK: dict[str, Any] = {"width": 0.06, "size": 16, "epochs": 2, "batch": 9, "steps": 2}
NAMES = ("left", "right", "down")


@dataclass(frozen=True, kw_only=True)
class CountsAsFlow(I3DFlow):
    """Toy recordings have no video: OFF and ON events stand in for the two directions of flow."""

    @property
    def representation(self) -> EventCounts:  # type: ignore[override]
        return EventCounts(self.steps, "time")


@dataclass(frozen=True, kw_only=True)
class TaughtByCounts(I3DEvents):
    """The student, whose teacher reads counts in place of flow."""

    @property
    def training(self) -> Joint:
        return Joint(events=self.representation, flow=EventCounts(3, "time"))


VARIANTS: list[I3DHead] = [
    CountsAsFlow(**QUICK),
    CountsAsFlow(**QUICK, flip=True, schedule="cosine", crop=1.0),
    I3DEvents(**QUICK, alpha=0.0, interval_us=5000),
    TaughtByCounts(**QUICK | {"epochs": 1}, interval_us=5000, channels=2),
]
DO_NOT_APPLY = {
    # Its toys differ in their place alone, and the mean over all places at the end of the network forgets that.
    "it-learns-in-any-order-of-classes": (I3DHead,),
    # A shot is not made of too few intervals, which the representation says: tested below.
    "hardly-any-events-work": (I3DEvents,),
}


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize("head", VARIANTS, ids=lambda h: f"{type(h).__name__}-{h.schedule}")
def test_contract(head: I3DHead, check: Any) -> None:
    if isinstance(head, DO_NOT_APPLY.get(str(check), ())):
        pytest.skip("another test has this law, on data of its own")
    check(head)


def classes_of(names: tuple[str, ...] = NAMES) -> Classes:
    return Classes(names, load_prompts(), None)


def moving(per_class: int = 4, seed: int = 0, steps: int = 2) -> tuple[dict[str, Tensor], Tensor]:
    """A patch that moves left, right or down: its flow, and its events (twice as many steps), int8."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(3).repeat(per_class)
    flow = torch.randint(-3, 4, (len(y), steps, 2, 20, 20), generator=generator, dtype=torch.int8)
    events = torch.randint(-1, 2, (len(y), 2 * steps, 20, 20), generator=generator, dtype=torch.int8)
    for i, c in enumerate(y.tolist()):
        top, left = torch.randint(0, 10, (2,), generator=generator).tolist()
        flow[i, :, 1 if c == 2 else 0, top : top + 10, left : left + 10] += (-60, 60, 60)[c]
        edge = torch.linspace(-9, 9, 10).expand(10, 10) * (-1, 1, 1)[c]
        events[i, :, top : top + 10, left : left + 10] += (edge.T if c == 2 else edge).to(torch.int8)
    return {"events": events, "flow": flow}, y


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]], ids="-".join)
def test_motion_is_told_apart_in_any_order_of_classes(order: tuple[str, ...]) -> None:
    """Chance is a third; over draws and numbers of threads, which round otherwise, at least 0.88 was right."""
    options = QUICK | {"epochs": 16, "width": 0.1, "size": 24, "steps": 1, "learning_rate": 0.02}
    head = I3DFlow(**options, schedule="cosine", dropout=0.0, crop=1.0)
    (x, y), (asked, right) = moving(8, steps=1), moving(8, seed=1, steps=1)
    place = torch.tensor([order.index(name) for name in NAMES])
    state = head.fit(x["flow"], place[y], classes_of(order), seed=0)
    said = head.logits(state, asked["flow"], classes_of(order)).argmax(-1)
    assert float((said == place[right]).float().mean()) >= 0.7


def test_the_loss_by_hand() -> None:
    """Two shots, two classes, T = 2: logits are halved before softmax, and the second term counts 4 times."""
    student, teacher, y = (
        torch.tensor([[2.0, 0.0], [0.0, 0.0]]),
        torch.tensor([[0.0, 2.0], [4.0, 0.0]]),
        [0, 1],
    )
    labels = (math.log(1 + math.exp(-2)) + math.log(2)) / 2

    def towards(divided: float) -> float:
        p = 1 / (1 + math.exp(1))  # what the teacher at T gives class 0 of the first shot
        one, other = math.log(1 + math.exp(-2 / divided)), math.log(1 + math.exp(2 / divided))
        return (p * one + (1 - p) * other + math.log(2)) / 2

    got = distillation(student, torch.tensor(y), teacher, alpha=0.5, beta=3.0)
    assert float(got) == pytest.approx(3 * labels + 0.5 * 4 * towards(2), rel=1e-6)
    printed = distillation(student, torch.tensor(y), teacher, alpha=0.5, beta=3.0, soften="teacher")
    assert float(printed) == pytest.approx(3 * labels + 0.5 * 4 * towards(1), rel=1e-6)
    alone = distillation(student, torch.tensor(y), None, alpha=0.5, beta=3.0)
    assert float(alone) == pytest.approx(3 * labels, rel=1e-6)


def test_a_temperature_leaves_the_gradient_its_size() -> None:
    """T^2 makes up for the softening (Hinton et al.): with small logits, the gradient is hardly another."""
    student = torch.tensor([[0.01, -0.02, 0.03]], requires_grad=True)
    teacher = torch.tensor([[0.05, 0.02, -0.04]])
    gradients = [
        torch.autograd.grad(
            distillation(student, torch.tensor([0]), teacher, beta=0.0, temperature=t), student
        )[0]
        for t in (1.0, 4.0)
    ]
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-3, rtol=0.02)


def checkpoints(
    head: Any, x: Any, y: Tensor, resume: Checkpoint | None = None, seed: int = 3
) -> list[Checkpoint]:
    return list(head.train(x, y, classes_of(), seed=seed, resume=resume))


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


TAUGHT = I3DEvents(**QUICK, teacher=I3DFlow(**QUICK | {"steps": 1}))


@pytest.mark.parametrize(
    "head",
    [
        I3DFlow(**QUICK | {"batch": 5, "epochs": 3}, flip=True),
        I3DFlow(**QUICK | {"batch": 5, "epochs": 3}, optimizer="adam", scaling="unit"),
        TAUGHT,
        replace(TAUGHT, start="random"),
    ],
    ids=lambda head: f"{type(head).__name__}-{getattr(head, 'start', '')}-{head.optimizer}",
)
def test_training_can_be_taken_up_after_any_epoch_bit_for_bit(head: I3DHead) -> None:
    """With another seed from there on, since everything that is drawn is drawn by the generator that was kept."""
    x, y = moving()
    shown = x if isinstance(head, I3DEvents) else x["flow"]
    whole = checkpoints(head, shown, y)
    lead = 2 if isinstance(head, I3DEvents) else 0
    assert [c.position for c in whole] == list(range(1, lead + head.epochs + 1))
    assert {c.total for c in whole} == {lead + head.epochs}
    for stop in whole:
        kept = [{name: value.clone() for name, value in part.items()} for part in (stop.state, stop.resume)]
        seed = 99 if stop.position > lead else 3
        last = [stop, *checkpoints(head, shown, y, Checkpoint(*kept, stop.position), seed)][-1]
        assert same(whole[-1].state, last.state), stop.position
        assert same(whole[-1].resume, last.resume), stop.position
        assert same(kept[0], stop.state)


def trained_in_a_process(folder: Path, head: I3DHead, pause_s: float) -> None:
    torch.set_num_threads(1)
    training.SAVE_SECONDS = 0.0

    def wait(position: int, total: int | None) -> None:
        (folder / "position").write_text(str(position))
        time.sleep(pause_s)

    x, y = moving()
    trained = training.train(head, x, y, classes_of(), seed=0, job="one", folder=folder, progress=wait)
    save_file(trained.state, folder / "state.safetensors")


@pytest.mark.skipif(sys.platform != "linux", reason="a process is forked, so that it starts at once")
def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """Killed while the teacher learns, and again while the student does."""
    torch.set_num_threads(1)
    head, (x, y) = TAUGHT, moving()
    expected = head.fit(x, y, classes_of(), seed=0)
    positions: list[int] = []
    for kill_at in (1, 3, None):
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
        positions.append(position_in(tmp_path))
        assert (tmp_path / "state.safetensors").exists() == (kill_at is None)
    assert positions[0] <= 2 < positions[1] <= positions[2] == 4
    assert same(expected, load_file(tmp_path / "state.safetensors"))


def position_in(folder: Path) -> int:
    try:
        return int((folder / "position").read_text() or 0)
    except FileNotFoundError:
        return 0


def test_a_teacher_that_is_trained_first_is_the_one_that_is_saved(tmp_path: Path) -> None:
    """The same options, shots and seed: the student cannot tell."""
    x, y = moving()
    head = TAUGHT
    assert isinstance(head.teacher, I3DFlow)
    state = head.teacher.fit(x["flow"], y, classes_of(), seed=3)
    save(tmp_path / "teacher", head.teacher, state, classes_of())
    by_folder = replace(head, teacher=str(tmp_path / "teacher"))
    assert by_folder.training == head.training
    assert same(head.fit(x, y, classes_of(), seed=3), by_folder.fit(x, y, classes_of(), seed=3))


def test_the_student_begins_as_its_teacher_on_events_that_are_copied(tmp_path: Path) -> None:
    """While nothing is learned, its answers are those of the teacher, whatever its number of channels."""
    x, y = moving()
    teacher = I3DFlow(**QUICK)
    state = teacher.fit(x["flow"], y, classes_of(), seed=3)
    save(tmp_path, teacher, state, classes_of())
    twice = x["events"][:, :, None].expand(-1, -1, 2, -1, -1)
    expected = teacher.logits(state, twice, classes_of())
    for channels in (1, 2):
        head = make(I3DEvents, QUICK | {"learning_rate": 0, "teacher": str(tmp_path), "channels": channels})
        begun = head.fit(x, y, classes_of(), seed=0)
        assert begun["Conv3d_1a_7x7.conv3d.weight"].shape[1] == channels
        # Norms count on even where nothing is learned.
        begun |= {name: value for name, value in state.items() if "running" in name}
        torch.testing.assert_close(
            head.logits(begun, x["events"], classes_of()), expected, atol=1e-4, rtol=1e-4
        )


def test_a_saved_teacher_with_classes_in_another_order_teaches_the_same(tmp_path: Path) -> None:
    x, y = moving()
    teacher, turned = I3DFlow(**QUICK), NAMES[::-1]
    state = teacher.fit(x["flow"], y, classes_of(), seed=3)
    save(tmp_path / "one", teacher, state, classes_of())
    ends = {name: value.flip(0) for name, value in state.items() if name.startswith("logits.")}
    save(tmp_path / "other", teacher, state | ends, classes_of(turned))
    states = [
        I3DEvents(**QUICK, teacher=str(tmp_path / name)).fit(x, y, classes_of(), seed=0)
        for name in ("one", "other")
    ]
    assert same(*states)


def test_a_teacher_with_other_classes_is_refused(tmp_path: Path) -> None:
    x, y = moving()
    teacher, others = I3DFlow(**QUICK), classes_of(("left", "right", "up"))
    save(tmp_path, teacher, teacher.fit(x["flow"], y, others, seed=0), others)
    with pytest.raises(
        HeadError, match="other classes: it was fitted on left, right, up; these are left, right, down"
    ):
        I3DEvents(**QUICK, teacher=str(tmp_path)).fit(x, y, classes_of(), seed=0)


def test_a_teacher_that_is_none_is_refused(tmp_path: Path) -> None:
    x, y = moving()
    with pytest.raises(HeadError, match="holds no saved head"):
        _ = I3DEvents(**QUICK, teacher=str(tmp_path)).training
    head = I3DEvents(**QUICK, alpha=0.0)
    save(tmp_path, head, head.fit(x["events"], y, classes_of(), seed=0), classes_of())
    with pytest.raises(HeadError, match="must be a saved i3d-flow head, and this is I3DEvents"):
        _ = I3DEvents(**QUICK, teacher=str(tmp_path)).training


def test_a_saved_teacher_of_another_width_can_teach_but_not_begin(tmp_path: Path) -> None:
    x, y = moving()
    teacher = I3DFlow(**QUICK | {"width": 0.1})
    save(tmp_path, teacher, teacher.fit(x["flow"], y, classes_of(), seed=0), classes_of())
    head = I3DEvents(**QUICK, teacher=str(tmp_path))
    with pytest.raises(HeadError, match=r"cannot begin with the teacher's weights: .*is the width right"):
        head.fit(x, y, classes_of(), seed=0)
    replace(head, start="random").fit(x, y, classes_of(), seed=0)
    with pytest.raises(OptionError, match=r"the teacher's width is 0\.1, and this head's 0\.06"):
        I3DEvents(**QUICK, teacher=teacher)


def test_flow_is_read_only_to_learn_and_only_where_a_teacher_needs_it(tmp_path: Path) -> None:
    events, flow = SignedVolume(16, 4000), FlowVolume(32, interval_us=4000)
    assert I3DEvents(interval_us=4000).representation == events
    assert I3DEvents(interval_us=4000).training == Joint(events=events, flow=flow)
    assert I3DEvents(interval_us=4000, alpha=0.0).training == events
    other = I3DFlow(steps=8, method="farneback")
    assert I3DEvents(teacher=other).training == Joint(events=SignedVolume(16), flow=other.representation)
    assert I3DEvents(teacher=other, alpha=0.0, start="random").training == SignedVolume(16)
    x, y = moving()
    save(tmp_path, I3DFlow(**QUICK), I3DFlow(**QUICK).fit(x["flow"], y, classes_of(), seed=0), classes_of())
    labels_alone = I3DEvents(**QUICK, alpha=0.0, teacher=str(tmp_path))
    assert labels_alone.training == SignedVolume(2)
    labels_alone.fit(x["events"], y, classes_of(), seed=0)


def test_a_student_without_its_teacher_differs() -> None:
    x, y = moving(1)
    states = [
        replace(TAUGHT, **changed).fit(x, y, classes_of(), seed=0)
        for changed in ({}, {"alpha": 0.0}, {"temperature": 4.0}, {"start": "random"})
    ]
    assert all(not same(states[0], state) for state in states[1:])


def test_nothing_is_mirrored_unless_that_is_asked_for() -> None:
    """So that "left" does not become "right"."""
    assert not any(find(name).flip for name in ("i3d-flow", "i3d-rgb", "i3d-events"))
    x, _ = moving()
    head = I3DFlow(**QUICK, crop=1.0)
    for flip, mirrored in ((False, False), (True, True)):
        shown = replace(head, flip=flip)._shown(x["flow"], torch.Generator().manual_seed(0))
        assert torch.equal(shown, head._seen(x["flow"])) != mirrored


def test_crops_are_drawn_anew_in_every_epoch() -> None:
    x, _ = moving()
    head, generator = I3DFlow(**QUICK), torch.Generator().manual_seed(0)
    first, second = (head._shown(x["flow"], generator) for _ in range(2))
    assert not torch.equal(first, second)


def test_weights_of_flow_are_what_all_heads_begin_with(tmp_path: Path) -> None:
    x, y = moving()
    flow = I3DFlow(**QUICK).fit(x["flow"], y, classes_of(), seed=0)
    save_file(flow, tmp_path / "flow.safetensors")
    inner, first = "Mixed_5c.b1b.conv3d.weight", "Conv3d_1a_7x7.conv3d.weight"
    options = QUICK | {"weights": str(tmp_path / "flow.safetensors"), "learning_rate": 0.0}
    for head, channels in (
        (I3DFlow(**options), 2),
        (I3DRgb(**options), 3),
        (I3DEvents(**options, alpha=0.0), 1),
        (I3DEvents(**options, start="random"), 1),
    ):
        begun = head.begun(3, torch.Generator().manual_seed(0))
        assert torch.equal(begun[inner], flow[inner])
        torch.testing.assert_close(begun[first].sum(1), flow[first].sum(1))
        assert begun[first].shape[1] == channels
    with pytest.raises(HeadError, match="is the width right"):
        I3DFlow(**options | {"width": 0.1}).fit(x["flow"], y, classes_of(), seed=0)


def test_a_file_that_is_no_weights_is_refused(tmp_path: Path) -> None:
    x, y = moving()
    for name, content, said in (("none", None, "no such file"), ("damaged", b"123", "cannot be read")):
        file = tmp_path / f"{name}.safetensors"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ModelError, match=f"{name}.safetensors: .*{said}"):
            I3DFlow(**QUICK, weights=str(file)).fit(x["flow"], y, classes_of(), seed=0)


def test_a_shot_longer_than_the_recording_is_refused() -> None:
    recording = toy_recordings("stone", 1)[0]
    with pytest.raises(RecordingError, match=r"3 intervals of 40000 us, but a shot has 16"):
        Trial(I3DEvents()).read([recording])


def test_a_recording_without_video_is_refused() -> None:
    recording = toy_recordings("stone", 1)[0]
    for head in (I3DFlow(), I3DRgb()):
        with pytest.raises(OptionError, match="needs the paired video"):
            Trial(head).read([recording])


def test_no_batch_holds_a_single_shot() -> None:
    """3 shots in batches of 2 are one batch of 3."""
    x, y = moving(1)
    state = I3DFlow(**QUICK | {"batch": 2, "steps": 1}).fit(x["flow"][:, :1], y, classes_of(), seed=0)
    assert all(value.isfinite().all() for value in state.values())


def test_the_learning_rate_falls_along_a_cosine() -> None:
    """Of 2 epochs, the second has half of it."""
    head = I3DFlow(**QUICK, schedule="cosine")
    assert [head._rate(epoch) for epoch in range(2)] == pytest.approx([0.01, 0.005])
    assert [replace(head, schedule="constant")._rate(epoch) for epoch in range(2)] == [0.01, 0.01]


def test_unit_scaling_is_the_same_for_all_frames_and_leaves_brightness_and_motion_their_size() -> None:
    """Flow of -20, 0 and 20 pixels is kept as -127, 0 and 127, and becomes 0, 0.5 and 1; pixels are divided by 255."""
    flow = torch.tensor([-127, 0, 127], dtype=torch.int8).view(1, 3, 1, 1, 1).expand(1, 3, 2, 16, 16)
    seen = I3DFlow(**QUICK, scaling="unit")._seen(flow)
    torch.testing.assert_close(seen[0, :, :, 0, 0], torch.tensor([[0.0, 0.5, 1.0]] * 2))
    mirrored = I3DFlow(**QUICK | {"steps": 3}, scaling="unit", flip=True, crop=1.0)
    shown = mirrored._shown(flow.expand(9, -1, -1, -1, -1), torch.Generator().manual_seed(0))
    assert {tuple(x) for x in shown[:, 0, :, 0, 0].tolist()} == {(0.0, 0.5, 1.0), (1.0, 0.5, 0.0)}
    assert {tuple(x) for x in shown[:, 1, :, 0, 0].tolist()} == {(0.0, 0.5, 1.0)}
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 3, 1, 1, 1).expand(1, 3, 3, 16, 16)
    kept, removed = (I3DRgb(**QUICK, scaling="unit", background=b)._seen(pixels) for b in ("kept", "removed"))
    torch.testing.assert_close(kept[0, :, :, 0, 0], torch.tensor([[0.0, 0.2, 1.0]] * 3))
    torch.testing.assert_close(removed[0, 0, :, 0, 0], torch.tensor([0.0, 0.2, 1.0]) - 0.4)
    assert I3DFlow(**QUICK)._seen(flow).eq(0).all()


def test_adam_and_unit_scaling_are_the_teachers_too() -> None:
    head = I3DEvents(**QUICK, optimizer="adam", scaling="unit")
    teacher = head._teacher()
    assert isinstance(teacher, I3DFlow)
    assert (teacher.optimizer, teacher.scaling) == ("adam", "unit")


def test_wrong_choices_are_told_from_python_too() -> None:
    for options in ({"optimizer": "adamw"}, {"scaling": "none"}, {"schedule": ""}, {"background": "x"}):
        wrong: Any = options
        with pytest.raises(OptionError, match=f"{next(iter(options))} is .*; expected"):
            I3DRgb(**wrong)


def test_a_background_that_is_removed_says_nothing() -> None:
    moving = torch.randint(0, 128, (4, 3, 3, 12, 12), dtype=torch.uint8)
    elsewhere = moving + torch.randint(0, 128, (4, 1, 3, 12, 12), dtype=torch.uint8)
    y, classes = torch.tensor([0, 1, 0, 1]), Classes(("left", "right"), load_prompts(), None)
    kept, removed = (
        I3DRgb(**QUICK | {"steps": 3, "batch": 4}, crop=1.0, background=b) for b in ("kept", "removed")
    )
    state = removed.fit(moving, y, classes, seed=0)
    same = removed.logits(state, elsewhere, classes)
    torch.testing.assert_close(same, removed.logits(state, moving, classes), rtol=1e-3, atol=1e-3)
    assert not torch.allclose(kept.logits(state, elsewhere, classes), kept.logits(state, moving, classes))


def test_each_head_reads_its_volume() -> None:
    assert I3DFlow(steps=8, method="pyrlk").representation == FlowVolume(8, "pyrlk")
    assert I3DRgb(steps=4, scale=1.0, shot=32).representation == RgbVolume(4, 1.0, None, 32)
    assert I3DEvents(steps=8).representation == SignedVolume(8)


@pytest.mark.parametrize(
    ("head", "options", "wanted"),
    [
        (I3DFlow, {"width": 0.0}, "width is 0.0; it must be above 0"),
        (I3DFlow, {"size": 4}, "size is 4; it can be 8 or more"),
        (I3DFlow, {"epochs": 0}, "epochs is 0"),
        (I3DFlow, {"batch": 1}, "batch is 1; it can be 2 or more"),
        (I3DFlow, {"crop": 1.5}, "crop is 1.5; it can be up to 1"),
        (I3DFlow, {"dropout": 1.0}, "dropout is 1.0"),
        (I3DFlow, {"learning_rate": math.nan}, "learning_rate is nan"),
        (I3DFlow, {"schedule": "steps"}, "'constant' or 'cosine'"),
        (I3DFlow, {"method": "magic"}, "method is 'magic'"),
        (I3DRgb, {"steps": 99}, "steps is 99"),
        (I3DEvents, {"alpha": -1.0}, "alpha is -1.0"),
        (I3DEvents, {"alpha": 0, "beta": 0}, "there is nothing to learn from"),
        (I3DEvents, {"temperature": 0.0}, "temperature is 0.0; it must be above 0"),
        (I3DEvents, {"channels": 3}, "1 or 2"),
        (I3DEvents, {"steps": 0}, "steps is 0"),
    ],
)
def test_wrong_options_are_one_sentence(head: Any, options: dict[str, object], wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        make(head, options)


def heads_with_every_kind_of_teacher() -> Iterator[I3DHead]:
    yield from (I3DFlow(), I3DRgb(), I3DEvents(), I3DEvents(teacher="folder"))
    yield I3DEvents(teacher=I3DFlow(steps=8))


def test_they_come_through_the_door_and_back() -> None:
    for head in heads_with_every_kind_of_teacher():
        assert make(type(head), describe(head)) == head
    assert [find(name) for name in ("i3d-flow", "i3d-rgb", "i3d-events")] == [I3DFlow, I3DRgb, I3DEvents]
    assert describe(I3DEvents(teacher=I3DFlow(steps=8)))["teacher"]["head"] == "i3d-flow"


def test_a_student_of_the_teacher_alone_sees_no_label(tmp_path: Path) -> None:
    x, y = moving()
    teacher = I3DFlow(**QUICK)
    save(tmp_path, teacher, teacher.fit(x["flow"], y, classes_of(), seed=0), classes_of())
    head = I3DEvents(**QUICK, beta=0.0, teacher=str(tmp_path))
    states = [head.fit(x, labels, classes_of(), seed=0) for labels in (y, (y + 1) % 3)]
    assert same(*states)
    assert not same(states[0], replace(head, beta=0.1).fit(x, y, classes_of(), seed=0))


def test_videos_are_all_that_is_needed_to_teach_and_events_to_answer(tmp_path: Path) -> None:
    """Through files and the bank: events and flow of nine small videos, then an answer to events alone."""
    pytest.importorskip("av")
    pytest.importorskip("cv2")
    write_motions(tmp_path, 1, size=(24, 24), pictures=8)
    dataset = open_dataset(tmp_path).sized()
    files = [item.file for item in dataset.items]
    student = I3DEvents(**QUICK | {"epochs": 1}, teacher=I3DFlow(**QUICK | {"steps": 4}))
    head = Average(members=(student, I3DRgb(**QUICK, shot=4)))
    classes, y = classes_of(dataset.classes), torch.arange(9)
    x = Bank().get(head.training, files, lambda name: name)
    assert x["m0"]["flow"].shape == (9, 4, 2, 24, 24)
    assert x["m1"].shape == (9, 2, 3, 12, 12)
    state = head.fit(x, y, classes, seed=0)
    assert head.logits(state, x | {"m0": x["m0"]["events"]}, classes).isfinite().all()
    alone = replace(files[0].load(), video=None)
    asked = Bank().get(student.representation, [alone], lambda name: name)
    assert student.logits(unnested("m0", state), asked, classes).isfinite().all()
