"""The tables for a paper: accuracy, and what choosing on the test part adds to it."""

from __future__ import annotations

from collections.abc import Iterable

from neuroclip.comparison.report.chosen import HEADER, NOTE, TITLE, chosen_on_test
from neuroclip.comparison.report.findings import ALPHA, Findings
from neuroclip.comparison.report.sentences import setting
from neuroclip.comparison.report.wording import counted, percent, printable

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\u2013": "--",
    "\u2019": "'",
    "\u201c": "``",
    "\u201d": "''",
    "\u2212": "$-$",
    "\u00a0": "~",
}


def latex(found: Findings) -> str:
    r"""Return a `table` of accuracy by shots with its interval over recordings; it wants `\usepackage{booktabs}`.

    With the protocol as published, a second one has what choosing on the test part would have shown.
    """
    shots = found.shots
    rows: list[str] = []
    for head in found.ranked:
        cells = [escaped(head)]
        for k in shots:
            row = found.summary.get((head, k))
            if row is None:
                cells.append("--")
                continue
            text = percent(row["accuracy"])
            text = rf"\textbf{{{text}}}" if head in found.best(k) else text
            text += r"$^{\approx}$" if head in found.alike(k) else ""
            low, high = row["bootstrap_ci"]
            cells.append(rf"{text} {{\scriptsize [{percent(low)}, {percent(high)}]}}")
        rows.append(" & ".join(cells))
    seeds = counted(len(found.document["plan"]["seeds"]), "seed")
    caption = (
        rf"Top-1 accuracy (\%) by shots per class, mean over {seeds}, with 95\,\% intervals over test recordings. "
        rf"Bold: best; $\approx$: not "
        rf"significantly worse (paired permutation test, Holm-corrected $p \geq {ALPHA}$). "
        + escaped(f"{found.document['data']['name']}: {setting(found)}")
    )
    header = ["Head", *(f"{found.tick(k)}-shot" if k else "zero-shot" for k in shots)]
    made = ["% Needs \\usepackage{booktabs}.", *_table(caption, "l" + "r" * len(shots), header, rows)]
    if chosen := chosen_on_test(found):
        made += ["", *_table(escaped(f"{TITLE}. {NOTE}"), "lrrrr", HEADER, map(_line, chosen))]
    return "\n".join(made) + "\n"


def _line(cells: Iterable[object]) -> str:
    return " & ".join(map(escaped, cells))


def _table(caption: str, columns: str, header: Iterable[object], rows: Iterable[str]) -> list[str]:
    """Return the lines of a `table`; caption and rows are LaTeX already."""
    return [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{caption}}}",
        rf"  \begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        rf"    {_line(header)} \\",
        r"    \midrule",
        *(rf"    {row} \\" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]


def escaped(text: object) -> str:
    """Return text that LaTeX shows as it is."""
    return "".join(_ESCAPES.get(character, character) for character in printable(text))
