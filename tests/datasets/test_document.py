"""docs/datasets.md says what there is, and its example runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from neuroclip.datasets import known_sets, layouts, load_known, tables

TEXT = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", known_sets())
def test_every_known_set_is_listed_with_its_size(name: str) -> None:
    known = load_known(name)
    (row,) = re.findall(rf"^\| `{name}` \|.*$", TEXT.partition("## Prompts")[0], flags=re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == ("as each video" if known.size is None else f"{known.width}x{known.height}")
    assert cells[2].split(",")[0] == str(len(known.words) or 1000)
    assert cells[3:] == [str(known.min_count), f"`{known.prompts}`", "yes" if known.recognise else "no"]


def test_every_column_and_layout_is_described() -> None:
    for name in (*tables.COLUMNS, *layouts._LAYOUTS):
        assert f"`{name}`" in TEXT, name


def test_the_example_runs(
    put: Callable[..., Path],
    numbered: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    put(*numbered(["waving", "clapping"], 20), to=tmp_path / "gestures")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    values: dict[str, object] = {}
    exec(code, values)
    assert len(values["split"].train) == 8  # type: ignore[attr-defined]
