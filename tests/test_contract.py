"""What plugins build on does not change unseen.

`contract.txt` holds it as it was released: members, signatures, fields. It is written anew at a release, by
`python tests/test_contract.py`, and at no other time. Until then whoever changes a signature raises
`neuroclip.heads.CONTRACT`, and says so in CHANGELOG.md under the unreleased heading.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
KEPT = Path(__file__).with_name("contract.txt")

PUBLIC = {
    "neuroclip.heads": """Head Checkpoint Operations State item_count take minibatches folds nested unnested
        check_choices find""",
    "neuroclip.classes": "Classes",
    "neuroclip.backbones": "Model",
    "neuroclip.recording": "EVENT_DTYPE Recording make_events event_array",
    "neuroclip.representations": """Representation Backbone Augmented ClipTimesteps CollapsedImage EventCounts
        EventsPerTimestep Features FlowVolume Joint RgbVolume SignedVolume TernaryFrames VideoFrames""",
    "neuroclip.formats": "Format Piece PIECE_EVENTS load read write",
    "neuroclip.errors": "NeuroclipError RecordingError OptionError HeadError RecordingWarning",
    "neuroclip_prompts": "PromptSet PromptSetError Row installed load",
    "neuroclip.testing": "Check Verdict DoesNotApply head_checks verdicts failures toy_recordings TOY_CLASSES",
}
RAISE = "raise neuroclip.heads.CONTRACT by one"


def described() -> str:
    """The contract as text: a line for each member, then the names of the checks."""
    from neuroclip.heads import CONTRACT
    from neuroclip.testing import head_checks

    lines = [f"contract {CONTRACT}"]
    for module, names in PUBLIC.items():
        for name in names.split():
            lines += ["", *_lines(f"{module}.{name}", getattr(import_module(module), name))]
    return "\n".join([*lines, "", *(f"check {check}" for check in head_checks())]) + "\n"


def _lines(name: str, value: Any) -> Iterator[str]:
    if (
        inspect.isclass(value)
        and value.__module__.startswith("neuroclip.rep")
        and not inspect.isabstract(value)
    ):
        # A representation that ships is a value: what it is made of counts, how it is computed may change.
        yield name + _signature(value.__init__).partition(" -> ")[0].replace("(self, ", "(")
    elif inspect.isclass(value):
        yield f"{name}({', '.join(base.__name__ for base in value.__bases__ if base is not object)})"
        yield from (f"    {line}" for line in sorted(_members(value)))
    elif inspect.isfunction(value):
        yield name + _signature(value)
    else:
        yield f"{name} = {value!r}"


def _members(value: type) -> Iterator[str]:
    fields = {f.name: f for f in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else {}
    for name, annotation in inspect.get_annotations(value).items():
        if not name.startswith("_"):
            yield f"{name}: {annotation}{_default(fields[name]) if name in fields else ''}"
    for name, member in vars(value).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"{name}: property{_signature(member.fget).partition(')')[2]}"
        elif isinstance(member, cached_property):
            yield f"{name}: property{_signature(member.func).partition(')')[2]}"
        elif inspect.isfunction(member):
            yield name + _signature(member)


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return " = ..."
    return "" if field.default is dataclasses.MISSING else f" = {field.default!r}"


def _signature(function: Any) -> str:
    return re.sub(r"[\"']", "", str(inspect.signature(inspect.unwrap(function))))


def problem(now: str, kept: str, changelog: str) -> str:
    """Say what is missing where the contract has changed; empty where it has not, or where all is said."""
    if now == kept:
        return ""
    (new, old) = (int(text.split()[1]) for text in (now, kept))
    changes = "\n".join(
        difflib.unified_diff(kept.splitlines(), now.splitlines(), "released", "now", lineterm="")
    )
    if new != old + 1:
        return f"The contract changed, but it is still contract {new}: {RAISE}, and tell CHANGELOG.md.\n{changes}"
    unreleased = re.search(r"^## .*unreleased.*?(?=^## |\Z)", changelog, flags=re.MULTILINE | re.DOTALL)
    if unreleased is None or f"contract {new}" not in unreleased[0].lower():
        return f"CHANGELOG.md says nothing of contract {new} under the unreleased heading.\n{changes}"
    return ""


def test_the_contract_changes_only_when_the_changelog_says_so() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not (said := problem(described(), KEPT.read_text(encoding="utf-8"), changelog)), said


@pytest.mark.parametrize(
    ("version", "changelog", "wanted"),
    [
        (1, "## 0.2 (unreleased)\n- Contract 2: more.\n", "still contract 1: raise"),
        (3, "## 0.2 (unreleased)\n- Contract 3: more.\n", "raise"),
        (2, "## 0.2 (unreleased)\n\n## 0.1\n- Contract 2: more.\n", "says nothing of contract 2"),
        (2, "## 0.2\n- Contract 2: more.\n", "says nothing of contract 2"),
        (2, "## 0.2 (unreleased)\n- Contract 2: more.\n\n## 0.1\n", ""),
    ],
)
def test_a_change_needs_a_version_and_a_line(version: int, changelog: str, wanted: str) -> None:
    kept, now = "contract 1\nf(x)\n", f"contract {version}\nf(x, y)\n"
    said = problem(now, kept, changelog)
    assert wanted in said
    assert bool(said) == bool(wanted)
    assert not said or {"-f(x)", "+f(x, y)"} < set(said.splitlines())
    assert problem(kept, kept, "") == ""


def test_the_contract_is_told() -> None:
    """docs/contract.md has every member, with every name that a plugin may call, and every check."""
    from neuroclip.heads import CONTRACT
    from neuroclip.testing import head_checks

    document = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    assert f"contract {CONTRACT}" in document.lower()
    for name in " ".join(PUBLIC.values()).split():
        assert re.search(rf"\b{name}\b", document), name
    whole = "Head Checkpoint Recording Classes Model Representation Format Piece PromptSet Row"
    for name in whole.split():
        (line,) = [m for m in PUBLIC if name in PUBLIC[m].split()]
        for member in _members(getattr(import_module(line), name)):
            word = re.match(r"\w+", member)
            assert word is not None
            assert re.search(rf"`[^`\n]*\b{word[0]}\b|^ .*\b{word[0]}\b", document, flags=re.MULTILINE), (
                member
            )
    for check in head_checks():
        assert f"`{check}`" in document, check


if __name__ == "__main__":
    KEPT.write_text(described(), encoding="utf-8")
