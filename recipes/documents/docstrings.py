"""What griffe is told of our docstrings, so that the reference shows them as they are meant."""

from __future__ import annotations

import re
from typing import Any

import griffe

SHARED = re.compile(r"^( +)(\w+(?:, \w+)+): (.+(?:\n\1 +.+)*)$", flags=re.MULTILINE)


class SharedSentences(griffe.Extension):
    """Where arguments, attributes or errors share a sentence, as in `width, height: In pixels.`, each gets it."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class, function or value."""
        if obj.docstring is not None:
            obj.docstring.value = SHARED.sub(_each, obj.docstring.value)


def _each(found: re.Match[str]) -> str:
    return "\n".join(f"{found[1]}{name}: {found[3]}" for name in found[2].split(", "))
