"""What is wanted of a comparison besides its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

Bars = Callable[[int, str], AbstractContextManager[Any]]
"""Opens a progress bar of a length and a label, with `.update(n)`."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is wanted besides the cells.

    Attributes:
        jobs: Processes that measure side by side; one that dies costs its cell alone. 0: this process measures.
        samples: Test recordings to show.
        speed: Whether to time each head.
        command: What was typed, for the document.
        published: The rows of a paper, as the document has them.
        recipe: Where they are from, and what differs, as provenance.
        bars: Opens progress bars.
        complain: Is told on one line what went wrong and stops nothing.
    """

    jobs: int = 0
    samples: int = 6
    speed: bool = True
    command: str = ""
    published: Sequence[Mapping[str, Any]] = ()
    recipe: Mapping[str, Any] | None = None
    bars: Bars = lambda length, label: nullcontext(SimpleNamespace(update=lambda n: None))
    complain: Callable[[object], None] = lambda what: None
