"""BN-Inception: its size, its names, its arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from neuroclip_plugins.tsn.backbones import bare_backbone, load_backbone
from neuroclip_plugins.tsn.bn_inception import BNInception, initialise
from safetensors.torch import save_file
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from neuroclip.errors import ModelError

# (name, inputs, filters, kernel, side of what comes out) of the published network for pictures of 224 pixels.
STEM = [("conv1_7x7_s2", 3, 64, 7, 112), ("conv2_3x3_reduce", 64, 64, 1, 56), ("conv2_3x3", 64, 192, 3, 56)]
BLOCK_4D = [
    ("inception_4d_1x1", 608, 96, 1, 14),
    ("inception_4d_3x3_reduce", 608, 128, 1, 14),
    ("inception_4d_3x3", 128, 192, 3, 14),
    ("inception_4d_double_3x3_reduce", 608, 160, 1, 14),
    ("inception_4d_double_3x3_1", 160, 192, 3, 14),
    ("inception_4d_double_3x3_2", 192, 192, 3, 14),
    ("inception_4d_pool_proj", 608, 128, 1, 14),
]
BLOCK_4E = [
    ("inception_4e_3x3_reduce", 608, 128, 1, 14),
    ("inception_4e_3x3", 128, 192, 3, 7),
    ("inception_4e_double_3x3_reduce", 608, 192, 1, 14),
    ("inception_4e_double_3x3_1", 192, 256, 3, 14),
    ("inception_4e_double_3x3_2", 256, 256, 3, 7),
]


def small(width: float = 0.1, channels: int = 3, seed: int = 0) -> BNInception:
    network = BNInception(channels, width)
    initialise(network, Generator().manual_seed(seed))
    return network.eval()


def test_it_has_as_many_weights_as_the_published_one() -> None:
    """11 295 240 with a classifier of 1000 classes, as pretrainedmodels counts; 69 convolutions."""
    with torch.device("meta"):
        network = BNInception()
    assert network.num_features == 1024
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 69
    assert sum(p.numel() for p in network.parameters()) + 1024 * 1000 + 1000 == 11_295_240


def test_it_computes_what_layers_worked_out_by_hand_do() -> None:
    """Filters x inputs x kernel^2 x places, layer by layer where they are listed, and 2.03 billion in all."""
    with torch.device("meta"):
        network = BNInception().eval()
        counter = FlopCounterMode(display=False)
        sides: dict[str, tuple[int, ...]] = {}
        for name, module in network.named_modules():
            module.register_forward_hook(lambda _, __, out, name=name: sides.update({name: tuple(out.shape)}))
        with counter:
            network(torch.zeros(1, 3, 224, 224))
    state = network.state_dict()
    total = 0
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            total += module.weight.numel() * sides[name][2] * sides[name][3]
    assert counter.get_total_flops() == 2 * total == 2 * 2_031_576_064
    for name, ins, outs, kernel, side in STEM + BLOCK_4D + BLOCK_4E:
        assert state[f"{name}.weight"].shape == (outs, ins, kernel, kernel)
        assert sides[name] == (1, outs, side, side)
        assert state[f"{name}_bn.running_mean"].shape == (outs,)


def test_blocks_are_their_branches_side_by_side() -> None:
    """One that keeps its size, one that halves it, and the last, written out."""
    network, x = small(), torch.rand(2, 400, 6, 6, generator=Generator().manual_seed(1))

    def unit(name: str, x: Tensor, stride: int = 1) -> Tensor:
        conv = network.get_submodule(name)
        made = functional.conv2d(x, conv.weight, conv.bias, stride, conv.weight.shape[-1] // 2)  # type: ignore[arg-type]
        return network.get_submodule(f"{name}_bn")(made).clamp(min=0)

    def branches(name: str, stride: int) -> list[Tensor]:
        of = x[:, : network.get_submodule(f"{name}_3x3_reduce").weight.shape[1]]  # type: ignore[union-attr,index]
        double = unit(f"{name}_double_3x3_1", unit(f"{name}_double_3x3_reduce", of))
        return [
            unit(f"{name}_3x3", unit(f"{name}_3x3_reduce", of), stride),
            unit(f"{name}_double_3x3_2", double, stride),
        ]

    for name, pool in (("inception_3a", "mean"), ("inception_5b", "maximum"), ("inception_4e", "halved")):
        of = x[:, : network.get_submodule(f"{name}_3x3_reduce").weight.shape[1]]  # type: ignore[union-attr,index]
        middle = branches(name, 2 if pool == "halved" else 1)
        if pool == "halved":
            # 3x3 windows at every second place; the last hangs over the edge.
            windows = functional.pad(of, (0, 1, 0, 1), value=-torch.inf).unfold(2, 3, 2).unfold(3, 3, 2)
            expected = [*middle, windows.amax((-1, -2))]
        else:
            windows = functional.pad(of, (1, 1, 1, 1), value=0.0 if pool == "mean" else -torch.inf)
            windows = windows.unfold(2, 3, 1).unfold(3, 3, 1)
            pooled = windows.mean((-1, -2)) if pool == "mean" else windows.amax((-1, -2))
            expected = [unit(f"{name}_1x1", of), *middle, unit(f"{name}_pool_proj", pooled)]
        torch.testing.assert_close(list(network._branches(name, of)), expected)


@pytest.mark.parametrize("size", [8, 16, 33, 47, 48, 64, 100])
def test_pictures_of_any_size_have_features(size: int) -> None:
    network = small(0.05)
    assert network(torch.rand(2, 3, size, size - 1)).shape == (2, network.num_features)


def test_the_generator_decides() -> None:
    before = torch.get_rng_state()
    with torch.device("meta"):
        bare = BNInception(1, 0.05)
    states: list[dict[str, Tensor]] = []
    for seed in (1, 1, 2):
        network = bare.to_empty(device="cpu")
        initialise(network, Generator().manual_seed(seed))
        states.append({name: value.clone() for name, value in network.state_dict().items()})
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(states[0]["conv2_3x3.weight"], states[2]["conv2_3x3.weight"])


@pytest.mark.parametrize("prefix", ["", "module.", "base_model.", "module.base_model."])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_under_the_usual_names_are_loaded(tmp_path: Path, prefix: str, suffix: str) -> None:
    """With anybody's classifier, and without counters of batches, which old files lack."""
    network, path = small(0.05, seed=3), tmp_path / f"weights{suffix}"
    ours = {n: v for n, v in network.state_dict().items() if not n.endswith("num_batches_tracked")}
    classifier = "new_fc" if "base_model" in prefix else "last_linear"
    front = "module." if prefix.startswith("module.") else ""
    saved = {f"{prefix}{name}": value for name, value in ours.items()}
    saved[f"{front}{classifier}.weight"] = torch.ones(7, network.num_features)
    saved[f"{front}{classifier}.bias"] = torch.ones(7)
    if suffix == ".safetensors":
        save_file(saved, path)
    else:
        torch.save({"state_dict": saved}, path)
    loaded = load_backbone("bn-inception@0.05", str(path), 3, 32, Generator()).network.eval()
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(loaded(x), network(x))


