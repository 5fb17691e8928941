"""The adapter against itself frame by frame, as published, and the rules about timesteps that are not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from neuroclip_adapters import (
    LEARNED,
    Neuron,
    initial_parameters,
    inter_timestep,
    lif_neuron,
    relu_neuron,
    update_running,
)
from neuroclip_adapters.batch_norm import Statistics, batch_normalized, running
from neuroclip_adapters.dropout import dropped
from torch import Tensor, nn

N, T, D = 6, 5, 16


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def embeddings(n: int = N, t: int = T) -> Tensor:
    return torch.randn(n, t, D, generator=generator(1)) * 3 + 1


def test_normalising_all_timesteps_at_once_is_normalising_one_after_the_other() -> None:
    """Values, gradients and running statistics are those of torch's layer, called once for each timestep."""
    layer = nn.BatchNorm1d(D)
    with torch.no_grad():
        layer.weight.copy_(torch.linspace(0.5, 2, D))
    x = embeddings().requires_grad_()
    weights = torch.randn(N, T, D, generator=generator(2))
    expected = torch.stack([layer(x[:, t]) for t in range(T)], 1)
    gradients = torch.autograd.grad((expected * weights).sum(), [x, layer.weight, layer.bias])
    ours, seen = batch_normalized(x, layer.weight, layer.bias, torch.zeros(D), torch.ones(D))
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        torch.autograd.grad((ours * weights).sum(), [x, layer.weight, layer.bias]),
        gradients,
        atol=1e-4,
        rtol=1e-4,
    )
    mean, var = running(torch.zeros(D), torch.ones(D), seen)
    torch.testing.assert_close(mean, layer.running_mean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(var, layer.running_var, atol=1e-5, rtol=1e-4)


def test_a_mask_that_hides_nothing_changes_nothing() -> None:
    x, one, zero = embeddings(), torch.ones(D), torch.zeros(D)
    plain, seen = batch_normalized(x, one, zero, zero, one)
    masked, also = batch_normalized(x, one, zero, zero, one, torch.ones(N, T, dtype=torch.bool))
    torch.testing.assert_close(plain, masked, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(seen.var, also.var, atol=1e-4, rtol=1e-4)
    assert seen.enough.tolist() == also.enough.tolist() == [True] * T


def test_running_statistics_by_hand() -> None:
    """From 0: 0.1 * 10 = 1; a timestep without enough recordings changes nothing; 0.9 * 1 + 0.1 * 20 = 2.9."""
    values = torch.tensor([[10.0], [float("nan")], [20.0]])
    mean, var = running(
        torch.zeros(1), torch.zeros(1), Statistics(values, values, torch.tensor([True, False, True]))
    )
    torch.testing.assert_close((mean, var), (torch.tensor([2.9]), torch.tensor([2.9])))


@pytest.mark.parametrize("neuron", [lif_neuron, relu_neuron])
def test_the_adapter_is_the_published_sequence_of_layers(
    neuron: Callable[[], Neuron], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In training, with dropout that drops nothing: frame by frame through torch's own layers."""
    parameters = initial_parameters(D, generator())
    layers = nn.ModuleDict(
        {
            "norm1": nn.BatchNorm1d(D),
            "down": nn.Linear(D, 2),
            "norm2": nn.BatchNorm1d(2),
            "up": nn.Linear(2, D),
        }
    )
    layers.load_state_dict({name: parameters[name] for name in LEARNED}, strict=False)
    x = embeddings()
    currents = [layers["norm2"](layers["down"](layers["norm1"](x[:, t]))) for t in range(T)]
    expected = torch.relu(layers["up"](neuron()(torch.stack(currents)))).transpose(0, 1)
    monkeypatch.setattr("neuroclip_adapters.bottleneck.dropped", lambda x, share, generator: x)
    adapted = inter_timestep(parameters, x, neuron(), dropout=generator())
    torch.testing.assert_close(adapted.output, expected, atol=1e-5, rtol=1e-5)
    updated = update_running(parameters, adapted.statistics)
    for name in ("norm1", "norm2"):
        torch.testing.assert_close(updated[f"{name}.mean"], layers[name].running_mean, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(updated[f"{name}.var"], layers[name].running_var, atol=1e-4, rtol=1e-4)


def test_dropout_drops_a_share_and_keeps_the_mean() -> None:
    x = dropped(torch.ones(200, 100), 0.25, generator())
    assert sorted(x.unique().tolist()) == pytest.approx([0, 4 / 3])
    assert x.mean() == pytest.approx(1, abs=0.02)
    assert torch.equal(dropped(torch.ones(200, 100), 0.25, generator()), x)


@pytest.mark.parametrize("neuron", [lif_neuron, relu_neuron])
@pytest.mark.parametrize("training", [True, False])
def test_timesteps_that_are_not_there_change_nothing(neuron: Callable[[], Neuron], training: bool) -> None:
    """Whatever stands in the padding, outputs, statistics and gradients of the others are the same."""
    parameters = initial_parameters(D, generator())
    weights = {name: parameters[name].requires_grad_() for name in LEARNED}
    valid = torch.arange(T) < torch.tensor([5, 3, 2, 3, 1, 2])[:, None]
    found = []
    for filling in (0.0, 7.0):
        x = torch.where(valid[..., None], embeddings(), filling)
        dropout = generator(3) if training else None
        adapted = inter_timestep(parameters, x, neuron(), valid=valid, dropout=dropout)
        output = adapted.output[valid]
        found.append(
            [output, *torch.autograd.grad(output.square().sum(), list(weights.values()))]
            + [values[seen.enough] for seen in adapted.statistics for values in (seen.mean, seen.var)]
        )
    torch.testing.assert_close(found[0], found[1])


def test_a_timestep_that_one_recording_reaches_uses_the_running_statistics() -> None:
    x, weight, bias = embeddings(), torch.ones(D), torch.zeros(D)
    mean, var = torch.full((D,), 2.0), torch.full((D,), 4.0)
    valid = torch.ones(N, T, dtype=torch.bool)
    valid[1:, -1] = False
    y, seen = batch_normalized(x, weight, bias, mean, var, valid)
    torch.testing.assert_close(y[0, -1], (x[0, -1] - 2) / 2, atol=1e-4, rtol=1e-4)
    assert seen.enough.tolist() == [True] * (T - 1) + [False]


@pytest.mark.parametrize("t", [1, 2, 30])
def test_one_recording_can_be_learned_from(t: int) -> None:
    parameters = initial_parameters(D, generator())
    adapted = inter_timestep(parameters, embeddings(1, t), lif_neuron(), dropout=generator())
    assert adapted.output.isfinite().all()
    assert all(
        torch.equal(value, parameters[name])
        for name, value in update_running(parameters, adapted.statistics).items()
    )


@pytest.mark.parametrize("training", [True, False])
def test_bfloat16_stays_bfloat16_and_close(training: bool) -> None:
    """The ReLU control is smooth: all of its outputs are close. A spike near the threshold may fall either way."""
    parameters = initial_parameters(D, generator())
    for neuron in (relu_neuron, lif_neuron):
        exact, half = (
            inter_timestep(
                parameters, embeddings().to(dtype), neuron(), dropout=generator(4) if training else None
            )
            for dtype in (torch.float32, torch.bfloat16)
        )
        assert half.output.dtype == half.spikes.dtype == torch.bfloat16
        assert all(seen.mean.dtype == seen.var.dtype == torch.float32 for seen in half.statistics)
        if neuron is relu_neuron:
            torch.testing.assert_close(half.output.float(), exact.output, atol=0.05, rtol=0.05)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gpu_gives_the_same(dtype: torch.dtype) -> None:
    parameters = initial_parameters(D, generator())
    here, there = (
        inter_timestep(
            {name: value.to(device) for name, value in parameters.items()},
            embeddings().to(device, dtype),
            relu_neuron(),
            dropout=generator(4),
        )
        .output.float()
        .cpu()
        for device in ("cpu", "cuda")
    )
    torch.testing.assert_close(here, there, atol=0.05, rtol=0.05)
