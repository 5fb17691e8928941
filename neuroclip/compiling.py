"""Loops that numba compiles where it is installed (`pip install 'neuroclip[fast]'`) and where that pays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from inspect import unwrap
from typing import Any


def numba_pays(work: int, least: int) -> bool:
    """Whether numba is there, and there is enough work for what loading it takes, or it is loaded already."""
    return (work >= least or "numba" in sys.modules) and find_spec("numba") is not None


@cache
def compiled(kernel: Callable[..., Any]) -> Any:
    """Compile a function of numbers and arrays; the result is kept on disk where that can be written.

    Divisions follow NumPy, and other threads run meanwhile.
    """
    import numba

    plain = unwrap(kernel)  # the tests' type checker wraps every function; numba wants the plain one
    try:
        return numba.njit(plain, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:  # nowhere to write the cache
        return numba.njit(plain, nogil=True, error_model="numpy")
