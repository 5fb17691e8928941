"""AEDAT 4 files (dv): a header with the streams, then packets, most of them compressed.

Packets are unpacked and decoded by the library faery, which aborts the whole process on a header that is no good
FlatBuffer, takes the lengths of packets on trust, and knows no end where a file was cut off: all that is checked here.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np

from neuroclip.errors import RecordingError
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.recording import EVENT_DTYPE, Recording, join_events
from neuroclip.shapes import Events

_MAGIC = b"#!AER-DAT4.0\r\n"
_LONGEST_HEADER = 1 << 24
_MOST_INFLATED, _FEW = 20, 1 << 25
_PACKET_EVENTS = 1 << 15
_FIELDS = np.dtype([("t", "<u8"), ("x", "<u2"), ("y", "<u2"), ("on", "?")])


class Aedat4(Format):
    """Events of the one stream of events; pictures, inertial data and triggers are left out.

    Times are microseconds, in most files since 1970; the origin is the upper left.
    """

    name: ClassVar[str] = "aedat4"
    suffixes: ClassVar[tuple[str, ...]] = (".aedat4", ".aedat")
    description: ClassVar[str] = "AEDAT 4 (dv): DAVIS346, DVXplorer"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first line."""
        return head.startswith(_MAGIC)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read packets, and put as many together as make a piece; a damaged packet is the end."""
        end = path.stat().st_size
        with path.open("rb") as file:
            start, stop = _check_header(file, end)
            with _decoder(path, start, stop, end) as (decoder, wrong):
                tracks = {t.id: t.dimensions for t in decoder.tracks() if t.data_type == "events"}
                if len(tracks) != 1:
                    raise RecordingError(f"it has {len(tracks)} streams of events, where one is read")
                ((track, size),) = tracks.items()
                parts: list[Events] = []
                waiting = 0
                try:
                    for at in _packets(file, start, stop, end):
                        found, packet = _called(f"packet at byte {at}", next, decoder)
                        if found.id == track and len(packet):
                            parts.append(packet.view(EVENT_DTYPE))  # t is unsigned there, the rest the same
                            waiting += len(packet)
                        if waiting >= PIECE_EVENTS:
                            yield Piece(join_events(parts), size)
                            parts, waiting = [], 0
                except RecordingError:
                    if parts:
                        yield Piece(join_events(parts), size)
                    raise
                if parts:
                    yield Piece(join_events(parts), size)
                if wrong is not None:
                    raise wrong

    def write(self, path: Path, recording: Recording) -> None:
        """Write one stream of events, compressed with LZ4."""
        from faery import aedat

        events, attribute, node = recording.events, aedat.DescriptionAttribute, aedat.DescriptionNode
        if len(events) and events["t"][0] < 0:
            raise RecordingError(
                f"its first event is at {events['t'][0]} us, but AEDAT 4 has no times before 0"
            )
        if max(recording.width, recording.height) > 0x7FFF:
            raise RecordingError(
                f"a sensor of {recording.width}x{recording.height} is too large for AEDAT 4 (32767)"
            )
        size = {"sizeX": attribute("int", recording.width), "sizeY": attribute("int", recording.height)}
        about = {"compression": "LZ4", "originalOutputName": "events", "typeIdentifier": "EVTS"}
        root = "/mainloop/Recorder/outInfo/"
        info = node("info", f"{root}0/info/", {**size, "source": attribute("string", "neuroclip")}, [])
        stream = node(
            "0", f"{root}0/", {key: attribute("string", value) for key, value in about.items()}, [info]
        )
        with aedat.Encoder(path, [node("outInfo", root, {}, [stream])], aedat.LZ4_DEFAULT) as encoder:
            for first in range(0, len(events), _PACKET_EVENTS):
                encoder.write(0, events[first : first + _PACKET_EVENTS].astype(_FIELDS))


@contextmanager
def _decoder(path: Path, start: int, stop: int, end: int) -> Generator[tuple[Any, RecordingError | None]]:
    """Give faery's decoder, and what is wrong with the table behind the packets, without which it opens no file.

    Where that table is cut off or damaged, the packets are all there: then it is given a copy without the table.
    """
    from faery import aedat

    try:
        decoder, wrong = _called("header", aedat.Decoder, path), None
    except RecordingError:
        if not start <= stop < end:
            raise
        wrong = RecordingError(f"the table of packets at byte {stop} was cut off, or is damaged")
        with TemporaryDirectory() as folder:
            copy = Path(folder) / "packets.aedat4"
            for length in (start, stop):  # the header alone: if it is that, no copy of more is made
                with path.open("rb") as source, copy.open("wb") as target:
                    while block := source.read(min(1 << 20, length - source.tell())):
                        target.write(block)
                decoder = _called("header", aedat.Decoder, copy)
            yield decoder, wrong
    else:
        yield decoder, wrong


def _called(what: str, function: Any, *arguments: Any) -> Any:
    """Call faery; whatever it raises says that the file is damaged. Its Rust panics are no `Exception`."""
    try:
        return function(*arguments)
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise RecordingError(f"the {what} is damaged ({why})") from error


def _check_header(file: BufferedReader, end: int) -> tuple[int, int]:
    """Return where the packets begin, and where they end: 0 or less where the file does not say."""
    head = file.read(len(_MAGIC) + 4)
    if not head.startswith(_MAGIC):
        raise RecordingError("it does not begin with #!AER-DAT4.0: it is no AEDAT 4 file")
    start = len(head) + int.from_bytes(head[len(_MAGIC) :], "little")
    if start > min(end, _LONGEST_HEADER) or len(head) < len(_MAGIC) + 4:
        raise RecordingError("it was cut off in the header, or the header is damaged")
    data = file.read(start - len(head))
    try:
        (root,) = struct.unpack_from("<I", data)
        (back,) = struct.unpack_from("<i", data, root)
        fields, length = struct.unpack_from("<HH", data, root - back) if root >= back else (0, 0)
        if data[4:8] != b"IOHE" or fields < 10 or fields % 2 or root + length > len(data):
            raise ValueError("no table of streams")
        offsets = [*struct.unpack_from(f"<{fields // 2 - 2}H", data, root - back + 4)][:3]
        if not offsets[2]:
            raise ValueError("no table of streams")
        if offsets[0]:
            struct.unpack_from("<i", data, root + offsets[0])
        (stop,) = struct.unpack_from("<q", data, root + offsets[1]) if offsets[1] else (-1,)
        text = root + offsets[2]
        text += struct.unpack_from("<I", data, text)[0]
        (length,) = struct.unpack_from("<I", data, text)
        if text + 4 + length > len(data):
            raise ValueError("text beyond its end")
        data[text + 4 : text + 4 + length].decode()
    except (struct.error, ValueError) as error:
        raise RecordingError(f"the header is damaged ({' '.join(str(error).split())})") from error
    return start, stop


def _packets(file: BufferedReader, start: int, stop: int, end: int) -> Iterator[int]:
    """Give where each whole packet begins.

    Raises:
        RecordingError: After the last of them, where the file was cut off.
    """
    at = start
    while at != stop and (at < end or stop > 0):
        file.seek(at)
        head = file.read(8)
        after = at + 8 + int.from_bytes(head[4:], "little")
        if len(head) < 8 or after > end or (stop > 0 and after > stop):
            raise RecordingError(f"it was cut off in the packet at byte {at}, or is damaged there")
        if _most(file, after - at - 8) > max(_MOST_INFLATED * end, _FEW):
            raise RecordingError(
                f"the packet at byte {at} unpacks to more than {_MOST_INFLATED} times the file: is it damaged?"
            )
        yield at
        at = after


def _most(file: BufferedReader, length: int) -> int:
    """Return how many bytes a packet unpacks to at the most: its blocks are counted, not unpacked."""
    head = file.read(18)[:length]
    total, begin = 0, file.tell() - len(head)
    if head.startswith(b"\x04\x22\x4d\x18"):  # LZ4
        flags, most = head[4], 1 << 2 * (head[5] >> 4 & 7) + 8
        at, extra = 7 + 8 * (flags >> 3 & 1) + 4 * (flags & 1), 4 * (flags >> 4 & 1)
        while at + 4 <= length:
            file.seek(begin + at)
            block = int.from_bytes(file.read(4), "little") & 0x7FFFFFFF
            total, at = total + min(most, 255 * block), at + 4 + block + extra
    elif head.startswith(b"\x28\xb5\x2f\xfd"):  # Zstandard
        flags = head[4]
        single = flags >> 5 & 1
        at = 5 + (not single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
        last = False
        while not last and at + 3 <= length:
            file.seek(begin + at)
            block = int.from_bytes(file.read(3), "little")
            last, kind, size = bool(block & 1), block >> 1 & 3, block >> 3
            total, at = total + (size if kind < 2 else 1 << 17), at + 3 + (1 if kind == 1 else size)
    return max(total, length)
