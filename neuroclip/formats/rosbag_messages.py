"""Messages with events, as ROS 1 writes them: what is in their fields, and the events of many of them at once.

Source: ros-event-camera/event_camera_msgs, uzh-rpg/rpg_dvs_ros (dvs_msgs).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neuroclip.errors import RecordingError
from neuroclip.formats import evt2, evt3, evt21
from neuroclip.formats.format import PIECE_EVENTS, Piece
from neuroclip.recording import event_array

_EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("s", "<u4"), ("ns", "<u4"), ("on", "u1")])
_EVENTS_A_WORD = 4  # of EVT 3.0, at the most 12
_HEADER_START = 12  # sequence number, seconds, nanoseconds


class _Decoder(Protocol):
    def good(self, words: Any) -> int: ...
    def decode(self, words: Any) -> tuple[Any, Any, Any, Any]: ...


class _Plain:
    """Events that stand there one by one, with seconds and nanoseconds."""

    def good(self, words: NDArray[Any]) -> int:
        bad = words["ns"] >= 10**9
        return int(np.argmax(bad)) if bad.any() else len(words)

    def decode(self, words: NDArray[Any]) -> tuple[Any, Any, Any, Any]:
        t = words["s"].astype(np.int64) * 1_000_000 + words["ns"] // 1000
        return t, words["x"], words["y"], words["on"] != 0


@dataclass(frozen=True)
class _Encoding:
    """How a message is encoded, and for which sensor."""

    name: str
    word: np.dtype[Any]
    size: tuple[int, int]


_DECODERS: dict[str, tuple[Callable[[], _Decoder], DTypeLike]] = {
    "evt3": (evt3.Decoder, "u2"),
    "evt2": (evt2.Decoder, "u4"),
    "evt21": (evt21.Decoder, "u8"),
    "": (_Plain, _EVENT),
}


class Messages:
    """Messages that wait until there are enough of them for a piece; the decoder goes on from one to the next."""

    def __init__(self) -> None:
        self._encoding: _Encoding | None = None
        self._decoder: _Decoder = _Plain()
        self._waiting: list[bytes] = []
        self._bytes = self._messages = self._events = 0

    def add(self, kind: str, message: bytes) -> Iterator[Piece]:
        """Take a message of this type; gives a piece when there is enough for one."""
        try:
            encoding, payload = TYPES[kind](message)
        except (struct.error, ValueError) as error:
            raise RecordingError(f"message {self._messages} with events is damaged ({error})") from error
        if encoding != self._encoding:
            yield from self.flush()
            if self._encoding is not None and encoding.size != self._encoding.size:
                raise RecordingError(
                    f"message {self._messages} is of a sensor of {encoding.size} pixels, those before it of "
                    f"{self._encoding.size}"
                )
            self._encoding, self._decoder = encoding, _DECODERS[encoding.name][0]()
        self._messages += 1
        if len(payload) % encoding.word.itemsize:
            raise RecordingError(
                f"message {self._messages - 1} has {len(payload)} bytes of events, and {encoding.word.itemsize} "
                "a word leave some over: it is damaged"
            )
        self._waiting.append(payload)
        self._bytes += len(payload)
        if self._bytes >= PIECE_EVENTS // _EVENTS_A_WORD * encoding.word.itemsize:
            yield from self.flush()

    def flush(self) -> Iterator[Piece]:
        """Give the events of all messages that wait."""
        if self._encoding is None or not self._waiting:
            return
        words = np.frombuffer(b"".join(self._waiting), self._encoding.word)
        self._waiting, self._bytes = [], 0
        words = words.astype(words.dtype.newbyteorder("="), copy=False)
        good = self._decoder.good(words)
        events = event_array(*self._decoder.decode(words[:good]))
        self._events += len(events)
        yield Piece(events, self._encoding.size)
        if good < len(words):
            raise RecordingError(
                f"what follows event {self._events} is no {self._encoding.name or 'event'}: is it damaged?"
            )


def _packet(message: bytes) -> tuple[_Encoding, bytes]:
    """Read `event_camera_msgs/EventPacket` (in older bags `event_array_msgs/EventArray`)."""
    at = _after_text(message, _HEADER_START)
    height, width, _, _ = struct.unpack_from("<IIQQ", message, at)
    end = _after_text(message, at + 24)
    name = message[at + 28 : end].decode("ascii", "replace")
    if name not in _DECODERS or not name:
        known = ", ".join(filter(None, _DECODERS))
        raise RecordingError(f"its events are encoded as {name!r}; read are {known}")
    big, length = struct.unpack_from("<?I", message, end)
    word = np.dtype(_DECODERS[name][1]).newbyteorder(">" if big else "<")
    return _Encoding(name, word, (width, height)), _payload(message, end + 5, length)


def _array(message: bytes) -> tuple[_Encoding, bytes]:
    """Read `dvs_msgs/EventArray`."""
    at = _after_text(message, _HEADER_START)
    height, width, count = struct.unpack_from("<III", message, at)
    return _Encoding("", _EVENT, (width, height)), _payload(message, at + 12, count * _EVENT.itemsize)


def _after_text(message: bytes, at: int) -> int:
    return at + 4 + struct.unpack_from("<I", message, at)[0]


def _payload(message: bytes, at: int, length: int) -> bytes:
    if at + length != len(message):
        raise ValueError(f"{length} bytes of events are declared, {len(message) - at} are there")
    return message[at:]


TYPES: dict[str, Callable[[bytes], tuple[_Encoding, bytes]]] = {
    "event_camera_msgs/EventPacket": _packet,
    "event_array_msgs/EventArray": _packet,
    "dvs_msgs/EventArray": _array,
    "prophesee_event_msgs/EventArray": _array,
}
"""Types of messages with events -> what reads them."""
