from __future__ import annotations

import numpy as np
import pytest
import torch

from neuroclip.representations import frames
from neuroclip.testing import TOY_CLASSES, ToyModel, toy_recordings


@pytest.mark.parametrize("label", TOY_CLASSES)
def test_the_seed_makes_the_recordings(label: str) -> None:
    one, same, other = (toy_recordings(label, 2, seed=seed) for seed in (0, 0, 1))
    assert [r.digest for r in one] == [r.digest for r in same] != [r.digest for r in other]
    assert one[0].digest != one[1].digest
    assert {r.label for r in one} == {label}
    assert {len(r) for r in one} != {240}


def test_the_toy_model_knows_the_toy_classes() -> None:
    model = ToyModel()
    texts = model.encode_texts([f"a {name}" for name in TOY_CLASSES] + ["a thing"])
    torch.testing.assert_close(texts.norm(dim=-1), torch.ones(4))
    for c, name in enumerate(TOY_CLASSES):
        seen = model.encode_frames(frames(toy_recordings(name, 1)[0], steps=1))
        assert (seen @ texts.T).argmax() == c


def test_a_busier_frame_has_a_longer_embedding() -> None:
    blank = np.full((1, 24, 24), 127, np.uint8)
    assert ToyModel().encode_frames(blank).norm() < ToyModel().encode_frames(blank * 0).norm()
