"""Tensors by name from files, whoever wrote them; what is more than tensors is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from neuroclip.backbones.weight_files import read_weights
from neuroclip.errors import ModelError

WEIGHTS = {"a.weight": torch.rand(2, 3), "b.bias": torch.arange(4)}


def written(path: Path, content: Any) -> Path:
    save_file(content, path) if path.suffix == ".safetensors" else torch.save(content, path)
    return path


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_what_was_written_is_read(suffix: str, tmp_path: Path) -> None:
    assert same(read_weights(written(tmp_path / f"w{suffix}", WEIGHTS)), WEIGHTS)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_module_is_dropped_before_every_name_or_none(suffix: str, tmp_path: Path) -> None:
    """As `DataParallel` writes it; a part of that name stays where other parts are beside it."""
    parallel = {f"module.{name}": value for name, value in WEIGHTS.items()}
    assert same(read_weights(written(tmp_path / f"all{suffix}", parallel)), WEIGHTS)
    some = {"module.a": torch.ones(1), "b": torch.ones(2)}
    assert same(read_weights(written(tmp_path / f"some{suffix}", some)), some)


def test_a_table_of_weights_inside_is_taken(tmp_path: Path) -> None:
    parallel = {f"module.{name}": value for name, value in WEIGHTS.items()}
    file = written(tmp_path / "w.pt", {"epoch": 3, "state_dict": parallel})
    assert same(read_weights(file), WEIGHTS)


def test_a_file_that_is_no_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.pt: there is no such file of weights"):
        read_weights(tmp_path / "none.pt")
    for name in ("damaged.safetensors", "damaged.pt", "empty.pth"):
        (tmp_path / name).write_bytes(b"123" if name.startswith("damaged") else b"")
        with pytest.raises(ModelError, match=f"{name}: "):
            read_weights(tmp_path / name)
    for content, kind in (([1, 2], "list"), ({"a": 1}, "dict"), ({}, "dict")):
        with pytest.raises(ModelError, match=rf"other\.pt: expected tensors by name .*found {kind}"):
            read_weights(written(tmp_path / "other.pt", content))


def test_a_pickled_network_is_not_unpickled(tmp_path: Path) -> None:
    file = written(tmp_path / "whole.pt", torch.nn.Linear(2, 2))
    with pytest.raises(
        ModelError, match=r"whole\.pt: it holds more than tensors, and code of others is not run"
    ):
        read_weights(file)
