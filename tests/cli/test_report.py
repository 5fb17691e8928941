"""`neuroclip report` writes a report of what `neuroclip compare` left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_without_a_comparison_it_says_how_to_make_one(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("report", tmp_path)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "comparison.json" in done.stderr
    assert "neuroclip compare" in done.stderr


def test_a_document_that_lacks_a_field_is_refused_by_its_name(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "comparison.json").write_text(json.dumps({"format": 1, "created": "now"}))
    done = run("report", tmp_path)
    assert done.exit_code == 1
    assert "the field data is missing" in done.stderr
    assert not (tmp_path / "comparison.html").exists()
