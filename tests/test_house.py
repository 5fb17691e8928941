"""What holds for the package as a whole: quick to start, complete, and not too large."""

import os
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer.main

PACKAGES = ("neuroclip", "neuroclip_adapters", "neuroclip_plugins", "neuroclip_prompts")
HEAVY = ("torch", "open_clip", "timm", "torchvision", "spikingjelly", "numba")
COMMANDS = (
    "zero-shot",
    "compare",
    "demo",
    "frames",
    "info",
    "convert",
    "emulate",
    "report",
    "heads",
    "heads check",
    "heads new",
    "models",
    "prompts",
    "formats",
    "bank info",
    "bank clear",
    "bank verify",
)
MB = 1_000_000


def folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def files_below(path: Path) -> list[Path]:
    return [p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


def modules_after(code: str) -> set[str]:
    """Run code in a new interpreter, and return which of the heavy modules it imported."""
    report = f"print(*[m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    report = f"import sys\ntry:\n    {code}\nfinally:\n    {report}"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=False, timeout=120
    )
    return set(done.stderr.split("\n")[-2].split())


def test_importing_neuroclip_imports_no_torch() -> None:
    assert modules_after("import neuroclip") == set()


def test_what_help_says_of_a_command_is_how_its_own_help_begins() -> None:
    from neuroclip.cli import ABOUT, app

    group: Any = typer.main.get_command(app)
    assert list(group.commands) == list(ABOUT)
    for name, command in group.commands.items():
        first, _, _ = command.help.partition("\n\n")
        assert " ".join(first.split()) == ABOUT[name]


def test_help_imports_no_command_and_a_command_no_other() -> None:
    def imported(*arguments: str) -> set[str]:
        code = (
            "import sys\nfrom neuroclip.cli import ABOUT, main\n"
            f"sys.argv = ['neuroclip', *{arguments}]\n"
            "try:\n    main()\nfinally:\n"
            "    found = [n for n in ABOUT if f'neuroclip.cli.{n}'.replace('-', '_') in sys.modules]\n"
            "    print(*found, file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
        )
        assert "Usage: neuroclip" in done.stdout
        return set(done.stderr.split())

    assert imported("--help") == set()
    assert imported("info", "--help") == {"info"}


def test_help_imports_no_torch() -> None:
    """Of any command: one after the other in one interpreter, each with the modules that are there after it."""
    asked = [[], *(command.split() for command in COMMANDS)]
    code = f"""
import contextlib, sys
from neuroclip.cli import main
for arguments in {asked}:
    sys.argv = ["neuroclip", *arguments, "--help"]
    with contextlib.suppress(SystemExit):
        main()
    heavy = [name for name in {HEAVY} if name in sys.modules]
    print(arguments, heavy, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr.splitlines() == [f"{arguments} []" for arguments in asked]
    assert done.stdout.count("Usage: neuroclip") == len(asked)


@pytest.mark.parametrize("command", ["heads", "prompts", "formats"])
def test_listing_what_is_installed_imports_no_torch(command: str) -> None:
    """Listing reads metadata only."""
    assert modules_after(f"sys.argv = ['neuroclip', '{command}']; import neuroclip.__main__") == set()


def test_looking_at_frames_imports_no_torch(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("34 34\n0 1 2 1\n10 2 3 0\n")
    paths = f"r'{tmp_path / 'x.txt'}', '--out', r'{tmp_path / 'x.png'}'"
    assert modules_after(f"sys.argv = ['neuroclip', 'frames', {paths}]; import neuroclip.__main__") == set()
    assert (tmp_path / "x.png").stat().st_size > 0


def test_the_lazy_names_are_all_there() -> None:
    import neuroclip

    for name in neuroclip.__all__:
        assert getattr(neuroclip, name) is not None
        assert name in dir(neuroclip)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = neuroclip.nonsense


def test_threads_wait_passively_unless_told_otherwise() -> None:
    code = "import neuroclip, os; print(os.environ['OMP_WAIT_POLICY'])"
    for given, expected in ((None, "passive"), ("active", "active")):
        environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
        environment |= {"OMP_WAIT_POLICY": given} if given else {}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


def test_the_packages_stay_small() -> None:
    """The packages are at most 30 MB, of which the model 25 MB and the sample recordings 1 MB."""
    for path, limit in {"": 30 * MB, "models": 25 * MB, "samples": 1 * MB}.items():
        assert sum(p.stat().st_size for p in files_below(folder("neuroclip") / path)) <= limit


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed_and_hold_only_what_they_need(package: str) -> None:
    files = files_below(folder(package))
    assert folder(package) / "py.typed" in files
    kinds = {p.suffix for p in files if p.name not in ("py.typed", "NOTICE", "LICENSE")}
    assert kinds <= {".py", ".toml", ".json", ".safetensors", ".md", ".npz", ".bin", ".gz", ".txt", ".yml"}


def test_nothing_is_installed_under_the_names_of_folders() -> None:
    """Of a wheel, only the four packages and their metadata are installed."""
    files = metadata.files("neuroclip") or []
    tops = {
        file.parts[0]
        for file in files
        if not file.parts[0].endswith((".dist-info", ".pth")) and ".." not in file.parts
    }
    assert tops <= set(PACKAGES)


def test_every_entry_point_of_ours_leads_somewhere() -> None:
    ours = [p for p in metadata.distribution("neuroclip").entry_points if p.group.startswith("neuroclip.")]
    assert {p.group for p in ours} >= {"neuroclip.heads", "neuroclip.formats"}
    for point in ours:
        assert point.load() is not None
