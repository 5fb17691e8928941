"""A comparison as people read it: a page, tables for papers and spreadsheets, and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroclip.comparison.report.charts import drawn
from neuroclip.comparison.report.findings import Findings
from neuroclip.comparison.report.latex import latex
from neuroclip.comparison.report.markdown import markdown
from neuroclip.comparison.report.page import page
from neuroclip.comparison.report.spreadsheet import spreadsheet
from neuroclip.comparison.report.writing import drop_old, write

__all__ = ["write_report"]


def write_report(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write comparison.csv, .md, .tex, .html and figures/*.svg of a document that was checked, and return their paths.

    The document alone decides what is in them. Figures of an earlier report that this one does not have are removed.

    Raises:
        ComparisonError: The folder cannot be written to.
    """
    found = Findings(document)
    charts = drawn(found)
    texts = {
        "comparison.csv": spreadsheet(found),
        "comparison.md": markdown(found),
        "comparison.tex": latex(found),
        "comparison.html": page(found, charts),
    }
    figures = {f"figures/{chart.name}.svg": chart.svg for group in charts.values() for chart in group}
    drop_old(folder / "figures", keep={Path(name).name for name in figures})
    return [write(folder / name, text) for name, text in (texts | figures).items()]
