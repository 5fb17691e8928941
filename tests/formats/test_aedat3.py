"""AEDAT 3.1, as a slow writer makes it; there is no real file of it at hand."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import RecordingError
from neuroclip.formats import aedat3
from neuroclip.formats.aedat3 import Aedat3

HEADER = (
    b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-06-28 17:13:42 (TZ+0200)\r\n"
    b"#!END-HEADER\r\n"
)
EVENTS = [(5 + 900 * i, (i * 7) % 128, (i * 11) % 128, i % 2) for i in range(50)]


def packet(events, kind=1, rounds=0, source=1, size=8, **wrong):
    head = {"kind": kind, "source": source, "size": size, "at": 4, "rounds": rounds, "capacity": len(events)}
    head |= {"number": len(events), "valid": len(events)} | wrong
    body = b"".join(
        struct.pack("<Ii", x << 17 | y << 2 | on << 1 | 1, t) if kind == 1 else bytes(size)
        for t, x, y, on in events
    )
    return struct.pack("<hhiiiiii", *head.values()) + body


def aedat3_file(events, each=7, header=HEADER):
    """Packets of a few events, others between them; a round of the time begins a packet."""
    out, start = [header], 0
    while start < len(events):
        rounds = events[start][0] >> 31
        some = [e for e in events[start : start + each] if e[0] >> 31 == rounds]
        out += [packet([(t & 2**31 - 1, x, y, on) for t, x, y, on in some], rounds=rounds)]
        out += [packet([(0, 0, 0, 0)] * 2, kind=3, size=36)]
        start += len(some)
    return b"".join(out)


def given_events(path):
    events, error = [], None
    try:
        for piece in formats.pieces(path, "aedat3"):
            events += [(int(t), int(x), int(y), int(on)) for t, x, y, on in piece.events]
    except RecordingError as raised:
        error = None if "there is no event in it" in str(raised) else str(raised)
    return events, error


@pytest.mark.parametrize("name", ["a.aedat", "a.aedat3", "a.unknown"])
def test_it_is_read_as_it_was_written(write, name):
    path = write(name, aedat3_file(EVENTS))
    recording = formats.read(path)
    assert [tuple(map(int, e)) for e in recording.events.tolist()] == EVENTS
    assert (recording.width, recording.height) == (128, 128)


@given(seed=st.integers(0, 99), each=st.integers(1, 40), events=st.integers(1, 30))
def test_pieces_and_packets_of_any_size_give_the_same(tmp_path_factory, seed, each, events):
    random = np.random.default_rng(seed)
    times = np.sort(random.integers(2**31 - 500, 2**31 + 500, 60))
    expected = [(int(t), int(random.integers(128)), int(random.integers(128)), int(t) % 2) for t in times]
    path = tmp_path_factory.mktemp("aedat3") / "a.aedat"
    path.write_bytes(aedat3_file(expected, each))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aedat3, "PIECE_EVENTS", events)
        assert given_events(path) == (expected, None)


def test_events_that_are_marked_invalid_are_left_out(write):
    data = bytearray(packet(EVENTS[:3]))
    data[28 + 8] &= 0xFE
    assert given_events(write("a.aedat", HEADER + data))[0] == [EVENTS[0], EVENTS[2]]


@pytest.mark.parametrize(
    ("source", "size"),
    [(b"DVS128", (128, 128)), (b"DAVIS240C", (240, 180)), (b"DAVIS346B", (346, 260)), (b"Other", None)],
)
def test_the_camera_tells_the_size(write, source, size):
    path = write("a.aedat", aedat3_file(EVENTS, header=HEADER.replace(b"DVS128", source)))
    assert {piece.size for piece in Aedat3().pieces(path)} == {size}


def test_wherever_it_is_cut_off_the_good_events_come_and_then_an_error(write):
    content = aedat3_file(EVENTS[:16])
    boundaries = {len(HEADER)}
    at = len(HEADER)
    while at < len(content):
        size, number = (struct.unpack_from("<i", content, at + k)[0] for k in (4, 20))
        at += 28 + size * number
        boundaries.add(at)
    longest = 0
    for cut in range(len(HEADER), len(content)):
        events, error = given_events(write("a.aedat", content[:cut]))
        assert events == EVENTS[: len(events)]
        assert len(events) >= longest
        longest = len(events)
        assert (error is None) == (cut in boundaries)
        assert error is None or "cut off" in error
    for cut in range(1, len(HEADER)):
        events, error = given_events(write("a.aedat", content[:cut]))
        assert events == []
        assert error is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#!AER-DAT2.0\r\n" * 9, "does not begin with #!AER-DAT3.1"),
        (HEADER.replace(b"RAW", b"SerializedTS") + packet(EVENTS), "compressed .SerializedTS"),
        (HEADER + packet(EVENTS, kind=-32767), "compressed or damaged"),
        (
            HEADER + packet(EVENTS, number=10**9, valid=10**9, capacity=10**9),
            "cut off in the packet at byte 105",
        ),
        (HEADER + packet(EVENTS, number=10), "contradicts itself"),
        (HEADER + packet(EVENTS, rounds=-1), "contradicts itself"),
        (HEADER + packet(EVENTS, size=0), "type 1"),
        (HEADER + packet(EVENTS, size=16), "of 16 bytes, not 8"),
        (HEADER + packet(EVENTS) + packet(EVENTS, source=2), "of camera 2, those before of camera 1"),
        (HEADER + packet([(1, 5, 6, 1), (2, 128, 0, 1)]), "event 1 has x=128, but the file says"),
        (HEADER + packet([(1, 5, 6, 1), (-2, 1, 0, 1)]), "event 1 has the time -2"),
        (HEADER, "no event"),
    ],
)
def test_what_is_wrong_is_said(write, content, message):
    with pytest.raises(RecordingError, match=message):
        formats.read(write("a.aedat", content), format="aedat3")


def test_broken_bytes_are_good_events_or_an_error(write):
    random, content = np.random.default_rng(0), aedat3_file(EVENTS)
    for i in range(150):
        data = bytearray(content)
        for at in random.integers(len(HEADER), len(content), random.integers(1, 6)):
            data[at] ^= 1 << int(random.integers(8))
        if i % 3 == 0:
            data[len(HEADER) :] = bytes(400) if i == 0 else random.bytes(400)
        events, _ = given_events(write("a.aedat", bytes(data)))
        assert all(t >= 0 and x < 128 and y < 128 for t, x, y, _ in events)
