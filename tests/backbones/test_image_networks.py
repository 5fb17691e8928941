"""Image networks by name: where the weights come from, and what a picture becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from neuroclip.backbones import ImageNetwork, Model, image_network, load_backbone
from neuroclip.backbones.image_names import parse_image_name, portable_name
from neuroclip.backbones.image_networks import _drop_nothing
from neuroclip.errors import ModelError, OptionError

NARROW = "timm:vgg11_bn@0.0625"


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, Tensor]:
    return dict(image_network(f"{NARROW}:random", classes=5, seed=3).state_dict())


def test_a_narrow_vgg_has_the_channels_that_its_width_says() -> None:
    """64, 128, 256, 256, 512, 512, 512, 512 times 1/16; without a classifier it has no dense layers either."""
    network = image_network(f"{NARROW}:random")
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [4, 8, 16, 16, 32, 32, 32, 32]
    assert image_network(f"{NARROW}:random", classes=5, channels=1)(torch.zeros(2, 1, 32, 32)).shape == (2, 5)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 32)


def test_random_weights_come_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, again, other = (image_network(f"{NARROW}:random", seed=s).state_dict() for s in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["features.0.weight"], other["features.0.weight"])


def test_nothing_is_dropped_by_chance_while_a_network_learns() -> None:
    """Neither by layers of torch or timm, nor by attention, nor by functions that read a share."""
    from timm.layers.drop import DropBlock2d, DropPath
    from timm.layers.patch_dropout import PatchDropout

    drops = [torch.nn.Dropout(0.5), DropPath(0.5), PatchDropout(0.5), DropBlock2d(0.5)]
    network = torch.nn.ModuleList([*drops, torch.nn.MultiheadAttention(4, 2, dropout=0.5), torch.nn.ELU(0.5)])
    network.drop_rate = 0.5  # type: ignore[assignment]
    _drop_nothing(network.train())
    x, before = torch.rand(2, 4, 4), torch.get_rng_state()
    assert all(torch.equal(drop(x), x) for drop in drops[:3])
    network[-2](x, x, x)
    assert torch.equal(before, torch.get_rng_state())
    assert (drops[3].drop_prob, network.drop_rate) == (0.0, 0.0)
    assert network[-1].alpha == 0.5


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_a_file_gives_its_weights_and_its_bytes_name_them(
    suffix: str, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    file = tmp_path / f"w{suffix}"
    save_file(weights, file) if suffix == ".safetensors" else torch.save({"state_dict": weights}, file)
    found = image_network(f"{NARROW}:{file}", classes=2).state_dict()
    assert all(torch.equal(found[key], weights[key]) for key in found if not key.startswith("head."))
    assert found["head.fc.weight"].shape[0] == 2
    moved = file.with_name(f"moved{suffix}")
    moved.write_bytes(file.read_bytes())
    assert portable_name(f"{NARROW}:{file}") == portable_name(f"{NARROW}:{moved}")
    assert portable_name(f"{NARROW}:random") == f"{NARROW}:random"
    one, other = (load_backbone(f"{NARROW}:{path}") for path in (file, moved))
    assert one.digest == other.digest
    assert one.digest != load_backbone(f"{NARROW}:random").digest


def test_weights_of_three_channels_say_the_same_of_grey_pictures_with_one(
    weights: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(weights, tmp_path / "w.safetensors")
    colour, grey = (
        image_network(f"{NARROW}:{tmp_path / 'w.safetensors'}", channels=c).eval() for c in (3, 1)
    )
    picture = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(colour(picture.expand(-1, 3, -1, -1)), grey(picture), atol=1e-5)


def test_weights_that_do_not_fit_are_named(weights: dict[str, Tensor], tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"

    def said(changed: dict[str, Tensor], name: str = NARROW) -> str:
        save_file(changed, file)
        with pytest.raises(ModelError) as error:
            image_network(f"{name}:{file}")
        return str(error.value)

    without = {key: value for key, value in weights.items() if key != "features.4.weight"}
    assert "features.4.weight is missing" in said(without)
    assert "layer9.weight is in the file alone" in said(weights | {"layer9.weight": torch.zeros(1)})
    assert "features.0.weight, which is [4, 3, 3, 3] in the file, not [8, 3, 3, 3]" in said(
        weights, "timm:vgg11_bn@0.125"
    )
    assert "conv1.weight" in said(weights, "timm:resnet18")


def test_files_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    for name, content in (("empty.pt", b""), ("text.safetensors", b"hello"), ("text.pth", b"hello")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=name):
            image_network(f"{NARROW}:{tmp_path / name}")
    torch.save(image_network(f"{NARROW}:random"), tmp_path / "code.pt")
    with pytest.raises(ModelError, match="code of others is not run"):
        image_network(f"{NARROW}:{tmp_path / 'code.pt'}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("timm:vgg16bn", "Did you mean vgg16_bn or"),
        ("timm:vgg16_bn.imagenet", "no weights of vgg16_bn are tagged 'imagenet'; its tags: tv_in1k"),
        ("timm:", "names no image network"),
        ("vgg16_bn", "names no image network"),
        ("timm:resnet18@0.5:random", "a width above 0 of a VGG"),
        ("timm:vgg16_bn@0:random", "a width above 0 of a VGG"),
        ("timm:vgg16_bn@0.5", "no weights to download"),
        (
            "timm:vgg16_bn:no/such.pt",
            "there is no file no/such.pt: write timm:vgg16_bn:path/to/FILE, or timm:",
        ),
    ],
)
def test_names_that_lead_nowhere_are_mended(name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        parse_image_name(name)


def test_a_download_that_fails_says_how_to_give_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm

    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(
        ModelError, match=r"could not be downloaded \(no route to host\).*vgg16_bn:path/to/FILE"
    ):
        image_network("timm:vgg16_bn")


def test_grey_pictures_are_copied_resized_and_normalised_as_the_network_wants() -> None:
    """Of an even picture of 0.485 + 0.229 the first channel is 1 everywhere, whatever its size."""
    network = ImageNetwork(f"{NARROW}:random")
    assert network.size == (224, 224)
    seen: list[Tensor] = []
    network._network.features[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network.encode_images(torch.full((1, 20, 30), 0.485 + 0.229), size=32)
    network.encode_images(torch.full((1, 3, 20, 30), 255, dtype=torch.uint8), size=32)
    blank, grey, white = seen  # the first one tells whether it reads this size
    assert not blank.any()
    assert grey.shape == (1, 3, 32, 32)
    assert grey[0, 0].flatten().tolist() == pytest.approx([1.0] * 1024, abs=1e-5)
    assert grey[0, 1, 0, 0].item() == pytest.approx((0.714 - 0.456) / 0.224, abs=1e-5)
    assert white[0, 2, 5, 5].item() == pytest.approx((1 - 0.406) / 0.225, abs=1e-5)


def test_pooled_features_are_the_mean_over_places_and_inner_layers_have_names() -> None:
    network = load_backbone(f"{NARROW}:random")
    assert isinstance(network, ImageNetwork)
    pictures = torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(0))
    maps = network.encode_images(pictures, size=64, pool="none")
    assert maps.shape == (3, 32, 2, 2)
    assert torch.allclose(network.encode_images(pictures, size=64), maps.mean((2, 3)))
    assert torch.allclose(network.encode_images(pictures[1:2], size=64, pool="none")[0], maps[1], atol=1e-6)
    assert network.encode_images(pictures, size=64, layer="features.2", pool="none").shape == (3, 4, 64, 64)
    with pytest.raises(OptionError, match=r"has no layer 'features.99'; it has features"):
        network.encode_images(pictures, size=64, layer="features.99")
    with pytest.raises(OptionError, match="comes after the features"):
        network.encode_images(pictures, size=64, layer="head")


def test_what_is_no_picture_is_refused() -> None:
    network = load_backbone(f"{NARROW}:random")
    assert isinstance(network, ImageNetwork)
    with pytest.raises(OptionError, match=r"not \[2, 2, 8, 8\]"):
        network.encode_images(torch.zeros(2, 2, 8, 8))
    with pytest.raises(OptionError, match=r"not torch\.int8"):
        network.encode_images(torch.zeros(2, 8, 8, dtype=torch.int8))


def test_a_network_with_another_input_size_says_so() -> None:
    with pytest.raises(OptionError, match=r"cannot read pictures of 16x16 pixels .*: take size=224, its own"):
        ImageNetwork(f"{NARROW}:random").encode_images(torch.zeros(1, 8, 8), size=16)
    fixed = ImageNetwork("timm:test_vit:random")
    assert fixed.encode_images(torch.zeros(2, 8, 8)).shape[0] == 2
    with pytest.raises(
        OptionError, match=r"pictures of 64x64 pixels \(it reads no other\): take size=160, its own"
    ):
        fixed.encode_images(torch.zeros(1, 8, 8), size=64)


@pytest.mark.parametrize("layout", ["channels first", "channels last"])
def test_inner_layers_are_pooled_over_places_wherever_the_channels_stand(layout: str) -> None:
    """A layer of 4 channels; and one of 8 channels on 8x8 places, which only the network's end can tell apart."""
    last = layout == "channels last"

    class Turned(torch.nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.permute(0, 2, 3, 1) if last else x

    class Small(torch.nn.Module):
        num_features = 8

        def __init__(self, cfg: dict[str, Any]) -> None:
            super().__init__()
            self.pretrained_cfg = cfg
            self.first, self.second = torch.nn.Conv2d(3, 4, 3, 2, 1), torch.nn.Conv2d(4, 8, 3, 2, 1)
            self.of_first, self.of_second, self.end = Turned(), Turned(), Turned()

        def forward_features(self, x: Tensor) -> Tensor:
            x = self.first(x)
            self.of_first(x)
            x = self.second(x)
            self.of_second(x)
            return self.end(x.mean((2, 3), keepdim=True))

    network = ImageNetwork(f"{NARROW}:random")
    network._network = Small(network._network.pretrained_cfg).requires_grad_(False)
    pictures = torch.rand(2, 32, 32, generator=torch.Generator().manual_seed(0))
    for name, channels in (("of_first", 4), ("of_second", 8)):
        everything = network.encode_images(pictures, size=32, layer=name, pool="none")
        pooled = network.encode_images(pictures, size=32, layer=name)
        assert pooled.shape == (2, channels)
        assert torch.allclose(pooled, everything.mean((1, 2) if last else (2, 3)), atol=1e-6)


def test_a_backbone_is_an_image_network_or_a_model() -> None:
    assert isinstance(load_backbone("event-tiny"), Model)
    assert load_backbone(f"{NARROW}:random") is load_backbone(f"{NARROW}:random")
