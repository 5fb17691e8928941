"""docs/motions.md names every class. Its example runs with those of the other pages."""

from __future__ import annotations

from pathlib import Path

from neuroclip.synthetic import CLASSES

TEXT = (Path(__file__).parents[2] / "docs" / "motions.md").read_text(encoding="utf-8")


def test_every_class_is_described() -> None:
    assert [label for label in CLASSES if f"`{label}`" not in TEXT] == []
