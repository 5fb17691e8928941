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
from neuroclip.testing import failures, verdicts

DOCUMENT = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|toml)\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)


def imported(code: str, path: Path) -> Any:
    """Return the module that a block of the document is, saved under a path."""
    path.write_text(code, encoding="utf-8")
    spec: Any = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "path", ["head/my_head.py", "format/my_format.py", "prompts/my_prompts/my-prompts.toml"]
)
def test_the_document_shows_the_whole_of_what_is_written(path: str) -> None:
    assert (files("neuroclip.kit") / "templates" / path).read_text(encoding="utf-8") in BLOCKS


def test_a_head_of_the_documents_own_representation_keeps_the_contract(tmp_path: Path) -> None:
    (code,) = [block for block in BLOCKS if "class Grid" in block]
    module = imported(code, tmp_path / "grid.py")

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


def test_the_documents_head_that_trains_keeps_the_contract(tmp_path: Path) -> None:
    """With checkpoints: the rules of training are asked too, and none is put aside."""
    (code,) = [block for block in BLOCKS if "class StepByStep" in block]
    head = imported(code, tmp_path / "step_by_step.py").StepByStep(steps=3, epochs=12, batch=8)
    said = {str(verdict.check): verdict.outcome for verdict in verdicts(head)}
    assert {"training-ends-where-fit-does", "training-can-be-resumed"} <= said.keys()
    assert all(said[rule] == "passed" for rule in said if rule.startswith("training-")), said
    assert "failed" not in said.values(), said
