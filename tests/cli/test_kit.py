"""From nothing to a plugin that is compared: every step on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neuroclip.testing import TOY_CLASSES, head_checks

Run = Callable[..., Any]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder for packages; what was imported from it is forgotten afterwards."""
    (tmp_path / "site").mkdir()
    before = set(sys.modules)
    yield tmp_path / "site"
    for name in set(sys.modules) - before:
        if name.startswith("near_"):
            del sys.modules[name]


@pytest.fixture
def begin(
    run: Run,
    site: Path,
    tmp_path: Path,
    install_package: Callable[[Path, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str, str], str]:
    """`begin("heads", "near-head")` writes the package, installs it, and returns what was printed."""

    def begin(group: str, name: str) -> str:
        result = run(group, "new", name, "--out", tmp_path / name)
        assert result.exit_code == 0, result.stderr
        install_package(tmp_path / name, site)
        monkeypatch.syspath_prepend(str(site))  # now: what is found on a search path is found once
        return result.stdout

    return begin


def listed(run: Run, group: str, name: str) -> dict[str, Any]:
    (row,) = [row for row in map(json.loads, run(group, "--json").stdout.splitlines()) if row["name"] == name]
    return row


def test_a_head_is_begun_checked_fitted_asked_and_compared(
    run: Run, begin: Any, toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = begin("heads", "near-head")
    for step in (
        f"pip install -e '{tmp_path / 'near-head'}[test]'",
        "neuroclip heads check near-head",
        "pytest ",
    ):
        assert step in said
    assert listed(run, "heads", "near-head") == {
        "name": "near-head",
        "package": "near-head",
        "version": "0.1.0",
        "status": "ok",
        "reason": "",
        "min_shots": 1,
        "summary": "The nearest class mean of the CLIP embeddings, averaged over time.",
    }
    checked = run("heads", "check", "near-head", "-o", "steps=3")
    assert checked.exit_code == 0, checked.stdout
    assert checked.stdout.startswith("NearHead(steps=3) and contract 1\n")
    assert f"0 failed, {checked.stdout.count('does not apply  ')} not applicable" in checked.stdout

    monkeypatch.setenv("NEUROCLIP_HEADS", "near-head")
    fitted = run("fit", "near-head", toys, "--shots", 2, "-o", "steps=2", "--out", tmp_path / "fitted")
    assert fitted.exit_code == 0, fitted.stderr
    about = json.loads((tmp_path / "fitted" / "head.json").read_text())
    assert about["package"] == {"name": "near-head", "version": "0.1.0"}
    answer = json.loads(
        run("predict", tmp_path / "fitted", toys / "Test" / "apple" / "0.npz", "--json").stdout
    )
    assert (answer["head"], answer["scores"].keys()) == ("near-head", set(TOY_CLASSES))
    monkeypatch.setattr(
        "neuroclip.comparison.report.write_report", lambda document, folder: []
    )  # has its own tests
    asked = ("--heads", "near-head", "--shots", 1, "--seeds", 1, "--no-speed", "--samples", 0, "--json")
    compared = run("compare", toys, *asked, "--out", tmp_path / "compared")
    assert compared.exit_code == 0, compared.stderr
    assert json.loads(compared.stdout)["heads"].keys() == {"near-head"}


def test_a_format_is_begun_written_and_read(run: Run, begin: Any, toys: Path, tmp_path: Path) -> None:
    begin("formats", "near-format")
    row = listed(run, "formats", "near-format")
    assert (row["package"], row["status"]) == ("near-format", "ok")
    recording = toys / "Test" / "apple" / "0.npz"
    assert run("convert", recording, tmp_path / "a.near_format").exit_code == 0
    (before, after) = (
        json.loads(run("info", file, "--json").stdout) for file in (recording, tmp_path / "a.near_format")
    )
    assert after["format"] == "near-format"
    assert after["events"] == before["events"]


def test_a_prompt_set_is_begun_and_asked_with(run: Run, begin: Any, toys: Path) -> None:
    begin("prompts", "near-prompts")
    assert listed(run, "prompts", "near-prompts")["status"] == "ok"
    asked = ("--classes", "apple, stone", "--prompts", "near-prompts", "--steps", 1)
    answered = run("zero-shot", toys / "Test" / "apple" / "0.npz", *asked)
    assert answered.exit_code == 0, answered.stderr


@pytest.mark.parametrize("group", ["heads", "formats", "prompts"])
def test_a_group_alone_lists(run: Run, group: str) -> None:
    assert run(group).stdout == run(group, "list").stdout != ""
    assert run(group, "--json").stdout == run(group, "list", "--json").stdout != ""
    assert "new" in run(group, "-h").stdout
    misspelt = run(group, "nwe", "a", "--out", "b")
    assert misspelt.exit_code == 2
    assert "No such command 'nwe'" in misspelt.stderr


BROKEN = """
from dataclasses import dataclass
from neuroclip.heads import Head
from neuroclip.representations import EventCounts

print("hello from a module")

@dataclass(frozen=True)
class Loud(Head):
    '''Prints, and adds what it saw.'''
    steps: int = 2
    @property
    def representation(self):
        return EventCounts(self.steps)
    def fit(self, x, y, classes, *, seed):
        return {"n": x.sum()}
    def logits(self, state, x, classes):
        print("asked")
        return x.flatten(1)[:, : len(classes) + self.wrong]
"""


def test_a_head_that_is_not_installed_is_checked_and_what_is_wrong_is_taught(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "near_broken.py").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    table = run("heads", "check", "near_broken:Loud")
    assert table.exit_code == 1
    assert "hello" not in table.stdout
    assert (
        "failed          logits-have-the-right-shape\n"
        "                Rule: Logits are finite floating-point numbers (n, c): a row per recording, a column per "
        "class.\n"
        "                Found: AttributeError: 'Loud' object has no attribute 'wrong' (near_broken.py, line 19)\n"
        "                Often: "
    ) in table.stdout
    assert "failed          the-recording-matters: as above\n" in table.stdout
    asked = run("heads", "check", "near_broken:Loud", "--json", "-o", "steps=1")
    rows = {row["check"]: row for row in map(json.loads, asked.stdout.splitlines())}
    assert rows.keys() == {str(check) for check in head_checks()}
    assert asked.exit_code == 1
    assert rows["options-are-json"]["outcome"] == "passed"
    assert rows["training-can-be-resumed"]["outcome"] == "does not apply"
    assert all(row["advice"] for row in rows.values() if row["outcome"] == "failed")
    del sys.modules["near_broken"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["near-nothing"], "No head named 'near-nothing'. Installed: "),
        (["near_nothing:Head"], "near_nothing:Head cannot be imported: ModuleNotFoundError"),
        (["json:JSONDecoder"], "not a dataclass that derives from neuroclip.heads.Head"),
        (["zero-shot", "-o", "stps=2"], "no option 'stps'"),
    ],
)
def test_what_cannot_be_checked_is_one_line(run: Run, arguments: list[str], wanted: str) -> None:
    result = run("heads", "check", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert wanted in result.stderr
    assert result.stderr.count("\n") == 1


def test_rows_say_why_a_head_cannot_be_used(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = {
        "near-gone": ("near_gone:Head", None),
        "near-typo": ("near_typo:Heaad", "class Head: ..."),
        "near-torn": ("near_torn:Head", "class Head(:"),
        "near-grumpy": ("near_grumpy:Head", "raise SystemExit('not today')\nclass Head: 'It sulks.'"),
    }
    for name, (value, code) in heads.items():
        info = site / f"{name.replace('-', '_')}-3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 3\n")
        (info / "entry_points.txt").write_text(f"[neuroclip.heads]\n{name} = {value}\n")
        if code is not None:
            (site / f"{value.partition(':')[0]}.py").write_text(code)
    monkeypatch.syspath_prepend(str(site))
    rows = {row["name"]: row for row in map(json.loads, run("heads", "--json").stdout.splitlines())}
    assert rows["near-gone"]["reason"] == "there is no module near_gone"
    assert rows["near-typo"]["reason"] == "there is no Heaad in the module near_typo"
    assert rows["near-torn"]["reason"] == "the module near_torn is no Python (SyntaxError, line 1)"
    assert [rows[name]["status"] for name in heads] == ["broken", "broken", "broken", "ok"]
    assert rows["near-grumpy"]["summary"] == "It sulks."
    assert rows["near-grumpy"]["version"] == "3"
    monkeypatch.setenv("NEUROCLIP_HEADS", "zero-shot, near-torn")
    rows = {row["name"]: row for row in map(json.loads, run("heads", "--json").stdout.splitlines())}
    assert rows["zero-shot"]["status"] == "ok"
    assert rows["near-torn"]["status"] == "broken"
    assert rows["near-grumpy"]["status"] == "off"
    assert rows["near-grumpy"]["reason"] == "it is not among NEUROCLIP_HEADS=zero-shot, near-torn"
    assert "it is not among NEUROCLIP_HEADS" in run("heads").stdout
    refused = run("heads", "check", "near-grumpy")
    assert refused.exit_code == 1
    assert (
        "is installed, but NEUROCLIP_HEADS is 'zero-shot, near-torn': add it there, or unset"
        in refused.stderr
    )
