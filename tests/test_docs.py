"""The documents describe what there is, and their examples run."""

import dataclasses
import importlib.util
import re
import tomllib
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import typer.main

from neuroclip.cli import app
from neuroclip.recording import Recording

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
HEADS = (ROOT / "docs" / "heads.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

GROUP: Any = typer.main.get_command(app)
SHIPPED_HEADS = [
    p for p in entry_points(group="neuroclip.heads") if p.dist is not None and p.dist.name == "neuroclip"
]


def sections(text: str, level: str) -> dict[str, str]:
    """Return the text under each heading of a level, by heading."""
    parts = re.split(rf"^{level} (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def section_of(command: str) -> str:
    (found,) = [
        body
        for title, body in sections(COMMANDS, "##").items()
        if re.match(rf"`neuroclip {command}[ `]", title)
    ]
    return found


def options_of(command: Any) -> set[str]:
    own = {name for p in command.params for name in p.opts if name.startswith("--") and name != "--help"}
    return own.union(*(options_of(below) for below in getattr(command, "commands", {}).values()))


@pytest.mark.parametrize("command", sorted(GROUP.commands))
def test_every_command_and_option_is_described(command: str) -> None:
    """An option stands in the command's own section, or in a shared table that the section mentions."""
    section = section_of(command)
    shared = ""
    if "options for recordings" in section:
        shared += sections(COMMANDS, "##")["Options for recordings"]
    if "options for labelled sets" in section:
        shared += sections(COMMANDS, "##")["Options for labelled sets"]
    if "for frames" in section:
        shared += sections(COMMANDS, "##")["Options for frames"]
    for option in options_of(GROUP.commands[command]):
        assert re.search(rf"`{option}[ `|\\]", section + shared), f"{command} {option} is not described"


def test_no_option_is_described_that_does_not_exist() -> None:
    real = (
        {name for command in GROUP.commands.values() for name in options_of(command)}
        | options_of(GROUP)
        | {"--help"}
    )
    for text in (COMMANDS, README, HEADS, CONTRIBUTING):
        described = set(
            re.findall(
                r"(?<![\w-])--[a-z][a-z-]+", re.sub(r"^.*\b(pip|python) \w+.*$", "", text, flags=re.MULTILINE)
            )
        )
        assert described <= real


@pytest.mark.parametrize("point", SHIPPED_HEADS, ids=lambda point: point.name)
def test_every_head_and_its_options_are_described(point: Any) -> None:
    section = sections(HEADS, "###")[f"`{point.name}`"]
    for field in dataclasses.fields(point.load()):
        assert f"`{field.name}`" in section, f"{point.name}: {field.name} is not described"


def test_every_shipped_prompt_set_is_listed_with_what_it_is_for() -> None:
    import neuroclip_prompts

    for name in neuroclip_prompts.names():
        assert neuroclip_prompts.load(name).description


def test_the_readme_has_two_commands() -> None:
    """They stand each in a block of its own, as `.ci/run` takes them."""
    assert [
        len(block.strip().splitlines()) for block in fenced(sections(README, "##")["Two commands"], "sh")
    ] == [1, 1]


def imported(code: str, path: Path, name: str) -> ModuleType:
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readmes_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_recording: Callable[..., Recording]
) -> None:
    recording = make_recording(events=200, width=34, height=34)
    events = recording.events
    np.savez(tmp_path / "recording.npz", t=events["t"], x=events["x"], y=events["y"], p=events["on"])
    monkeypatch.chdir(tmp_path)
    (code,) = fenced(README, "python")
    module = imported(code, tmp_path / "example.py", "readme_example")
    assert module.frames.shape == (10, 34, 34)
    assert module.answer.label in ("three", "eight")
    assert len(module.answer.timesteps["three"]) == 10


def test_the_example_head_keeps_the_contract(tmp_path: Path) -> None:
    from neuroclip.testing import failures

    (code,) = fenced(CONTRIBUTING, "python")
    assert failures(imported(code, tmp_path / "nearest_mean.py", "nearest_mean").NearestMean()) == {}


def test_the_entry_point_of_the_example_is_the_same_everywhere() -> None:
    group = 'neuroclip.heads"]\nnearest-mean = "nearest_mean:NearestMean"'
    assert group in CONTRIBUTING
    assert group in HEADS


def test_links_inside_the_project_lead_somewhere() -> None:
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            place = (document.parent / link).resolve()
            inside = ROOT.resolve()
            # Where the suite runs beside the wheel, the packages are installed elsewhere.
            if (inside / "neuroclip").is_dir() or place.relative_to(inside).parts[0] != "neuroclip":
                assert place.exists(), f"{document.name}: {link}"


def test_the_version_has_an_entry_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(
        rf"^## {re.escape(version)}\b",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
