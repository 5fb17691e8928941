"""Run the notebook again and keep what it shows: `python recipes/documents/notebook.py docs/quickstart.ipynb`.

It wants `pip install nbclient ipykernel`. Metadata of the machine and counters of runs are left out, so that only what
changed in the cells changes in the file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


def cleaned(notebook: Any) -> Any:
    """Return a notebook with its cells, what they show, and what every machine says of them."""
    for i, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{i:02}", {}
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
            for out in cell.outputs:
                if "execution_count" in out:
                    out.execution_count = None
                out.get("metadata", {}).clear()
                shown = out.get("data", {})
                if "image/png" in shown or "text/html" in shown:
                    shown.pop(
                        "text/plain", None
                    )  # `<Figure size 900x200 with 5 Axes>`, or addresses in memory
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def main() -> None:
    path = Path(sys.argv[1])
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=300, coalesce_streams=True, resources=where).execute()
    notebook = cleaned(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
