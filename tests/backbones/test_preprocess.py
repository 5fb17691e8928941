from __future__ import annotations

import numpy as np
import pytest
import torch
from open_clip.transform import image_transform
from PIL import Image

from neuroclip.backbones.preprocess import Preprocess
from neuroclip.errors import ModelError, OptionError

MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)


def ternary(height: int, width: int, n: int = 2) -> np.ndarray:
    return np.random.default_rng(height).choice(np.array([0, 127, 255], np.uint8), size=(n, height, width))


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("mode", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("source", [(34, 34), (180, 240), (101, 60), (7, 33)])
@pytest.mark.parametrize("size", [(64, 64), (48, 32)])
def test_the_models_own_pictures_are_those_of_open_clip(
    source: tuple[int, int], size: tuple[int, int], mode: str, interpolation: str
) -> None:
    if mode == "shortest" and size[0] != size[1] and interpolation == "bilinear":
        pytest.skip("open_clip is always bicubic here")
    frames = ternary(*source)
    ours = Preprocess(size, MEAN, STD, interpolation, mode, 100)(torch.from_numpy(frames))
    transform = image_transform(
        size, False, mean=MEAN, std=STD, resize_mode=mode, interpolation=interpolation, fill_color=100
    )
    theirs = torch.stack([transform(Image.fromarray(frame)) for frame in frames])
    one_grey_level = 1 / 255 / min(STD)
    assert (ours - theirs).abs().max() <= 1.01 * one_grey_level
    assert (
        ours - theirs
    ).abs().mean() <= 0.2 * one_grey_level  # PIL's fixed-point numbers round halves otherwise


def test_the_published_pictures_are_bilinear_and_from_minus_a_half_to_a_half() -> None:
    frames = torch.tensor([[[0, 255], [127, 127]]], dtype=torch.uint8)
    images = Preprocess((4, 4), MEAN, STD)(frames, normalize="half")
    # Row 0 of a doubled row (0, 255), without aligned corners: 0, a quarter, three quarters, 1.
    torch.testing.assert_close(images[0, 0, 0], torch.tensor([-0.5, -0.25, 0.25, 0.5]))
    assert images.shape == (1, 3, 4, 4)
    assert torch.equal(images[:, 0], images[:, 2])


def test_the_published_pictures_are_not_antialiased() -> None:
    frames = torch.from_numpy(ternary(64, 64))
    small = Preprocess((16, 16), MEAN, STD)(frames, normalize="half")
    by_hand = torch.nn.functional.interpolate(frames[:, None].float(), (16, 16), mode="bilinear") / 255 - 0.5
    torch.testing.assert_close(small[:, :1], by_hand)
    assert torch.equal(small, Preprocess((16, 16), MEAN, STD)(frames, "painted", "half"))


def test_area_averages_whole_blocks() -> None:
    frames = torch.tensor([[[0, 100], [100, 200]]], dtype=torch.uint8)
    images = Preprocess((1, 1), (0.0,) * 3, (1.0,) * 3)(frames, resize="area")
    torch.testing.assert_close(images.flatten(), torch.full((3,), 100 / 255))


def test_a_frame_of_one_grey_stays_one_grey() -> None:
    frames = torch.full((1, 9, 13), 127, dtype=torch.uint8)
    for resize in ("model", "painted", "bicubic", "area"):
        images = Preprocess((8, 8), (0.5,) * 3, (1.0,) * 3)(frames, resize)
        torch.testing.assert_close(images, torch.full((1, 3, 8, 8), 127 / 255 - 0.5))


def test_unknown_ways_are_named() -> None:
    frames = torch.zeros(1, 2, 2, dtype=torch.uint8)
    own = Preprocess((4, 4), MEAN, STD)
    call = getattr(own, "__call__")  # noqa: B004, B009
    with pytest.raises(Exception, match=r"nearest"):
        call(frames, "nearest")
    with pytest.raises(ModelError, match=r"stretch"):
        Preprocess.from_config({"size": 4, "mean": MEAN, "std": STD, "resize_mode": "stretch"})
    assert issubclass(OptionError, Exception)
