"""What the documents show: their fenced blocks, and running those as a reader would, one page in one folder."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import runpy
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import typer.main
from typer.testing import CliRunner

from neuroclip.cli import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", flags=re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"[Ss]ave (?:this|it|them) as\s+`([\w./-]+)`[^`]*$")
NAMED = re.compile(r"# ([\w-]+\.(?:py|toml))\n")
ASSIGNED = re.compile(r"([A-Z_]+)=(.*)", flags=re.DOTALL)


def pages() -> list[str]:
    """Return all documents that readers follow, by their paths from the root."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT).as_posix() for path in found]


@dataclass(frozen=True)
class Block:
    """A fenced block; `saved` is the file that the reader is told to save it as, before it or in its first line."""

    language: str
    text: str
    saved: str | None = None


def blocks(text: str) -> list[Block]:
    """Return the blocks of a document in their order."""
    found: list[Block] = []
    for match in BLOCK.finditer(text):
        before = SAVED.search(text[: match.start()].rstrip().rpartition("\n\n")[2])
        body = "".join(line.removeprefix(match[1]) for line in match[3].splitlines(keepends=True))
        saved = before or NAMED.match(body)
        found.append(Block(match[2], body, saved and saved[1]))
    return found


def lines_of(block: Block) -> Iterator[str]:
    """Return the commands of a block: of `console`, what stands behind `$`."""
    text = re.sub(r"\\\n\s*", " ", block.text)
    if block.language == "console":
        yield from (line[2:].strip() for line in text.splitlines() if line.startswith("$ "))
    else:
        yield from filter(None, map(without_comment, joined_lines(text)))


def joined_lines(text: str) -> Iterator[str]:
    """Return lines, those as one over which an open quotation goes on."""
    begun = ""
    for line in text.splitlines():
        begun += " " * bool(begun) + line.strip() if begun else line
        if begun.count("'") % 2 == 0:
            yield begun
            begun = ""


def without_comment(line: str) -> str:
    """Return a line of a terminal without what stands behind ` #`."""
    return re.sub(r"(^|\s+)#\s.*", "", line).strip()


def words_of(line: str) -> list[list[str]]:
    """Return the words of each command of a line, which `&&` joins."""
    words = shlex.split(line)
    return [list(part) for joint, part in itertools.groupby(words, "&&".__eq__) if not joint]


def check_usage(arguments: list[str]) -> None:
    """Parse a command without running it: a wrong name or option is an error."""
    command: Any = typer.main.get_command(app)
    name = "neuroclip"
    while hasattr(command, "commands") and arguments and arguments[0] in command.commands:
        name, arguments = f"{name} {arguments[0]}", arguments[1:]
        command = command.commands[name.rpartition(" ")[2]]
    if not (hasattr(command, "commands") and not arguments):
        command.make_context(name, list(arguments))


@dataclass
class Reader:
    """Follows one page, in the working folder; python blocks share their names, as in one session."""

    not_run: Mapping[str, str]
    install: Callable[[Path], None]
    module: ModuleType = field(default_factory=lambda: ModuleType("example"))
    said: str = ""
    met: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def follow(self, block: Block) -> None:
        """Do what a block says; what is printed is added to `said`."""
        if block.saved:
            Path(block.saved).parent.mkdir(parents=True, exist_ok=True)
            Path(block.saved).write_text(block.text, encoding="utf-8")
        if block.language in ("sh", "console"):
            for line in lines_of(block):
                with self.noting(line):
                    self.type(line)
        elif block.language in ("python", "py") and not self.skips(block.text.partition("\n")[0]):
            sys.modules["example"] = self.module  # where a dataclass looks for the names of its fields
            with self.noting(block.text), contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(block.text, block.saved or "<example>", "exec"), vars(self.module))
            self.said += out.getvalue()

    @contextlib.contextmanager
    def noting(self, what: str) -> Iterator[None]:
        """Note what goes wrong and go on, so that a page's author sees everything at once."""
        try:
            yield
        except Exception as error:
            self.wrong.append(f"{what}\n{type(error).__name__}: {error}")

    def skips(self, line: str) -> bool:
        """Tell whether a line, or the first line of a block, is listed among those that are not run.

        What is listed is the whole line, or its beginning and three dots.
        """
        listed = {
            one for one in self.not_run if line == one or (one.endswith("...") and line.startswith(one[:-3]))
        }
        self.met |= listed
        return bool(listed)

    def type(self, line: str) -> None:
        """Run a line of a terminal."""
        commands = words_of(line)
        if self.skips(line):
            for words in commands:
                if words[0] == "neuroclip" and "..." not in words:
                    check_usage(words[1:])
            return
        for words in commands:
            self._run(words, line)

    def _run(self, words: list[str], line: str) -> None:
        given: dict[str, str] = {}
        while assigned := ASSIGNED.fullmatch(words[0]):
            given[assigned[1]], words = assigned[2], words[1:]
        match words:
            case ["neuroclip", *arguments]:
                result = CliRunner().invoke(app, arguments, prog_name="neuroclip", env=given)
                if result.exception is not None and not isinstance(result.exception, SystemExit):
                    raise result.exception
                assert result.exit_code == 0, f"{line}\n{result.stdout}{result.stderr}"
                self.said += result.stdout
            case ["python", script] if script.endswith(".py") and Path(script).exists():
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    runpy.run_path(script, run_name="__main__")
                self.said += out.getvalue()
            case ["pip", "install", "-e", folder] if package := package_in(folder):
                self.install(package)
            case _:
                raise AssertionError(f"{line!r} is not run: list it with a reason, or show what can be run")


def package_in(folder: str) -> Path | None:
    """Return the folder of a package, in the reader's folder or in the project, without its extras."""
    name = folder.partition("[")[0]
    found = [place / name for place in (Path.cwd(), ROOT) if (place / name / "pyproject.toml").exists()]
    return found[0].resolve() if found and found[0].resolve() != ROOT else None


def shown_output(block: Block) -> str:
    """Return the output that a `console` block shows."""
    if "$ " not in block.text:
        return block.text
    return "\n".join(line for line in block.text.splitlines() if not line.startswith("$ "))


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def agrees(shown: str, said: str) -> bool:
    """Tell whether what is shown is what was said: words alike, numbers within 2 %, `...` anything in between.

    How many spaces or lines there are between words does not matter, nor do whole lines before and after what is shown.
    """
    pieces = re.split(rf"(\.\.\.|\s+|{NUMBER.pattern})", shown.strip())
    pattern = "".join(
        ".*?"
        if piece == "..."
        else r"\s+"
        if piece.isspace()
        else f"({NUMBER.pattern})"
        if NUMBER.fullmatch(piece)
        else re.escape(piece)
        for piece in pieces
    )
    found = re.search(rf"(?:^|\n)[ \t]*{pattern}[ \t]*(?:\n|$)", said.strip(), flags=re.DOTALL)
    numbers = [float(piece) for piece in pieces if NUMBER.fullmatch(piece)]
    return found is not None and all(
        abs(a - float(b)) <= 0.02 * max(1, abs(a)) for a, b in zip(numbers, found.groups(), strict=True)
    )
