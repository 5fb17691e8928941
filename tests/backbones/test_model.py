from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from neuroclip.backbones import Model, hardware, load_model
from neuroclip.errors import ModelError, OptionError


@pytest.fixture
def model(model_directory: Callable[[str], Path]) -> Model:
    return load_model(str(model_directory("test_resnet")), precision="fp32", device="cpu")


def frames(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.array([0, 127, 255], np.uint8), size=(n, 20, 24))


def count_encoded(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    encoded: list[int] = []
    encode = model._encode

    def counting(chosen: np.ndarray, *how: str) -> torch.Tensor:
        encoded.append(len(chosen))
        return encode(chosen, *how)

    monkeypatch.setattr(model, "_encode", counting)
    return encoded


def test_frames_become_vectors_in_their_order_whatever_the_batch(model: Model) -> None:
    many = frames(7)
    together = model.encode_frames(many)
    assert together.shape == (7, model.dim)
    assert together.dtype == torch.float32
    torch.testing.assert_close(model.encode_frames(many, batch=2), together, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(model.encode_frames(many[::-1]), together.flip(0), atol=1e-6, rtol=1e-5)
    assert (together.norm(dim=-1) - 1).abs().max() > 1e-3  # raw


def test_equal_frames_are_encoded_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = count_encoded(model, monkeypatch)
    a, b = frames(2)
    vectors = model.encode_frames(np.stack([a, b, a, a, b]))
    assert sum(encoded) == 2
    assert torch.equal(vectors[0], vectors[2])
    assert torch.equal(vectors[1], vectors[4])
    assert not torch.equal(vectors[0], vectors[1])


def test_a_blank_frame_is_encoded_once_in_the_life_of_a_model(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = count_encoded(model, monkeypatch)
    blank = np.full((3, 20, 24), 127, np.uint8)
    alone = model.encode_frames(blank)
    mixed = model.encode_frames(np.concatenate([frames(2), blank]))
    assert sum(encoded) == 1 + 2
    assert torch.equal(alone[0], mixed[3])
    half = model.encode_frames(blank, normalize="half", resize="area")
    assert sum(encoded) == 4  # another preprocessing is another picture
    assert half.shape == (3, model.dim)


def test_no_frames_give_no_vectors(model: Model) -> None:
    assert model.encode_frames(frames(0)).shape == (0, model.dim)
    assert model.encode_texts([]).shape == (0, model.dim)


def test_the_frames_of_the_caller_stay_as_they_are(model: Model) -> None:
    mine = frames(3)
    mine.flags.writeable = False
    before = mine.copy()
    model.encode_frames(mine)
    assert np.array_equal(mine, before)


def test_embeddings_can_be_trained_on(model: Model) -> None:
    weights = torch.ones(model.dim, requires_grad=True)
    (model.encode_frames(frames(2)) * weights).sum().backward()
    assert weights.grad is not None


def test_texts_become_unit_vectors(model: Model) -> None:
    vectors = model.encode_texts(["zero", "one", "zero"])
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(3))
    torch.testing.assert_close(vectors[0], vectors[2], atol=1e-6, rtol=0)
    assert (vectors[0] - vectors[1]).abs().max() > 1e-3


def test_a_text_that_is_cut_is_warned_of(model: Model) -> None:
    fits = "a " * 14  # and two marks: 16 tokens
    model.encode_texts([fits])
    with pytest.warns(UserWarning, match=r"reads 16 tokens; the end of 'a a .* is ignored"):
        model.encode_texts([fits + "a"])


def test_bf16_weights_give_nearly_the_same_and_another_digest(
    model: Model, model_directory: Callable[[str], Path]
) -> None:
    half = load_model(str(model_directory("test_resnet")), precision="bf16", device="cpu")
    one, other = (torch.nn.functional.normalize(m.encode_frames(frames(4)), dim=-1) for m in (model, half))
    assert (one * other).sum(-1).min() > 0.995
    assert half.precision == "bf16"
    assert half.weights_digest == model.weights_digest
    assert half.digest != model.digest
    torch.testing.assert_close(half.encode_texts(["zero"]), model.encode_texts(["zero"]))


@pytest.mark.parametrize(("native", "wanted"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_bf16_where_the_hardware_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, native: bool, wanted: torch.dtype
) -> None:
    monkeypatch.setattr(hardware, "_multiplies_bf16", lambda device: native)
    assert hardware.choose_precision("auto", torch.device("cpu")) == wanted
    assert hardware.choose_precision("fp32", torch.device("cpu")) == torch.float32
    assert hardware.choose_precision("bf16", torch.device("cpu")) == torch.bfloat16


def test_unknown_precision_and_device_are_named() -> None:
    with pytest.raises(OptionError, match=r"'fp16'.*'auto', 'fp32' or 'bf16'"):
        hardware.choose_precision("fp16", torch.device("cpu"))
    with pytest.raises(ModelError, match=r"'toaster' cannot be used"):
        hardware.choose_device("toaster")


def test_wrong_frames_are_described(model: Model) -> None:
    with pytest.raises(Exception, match=r"uint8|UInt8"):
        model.encode_frames(frames(2).astype(np.float32))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_gives_the_same_as_the_cpu(model: Model, model_directory: Callable[[str], Path]) -> None:
    there = load_model(str(model_directory("test_resnet")), precision="fp32", device="cuda")
    torch.testing.assert_close(
        there.encode_frames(frames(3)), model.encode_frames(frames(3)), atol=1e-3, rtol=1e-3
    )
    torch.testing.assert_close(there.encode_texts(["a"]), model.encode_texts(["a"]), atol=1e-3, rtol=1e-3)
