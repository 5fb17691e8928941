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


def test_how_good_it_is_is_what_the_card_says() -> None:
    card = Path(neuroclip.__file__).parent / "models" / "event_tiny" / "README.md"
    told = card.read_text(encoding="utf-8")
    for row in rows(section(README, r"How good is it\?"))[1:]:
        for number in re.findall(r"\d+\.\d(?= [%(/])", row[1]):
            assert number in told, row[0]


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
