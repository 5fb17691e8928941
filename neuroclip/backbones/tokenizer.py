"""open_clip's tokenizer without the rest of open_clip, whose import takes two seconds longer."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


@cache
def simple_tokenizer() -> Any:
    """Return open_clip's `SimpleTokenizer` with the stock merges, 49,408 tokens.

    Its module needs no other module of open_clip, so it is read by its file where open_clip has not been imported.
    """
    if "open_clip" in sys.modules:
        from open_clip import tokenizer

        return tokenizer._tokenizer  # pyright: ignore[reportPrivateUsage] - a public one would be built twice
    package = find_spec("open_clip")
    assert package is not None  # a dependency
    assert package.origin is not None
    spec = spec_from_file_location(
        "neuroclip.backbones._tokenizer", Path(package.origin).with_name("tokenizer.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._tokenizer
