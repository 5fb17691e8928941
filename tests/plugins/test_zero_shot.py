from __future__ import annotations

import math

import pytest
import torch
from neuroclip_plugins.zero_shot import ZeroShot

from neuroclip.errors import OptionError
from neuroclip.heads import describe, find, make
from neuroclip.testing import Trial, head_checks

VARIANTS = [
    ZeroShot(),
    ZeroShot(steps=3, alpha="events", split="time"),
    ZeroShot(steps=2, alpha=(1.0, 3.0)),
    ZeroShot(split="window", window_us=20_000),
    ZeroShot(split="window", window_us=20_000, alpha="events"),
    ZeroShot(polarity="reference-code", normalize="half"),
]


@pytest.mark.parametrize("check", head_checks(), ids=str)
@pytest.mark.parametrize(
    "head", VARIANTS, ids=lambda head: f"{head.split}-{str(head.alpha)[:7]}-{head.polarity}"
)
def test_contract(head: ZeroShot, check: object) -> None:
    check(head)  # type: ignore[operator]


def by_hand(head: ZeroShot, weights: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Equation by equation: scale * sum_t alpha_t cos(f_t, w_c), for the first recording."""
    trial = Trial(head)
    x = trial.read(trial.asked)
    timesteps = (x["clip"] if isinstance(x, dict) else x)[0]
    logits = torch.zeros(3)
    for c, text in enumerate(trial.classes.features):
        for t, frame in enumerate(timesteps):
            cosine = sum(a * b for a, b in zip(frame.tolist(), text.tolist(), strict=True))
            logits[c] += trial.model.scale * weights[t] / math.fsum(weights) * cosine
    return logits, head.logits({}, x, trial.classes)[0]


def test_uniform_weights_by_hand() -> None:
    torch.testing.assert_close(*by_hand(ZeroShot(steps=4), [1, 1, 1, 1]), atol=1e-5, rtol=1e-5)


def test_given_weights_by_hand() -> None:
    torch.testing.assert_close(
        *by_hand(ZeroShot(steps=3, alpha=(0.0, 1.0, 2.5)), [0, 1, 2.5]), atol=1e-5, rtol=1e-5
    )


def test_weights_by_event_count_by_hand() -> None:
    head = ZeroShot(steps=3, alpha="events", split="time")
    trial = Trial(head)
    counts = trial.read(trial.asked)["events"][0].tolist()
    assert len(set(counts)) > 1
    torch.testing.assert_close(*by_hand(head, counts), atol=1e-5, rtol=1e-5)


def test_the_mean_over_timesteps_is_the_answer() -> None:
    head = ZeroShot(steps=5)
    trial = Trial(head)
    x = trial.read(trial.asked)
    torch.testing.assert_close(
        head.timestep_logits({}, x, trial.classes).mean(1), head.logits({}, x, trial.classes)
    )


def test_padding_counts_for_nothing() -> None:
    head = ZeroShot(split="window", window_us=30_000)
    trial = Trial(head)
    x = trial.read(trial.asked)
    longer = torch.cat([x, torch.zeros(len(x), 4, x.shape[2])], 1)
    torch.testing.assert_close(head.logits({}, x, trial.classes), head.logits({}, longer, trial.classes))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"alpha": [1.0, 2.0]}, "2 weights, but there are 10 timesteps"),
        ({"alpha": [0.0, 0.0], "steps": 2}, "one is above 0"),
        ({"alpha": [1.0, -1.0], "steps": 2}, "not negative"),
        ({"alpha": [1.0], "split": "window", "window_us": 5}, "fixed number of timesteps"),
        ({"alpha": "best"}, "alpha is 'best'"),
        ({"split": "window"}, "window_us"),
        ({"polarity": "white"}, "'paper' or 'reference-code'"),
        ({"step": 3}, "no option 'step'.*did you mean 'steps'"),
        ({"steps": "3"}, "steps is '3'; expected a whole number"),
        ({"min_count": 0}, "min_count is 0"),
    ],
)
def test_wrong_options_are_one_sentence(options: dict[str, object], wanted: str) -> None:
    with pytest.raises(OptionError, match=wanted):
        make(ZeroShot, options)


def test_it_comes_through_the_door_and_back() -> None:
    assert find("zero-shot") is ZeroShot
    for head in VARIANTS:
        assert make(ZeroShot, describe(head)) == head
