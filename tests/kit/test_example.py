"""docs/example-head is a package as a stranger would make it: found, tested, and laid out as the kit would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-head"


def project(path: Any) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_it_passes_its_own_tests(tmp_path: Path, install_package: Callable[[Path, Path], None]) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "site").mkdir()
    install_package(tmp_path / "own", tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "own",
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^4\d passed", done.stdout, flags=re.MULTILINE), done.stdout


def test_it_is_laid_out_as_the_kit_begins_a_package() -> None:
    """What the kit writes stands in the example too; a licence, authors and a second module are what was added."""
    begun = files("neuroclip.kit") / "templates" / "head"
    ours, theirs = project(EXAMPLE / "pyproject.toml"), project(begun / "pyproject.toml")
    assert ours["build-system"] == theirs["build-system"]
    assert theirs["project"].keys() < ours["project"].keys()
    assert ours["project"]["optional-dependencies"] == theirs["project"]["optional-dependencies"]
    assert set(theirs["project"]["dependencies"]) < set(ours["project"]["dependencies"])
    assert list(ours["project"]["entry-points"]) == list(theirs["project"]["entry-points"])
    template = (begun / "dot_github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    steps = [line.split("run: ")[1] for line in template.splitlines() if "run: " in line]
    workflow = (EXAMPLE / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert all(f"run: {step.replace('my-head', 'lora')}" in workflow for step in steps)
    licence = EXAMPLE.parents[1] / "LICENSE"
    assert (EXAMPLE / "LICENSE").read_bytes() == licence.read_bytes()


def test_its_options_are_described() -> None:
    """Each stands in the table of its README, which is also where its measured numbers stand."""
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    source = (EXAMPLE / "neuroclip_lora" / "head.py").read_text(encoding="utf-8")
    options = re.findall(r"^    (\w+): (?!ClassVar)[^=\n]+ = .+$", source, flags=re.MULTILINE)
    assert "learning_rate" in options
    for option in options:
        assert re.search(rf"^\|.*`{option}`.*\|.*\|$", readme, flags=re.MULTILINE), option
