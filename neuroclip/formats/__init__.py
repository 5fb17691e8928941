"""Recording files: one module per format, found through entry points."""

from neuroclip.formats.examining import Findings, examine
from neuroclip.formats.files import RecordingFile
from neuroclip.formats.finding import find
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.formats.reading import read, read_each, read_many
from neuroclip.formats.registry import Row, installed, load, load_all
from neuroclip.formats.streaming import stream
from neuroclip.formats.walking import pieces
from neuroclip.formats.writing import write, writer_for

__all__ = [
    "PIECE_EVENTS",
    "Findings",
    "Format",
    "Piece",
    "RecordingFile",
    "Row",
    "examine",
    "find",
    "installed",
    "load",
    "load_all",
    "pieces",
    "read",
    "read_each",
    "read_many",
    "stream",
    "write",
    "writer_for",
]