@pytest.mark.parametrize("prefix", ["", "module.base_model."])
def test_norms_of_one_row_as_the_published_file_has_them_are_loaded(tmp_path: Path, prefix: str) -> None:
    """bn_inception-9f5701afb96c8044.pth of tsn-pytorch: [1, C] for all that belongs to a norm."""
    network, path = small(0.05, seed=3), tmp_path / "weights.pth"
    ours = {n: v for n, v in network.state_dict().items() if not n.endswith("num_batches_tracked")}
    published = {f"{prefix}{n}": value[None] if "_bn." in n else value for n, value in ours.items()}
    torch.save(published, path)
    loaded = load_backbone("bn-inception@0.05", str(path), 3, 32, Generator()).network.eval()
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(loaded(x), network(x))


def test_weights_that_do_not_fit_name_the_keys(tmp_path: Path) -> None:
    path, state = tmp_path / "a.safetensors", small(0.05).state_dict()
    save_file({name: value for name, value in state.items() if not name.startswith("inception_4c")}, path)
    with pytest.raises(ModelError, match=r"inception_4c_1x1\.weight, .* are missing"):
        load_backbone("bn-inception@0.05", str(path), 3, 32, Generator())
    save_file(state, path)
    with pytest.raises(
        ModelError, match=r"conv1_7x7_s2\.weight, which is \[4, 3, 7, 7\] in the file, not \[64, 3"
    ):
        load_backbone("bn-inception", str(path), 3, 32, Generator())
    with pytest.raises(ModelError, match="no such file"):
        load_backbone("bn-inception", str(tmp_path / "none.pth"), 3, 32, Generator())


def test_on_one_channel_it_gives_what_it_gave_on_three_equal_ones(tmp_path: Path) -> None:
    network = small(0.05)
    save_file(network.state_dict(), tmp_path / "a.safetensors")
    grey = load_backbone(
        "bn-inception@0.05", str(tmp_path / "a.safetensors"), 1, 32, Generator()
    ).network.eval()
    x = torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(grey(x), network(x.expand(-1, 3, -1, -1)), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["bn-inception@0", "bn-inception@x", "bn-inceptoin", "x", ""])
def test_a_name_that_leads_nowhere_is_refused_with_the_forms(name: str) -> None:
    with pytest.raises(ModelError, match=r"names no backbone; one is timm:NAME, bn-inception or"):
        load_backbone(name, None, 3, 32, Generator())


def test_its_weights_cannot_be_downloaded() -> None:
    with pytest.raises(
        ModelError, match="the weights of bn-inception cannot be downloaded: fetch them, and say"
    ):
        load_backbone("bn-inception", "pretrained", 3, 32, Generator())


def test_its_pictures_are_blue_first_and_from_0_to_255() -> None:
    pixels = bare_backbone("bn-inception@0.05", 3).pixels
    red = torch.tensor([200.0, 100.0, 50.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(pixels.seen(red).flatten(), torch.tensor([50.0 - 104, 100 - 117, 200 - 128]))
    event = torch.tensor([0.0, 127.0, 255.0]).view(3, 1, 1, 1)
    torch.testing.assert_close(pixels.seen(event).flatten(), torch.tensor([-127.0, 0.0, 128.0]))
