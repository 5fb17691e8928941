"""AEDAT 4: what is written is read again, and no bad file does worse than an error, though faery may."""

import csv
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import RecordingError
from neuroclip.formats import aedat4
from neuroclip.formats.aedat4 import Aedat4
from neuroclip.recording import EVENT_DTYPE

MAGIC = b"#!AER-DAT4.0\r\n"


@pytest.fixture(scope="module")
def recording(make_recording):
    t0 = 1_600_000_000_000_000
    made = make_recording(events=400, width=60, height=40, span_us=90_000)
    return make_recording(
        columns=[(t0 + t, x, y, on) for t, x, y, on in made.events.tolist()], width=60, height=40
    )


@pytest.fixture(scope="module")
def path(recording, tmp_path_factory):
    """Eight packets of fifty events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aedat4, "_PACKET_EVENTS", 50)
        path = tmp_path_factory.mktemp("aedat4") / "a.aedat4"
        formats.write(recording, path)
    return path


def boundaries(content):
    """Where packets begin, as the format describes it, and where the last of them ends."""
    at = 18 + int.from_bytes(content[14:18], "little")
    found = [at]
    while at < len(content) and content[at : at + 4] == bytes(4) and len(found) < 9:
        at += 8 + int.from_bytes(content[at + 4 : at + 8], "little")
        found.append(at)
    return found


def given_events(path):
    """All events in the order of the file, and the error that ended it."""
    events, error = [np.empty(0, EVENT_DTYPE)], None
    try:
        for piece in Aedat4().pieces(path):
            events.append(piece.events)  # noqa: PERF401  (what came before an error counts)
    except RecordingError as raised:
        error = str(raised)
    return np.concatenate(events), error


@given(events=st.integers(1, 500), packet=st.integers(1, 300))
@settings(max_examples=10)
def test_what_is_written_is_read_again(recording, tmp_path_factory, events, packet):
    path = tmp_path_factory.mktemp("aedat4") / "a.aedat4"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aedat4, "_PACKET_EVENTS", packet)
        patch.setattr(aedat4, "PIECE_EVENTS", events)
        formats.write(recording, path)
        again = formats.read(path)
    assert again.digest == recording.digest


def test_what_it_cannot_hold_is_said(tmp_path, make_recording):
    with pytest.raises(RecordingError, match="no times before 0"):
        formats.write(make_recording(columns=[(-1, 0, 0, 1)]), tmp_path / "a.aedat4")
    with pytest.raises(RecordingError, match="too large"):
        formats.write(make_recording(columns=[(1, 0, 0, 1)], width=40_000), tmp_path / "a.aedat4")
    assert list(tmp_path.iterdir()) == []


def test_wherever_it_is_cut_off_the_whole_packets_come_and_then_an_error(path, recording, write):
    content = path.read_bytes()
    begins = boundaries(content)
    assert len(begins) == 9
    cuts = {b + d for b in begins for d in (-1, 0, 1, 4, 7, 8, 9, 40)} | {len(content) - 1}
    for cut in sorted(c for c in cuts if c < len(content)):
        events, error = given_events(write("b.aedat4", content[:cut]))
        whole = sum(cut >= end for end in begins[1:])
        assert np.array_equal(events, recording.events[: 50 * whole])
        assert error is not None or cut in (begins[-1], len(content) - 1)
        assert error is None or "cut off" in error
    for cut in range(14, begins[0], 5):
        events, error = given_events(write("b.aedat4", content[:cut]))
        assert not len(events)
        assert "cut off in the header" in error


def test_a_header_that_would_abort_faery_is_one_sentence(path, write):
    content = path.read_bytes()
    random = np.random.default_rng(0)
    end = boundaries(content)[0]
    for i in range(400):
        data = bytearray(content)
        for at in random.integers(14, end if i % 2 else 90, random.integers(1, 4)):
            data[at] = random.integers(256)
        given_events(write("b.aedat4", bytes(data)))  # that pytest still runs is what is tested
    for root in (0, 4, 2**31, 2**32 - 1):
        _, error = given_events(write("b.aedat4", content[:18] + struct.pack("<I", root) + content[22:]))
        assert "header" in error


def test_a_broken_table_at_the_end_comes_after_all_events(path, recording, write):
    content = path.read_bytes()
    random = np.random.default_rng(2)
    begin = boundaries(content)[-1]
    refused = 0
    for _ in range(100):
        data = bytearray(content)
        for at in random.integers(begin, len(content), 5):
            data[at] = random.integers(256)
        events, error = given_events(write("b.aedat4", bytes(data)))
        assert np.array_equal(events, recording.events)
        refused += error is not None
        assert error is None or f"the table of packets at byte {begin}" in error
    assert refused


def test_broken_packets_end_the_good_ones(path, recording, write):
    content = path.read_bytes()
    random = np.random.default_rng(1)
    begins = boundaries(content)
    for _ in range(200):
        data = bytearray(content)
        at = int(random.integers(begins[0], begins[-1]))
        data[at] ^= 1 << int(random.integers(8))
        events, error = given_events(write("b.aedat4", bytes(data)))
        intact = sum(at >= end for end in begins[1:])
        assert np.array_equal(events[: 50 * intact], recording.events[: 50 * intact])
        assert error is None or f"byte {begins[intact]}" in error


def test_a_packet_that_unpacks_to_far_more_than_the_file_is_refused(path, write):
    content = path.read_bytes()
    begins = boundaries(content)
    block = struct.pack("<I", 3 | 0 << 1 | (1 << 17) << 3)[:3] + b"x"  # Zstandard: 128 KiB of x
    bomb = b"\x28\xb5\x2f\xfd\x00\x58" + (bytes([block[0] & 0xFE]) + block[1:]) * 400 + block
    packet = bytes(4) + struct.pack("<I", len(bomb)) + bomb
    data = bytearray(content[: begins[0]] + packet)
    events, error = given_events(write("b.aedat4", bytes(data)))
    assert not len(events)
    assert "20 times the file" in error


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#!AER-DAT3.1\r\n" * 9, "does not begin with #!AER-DAT4.0"),
        (MAGIC, "cut off in the header"),
        (MAGIC + b"\xff\xff\xff\xff" + bytes(50), "cut off in the header"),
        (MAGIC + struct.pack("<I", 50) + bytes(50), "header is damaged"),
        (MAGIC + struct.pack("<I", 4) + bytes(50), "header is damaged"),
    ],
)
def test_what_is_wrong_is_said(write, content, message):
    with pytest.raises(RecordingError, match=message):
        formats.read(write("a.aedat4", content), format="aedat4")


def test_what_is_no_error_of_faery_is_not_swallowed():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aedat4._called("header", interrupted)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "size"),
    [("davis346_events_frames_imu.aedat4", (346, 260)), ("dvxplorer_320x240.aedat4", (320, 240))],
)
def test_the_real_files_are_what_the_independent_decoder_found(real_data, name, size):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    recording = formats.read(real_data / "formats" / name)
    x, y, t, on = (recording.events[name] for name in ("x", "y", "t", "on"))
    found = [len(t), x.min(), x.max(), y.min(), y.max(), t[0], t[-1], on.sum(), (~on).sum()]
    columns = ["events", "x_min", "x_max", "y_min", "y_max", "t_first_us", "t_last_us", "on", "off"]
    assert found == [int(rows[name][column]) for column in columns]
    assert (recording.width, recording.height) == size


@pytest.mark.real
def test_a_real_file_that_is_cut_off_gives_a_part_and_an_error(real_data, write):
    content = (real_data / "formats" / "davis346_events_frames_imu.aedat4").read_bytes()
    whole, error = given_events(real_data / "formats" / "davis346_events_frames_imu.aedat4")
    assert error is None
    for share in (0.1, 0.3, 0.5, 0.9):
        events, error = given_events(write("b.aedat4", content[: int(share * len(content))]))
        assert 0 < len(events) < len(whole)
        assert np.array_equal(events, whole[: len(events)])
        assert "cut off" in error
