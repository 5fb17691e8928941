"""What the host of the repository reads: citation, templates, workflow."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from .pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GITHUB = ROOT / ".github"
FORMS = [path for path in sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml")) if path.stem != "config"]


def loaded(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def test_the_citation_is_of_this_version() -> None:
    citation = loaded(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    assert citation["title"].lower() == PROJECT["name"]


def test_every_reference_can_be_cited_and_every_head_comes_from_one() -> None:
    references = loaded(ROOT / "CITATION.cff")["references"]
    for one in references:
        assert one["type"] in ("article", "conference-paper")
        assert one["title"]
        assert 2010 < one["year"] < 2030
        assert one["url"].startswith("https://")
        assert all(set(author) == {"family-names", "given-names"} for author in one["authors"])
    told = " ".join(one["notes"] for one in references)
    ours_alone = {"relu-adapter"}  # the control that the paper lacks
    heads = set(PROJECT["entry-points"]["neuroclip.heads"]) - ours_alone
    assert heads <= set(re.findall(r"[\w-]+", told))


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_can_be_shown(form: Path) -> None:
    content = loaded(form)
    assert content["name"]
    assert content["description"]
    fields = [entry for entry in content["body"] if entry["type"] != "markdown"]
    assert len({entry["id"] for entry in fields}) == len(fields)
    assert all(re.fullmatch(r"[\w-]+", entry["id"]) for entry in fields)
    assert {entry["type"] for entry in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(entry["attributes"]["label"] for entry in fields)
    assert any(entry.get("validations", {}).get("required") for entry in fields)
    for entry in fields:
        if entry["type"] in ("dropdown", "checkboxes"):
            assert entry["attributes"]["options"]


def test_there_are_forms_for_what_goes_wrong() -> None:
    assert {form.stem for form in FORMS} == {"bug", "plugin", "recording-that-cannot-be-read"}
    assert set(loaded(GITHUB / "ISSUE_TEMPLATE" / "config.yml")) == {"blank_issues_enabled"}


def test_the_workflow_runs_what_a_developer_runs_on_every_python() -> None:
    workflow = loaded(GITHUB / "workflows" / "ci.yml")
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    tried = job["strategy"]["matrix"]["python"]
    assert all(isinstance(version, str) for version in tried)  # 3.10 is not 3.1
    assert f">={tried[0]}" == PROJECT["requires-python"]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)
    assert workflow["permissions"] == {"contents": "read"}
