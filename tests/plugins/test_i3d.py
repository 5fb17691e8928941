"""The network, and weights of others that are fitted to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from neuroclip_plugins.i3d.network import I3D, initialise, network_of
from neuroclip_plugins.i3d.weights import fitting
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from neuroclip.backbones.weight_files import read_weights
from neuroclip.errors import HeadError

FIRST = "Conv3d_1a_7x7.conv3d.weight"


def network(classes: int = 5, channels: int = 2, width: float = 0.1, seed: int = 0) -> I3D:
    made = I3D(classes, channels, width)
    initialise(made, torch.Generator().manual_seed(seed))
    return made.eval()


def seen_much(made: I3D, seed: int = 0) -> I3D:
    """Give every norm statistics of its own, as after training."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in made.state_dict().items():
        if ".bn." in name:
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return made


def gflops(channels: int, frames: int) -> float:
    with torch.device("meta"):
        made, clip = I3D(101, channels).eval(), torch.empty(1, channels, frames, 224, 224)
    with FlopCounterMode(display=False) as counter:
        made(clip)
    return counter.get_total_flops() / 1e9


def test_operations_are_the_published_ones() -> None:
    """Events of two channels and RGB come to 79 GFLOPs together, where the paper says 84; the fold costs less."""
    events, rgb, folded = gflops(2, 16), gflops(3, 8), gflops(1, 16)
    assert events == pytest.approx(51.2, abs=0.05)
    assert rgb == pytest.approx(27.8, abs=0.05)
    assert events + rgb == pytest.approx(79.0, abs=0.05)
    assert folded == pytest.approx(46.8, abs=0.05)


def test_folding_a_copied_channel_gives_the_same_answer() -> None:
    """In double precision, where rounding leaves 12 digits."""
    of_flow = seen_much(network(channels=2)).double()
    state = {name: value.clone() for name, value in of_flow.state_dict().items()}
    state[FIRST] = state[FIRST].sum(1, keepdim=True)
    events = torch.randn(2, 1, 5, 40, 40, dtype=torch.float64)
    twice, once = of_flow(events.expand(-1, 2, -1, -1, -1)), network_of(state, 0.1)(events)
    torch.testing.assert_close(once, twice, rtol=1e-11, atol=1e-12)
    fitted = fitting(network(channels=1), of_flow.float().state_dict(), classifier=True)
    torch.testing.assert_close(fitted[FIRST], state[FIRST].float())


def test_padding_is_that_of_tensorflow() -> None:
    """A chain of 7 pixels, stride 2, by hand: 4 outputs centred at 0, 2, 4 and 6; of 6 pixels: 3, at 1, 3 and 5."""
    from neuroclip_plugins.i3d.network import Unit

    unit = Unit(1, 1, 3, 2).train(False)
    with torch.no_grad():
        unit.conv3d.weight.zero_()[0, 0, 1, 1, 1] = 1
    factor = float((1 + 1e-3) ** -0.5)
    for size, centres in ((7, [0, 2, 4, 6]), (6, [1, 3, 5])):
        line = torch.arange(1.0, size + 1)[None, None, None, None].expand(1, 1, 1, 1, size)
        expected = torch.tensor([line[0, 0, 0, 0, i].item() * factor for i in centres])
        torch.testing.assert_close(unit(line)[0, 0, 0, 0], expected)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 9, 30), (7, 33, 48), (16, 32, 32)])
def test_pools_are_those_of_padded_zeros(shape: tuple[int, int, int]) -> None:
    from neuroclip_plugins.i3d.network import _pooled

    x = functional.relu(torch.randn(2, 3, *shape))
    for kernel, stride in (((1, 3, 3), (1, 2, 2)), ((3, 3, 3), (2, 2, 2)), ((2, 2, 2), (2, 2, 2))):
        pads: list[int] = []
        for size, k, s in zip(reversed(shape), reversed(kernel), reversed(stride), strict=True):
            outs = -(-size // s)
            whole = max(0, (outs - 1) * s + k - size)
            pads += [whole // 2, whole - whole // 2]
        expected = functional.max_pool3d(functional.pad(x, pads), kernel, stride)
        assert torch.equal(_pooled(x, kernel, stride), expected)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 47, 33), (20, 32, 32)])
def test_any_number_of_frames_and_any_size_has_one_answer(shape: tuple[int, int, int]) -> None:
    assert network()(torch.randn(2, 2, *shape)).shape == (2, 5)


def test_the_norm_that_is_folded_away_is_batch_norm() -> None:
    made = seen_much(network())
    unit, x = made.Mixed_3b.b1b, torch.randn(2, made.Mixed_3b.b1b.conv3d.in_channels, 4, 6, 6)
    norm = nn.BatchNorm3d(len(unit.bn.weight), eps=1e-3).eval()
    norm.load_state_dict(unit.bn.state_dict(), strict=False)
    expected = functional.relu(norm(functional.conv3d(x, unit.conv3d.weight, padding=1)))
    torch.testing.assert_close(unit(x), expected)


def test_statistics_decay_by_nine_tenths() -> None:
    made = network().train()
    x = torch.randn(4, 2, 4, 32, 32)
    made(x)
    convolved = functional.conv3d(
        functional.pad(x, (2, 3, 2, 3, 2, 3)), made.Conv3d_1a_7x7.conv3d.weight, stride=2
    )
    torch.testing.assert_close(made.Conv3d_1a_7x7.bn.running_mean, 0.1 * convolved.mean((0, 2, 3, 4)))


