"""docs/motions.md names every class, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neuroclip.synthetic import CLASSES

TEXT = (Path(__file__).parents[2] / "docs" / "motions.md").read_text(encoding="utf-8")


def test_every_class_is_described() -> None:
    assert [label for label in CLASSES if f"`{label}`" not in TEXT] == []


def test_the_example_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("av")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    values: dict[str, object] = {}
    for number in ("30", "10"):  # fewer and smaller, for the sake of time
        code = code.replace(f" {number}, seed", " 1, size=(16, 16), pictures=4, seed")
    exec(code, values)
    dataset = values["dataset"]
    assert values["pictures"].shape == (40, 64, 64, 3)  # type: ignore[attr-defined]
    assert (len(dataset.part("train")), len(dataset.part("test"))) == (9, 9)  # type: ignore[attr-defined]
