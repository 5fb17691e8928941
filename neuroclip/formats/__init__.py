"""Recording files: one module per format, found through entry points."""

from neuroclip.formats.finding import find
from neuroclip.formats.format import Decoded, Format
from neuroclip.formats.reading import read, read_each, read_many
from neuroclip.formats.registry import Row, installed, load, load_all

__all__ = [
    "Decoded",
    "Format",
    "Row",
    "find",
    "installed",
    "load",
    "load_all",
    "read",
    "read_each",
    "read_many",
]
