"""The recordings that ship with the package: drawn and simulated by `recipes/samples`, for `neuroclip demo`.

`samples.toml` beside this file lists them: `[classes]` names lists of class words, `[prompts]` the prompt set
that goes with each list, and every `[[sample]]` has a `file`, its true `label`, and the list of `classes` that it
is one of.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """One recording that ships, and what is known about it.

    Attributes:
        path: The file.
        label: What it shows; one of `classes`.
        classes: The class words to choose from.
        prompts: The prompt set that goes with them.
    """

    path: Path
    label: str
    classes: tuple[str, ...]
    prompts: str


def samples() -> list[Sample]:
    """Return the recordings that ship, in the order of `samples.toml`."""
    folder = Path(str(files(__name__)))
    listed = tomllib.loads((folder / "samples.toml").read_text(encoding="utf-8"))
    return [
        Sample(
            folder / row["file"],
            row["label"],
            tuple(listed["classes"][row["classes"]]),
            listed.get("prompts", {}).get(row["classes"], "default"),
        )
        for row in listed["sample"]
    ]
