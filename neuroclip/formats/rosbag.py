"""ROS 1 bags of event cameras: records, most of them in chunks; some are messages with events.

Source: wiki.ros.org/Bags/Format/2.0. Read record by record and not through the index at the end of the file, so that
a bag that was cut off is read as far as it goes.
"""

from __future__ import annotations

import bz2
from collections.abc import Iterator
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any, ClassVar

from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats.format import Format, Piece
from neuroclip.formats.rosbag_messages import TYPES, Messages

_MAGIC = b"#ROSBAG V2.0\n"
_LONGEST_HEADER = 1 << 20
_MOST_INFLATED, _FEW = 20, 1 << 25
_MESSAGE, _BAG, _CHUNK, _CONNECTION = (bytes([op]) for op in (2, 3, 5, 7))

Fields = dict[str, bytes]


class Rosbag(Format):
    """Bags of version 2.0 with one topic of events: `event_camera_msgs/EventPacket` or `dvs_msgs/EventArray`.

    What an EventPacket's decoder knows carries over from message to message. The times of an EventPacket are those
    of the sensor, the times of an EventArray those of the clock (since 1970).
    """

    name: ClassVar[str] = "rosbag"
    suffixes: ClassVar[tuple[str, ...]] = (".bag",)
    description: ClassVar[str] = "ROS 1 bag: event_camera_msgs, dvs_msgs"

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the first line."""
        return head.startswith(_MAGIC)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read messages, and put as many together as make a piece."""
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise RecordingError(f"it does not begin with {_MAGIC.decode().strip()}: it is no ROS 1 bag")
            bag = _Bag(path.stat().st_size)
            index = bag.index(file)
            messages = Messages()
            file.seek(len(_MAGIC))
            try:
                for kind, content in bag.messages(file, bag.end):
                    yield from messages.add(kind, content)
            except RecordingError:
                yield from messages.flush()
                raise
            yield from messages.flush()
        if not bag.topics:
            raise RecordingError(f"it has no topic of events ({', '.join(sorted(TYPES))})")
        if not 0 < index < bag.end:
            raise RecordingError(
                "it was cut off or never closed: its index is not there (rosbag reindex makes one)"
            )


class _Bag:
    """A bag of `end` bytes; `topics` are the topic and type of each connection that has events."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.topics: dict[int, tuple[str, str]] = {}

    def index(self, file: BufferedIOBase) -> int:
        """Learn the topics from the index, and return where that is; what is damaged in it is come to again."""
        fields, _ = next(_records(file, self.end), ({}, 0))
        if fields.get("op") != _BAG:
            raise RecordingError("its first record is not the bag's own: it is damaged")
        index = _number(fields, "index_pos")
        if 0 < index < self.end:
            file.seek(index)
            try:
                for fields, length in _records(file, self.end):
                    if fields.get("op") == _CONNECTION:
                        self._learn(fields, file.read(length))
            except RecordingError:
                self.topics.clear()
            self._check()
        return index

    def messages(self, file: BufferedIOBase, end: int, inside: bool = False) -> Iterator[tuple[str, bytes]]:
        """Give the type and the content of each message with events, those in chunks too."""
        for fields, length in _records(file, end):
            kind = fields.get("op")
            if kind == _CONNECTION:
                self._learn(fields, file.read(length))
                self._check()
            elif kind == _MESSAGE:
                found = self.topics.get(_number(fields, "conn"))
                if found:
                    yield found[1], file.read(length)
            elif kind == _CHUNK and not inside:
                at, size = file.tell(), _number(fields, "size")
                if size > max(_MOST_INFLATED * self.end, _FEW):
                    raise RecordingError(f"the chunk at byte {at} unpacks to {size} bytes: it is damaged")
                data = _unpack(fields.get("compression", b"none"), file.read(length), size, at)
                try:
                    yield from self.messages(BytesIO(data), len(data), inside=True)
                except RecordingError as error:
                    raise RecordingError(f"in the chunk at byte {at}: {error}") from error
                if len(data) < size:
                    raise RecordingError(f"it was cut off in the chunk at byte {at}, or is damaged there")

    def _learn(self, fields: Fields, content: bytes) -> None:
        kind = _fields(content, 0).get("type", b"").decode("ascii", "replace")
        if kind in TYPES:
            topic = fields.get("topic", b"").decode("utf-8", "replace")
            self.topics[_number(fields, "conn")] = topic, kind

    def _check(self) -> None:
        names = sorted({topic for topic, _ in self.topics.values()})
        if len(names) > 1:
            raise RecordingError(
                f"it has {len(names)} topics of events ({', '.join(names)}): make a bag of the one that you mean "
                f"(rosbag filter in.bag out.bag \"topic == '{names[0]}'\")"
            )


def _records(file: BufferedIOBase, end: int) -> Iterator[tuple[Fields, int]]:
    """Give the fields of each record and the length of its data, at which the file stands; no data is read.

    Of a chunk that is not there as a whole, what is there is given.

    Raises:
        RecordingError: After the last whole record.
    """
    while (at := file.tell()) < end:
        length = int.from_bytes(file.read(4), "little")
        if length > min(end - at, _LONGEST_HEADER):
            raise RecordingError(f"it was cut off in the record at byte {at}, or is damaged there")
        fields = _fields(file.read(length), at)
        data = file.read(4)
        start, length = file.tell(), int.from_bytes(data, "little")
        there = min(length, end - start) if len(data) == 4 else 0
        if (there == length and len(data) == 4) or fields.get("op") == _CHUNK:
            yield fields, there
        if there < length or len(data) < 4:
            raise RecordingError(f"it was cut off in the record at byte {at}, or is damaged there")
        file.seek(start + length)


def _fields(header: bytes, at: int) -> Fields:
    fields: Fields = {}
    start = 0
    while start < len(header):
        length = int.from_bytes(header[start : start + 4], "little")
        name, equals, value = header[start + 4 : start + 4 + length].partition(b"=")
        start += 4 + length
        if not equals or start > len(header):
            raise RecordingError(f"the record at byte {at} has a damaged header")
        fields[name.decode("ascii", "replace")] = value
    return fields


def _number(fields: Fields, name: str) -> int:
    if name not in fields:
        raise RecordingError(f"a record has no field {name}: it is damaged")
    return int.from_bytes(fields[name], "little")


def _unpack(how: bytes, data: bytes, size: int, at: int) -> bytes:
    if how == b"none":
        return data
    if how == b"bz2":
        unpack: Any = bz2.BZ2Decompressor().decompress
    elif how == b"lz4":
        try:
            import lz4.frame  # pyright: ignore[reportMissingImports] - of the extra `ros`
        except ImportError as error:
            raise OptionError("this bag is compressed with LZ4: pip install 'neuroclip[ros]'") from error
        unpack = lz4.frame.LZ4FrameDecompressor().decompress
    else:
        named = how.decode("ascii", "replace")
        raise RecordingError(f"the chunk at byte {at} is compressed with {named!r}, not bz2 or lz4")
    try:
        return unpack(data, max_length=size) if data else b""
    except (OSError, ValueError, EOFError, RuntimeError) as error:
        raise RecordingError(f"the chunk at byte {at} is damaged ({error})") from error
