"""The documents describe what there is, and their examples run."""

import dataclasses
import importlib.util
import re
import runpy
import tomllib
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import neuroclip_prompts
import numpy as np
import pytest
import typer.main

from neuroclip import formats, representations
from neuroclip.cli import app
from neuroclip.comparison import published
from neuroclip.recording import Recording
from neuroclip.representations import Representation

ROOT = Path(__file__).parents[1]
ANCHOR = runpy.run_path(str(ROOT / "recipes" / "documents" / "site.py"))["anchor"]
COMMAND_TABLES = runpy.run_path(str(ROOT / "recipes" / "documents" / "commands.py"))
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


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def row_of(text: str, name: str) -> list[str]:
    """Return the cells of a table's row behind the one that names something, maybe among others."""
    rows = [line for line in text.splitlines() if re.match(rf"\|(?: `[\w.-]+`,)* `{name}`[ ,]", line)]
    assert len(rows) == 1, f"{name}: {len(rows)} rows"
    return [cell.strip() for cell in rows[0].strip("|").split("|")][1:]


def is_shipped(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Representation) and kind is not Representation


def options_of(command: Any) -> set[str]:
    own = {name for p in command.params for name in p.opts if name.startswith("--") and name != "--help"}
    return own.union(*(options_of(below) for below in getattr(command, "commands", {}).values()))


@pytest.mark.parametrize("command", sorted(COMMAND_TABLES["commands"]()))
def test_every_command_and_option_is_described(command: str) -> None:
    """Its table is in the document, as `recipes/documents/commands.py` makes it, under a heading and some sentences."""
    table = COMMAND_TABLES["table"](COMMAND_TABLES["commands"]()[command])
    before, marker, after = COMMANDS.partition(f"<!-- {command} -->\n\n")
    assert marker, f"docs/commands.md has no <!-- {command} --> <!-- end -->"
    assert after.startswith(f"{table}\n\n<!-- end -->"), "run: python recipes/documents/commands.py"
    heading, _, prose = before[before.rindex("\n## ") :].strip().partition("\n")
    assert f"`{' '.join(command.split()[:2])}" in heading
    assert len(prose.split()) > 5
    for row in table.splitlines()[2:]:
        named, meaning, _ = re.split(r"(?<!\\)\| ", row.strip("|"))
        assert len(meaning.split()) >= 2, f"{command}: what is {named}for?"


@pytest.mark.parametrize("group", ["heads", "formats", "prompts"])
def test_a_group_that_lists_says_so_in_its_help(group: str) -> None:
    """`neuroclip heads --long` works, so `neuroclip heads --help` has to have it."""
    found = GROUP.commands[group]
    assert options_of(found.commands["list"]) == set(re.findall(r"--[a-z]+", found.help))


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


@pytest.mark.parametrize("name", neuroclip_prompts.names())
def test_every_prompt_set_is_described(name: str) -> None:
    """The table in docs/datasets.md has how many classes it brings, how many sentences, and its own description."""
    found = neuroclip_prompts.load(name)
    assert row_of(sections(document("datasets.md"), "##")["Prompts"], name) == [
        str(len(found.classes) or "-"),
        str(len(found.templates)),
        found.description,
    ]


@pytest.mark.parametrize(
    "name", [p.name for p in entry_points(group="neuroclip.formats") if p.dist and p.dist.name == "neuroclip"]
)
def test_every_format_is_described(name: str) -> None:
    """The table in docs/recordings.md has its suffixes, and whether it is written as well as read."""
    found = formats.load(name)
    files, read, written, _ = row_of(document("recordings.md"), name)
    assert re.findall(r"`(\.\w+)`", files) == list(found.suffixes)
    assert (read, written) == ("yes", "yes" if found.writes else "no")


@pytest.mark.parametrize(
    "name", [name for name in representations.__all__ if is_shipped(getattr(representations, name))]
)
def test_every_representation_is_described(name: str) -> None:
    """The table in docs/contract.md has it; of each option, the docstring or the type says what it is."""
    assert len(row_of(document("contract.md"), name)[0].split()) > 5


