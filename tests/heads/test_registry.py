from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from neuroclip import registry
from neuroclip.errors import HeadError
from neuroclip.heads import find, installed
from neuroclip.heads.registry import name_of


def install(folder: Path, package: str, points: dict[str, str], code: str | None) -> None:
    """Put a package on disk, as an installer would."""
    info = folder / f"{package}-2.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.1\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[neuroclip.heads]\n{lines}")
    if code is not None:
        (folder / f"{package}.py").write_text(code)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._entry_points.cache_clear()
    return tmp_path


def test_ours_is_listed_with_package_and_version() -> None:
    row = next(row for row in installed() if row.name == "zero-shot")
    assert (row.package, row.status, row.reason) == ("neuroclip", "ok", "")
    assert row.version[0].isdigit()


def test_listing_imports_nothing() -> None:
    program = (
        "import sys\nfrom neuroclip import heads\nheads.installed()\n"
        "print({'torch', 'neuroclip_plugins', 'neuroclip_plugins.zero_shot', 'open_clip'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_broken_and_clashing_plugins_are_rows_with_reasons(site: Path) -> None:
    install(site, "gone", {"gone-head": "gone.inside:Head"}, None)
    install(site, "grumpy", {"grumpy-head": "grumpy:Head"}, "raise SystemExit('not today')")
    install(site, "thief", {"zero-shot": "thief:Head"}, "")
    rows = {(row.name, row.package): row for row in installed()}
    assert rows["gone-head", "gone"].status == "broken"
    assert "gone.inside" in rows["gone-head", "gone"].reason
    assert rows["grumpy-head", "grumpy"].status == "ok"  # nobody has imported it
    assert rows["zero-shot", "thief"].reason == "also offered by neuroclip"
    assert rows["zero-shot", "neuroclip"].status == "clash"
    with pytest.raises(HeadError, match=r"claimed by neuroclip and thief"):
        find("zero-shot")
    with pytest.raises(HeadError, match=r"'grumpy-head' of grumpy cannot be imported: SystemExit: not today"):
        find("grumpy-head")
    with pytest.raises(HeadError, match=r"'gone-head' of gone cannot be imported: ModuleNotFoundError"):
        find("gone-head")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("Head = 3", "not a dataclass that derives from"),
        ("class Head: pass", "not a dataclass that derives from"),
        (
            "from dataclasses import dataclass\nimport neuroclip.heads\n"
            "@dataclass(frozen=True)\nclass Head(neuroclip.heads.Head):\n    steps: int = 1\n",
            "lacks logits, representation",
        ),
    ],
)
def test_what_is_no_head_is_refused(site: Path, code: str, wanted: str) -> None:
    name = f"odd_{abs(hash(code))}"
    install(site, name, {"odd": f"{name}:Head"}, code)
    with pytest.raises(HeadError, match=wanted):
        find("odd")


def test_an_unknown_head_lists_those_there_are() -> None:
    with pytest.raises(HeadError, match=r"No head named 'zero-shoot'\. Installed: .*zero-shot"):
        find("zero-shoot")


def test_a_heads_name_is_found_without_importing_a_strangers(site: Path) -> None:
    """The stranger's comes first in the list, and says when it is imported."""
    install(site, "aaa_loud", {"aaa-loud": "aaa_loud:Head"}, "raise SystemExit('imported')")
    assert installed()[0].name == "aaa-loud"
    assert name_of(find("zero-shot")()) == "zero-shot"
    assert "aaa_loud" not in sys.modules


@pytest.mark.parametrize("allowed", ["zero-shot", " prototype , zero-shot,"])
def test_only_what_the_user_allows_may_load(monkeypatch: pytest.MonkeyPatch, allowed: str) -> None:
    monkeypatch.setenv("NEUROCLIP_HEADS", allowed)
    rows = {row.name: row.status for row in installed()}
    assert rows["zero-shot"] == "ok"
    assert rows["lif-adapter"] == "off"
    find("zero-shot")
    with pytest.raises(HeadError, match=r"'lif-adapter' is installed, but NEUROCLIP_HEADS is"):
        find("lif-adapter")
    with pytest.raises(HeadError, match=r"No head named 'x'\. Installed: .*zero-shot\.$"):
        find("x")


def test_a_restriction_to_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROCLIP_HEADS", " ")
    assert {row.status for row in installed()} == {"ok"}
