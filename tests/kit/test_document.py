"""What docs/plugins.md shows is what the kit writes, and works."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from neuroclip.classes import Classes
from neuroclip.heads import Head, State
from neuroclip.testing import failures

DOCUMENT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|toml)\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "path", ["head/my_head.py", "format/my_format.py", "prompts/my_prompts/my-prompts.toml"]
)
def test_the_document_shows_the_whole_of_what_is_written(path: str) -> None:
    assert (files("neuroclip.kit") / "templates" / path).read_text(encoding="utf-8") in BLOCKS


def test_a_head_of_the_documents_own_representation_keeps_the_contract(tmp_path: Path) -> None:
    (code,) = [block for block in BLOCKS if "class Grid" in block]
    (tmp_path / "grid.py").write_text(code, encoding="utf-8")
    spec: Any = importlib.util.spec_from_file_location("grid", tmp_path / "grid.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    @dataclass(frozen=True)
    class NearestGrid(Head):
        @property
        def representation(self) -> Any:
            return module.Grid()

        def fit(self, x: Tensor, y: Tensor, classes: Classes, *, seed: int) -> State:
            return {"means": torch.stack([x[y == c].mean(0).flatten() for c in range(len(classes))])}

        def logits(self, state: State, x: Tensor, classes: Classes) -> Tensor:
            return -torch.cdist(x.flatten(1), state["means"])

    assert failures(NearestGrid()) == {}
