"""The main table for a paper."""

from __future__ import annotations

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
    r"""Return a `table` of accuracy by shots with its interval over recordings; it wants `\usepackage{booktabs}`."""
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
        rows.append("    " + " & ".join(cells) + r" \\")
    seeds = counted(len(found.document["plan"]["seeds"]), "seed")
    caption = (
        rf"Top-1 accuracy (\%) by shots per class, mean over {seeds}, with 95\,\% intervals over test recordings. "
        rf"Bold: best; $\approx$: not "
        rf"significantly worse (paired permutation test, Holm-corrected $p \geq {ALPHA}$). "
        + escaped(f"{found.document['data']['name']}: {setting(found)}")
    )
    lines = [
        "% Needs \\usepackage{booktabs}.",
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{caption}}}",
        rf"  \begin{{tabular}}{{l{'r' * len(shots)}}}",
        r"    \toprule",
        "    "
        + " & ".join(["Head", *(f"{found.tick(k)}-shot" if k else "zero-shot" for k in shots)])
        + r" \\",
        r"    \midrule",
        *rows,
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: object) -> str:
    """Return text that LaTeX shows as it is."""
    return "".join(_ESCAPES.get(character, character) for character in printable(text))
