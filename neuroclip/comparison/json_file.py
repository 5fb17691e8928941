"""A JSON file that is there whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroclip.errors import ComparisonError


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file whole or not at all, with finite numbers only.

    Raises:
        ComparisonError: It cannot be written, or a number is not finite.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        # A name of a file that is no UTF-8 becomes an escape of JSON.
        unfinished.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        os.replace(unfinished, path)
    except OSError as error:
        raise ComparisonError(f"{path}: cannot be written: {error.strerror or error}") from error
    except ValueError as error:
        raise ComparisonError(f"{path}: a number that is not finite came up, and cannot be kept") from error
