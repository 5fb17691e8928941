"""The tables hold what the document holds, whatever the names are."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from neuroclip.cli.compare_table import print_chosen, print_comparison
from neuroclip.comparison.report.chosen import HEADER, TITLE, chosen_on_test
from neuroclip.comparison.report.expenses import known_costs
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.latex import latex
from neuroclip.comparison.report.markdown import markdown
from neuroclip.comparison.report.page.papers import papers
from neuroclip.comparison.report.sentences import finding
from neuroclip.comparison.report.spreadsheet import spreadsheet

NASTY = "<b>&\"'\U0001f600, a|b `c` *d* _e_ $f$ \\g {h} #i 5%~^"


@pytest.fixture(scope="module")
def nasty(make_document: Any) -> Any:
    fail = [("b", 2, 1, f"it broke,\nin two lines: {NASTY}")]
    paper = {
        "head": "b",
        "shots": 2,
        "row": NASTY,
        "paper": 90.4,
        "source": "table 1",
        "selected_on_test": True,
    }
    return make_document(heads=[NASTY, "b"], fail=fail, published=[paper], protocol="as-published", samples=0)


def test_the_spreadsheet_has_one_line_for_each_cell_with_its_numbers(nasty: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(spreadsheet(Findings(nasty)))))
    assert len(rows) == len(nasty["cells"])
    for row, cell in zip(rows, nasty["cells"], strict=True):
        assert (row["head"], row["shots"], row["seed"]) == (
            cell["head"],
            str(cell["shots"]),
            str(cell["seed"]),
        )
        if cell["status"] == "ok":
            assert float(row["accuracy"]) == cell["accuracy"]
            assert float(row["aurc"]) == cell["selective"]["aurc"]
            assert float(row["published_gap"]) == cell["published"]["gap"]
            assert float(row["accuracy drop=0.5"]) == cell["robustness"][1]["accuracy"]
        else:
            assert row["accuracy"] == row["accuracy drop=0.5"] == ""
            assert row["error"] == cell["error"]


def test_without_the_published_protocol_the_spreadsheet_has_no_columns_for_it(document: Any) -> None:
    header = spreadsheet(Findings(document)).splitlines()[0]
    assert "published" not in header
    assert header.startswith("head,shots,seed,status,error,n,accuracy,accuracy_low,accuracy_high,")


def test_every_row_of_a_markdown_table_has_the_cells_of_its_header(nasty: Any) -> None:
    text = markdown(Findings(nasty))
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text, flags=re.MULTILINE)
    assert len(tables) == 7  # accuracy, costs, differences, disturbed, papers, chosen on test, failures
    for table in tables:
        bars = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
        assert len(set(bars)) == 1
    assert "<b>" not in text
    assert re.search(r"(?<!\\)\*d", text) is None


def test_the_disturbed_have_the_mean_of_their_cells(make_document: Any) -> None:
    found = Findings(make_document(samples=0))
    kind, level = "drop", 0.5
    means: list[str] = []
    for head in found.measured:
        rows = [row for cell in found.cells(head) for row in cell["robustness"]]
        left = [row["accuracy"] for row in rows if (row["kind"], row["level"]) == (kind, level)]
        means.append(f"{100 * sum(left) / len(left):.1f}")
    table = markdown(found).partition("## Disturbed test recordings")[2]
    (line,) = [line for line in table.splitlines() if line.startswith("| drop=0.5 |")]
    assert line.strip("| ").split(" | ")[1:] == means


def test_markdown_and_latex_mark_the_best_and_what_is_not_worse(make_document: Any) -> None:
    document = make_document(samples=0)
    found = Findings(document)
    for pair in document["pairs"]:
        pair["p_corrected"] = 0.5
    best, other = found.best(2)[0], found.alike(2)[0]
    text, table = markdown(found), latex(found)
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("|")}
    accuracy = f"{100 * found.summary[best, 2]['accuracy']:.1f}"
    assert f"**{accuracy} (" in text
    assert f"\\textbf{{{accuracy}}}" in table
    assert "\u2248" in next(line for line in text.splitlines() if line.startswith(f"| {other} |"))
    assert r"$^{\approx}$" in next(line for line in table.splitlines() if line.strip().startswith(other))
    assert rows


def test_latex_is_one_table_whose_braces_close_and_whose_rows_are_full(nasty: Any) -> None:
    text = latex(Findings(nasty))
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 2
    bare = text.replace(r"\textbackslash{}", "").replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")
    assert "l" + "r" * 2 in text
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert len(rows) == 3 + 5
    for i, row in enumerate(rows):
        assert len(re.findall(r"(?<!\\)&", row)) == (2 if i < 3 else 4)
        assert re.search(r"(?<!\\)[%#_]|(?<![\\$^{])\$(?![$^\\])|<b>|~\^", row) is None


@pytest.fixture
def leaky(make_document: Any) -> Any:
    """By hand, two seeds: the last checkpoint of `a` has 0.5 and 0.7, the best 0.8 and 0.8; `b` has no such number."""
    document = make_document(heads=["a", "b"], shots=(1, 16), protocol="as-published", samples=0)
    document["plan"]["whole"] = 16
    for cell in document["cells"]:
        cell["published"] = None
        if (cell["head"], cell["shots"]) == ("a", 16):
            last, best = (0.5, 0.8) if cell["seed"] == 0 else (0.7, 0.8)
            cell["published"] = {"accuracy": best, "honest": last, "gap": best - last}
    return document


def test_what_choosing_on_test_adds_is_the_mean_over_seeds(leaky: Any) -> None:
    """The mean of 30 and 10 points is 20; a failed seed does not count, and cells without such a number make no row."""
    assert chosen_on_test(Findings(leaky)) == [("a", "all", "60.0", "80.0", "+20.0")]
    for cell in leaky["cells"]:
        if cell["seed"] == 1:
            cell["status"] = "failed"
    assert chosen_on_test(Findings(leaky)) == [("a", "all", "50.0", "80.0", "+30.0")]


def test_markdown_latex_page_and_terminal_have_the_honest_number_the_chosen_one_and_the_gap(
    leaky: Any, capsys: Any
) -> None:
    found = Findings(leaky)
    text, table, beside = markdown(found), latex(found), str(papers(found))
    print_chosen(leaky)
    printed = capsys.readouterr().out.splitlines()
    _, _, after = text.partition(f"## {TITLE}\n\n")
    assert after.splitlines()[:3] == [
        "| head | shots | honest (last checkpoint) | chosen on test | gap |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| a | all | 60.0 | 80.0 | +20.0 |",
    ]
    first, second = table.split(r"\end{tabular}")[:2]
    assert "+20.0" not in first
    assert r"\begin{tabular}{lrrrr}" in second
    assert r"    head & shots & honest (last checkpoint) & chosen on test & gap \\" in second.splitlines()
    assert r"    a & all & 60.0 & 80.0 & +20.0 \\" in second.splitlines()
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", beside)
    assert [re.sub("<.*?>", "", cell) for cell in cells] == [*HEADER, "a", "all", "60.0", "80.0", "+20.0"]
    assert TITLE in beside
    assert printed[0] == f"{TITLE.lower()}: top-1 accuracy in %, mean over seeds"
    assert [re.split("  +", line) for line in printed[1:]] == [
        list(HEADER),
        ["a", "all", "60.0", "80.0", "+20.0"],
    ]


@pytest.mark.parametrize("protocol", ["honest", "as-published"])
def test_where_nothing_was_chosen_on_test_there_is_no_such_table(
    make_document: Any, capsys: Any, protocol: str
) -> None:
    """Nor does the sentence say that there is one."""
    document = make_document(heads=["a", "b"], protocol=protocol, samples=0)
    for cell in document["cells"]:
        cell["published"] = None
    found = Findings(document)
    assert chosen_on_test(found) == []
    text, table = markdown(found), latex(found)
    assert table.count(r"\begin{table}") == 1
    for one in (text, table):
        assert "chosen on test |" not in one
        assert "table of its own" not in one
    assert TITLE not in text
    assert papers(found) is None
    print_chosen(document)
    assert capsys.readouterr().out == ""


def test_every_table_has_the_interval_over_recordings_and_says_so(make_document: Any, capsys: Any) -> None:
    paper = {"head": "a", "shots": 2, "row": "r", "paper": 90.4, "source": "s", "selected_on_test": False}
    document = make_document(heads=["a", "b"], published=[paper], samples=0)
    for row in document["summary"]:
        row |= {"bootstrap_ci": [0.123, 0.987], "seeds_ci": [0.111, 0.999]}
    found = Findings(document)
    print_comparison(document)
    printed = capsys.readouterr().out
    beside = str(papers(found))
    for text, said in (
        (markdown(found), "(95\u00a0% over recordings)"),
        (latex(found).replace("[12.3, 98.7]", "12.3 to 98.7"), "intervals over test recordings"),
        (printed, "(95 % over recordings)"),
        (beside, "(95\u00a0% over recordings)"),
        (finding(found), "95\u00a0% over recordings: 12.3 to 98.7"),
    ):
        assert said in text
        assert "12.3 to 98.7" in text
        assert "11.1" not in text


def test_latency_has_its_tail_and_how_many_were_timed(make_document: Any, capsys: Any) -> None:
    document = make_document(heads=["a", "b"], samples=0)
    for head, p50 in (("a", 2.5), ("b", 4.0)):
        document["heads"][head]["latency_ms"] = {"p50": p50, "p99": 9.5, "n": 50}
    costs = known_costs(Findings(document))["a"]
    assert (costs["latency p50 (ms, n\u00a0=\u00a050)"], costs["p99 (ms)"]) == (2.5, 9.5)
    assert "timed" not in costs
    document["heads"]["b"]["latency_ms"]["n"] = 20
    both = known_costs(Findings(document))
    assert [(row["latency p50 (ms)"], row["timed"]) for row in (both["a"], both["b"])] == [
        (2.5, 50),
        (4.0, 20),
    ]
    print_comparison(document)
    assert "2.5 / 9.5 (50)" in capsys.readouterr().out
