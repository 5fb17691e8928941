"""A package that the kit begins is a package: its name, its files, and that it passes its own tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from neuroclip.errors import NeuroclipError, OptionError
from neuroclip.kit import KINDS, start


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_has_no_word_of_the_template_left(kind: str, tmp_path: Path) -> None:
    written = start(KINDS[kind], "event-twin2", tmp_path / "a" / "b")
    files = {path.as_posix() for path in written}
    assert {".github/workflows/test.yml", "README.md", "pyproject.toml", "test_event_twin2.py"} < files
    assert files == {
        p.relative_to(tmp_path / "a" / "b").as_posix()
        for p in (tmp_path / "a" / "b").rglob("*")
        if p.is_file()
    }
    for path in written:
        assert not re.search(r"my[-_](head|format|prompts)|My(Head|Format)", str(path))
        assert not re.search(
            r"my[-_](head|format|prompts)|My(Head|Format)", (tmp_path / "a/b" / path).read_text()
        )
    project = tomllib.loads((tmp_path / "a/b/pyproject.toml").read_text())["project"]
    assert project["name"] == "event-twin2"
    ((group, points),) = project["entry-points"].items()
    assert group == {"prompts": "neuroclip.prompts"}.get(kind, f"neuroclip.{kind}s")
    assert points == {"event-twin2": "event_twin2" if kind == "prompts" else "event_twin2:EventTwin2"}


def test_a_name_may_hold_the_one_of_the_template(tmp_path: Path) -> None:
    start(KINDS["head"], "my-head-of-my-head", tmp_path)
    assert "class MyHeadOfMyHead(Head)" in (tmp_path / "my_head_of_my_head.py").read_text()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("NearestMean", "such as 'nearest-mean'"),
        ("3d cnn", "such as 'd-cnn'"),
        ("nearest_mean", "such as 'nearest-mean'"),
        ("é", "such as 'nearest-mean'"),
        ("a" * 61, "at most 60"),
        ("zero-shot", "is taken by the installed package neuroclip"),
        ("class", "Python's own"),
        ("torch", "is installed (version"),
        ("json", "a module 'json' already"),
        ("head", "make a class Head, which means something else there"),
        ("", "cannot be that of a package"),
    ],
)
def test_a_name_that_would_not_work_is_refused_with_why(name: str, wanted: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError) as caught:
        start(KINDS["head"], name, tmp_path / "new")
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_names_of_formats_and_prompt_sets_that_are_taken_are_refused(tmp_path: Path) -> None:
    for kind, name in (("format", "aedat4"), ("prompts", "nmnist")):
        with pytest.raises(OptionError, match=f"'{name}' is taken by the installed package neuroclip"):
            start(KINDS[kind], name, tmp_path)


def test_what_is_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(OptionError, match="not an empty folder: give another --out"):
        start(KINDS["head"], "event-twin", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["README.md"]
    with pytest.raises(NeuroclipError, match=r"README\.md"):
        start(KINDS["head"], "event-twin", tmp_path / "README.md" / "below")


def test_the_packages_pass_their_own_tests(
    tmp_path: Path, install_package: Callable[[Path, Path], None]
) -> None:
    (tmp_path / "site").mkdir()
    for kind in KINDS.values():
        start(kind, f"near-{kind.name}", tmp_path / kind.name)
        install_package(tmp_path / kind.name, tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"^3\d passed", done.stdout, flags=re.MULTILINE), done.stdout
