"""What a head that learns through the image tower needs of a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from neuroclip.backbones import Model, load_model
from neuroclip.errors import ModelError
from neuroclip.testing import ToyModel

FRAMES = np.random.default_rng(0).choice(np.array([0, 127, 255], np.uint8), size=(5, 20, 24))
KINDS = ("test_resnet", "test_byobnet", "vit", "coca", "event-tiny", "toy")

Directories = Callable[[str], Path]


def loaded(kind: str, directories: Directories, precision: str = "fp32") -> Model:
    if kind == "toy":
        return ToyModel()
    name = kind if kind == "event-tiny" else str(directories(kind))
    return load_model(name, precision=precision, device="cpu")


def frames_of(model: Model) -> np.ndarray:
    return np.resize(FRAMES, (5, 24, 24)) if isinstance(model, ToyModel) else FRAMES


@pytest.mark.parametrize("normalize", ["clip", "half"])
@pytest.mark.parametrize("kind", KINDS)
def test_images_become_what_their_frames_do(kind: str, normalize: str, model_directory: Directories) -> None:
    model = loaded(kind, model_directory)
    frames = frames_of(model)
    images = model.preprocess(torch.from_numpy(frames), normalize=normalize)
    assert images.shape == (5, 3, *model.image_size)
    wanted = model.encode_frames(frames, normalize=normalize)
    torch.testing.assert_close(model.encode_images(images), wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_given_weights_and_nothing_else_changes(
    kind: str, model_directory: Directories
) -> None:
    model = loaded(kind, model_directory)
    images = model.preprocess(torch.from_numpy(frames_of(model)))
    before = {name: value.clone() for name, value in model.image_weights.items()}
    plain = model.encode_images(images)
    own = {name: value for name, value in model.image_weights.items() if value.ndim > 1 and "pos" not in name}
    given = {name: (1.1 * value).requires_grad_() for name, value in own.items()}
    other = model.encode_images(images, given)
    assert (other - plain).abs().max() > 1e-3
    gradients = torch.autograd.grad(other.square().sum(), list(given.values()))
    assert all(gradient.abs().max() > 0 for gradient in gradients)
    assert torch.equal(model.encode_images(images), plain)
    assert all(torch.equal(value, before[name]) for name, value in model.image_weights.items())


def test_a_small_change_is_not_lost_in_bf16(model_directory: Directories) -> None:
    model = loaded("vit", model_directory, "bf16")
    assert {value.dtype for value in model.image_weights.values()} == {torch.float32}
    images = model.preprocess(torch.from_numpy(FRAMES))
    plain = model.encode_images(images)
    assert plain.dtype == torch.float32
    torch.testing.assert_close(plain, model.encode_frames(FRAMES), atol=0.05, rtol=0.05)
    # Half of what the last place of bf16 is: it would be rounded away.
    nudged = {name: value * (1 + 2**-10) for name, value in model.image_weights.items() if value.ndim == 2}
    assert 0 < (model.encode_images(images, nudged) - plain).abs().max() < 0.05


def test_statistics_of_batch_norms_stay_and_neighbours_do_not_matter(model_directory: Directories) -> None:
    model = loaded("test_resnet", model_directory)
    images = model.preprocess(torch.from_numpy(FRAMES))
    alone = torch.cat([model.encode_images(image[None]) for image in images])
    torch.testing.assert_close(model.encode_images(images), alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["test_resnet", "toy"])
def test_a_weight_that_does_not_fit_is_refused_by_its_name(kind: str, model_directory: Directories) -> None:
    model = loaded(kind, model_directory)
    images = model.preprocess(torch.from_numpy(frames_of(model)))
    with pytest.raises(ModelError, match="no weight 'stem'; image_weights lists those it has"):
        model.encode_images(images, {"stem": torch.zeros(3)})
    name, value = next((n, v) for n, v in model.image_weights.items() if v.ndim > 1)
    with pytest.raises(
        ModelError, match=rf"the weight '{name}' is \({value.shape[0]}, .*and \(3,\) was given"
    ):
        model.encode_images(images, {name: torch.zeros(3)})


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_the_same_and_hands_gradients_back_to_the_cpu() -> None:
    here, there = (load_model(precision="fp32", device=device) for device in ("cpu", "cuda"))
    images = here.preprocess(torch.from_numpy(FRAMES))
    name, value = next((n, v) for n, v in here.image_weights.items() if v.ndim == 2)
    given = (1.1 * value).requires_grad_()
    other = there.encode_images(images, {name: given})
    torch.testing.assert_close(other, here.encode_images(images, {name: given}), atol=1e-3, rtol=1e-3)
    assert torch.autograd.grad(other.sum(), given)[0].device.type == "cpu"