def test_dropout_is_drawn_from_the_generator_and_only_while_learning() -> None:
    made, x = I3D(5, 2, 0.1, dropout=0.5), torch.randn(2, 2, 2, 32, 32)
    initialise(made, torch.Generator().manual_seed(0))

    def said(seed: int | None) -> Tensor:
        return made(x, None if seed is None else torch.Generator().manual_seed(seed))

    made.train()
    before = torch.get_rng_state()
    assert torch.equal(said(1), said(1))
    assert not torch.equal(said(1), said(2))
    assert not torch.equal(said(1), said(None))
    assert torch.equal(before, torch.get_rng_state())
    made.eval()
    assert torch.equal(said(1), said(None))


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_weights_under_the_names_of_kinetics_are_loaded(tmp_path: Path, suffix: str) -> None:
    """The inner layers to the last bit; the classifier is a new one."""
    kinetics = seen_much(network(classes=400, channels=2, seed=1)).state_dict()
    path = tmp_path / f"flow{suffix}"
    save_file(kinetics, path) if suffix == ".safetensors" else torch.save(dict(kinetics), path)
    own = network(classes=400, channels=2)
    fitted = fitting(own, read_weights(path))
    assert list(fitted) == list(own.state_dict())
    for name, value in fitted.items():
        expected = own.state_dict() if name.startswith("logits.") else kinetics
        assert torch.equal(value, expected[name]), name
    I3D(400, 2, 0.1).load_state_dict(fitted)


def test_the_names_are_the_published_ones() -> None:
    """57 convolutions without bias, each with a norm, and a classifier: 57 * 5 + 2 tensors."""
    names = I3D(400, 2, 0.1).state_dict().keys()
    assert len(names) == 57 * 5 + 2
    assert {
        "Conv3d_1a_7x7.conv3d.weight",
        "Conv3d_2c_3x3.bn.running_var",
        "Mixed_3b.b1a.conv3d.weight",
        "Mixed_4f.b3b.bn.bias",
        "Mixed_5c.b2b.bn.running_mean",
        "logits.conv3d.weight",
        "logits.conv3d.bias",
    } <= set(names)


def test_counters_of_batches_in_a_file_do_no_harm() -> None:
    kinetics = network().state_dict() | {"Conv3d_1a_7x7.bn.num_batches_tracked": torch.tensor(3)}
    assert list(fitting(network(), kinetics)) == list(network().state_dict())


def test_inflated_kernels_do_to_a_still_film_what_they_do_to_its_picture() -> None:
    """Repeated N times and divided by N: away from the first and last frames, each frame is the picture's answer."""
    made = network(channels=3)
    flat = {name: v[:, :, 0] if v.ndim == 5 else v for name, v in made.state_dict().items()}
    fitted = fitting(made, flat)
    kernel, flat_kernel = fitted["Conv3d_2c_3x3.conv3d.weight"], flat["Conv3d_2c_3x3.conv3d.weight"]
    picture = torch.randn(1, kernel.shape[1], 9, 9)
    film = picture[:, :, None].expand(-1, -1, 5, -1, -1)
    torch.testing.assert_close(
        functional.conv3d(film, kernel)[:, :, 1], functional.conv2d(picture, flat_kernel)
    )
    assert torch.equal(fitted["Conv3d_1a_7x7.conv3d.weight"][:, :, 3], flat[FIRST] / 7)


@pytest.mark.parametrize(("given", "own"), [(3, 2), (2, 1), (1, 3), (2, 3)])
def test_a_first_layer_for_other_channels_answers_grey_as_before(given: int, own: int) -> None:
    one, other = seen_much(network(channels=given)), network(channels=own)
    other.load_state_dict(fitting(other, one.state_dict(), classifier=True))
    grey = torch.randn(1, 1, 3, 32, 32)
    torch.testing.assert_close(
        other(grey.expand(-1, own, -1, -1, -1)), one(grey.expand(-1, given, -1, -1, -1)), atol=1e-5, rtol=1e-4
    )


def test_weights_of_another_architecture_are_refused_by_name() -> None:
    with pytest.raises(
        HeadError, match=r"Conv3d_1a_7x7\.conv3d\.weight, .* and 282 more are missing; there layer1"
    ):
        fitting(network(), {"layer1.weight": torch.zeros(3)})
    lacking = network().state_dict()
    del lacking["Mixed_4f.b3b.bn.bias"]
    with pytest.raises(HeadError, match=r"Mixed_4f\.b3b\.bn\.bias is missing"):
        fitting(network(), lacking)


def test_weights_of_another_width_are_refused_by_name() -> None:
    with pytest.raises(
        HeadError,
        match=r"as of Conv3d_1a_7x7\.conv3d\.weight, which is \[8, 2, .*, not \[6, .*is the width right",
    ):
        fitting(network(), network(width=0.125).state_dict())


def test_what_norms_remember_of_all_shots_is_the_mean_of_batches() -> None:
    """Whatever they remembered before; and from then on they count with a decay of 0.9 again."""
    one, other = network().train(), network().train()
    batches = [torch.randn(2, 2, 4, 32, 32, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    means: list[Tensor] = []
    for batch in batches:
        initialise(other, torch.Generator().manual_seed(0))  # forgets
        other.features(batch)
        means.append(other.Mixed_3b.b0.bn.running_mean * 10)
    one.features(batches[1])
    one.remember(batches)
    torch.testing.assert_close(one.Mixed_3b.b0.bn.running_mean, torch.stack(means).mean(0))
    before = one.Mixed_3b.b0.bn.running_mean.clone()
    one.features(batches[0])
    torch.testing.assert_close(one.Mixed_3b.b0.bn.running_mean, 0.9 * before + 0.1 * means[0])


def test_a_single_channel_is_copied_to_all() -> None:
    made, x = seen_much(network(channels=2)), torch.randn(1, 1, 3, 32, 32)
    assert torch.equal(made(x), made(x.expand(-1, 2, -1, -1, -1)))
