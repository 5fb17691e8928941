"""`comparison.json`: what it must have, written and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroclip.comparison.document.form import misfit
from neuroclip.comparison.document.schema import DOCUMENT
from neuroclip.comparison.document.soundness import unsound
from neuroclip.comparison.json_file import write_json
from neuroclip.errors import ComparisonError

FORMAT = 1
NAME = "comparison.json"


def write_document(document: Mapping[str, Any], folder: Path) -> Path:
    """Write a comparison into its folder, whole or not at all, and return the file.

    Raises:
        ComparisonError: It cannot be written, or a number is not finite.
    """
    path = folder / NAME
    check(document, str(path))
    write_json(path, document)
    return path


def read_document(folder: Path) -> dict[str, Any]:
    """Read the comparison of a folder.

    Raises:
        ComparisonError: It cannot be read, is damaged, of another format number, or lacks something; the sentence
            names file, field, what was expected and what was found.
    """
    path = folder / NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise ComparisonError(
            f"{path}: there is no such file; `neuroclip compare ... --out {folder}` writes it"
        ) from error
    except OSError as error:
        raise ComparisonError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ComparisonError(f"{path}: is damaged ({error}): run the comparison again") from error
    check(document, str(path))
    return document


def check(document: Any, where: str) -> None:
    """Check that a document is whole; more fields than are known change nothing.

    Raises:
        ComparisonError: It is not; the sentence begins with `where`.
    """
    if isinstance(document, Mapping) and document.get("format", FORMAT) != FORMAT:
        raise ComparisonError(
            f"{where}: its format is {document['format']!r}, and this version reads {FORMAT}: update NeuroCLIP, or "
            "run the comparison again"
        )
    wrong = misfit(document, DOCUMENT) or unsound(document)
    if wrong is not None:
        raise ComparisonError(f"{where}: {wrong}: run the comparison again")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
