"""All files of a report come from the document alone, and are the same each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from neuroclip.cli import app
from neuroclip.comparison.document import write_document
from neuroclip.comparison.report import write_report
from neuroclip.errors import ComparisonError


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_report_is_written_again_byte_for_byte_and_old_figures_go(
    make_document: Any, tmp_path: Path
) -> None:
    few: Any = {"heads": ["a"], "shots": (1,), "seeds": 1, "timesteps": None, "samples": 0}
    document = make_document(**few)
    written = write_report(document, tmp_path)
    first = contents(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in written) == sorted(first)
    assert {"comparison.csv", "comparison.md", "comparison.html", "comparison.tex"} < set(first)
    assert "figures/robustness-drop.svg" in first
    (tmp_path / "figures" / "mine.svg").write_text("<svg></svg>\n")
    document["plan"]["corrupt"] = []
    write_report(document, tmp_path)
    second = contents(tmp_path)
    assert set(first) - set(second) == {"figures/robustness-drop.svg", "figures/robustness-rate.svg"}
    assert "figures/mine.svg" in second
    same = {name for name in set(first) & set(second) if name.endswith((".svg", ".tex"))}
    assert len(same) > 4
    md = "comparison.md"
    kept, _, disturbed = first[md].partition(b"## Disturbed")
    assert disturbed
    assert second[md].startswith(kept)
    assert b"## Disturbed" not in second[md]
    assert all(first[name] == second[name] for name in same)


def test_a_folder_that_cannot_be_written_to_is_said_in_one_sentence(
    make_document: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    document = make_document(heads="a", shots=(0,), seeds=1, fail=[("a", 0, 0, "boom")], samples=0)
    with pytest.raises(ComparisonError, match=r"comparison\.csv: cannot be written") as error:
        write_report(document, tmp_path / "file")
    assert "\n" not in str(error.value)


def test_the_command_writes_the_report_of_the_document_in_its_folder(
    make_document: Any, tmp_path: Path
) -> None:
    document = make_document(heads="a", shots=(0,), seeds=1, fail=[("a", 0, 0, "boom")], samples=0)
    write_document(document, tmp_path)
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--json"])
    assert done.exit_code == 0
    files = ["comparison.csv", "comparison.md", "comparison.tex", "comparison.html"]
    assert json.loads(done.stdout) == {"folder": str(tmp_path), "files": files}
    assert "boom" in (tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_a_report_needs_no_torch(make_document: Any, tmp_path: Path) -> None:
    document = make_document(heads="a", shots=(0,), seeds=1, fail=[("a", 0, 0, "boom")], samples=0)
    write_document(document, tmp_path)
    code = (
        "import sys; from neuroclip.cli import app; "
        f"app(['report', {str(tmp_path)!r}], standalone_mode=False); assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "comparison.html").is_file()
