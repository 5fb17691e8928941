"""The notebook runs from its top to its end, and what is kept of it is small and the same everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from .pages import ROOT

PATH = ROOT / "docs" / "quickstart.ipynb"
NOTEBOOK: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


TOLD = """
import json as _json
_told = {name: measured(name, task).accuracy for name in ("zero-shot", "linear-probe")}
print("\\n" + _json.dumps({"answer": answer.label, "answers": [one.label for one in answers], **_told}))
"""


def test_its_cells_run(tmp_path: Path) -> None:
    """One after the other in a new interpreter, as in one session; and heads learn what words do not tell."""
    script = tmp_path / "quickstart.py"
    script.write_text("\n\n".join("".join(cell["source"]) for cell in CODE) + TOLD, encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "agg", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["answer"] == "guitar"
    assert told["zero-shot"] < 0.4 < 0.7 < told["linear-probe"]
    assert len(told["answers"]) == 3


def test_it_is_small_and_complete() -> None:
    assert PATH.stat().st_size < 300_000
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert set(NOTEBOOK["metadata"]) == {"kernelspec", "language_info"}
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    kinds = [kind for cell in CODE for out in cell["outputs"] for kind in out.get("data", {"stream": ""})]
    assert {"image/png", "text/html", "text/plain", "stream"} <= set(kinds)


def test_it_says_nothing_of_the_machine() -> None:
    for cell in NOTEBOOK["cells"]:
        assert cell["metadata"] == {}
        assert cell.get("execution_count") is None
        for out in cell.get("outputs", []):
            assert out["output_type"] != "error"
            assert out.get("name") != "stderr"
            told = "".join(out.get("text", [])) + "".join(out.get("data", {}).get("text/plain", []))
            told += re.sub(r"base64,[^']*'", "", "".join(out.get("data", {}).get("text/html", [])))
            assert not re.search(r"/(home|root|tmp|Users)/|0x[0-9a-f]{6}|[A-Z]:\\", told)
