"""Heads with one defect each, as seen in the field, and the check that finds it; good heads pass all."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from neuroclip.classes import Classes
from neuroclip.heads import Checkpoint, Head, Operations, State
from neuroclip.recording import Recording
from neuroclip.representations import Backbones, ClipTimesteps, EventCounts, Joint, Representation
from neuroclip.testing import failures, head_checks, verdicts


@dataclass(frozen=True, kw_only=True)
class NearestMean(Head):
    """Good: closed form, no randomness."""

    steps: int = 4

    @property
    def representation(self) -> Representation:
        return ClipTimesteps(self.steps)

    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        means = [x[y == c].mean((0, 1)) for c in range(len(classes))]
        return {"means": normalize(torch.stack(means), dim=-1)}

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return classes.scale * x.mean(1) @ state["means"].T


@dataclass(frozen=True, kw_only=True)
class Probe(Head):
    """Good: trained step by step, can be resumed, reads a Joint of small integers, trains on more than it asks for."""

    steps: int = 3
    epochs: int = 30

    @property
    def representation(self) -> Representation:
        return Joint(counts=EventCounts(self.steps))

    @property
    def training(self) -> Representation:
        return Joint(counts=EventCounts(self.steps), clip=ClipTimesteps(self.steps))

    def train(
        self,
        x: Mapping[str, Tensor],
        y: Tensor,
        classes: Classes,
        *,
        seed: int,
        resume: Checkpoint | None = None,
    ) -> Iterator[Checkpoint]:
        generator = torch.Generator().manual_seed(seed)
        features = self._features(x)
        weights = 0.01 * torch.randn(features.shape[1], len(classes), generator=generator)
        velocity, start = torch.zeros_like(weights), 0
        if resume is not None:
            weights, velocity, start = resume.state["weights"], resume.resume["velocity"], resume.position
            generator.set_state(resume.resume["generator"])
        for epoch in range(start, self.epochs):
            batch = torch.randperm(len(y), generator=generator)[:12]
            leaf = weights.clone().requires_grad_()
            with torch.enable_grad():
                (slope,) = torch.autograd.grad(cross_entropy(features[batch] @ leaf, y[batch]), leaf)
            velocity = 0.9 * velocity + slope
            weights = weights - 1.0 * velocity
            kept = {"velocity": velocity, "generator": generator.get_state()}
            yield Checkpoint({"weights": weights}, kept, epoch + 1, self.epochs)

    def logits(self, state: State, x: Mapping[str, Tensor], classes: Classes) -> Tensor:
        return self._features(x) @ state["weights"]

    def _features(self, x: Mapping[str, Tensor]) -> Tensor:
        pooled = torch.nn.functional.avg_pool2d(x["counts"].sum((1, 2)).float(), 6).flatten(1)
        return pooled / pooled.sum(1, keepdim=True).clamp_min(1e-6)


@dataclass(frozen=True, kw_only=True)
class Names(Head):
    """Good: needs no shots."""

    min_shots: ClassVar[int] = 0
    steps: int = 4
    normalized: bool = False

    @property
    def representation(self) -> Representation:
        return ClipTimesteps(self.steps, normalized=self.normalized)

    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        return {}

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return self.timestep_logits(state, x, classes).mean(1)

    def timestep_logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return classes.scale * normalize(x, dim=-1) @ classes.features.T


@dataclass(frozen=True)
class Corners(Representation):
    """Good: a representation of its own, which needs no registration: where the events are, on a 4x4 grid."""

    of: str = "all"

    def compute(self, recording: Recording, backbones: Backbones) -> Tensor:
        events = self.kept(recording.events)
        x, y = (4 * events[axis] // size for axis, size in zip("xy", self.extent(recording), strict=True))
        counts = np.bincount(4 * y.astype(np.int64) + x, minlength=16)[:16]
        return torch.from_numpy(counts / max(1, len(events))).float()

    def kept(self, events: Any) -> Any:
        return events[(events["on"] > 0) | (events["on"] < 0)] if self.of == "signed" else events

    def extent(self, recording: Recording) -> tuple[int, int]:
        if self.of == "extent":
            return tuple(int(recording.events[axis].max(initial=0)) + 1 for axis in "xy")  # type: ignore[return-value]
        return recording.width, recording.height


@dataclass(frozen=True, kw_only=True)
class NearestCorner(Head):
    """Good: reads a representation of its own, and counts what it computes."""

    of: str = "all"

    @property
    def representation(self) -> Representation:
        return Corners(self.of)

    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        return {"means": torch.stack([x[y == c].mean(0) for c in range(len(classes))])}

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return -100 * torch.cdist(x, state["means"]) ** 2

    def operations(self, state: State, x: Tensor, classes: Classes) -> Operations:
        return Operations(macs=state["means"].numel())


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize(
    "head",
    [NearestMean(), NearestMean(steps=1), Probe(), Names(), Names(normalized=True), NearestCorner()],
    ids=repr,
)
def test_good_heads_pass(head: Head, check: Callable[[Head], None]) -> None:
    check(head)


DEFECTS: list[tuple[type[Head], str]] = []


def caught_by(check: str) -> Callable[[type[Head]], type[Head]]:
    def plant(head: type[Head]) -> type[Head]:
        planted = dataclass(frozen=True, kw_only=True)(head)
        DEFECTS.append((planted, check))
        return planted

    return plant


_LEFT_OVER: dict[str, Any] = {}


@caught_by("asking-twice-gives-the-same")
class MembraneSurvives(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        logits = super().logits(state, x, classes) + _LEFT_OVER.get("membrane", 0.0)
        _LEFT_OVER["membrane"] = 0.5 * logits.mean(0)
        return logits


@caught_by("asking-twice-gives-the-same")
class KeepsTheLastFit(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        _LEFT_OVER["means"] = super().fit(x, y, classes, seed=seed)["means"]
        return {"means": _LEFT_OVER["means"]}

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits({"means": _LEFT_OVER["means"]}, x, classes)


@caught_by("the-state-holds-everything")
class LearnsIntoItself(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        object.__setattr__(self, "_means", super().fit(x, y, classes, seed=seed)["means"])
        return {"nothing": torch.zeros(1)}

    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits({"means": getattr(self, "_means")}, x, classes)  # noqa: B009


@caught_by("neighbours-do-not-matter")
class BatchStatistics(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits(state, x - x.mean(0, keepdim=True), classes)


@caught_by("neighbours-do-not-matter")
class TopOfTheBatch(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        logits = super().logits(state, x, classes)
        return logits / logits.abs().max()


@caught_by("the-seed-decides")
class Unseeded(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        generator = torch.Generator()
        generator.seed()
        means = super().fit(x, y, classes, seed=seed)["means"]
        return {"means": means + 1e-3 * torch.randn(means.shape, generator=generator)}


@caught_by("the-seed-decides")
class ShufflesWithPython(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        return {**super().fit(x, y, classes, seed=seed), "order": torch.tensor(random.sample(range(99), 9))}


@caught_by("nothing-is-done-on-the-side")
class SeedsTheWorld(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the defect
        return super().fit(x, y, classes, seed=seed)


@caught_by("nothing-is-done-on-the-side")
class Chatty(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        print("epoch 1", file=sys.stderr)
        return super().logits(state, x, classes)


@caught_by("nothing-is-done-on-the-side")
class TurnsGradientsOff(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        torch.set_grad_enabled(False)
        return super().fit(x, y, classes, seed=seed)


@caught_by("nothing-is-done-on-the-side")
class YieldsWithoutGradients(NearestMean):
    def train(
        self, x: Tensor, y: Tensor, classes: Classes, *, seed: int, resume: Checkpoint | None = None
    ) -> Iterator[Checkpoint]:
        with torch.no_grad():
            yield Checkpoint(super().fit(x, y, classes, seed=seed), {}, 1, 1)


@caught_by("nothing-is-done-on-the-side")
class TakesOneThreadMore(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        torch.set_num_threads(torch.get_num_threads() + 1)
        return super().logits(state, x, classes)


@caught_by("nothing-is-changed-in-place")
class NormalisesInPlace(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        x *= 0.5
        return super().logits(state, x, classes)


@caught_by("nothing-is-changed-in-place")
class ScalesItsShots(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        x /= x.norm(dim=-1, keepdim=True)
        return super().fit(x, y, classes, seed=seed)


@caught_by("nothing-is-changed-in-place")
class TunesTheTexts(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        classes.features.add_(0.1)
        return super().fit(x, y, classes, seed=seed)


@caught_by("nothing-is-changed-in-place")
class ChangesItsState(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        state["calls"] = state.get("calls", torch.zeros(1)) + 1
        return super().logits(state, x, classes)


@caught_by("logits-have-the-right-shape")
class Transposed(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits(state, x, classes).T


@caught_by("the-recording-matters")
class IgnoresItsInput(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits(state, torch.ones_like(x), classes)


@caught_by("it-learns-in-any-order-of-classes")
class AlphabeticalClasses(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        order = sorted(range(len(classes)), key=lambda c: classes.names[c])
        return {"means": super().fit(x, y, classes, seed=seed)["means"][order]}


@caught_by("it-learns-in-any-order-of-classes")
class FirstSeenClasses(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        order = list(dict.fromkeys(y.tolist()))
        return {"means": super().fit(x, y, classes, seed=seed)["means"][order]}


@caught_by("any-number-of-timesteps-works")
class OnlyFourTimesteps(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits(state, x * torch.ones(4)[:, None], classes)


@caught_by("logits-have-the-right-shape")
class OnlyHalfPrecision(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return x.mean(1).half() @ state["means"].T


@caught_by("asking-twice-gives-the-same")
class RandomFrames(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits(state, x[:, torch.randperm(x.shape[1])[:2]], classes)


@caught_by("asking-twice-gives-the-same")
class DropoutLeftOn(NearestMean):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().logits(state, torch.dropout(x, 0.2, True), classes)


@caught_by("the-length-of-a-feature-does-not-matter")
class LongFeaturesShout(Names):
    def timestep_logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return classes.scale * x @ classes.features.T


@caught_by("text-features-come-from-the-classes")
class CachesByName(Names):
    def timestep_logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        features = _LEFT_OVER.setdefault(str(classes.names), classes.features)
        return classes.scale * normalize(x, dim=-1) @ features.T


@caught_by("hardly-any-events-work")
class DividesByNothing(Probe):
    def _features(self, x: Mapping[str, Tensor]) -> Tensor:
        pooled = torch.nn.functional.avg_pool2d(x["counts"].sum((1, 2)).float(), 6).flatten(1)
        return pooled / pooled.sum(1, keepdim=True)


@caught_by("the-fewest-shots-suffice")
class WantsTwoShots(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        spread = torch.stack(
            [x[y == c].mean(1).var(0, correction=0) / (sum(y == c) - 1) for c in range(len(classes))]
        )
        return {"means": super().fit(x, y, classes, seed=seed)["means"] / (1 + spread.mean())}


@caught_by("timestep-logits-have-the-right-shape")
class TimestepsTurned(Names):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().timestep_logits(state, x, classes).mean(1)

    def timestep_logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().timestep_logits(state, x, classes).transpose(1, 2)


@caught_by("later-timesteps-do-not-matter")
class LooksAhead(Names):
    def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().timestep_logits(state, x, classes).mean(1)

    def timestep_logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
        return super().timestep_logits(state, (x + x.mean(1, keepdim=True)) / 2, classes)


@caught_by("the-state-is-tensors")
class LearnsAParameter(NearestMean):
    def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
        return {"means": torch.nn.Parameter(super().fit(x, y, classes, seed=seed)["means"])}


@caught_by("options-are-json")
class ListOption(NearestMean):
    weights: Any = frozenset({1})


@caught_by("training-can-be-resumed")
class ForgetsItsMomentum(Probe):
    def train(
        self,
        x: Mapping[str, Tensor],
        y: Tensor,
        classes: Classes,
        *,
        seed: int,
        resume: Checkpoint | None = None,
    ) -> Iterator[Checkpoint]:
        if resume is not None:
            kept = {**resume.resume, "velocity": torch.zeros_like(resume.resume["velocity"])}
            resume = Checkpoint(resume.state, kept, resume.position)
        yield from super().train(x, y, classes, seed=seed, resume=resume)


@caught_by("training-ends-where-fit-does")
class FitKeepsTheBestEpoch(Probe):
    def fit(self, x: Any, y: Tensor, classes: Classes, *, seed: int) -> State:
        return next(iter(self.train(x, y, classes, seed=seed))).state


@caught_by("both-polarities-are-seen")
class OffIsBelowZero(NearestCorner):
    """Polarity is 0 or 1 here: an OFF event is never below 0, so that it is lost."""

    of: str = "signed"


@caught_by("a-stray-event-moves-no-other")
class ScaledByItsOwnLargest(NearestCorner):
    of: str = "extent"


@caught_by("operations-are-counted-per-recording")
class CountsTheBatch(NearestCorner):
    def operations(self, state: State, x: Tensor, classes: Classes) -> Operations:
        return Operations(macs=len(x) * state["means"].numel())


@caught_by("operations-are-counted-per-recording")
class SpikesMoreThanOnce(NearestCorner):
    def operations(self, state: State, x: Tensor, classes: Classes) -> Operations:
        return Operations(macs=1, firing_rate=float(x.shape[1]))


@caught_by("operations-are-counted-per-recording")
class CountsBelowNothing(NearestCorner):
    def operations(self, state: State, x: Tensor, classes: Classes) -> Operations:
        return Operations(macs=1, accumulates=-1)


@pytest.mark.parametrize(("head", "check"), DEFECTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_defect_is_found_by_its_check(head: type[Head], check: str) -> None:
    _LEFT_OVER.clear()
    (own,) = [one for one in head_checks() if str(one) == check]
    with pytest.raises(AssertionError) as found:
        own(head())
    message = str(found.value)
    assert head.__name__ in message
    assert own.rule in message
    assert message.endswith(f"Often: {own.advice}")
    assert "\n" not in message.split("Found:")[0]


def test_all_checks_are_made_whatever_one_finds() -> None:
    assert failures(NearestMean()) == {}
    assert set(failures(LearnsAParameter())) == {"the-state-is-tensors"}
    assert set(failures(Transposed())) == {
        "logits-have-the-right-shape",
        "the-recording-matters",
        "neighbours-do-not-matter",
        "any-number-of-timesteps-works",
        "it-learns-in-any-order-of-classes",
    }


def test_rules_about_rows_report_a_wrong_shape_as_what_it_is() -> None:
    """In the same sentence, so that it is not told twice; where the shape is right, they say what they are about."""
    found = failures(Transposed())
    assert found["logits-have-the-right-shape"] == "shape (3, 10) for n, c = (10, 3)"
    assert found["the-recording-matters"] == found["logits-have-the-right-shape"]
    assert found["neighbours-do-not-matter"] == found["logits-have-the-right-shape"]
    assert failures(IgnoresItsInput())["the-recording-matters"].startswith("the same row for all: ")


def test_every_check_finds_something() -> None:
    assert {str(check) for check in head_checks()} == {check for _, check in DEFECTS}
    for check in head_checks():
        assert check.rule.endswith("."), check.rule
        assert check.advice.endswith("."), check.advice


def test_what_a_rule_is_not_about_is_said_and_fails_nothing() -> None:
    found = {v.check.name: v for v in verdicts(NearestMean())}
    assert {v.outcome for v in found.values()} == {"passed", "does not apply"}
    assert "min_shots is 1" in found["text-features-come-from-the-classes"].found
    assert "no train of its own" in found["training-can-be-resumed"].found
    steps = next(v for v in verdicts(NearestCorner()) if v.check.name == "any-number-of-timesteps-works")
    assert (steps.outcome, steps.found) == ("does not apply", "it has no option `steps`")


def test_what_a_head_leaves_changed_is_put_back() -> None:
    before = torch.is_grad_enabled(), torch.get_num_threads(), torch.get_rng_state().tolist()
    for head in (TurnsGradientsOff(), TakesOneThreadMore(), SeedsTheWorld()):
        for check in head_checks()[:6]:
            check.verdict(head)
    assert (torch.is_grad_enabled(), torch.get_num_threads(), torch.get_rng_state().tolist()) == before


def test_an_exception_is_a_verdict_with_its_line() -> None:
    (check,) = [one for one in head_checks() if str(one) == "any-number-of-timesteps-works"]
    verdict = check.verdict(OnlyFourTimesteps())
    assert verdict.outcome == "failed"
    assert "RuntimeError: The size of tensor" in verdict.found
    assert "(test_head_checks.py, line " in verdict.found
