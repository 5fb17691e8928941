"""A small labelled set of toys as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from neuroclip import formats
from neuroclip.testing import TOY_CLASSES, toy_recordings


@pytest.fixture
def write_toys(tmp_path: Path) -> Callable[..., Path]:
    """`write_toys("set", train=4, test=2)` writes Train/ and Test/ halves of the toy classes; test=0: no halves."""

    def write(name: str = "toys", *, train: int = 4, test: int = 2) -> Path:
        root = tmp_path / name
        for half, number, seed in (("Train", train, 0), ("Test", test, 1)):
            for label in TOY_CLASSES if number else ():
                folder = root / half / label if test else root / label
                folder.mkdir(parents=True)
                for i, recording in enumerate(toy_recordings(label, number, seed=seed)):
                    formats.write(recording, folder / f"{i}.npz")
        return root

    return write