@pytest.mark.parametrize("name", published.names())
def test_every_recipe_is_described(name: str) -> None:
    """docs/recipes.md has its own title and source; results.md the paper's numbers, ours, and the command."""
    recipe = published.read_recipe(name)
    before_the_file = document("recipes.md").partition("\n## ")[0]
    assert row_of(before_the_file, name) == [recipe.title, recipe.source]
    numbers, ours, command = row_of(sections(document("results.md"), "##")["The papers' tables"], name)
    assert re.search(r"\d\.\d", numbers)
    assert ours
    assert command.startswith(f"`neuroclip compare --recipe {name} --data ROOT ")


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
    code = fenced(README, "python")[0]
    module = imported(code, tmp_path / "example.py", "readme_example")
    assert module.frames.shape == (10, 34, 34)
    assert module.answer.label in ("three", "eight")
    assert len(module.answer.timesteps["three"]) == 10


def test_contributing_begins_a_head_with_the_kit() -> None:
    """It shows no head of its own, which could fall behind; the kit's own tests hold what is begun to the contract."""
    (block,) = fenced(sections(CONTRIBUTING, "##")["A head"], "sh")
    begun, installed, *_ = block.splitlines()
    assert begun == "neuroclip heads new nearest-mean --out nearest-mean"
    assert installed == "pip install -e './nearest-mean[test]'"
    assert fenced(CONTRIBUTING, "python") == fenced(CONTRIBUTING, "toml") == []


def anchors(text: str) -> list[str]:
    """Return the anchors of a document's headings, as they are where the repository is shown, and on the site."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", outside, flags=re.MULTILINE)
    return [ANCHOR(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading), "-") for heading in headings]


def test_an_anchor_is_what_the_host_of_the_repository_makes_of_a_heading() -> None:
    assert ANCHOR("`neuroclip compare DATA --out DIR`", "-") == "neuroclip-compare-data---out-dir"
    assert ANCHOR("The papers' tables", "-") == "the-papers-tables"
    assert ANCHOR("How do I read .raw, .dat, or a_bag?", "-") == "how-do-i-read-raw-dat-or-a_bag"


def test_links_to_a_heading_find_it() -> None:
    for page in pages():
        text = page.read_text(encoding="utf-8")
        own = anchors(text)
        assert len(set(own)) == len(own), f"{page.name}: two headings have one anchor"
        for path, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", text):
            there = (page.parent / path).resolve() if path else page
            # Where the suite runs beside the wheel, the packages are installed elsewhere.
            if there.exists() or "neuroclip" not in path:
                assert anchor in anchors(there.read_text(encoding="utf-8")), f"{page.name}: {path}#{anchor}"


def test_links_inside_the_project_lead_somewhere() -> None:
    for document in pages():
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            place = (document.parent / link).resolve()
            inside = ROOT.resolve()
            # Where the suite runs beside the wheel, the packages are installed elsewhere.
            if (inside / "neuroclip").is_dir() or place.relative_to(inside).parts[0] != "neuroclip":
                assert place.exists(), f"{document.name}: {link}"


@pytest.mark.parametrize(
    "page", sorted(p.name for p in (ROOT / "docs" / "how-to").glob("*.md") if p.name != "index.md")
)
def test_a_how_to_ends_with_where_to_go_on(page: str) -> None:
    """The index has it, and its last paragraph links other pages, and the index."""
    assert f"]({page})" in document("how-to/index.md")
    *_, last = document(f"how-to/{page}").rstrip().split("\n\n")
    assert last.startswith("See also: ")
    assert last.endswith(", [all questions](index.md).")
    assert page not in re.findall(r"\]\(([\w-]+\.md)", last)


def test_the_version_has_an_entry_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(
        rf"^## {re.escape(version)}\b",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
