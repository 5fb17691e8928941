"""What kind of file a video is, and whether it is all there: decoders read a part as if it were the whole."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

# The first box of an MP4 or QuickTime file is one of these; only ftyp is sure to be no other file's.
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_EBML, _SEGMENT = bytes.fromhex("1a45dfa3"), bytes.fromhex("18538067")


def container_of(head: bytes) -> str | None:
    """Tell MP4 and QuickTime ("mp4"), AVI ("avi"), and Matroska and WebM ("matroska") by how they begin."""
    if head[:4] == b"RIFF" and head[8:11] == b"AVI":
        return "avi"
    if head.startswith(_EBML):
        return "matroska"
    if head[4:8] in _BOXES:
        return "mp4"
    return None


def cut_off(path: Path) -> str | None:
    """Say where the file ends too early, by the lengths that its parts have; None where nothing is missing."""
    size = path.stat().st_size
    with path.open("rb") as file:
        kind = container_of(file.read(16))
        file.seek(0)
        promised = {"mp4": _boxes, "avi": _chunks, "matroska": _segment}[kind](file, size) if kind else size
    if promised <= size:
        return None
    return f"the file is cut off: {promised - size} bytes are missing after byte {size}"


def _boxes(file: BinaryIO, size: int) -> int:
    """Walk the outermost boxes; return where the last one ends."""
    end = 0
    while end < size:
        file.seek(end)
        header = file.read(16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if len(name) < 4 or (length == 1 and len(header) < 16):
            return end + 8
        if length == 1:
            length = int.from_bytes(header[8:], "big")
        if length < 8 or not name.isalnum():  # to the end of the file, or padding that is no box
            return size
        end += length
    return end


def _chunks(file: BinaryIO, size: int) -> int:
    """Walk the RIFF chunks (one for each GB or so)."""
    end = 0
    while end < size:
        file.seek(end)
        header = file.read(8)
        length = int.from_bytes(header[4:], "little")
        if header[:4] != b"RIFF" or not length:  # padding, or an AVI that was never finished
            return size
        end += 8 + length
    return end


def _segment(file: BinaryIO, size: int) -> int:
    """Find the segment that everything is in."""
    file.seek(len(_EBML))
    file.seek(_number(file) or 0, 1)
    if file.read(4) != _SEGMENT:
        return size
    length = _number(file)
    return size if length is None else file.tell() + length


def _number(file: BinaryIO) -> int | None:
    """Read a number of variable length; None stands for unknown (all bits set), as live streams have it."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0xFF >> more + 1)]) + file.read(more), "big")
    return None if value == (1 << 7 * (more + 1)) - 1 else value
