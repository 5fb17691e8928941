"""The command line run inside the test process, on small recordings of text and numpy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from neuroclip import formats
from neuroclip.cli import app
from neuroclip.recording import Recording
from neuroclip.testing import TOY_CLASSES, toy_recordings


@pytest.fixture(scope="session")
def run() -> Callable[..., Any]:
    """`run("info", path)` gives `exit_code`, `stdout` and `stderr`; an exception that is no exit is raised.

    `input` is what is typed.
    """

    def run(*arguments: object, input: str | None = None) -> Any:  # noqa: A002 - the runner calls it that
        result = CliRunner().invoke(app, [str(a) for a in arguments], prog_name="neuroclip", input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def write_recording(make_recording: Callable[..., Recording], tmp_path: Path) -> Callable[..., Path]:
    """Write a random recording as text that says its sensor's size: `write_recording("a.txt", events=50)`."""

    def write(name: str, **options: Any) -> Path:
        recording = make_recording(**{"width": 34, "height": 34, **options})
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = np.stack([recording.events[field].astype(np.int64) for field in ("t", "x", "y", "on")], axis=1)
        lines = [f"{recording.width} {recording.height}", *(" ".join(map(str, row)) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def written_toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `toys` copies."""
    root = tmp_path_factory.mktemp("toys")
    for half, number, seed in (("Train", 4, 0), ("Test", 2, 1)):
        for label in TOY_CLASSES:
            folder = root / half / label
            folder.mkdir(parents=True)
            for i, recording in enumerate(toy_recordings(label, number, seed=seed)):
                formats.write(recording, folder / f"{i}.npz")
    return root


@pytest.fixture
def toys(written_toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three classes, 4 recordings each to learn from and 2 to measure on; the bank in a folder of the test."""
    monkeypatch.setenv("NEUROCLIP_BANK", str(tmp_path / "bank"))
    shutil.copytree(written_toys, tmp_path / "toys")
    return tmp_path / "toys"
