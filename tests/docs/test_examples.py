"""Every example of the documents runs, or is listed here with the reason why it cannot."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from .pages import ROOT, Reader, agrees, blocks, lines_of, pages, shown_output

SLOW_TOO = "NEUROCLIP_SLOW_EXAMPLES" in os.environ

NOT_RUN: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "not_run.toml").read_text(encoding="utf-8")
)
"""Of each page, the lines that are not run, and why."""

NOT_COMPARED: dict[str, dict[str, str]] = {
    "docs/bank.md": {
        "entries  MB   weights              representation": "what the reader's bank holds",
    },
    "docs/commands.md": {
        "nmnist: top-1 accuracy in % (95 % over recordings), n = 308, 2 seeds": "real recordings: not at hand",
    },
}
"""Of each page, first lines of outputs that are shown and depend on the machine or the reader's data."""


@pytest.mark.parametrize("page", pages())
def test_the_examples_of_a_page_run_and_print_what_it_shows(
    page: str, page_folder: Path, pip_install: Callable[[Path], None]
) -> None:
    """From its top to its end, in one folder, as a reader would follow it."""
    listed = NOT_RUN.get(page, {}).items()
    reader = Reader(
        {line: why for line, why in listed if not (SLOW_TOO and why.startswith("slow"))}, pip_install
    )
    compared_not = dict(NOT_COMPARED.get(page, {}))
    for block in blocks((ROOT / page).read_text(encoding="utf-8")):
        if block.language != "console" or any(lines_of(block)):
            reader.said = ""
        reader.follow(block)
        if block.language == "toml":
            tomllib.loads(block.text)
        if block.language == "console":
            shown = shown_output(block).strip()
            if (
                shown
                and compared_not.pop(shown.partition("\n")[0], None) is None
                and not agrees(shown, reader.said)
            ):
                reader.wrong.append(f"It is shown that\n{shown}\nis printed, but it was\n{reader.said}")
    assert not reader.wrong, f"{page}:\n\n" + "\n\n".join(reader.wrong)
    assert not compared_not, f"{page} does not show {list(compared_not)} any more"
    assert reader.met == set(reader.not_run), (
        f"{page} does not have {set(reader.not_run) - reader.met} any more"
    )


def test_what_is_not_run_is_of_pages_that_exist() -> None:
    assert {*NOT_RUN, *NOT_COMPARED} <= set(pages())


def test_commands_stand_in_fenced_blocks() -> None:
    """So that they are found here, and can be copied from the site."""
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in blocks(text):
            text = text.replace(block.text, "")
        assert not [line for line in text.splitlines() if line.startswith("    neuroclip ")], page


@pytest.mark.parametrize(
    ("shown", "said", "alike"),
    [
        ("a  1.00\nb", "a 1.01 b\n", True),
        ("a 1.00", "a 1.05", False),
        ("a 1000", "a 1015", True),
        ("a 1", "b 1", False),
        ('{"x": 0.81, ...}', '{"x": 0.80, "y": [1, 2]}', True),
        ("a\n...\nz", "a b c z", True),
        ("a\n...\nz", "a b c", False),
        ("b 2", "a 1\nb 2\nc 3", True),
        ("b", "ab\nbc", False),
        ("12:30", "12:30", True),
        ("v1.2.3", "v1.2.3", True),
    ],
)
def test_what_is_shown_is_compared_by_words_and_nearly_by_numbers(shown: str, said: str, alike: bool) -> None:
    assert agrees(shown, said) is alike
