"""The README: its numbers are those of the results, its picture what the model says, its head keeps the contract."""

from __future__ import annotations

import importlib.util
import re
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import neuroclip
from neuroclip.samples import samples
from neuroclip.testing import failures

from .pages import ROOT, blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


def section(text: str, title: str) -> str:
    """Return what stands under a heading of the second level."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return found


def rows(text: str) -> list[list[str]]:
    """Return the cells of the lines of tables, without marks of notes, and numbers without their intervals."""
    lines = [line.strip("| ") for line in text.splitlines() if line.startswith("| ")]
    return [[re.sub(r" \(.*\)$| [¹²³⁴]$", "", cell.strip()) for cell in line.split(" | ")] for line in lines]


def named(text: str) -> dict[str, list[str]]:
    """Return the rows of a table by the head that each begins with; the first word of a cell counts."""
    found = {match[1]: row[1:] for row in rows(text) if (match := re.match(r"`([\w-]+)`", row[0]))}
    return {name: [cell.partition(" ")[0] for cell in row] for name, row in found.items()}


HEADS = {
    match[1]: row[2:]
    for row in rows(section(README, "The heads"))
    if (match := re.match(r"`([\w-]+)`", row[0]))
}


def test_every_head_that_ships_has_a_row() -> None:
    ours = {
        p.name
        for p in entry_points(group="neuroclip.heads")
        if p.dist is not None and p.dist.name == "neuroclip"
    }
    assert set(HEADS) == ours
    assert f"{len(ours)} ship" in README
    number = {17: "Seventeen", 18: "Eighteen", 19: "Nineteen", 20: "Twenty"}[len(ours)]
    assert f"{number} ship" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_accuracies_and_costs_are_those_of_the_results() -> None:
    """Of N-MNIST where measured there, else of the motion set."""
    digits = named(section(RESULTS, "All heads on real N-MNIST").partition("### ")[0])
    moves = named(section(RESULTS, "All heads on the motion set"))
    for name, (zero, one, sixteen, motion, gflops, median) in HEADS.items():
        if name in digits:
            at_0, at_1, _, at_16, operations, latency, *_ = digits[name]
            assert [zero, one, sixteen, gflops, median] == [at_0, at_1, at_16, operations, latency], name
        else:
            assert [zero, one, sixteen] == ["-"] * 3, name
            assert [gflops, median] == moves[name][3:5], name
        if name in moves:
            assert motion == moves[name][2], name
        else:
            assert motion == "-", name


CARD_ROWS = {
    "real N-MNIST": [("N-MNIST, all 348 recordings", 1)],
    "letters": [("capital letters", 1)],
    "icons": [("icons of the held-out family", 1), ("the same, 50-way; goal", 1), ("the same, 100-way", 1)],
    "the same, 50-way, small": [("the same, 50-way, but small", 1)],
    "concepts": [("held-out concepts", 2)],
    "real hand-held objects": [("DVS128", 1)],
}
"""Of each row of the README, by how it begins, the rows and cells of the model's card that it repeats."""


def cells(text: str) -> list[list[str]]:
    """Return the cells of the lines of tables, as they are written."""
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]


def test_how_good_it_is_is_what_the_card_says() -> None:
    """Row by row: each figure with its interval, of as many ways; chance is what guessing among so many gives."""
    card = Path(neuroclip.__file__).parent / "models" / "event_tiny" / "README.md"
    told = cells(card.read_text(encoding="utf-8"))
    ours = cells(section(README, r"How good is it\?"))[1:]
    assert len(ours) == len(CARD_ROWS)
    for (about, figures, beside), (begins, wanted) in zip(ours, CARD_ROWS.items(), strict=True):
        assert about.startswith(begins)
        theirs: list[str] = []
        for row_begins, cell in wanted:
            (row,) = [row for row in told if row[0].startswith(row_begins)]
            theirs.append(row[cell].partition(";")[0])
            ways = re.findall(r"\d+-way|\b348\b", row[0])
            assert ways
            assert set(ways) <= set(re.findall(r"\d+-way|\b348\b", about)), about
        assert figures.partition(":")[0] == " / ".join(theirs), about
        if beside.startswith("chance"):
            rights = 5 if "top-5" in about else 1
            chances = [f"{round(100 * rights / int(way), 1):g} %" for way in re.findall(r"(\d+)-way", about)]
            assert beside == f"chance {' / '.join(chances)}", about


def test_the_picture_shows_what_the_model_says() -> None:
    texts = [
        node.text or ""
        for node in ElementTree.parse(ROOT / "docs" / "images" / "answer.svg").iter(f"{SVG}text")
    ]
    words = [text for text in texts if re.fullmatch("[a-z]+", text)]
    scores = [float(text) for text in texts if re.fullmatch(r"\d\.\d\d", text)]
    (sample,) = [one for one in samples() if one.path.stem == "object_guitar"]
    answer = neuroclip.zero_shot(
        sample.path, words, model=neuroclip.load_model(precision="fp32", device="cpu")
    )
    assert list(answer.scores) == words
    assert all(abs(a - b) < 0.02 for a, b in zip(answer.scores.values(), scores, strict=True))
    assert answer.timesteps is not None
    for i, (word, score) in enumerate(re.findall(r"([a-z]+) (\d\.\d\d)", "\n".join(texts))):
        assert abs(answer.timesteps[word][i] - float(score)) < 0.02
    assert f"guitar {scores[0]:.2f}, scissors {scores[1]:.2f}" in README


def test_the_head_keeps_the_contract_in_fifteen_lines(tmp_path: Path) -> None:
    code = [block.text for block in blocks(README) if block.language == "python"][-1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    (tmp_path / "near_shots.py").write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("near_shots", tmp_path / "near_shots.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert failures(module.NearShots()) == {}
