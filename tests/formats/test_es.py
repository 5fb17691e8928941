"""Event Stream: read as a slow decoder reads it, and written so that it is read again."""

import csv
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import RecordingError
from neuroclip.formats import es
from neuroclip.recording import Recording, make_events

HEADER = b"Event Stream\x02\x00\x00\x01" + struct.pack("<HH", 700, 600)


def slow(data, height=600):
    """The state machine of the description, a byte at a time; events that are whole."""
    events, t, at = [], 0, 0
    while at < len(data):
        if data[at] == 0xFF:
            t, at = t + 127, at + 1
        elif data[at] == 0xFE:
            at += 1
        elif at + 5 <= len(data):
            t += data[at] >> 1
            x, y = struct.unpack_from("<HH", data, at + 1)
            events.append((t, x, height - 1 - y, data[at] & 1))
            at += 5
        else:
            break
    return events, at


def given_events(path, format=None):
    """All events in the order of the file, and the error that ended it."""
    events, error = [], None
    try:
        for piece in format.pieces(path) if format else formats.pieces(path, "es"):
            events += [(int(t), int(x), int(y), int(on)) for t, x, y, on in piece.events]
    except RecordingError as raised:
        error = None if "there is no event in it" in str(raised) else str(raised)
    return events, error


# what can stand alone, and events of which any byte may look as if it did
parts = st.lists(
    st.one_of(
        st.sampled_from([b"\xff", b"\xfe", b"\xff" * 7, b"\xff\xfe\xff"]),
        st.tuples(
            st.integers(0, 0xFD),
            st.sampled_from([0, 254, 255, 0x1FE, 0x1FF, 699]),
            st.sampled_from([0, 255, 0x1FF, 599]),
        ).map(lambda e: struct.pack("<BHH", *e)),
    ),
    max_size=60,
)


@given(parts=parts, cut=st.integers(0, 7), events=st.integers(1, 20))
def test_any_stream_is_read_as_the_slow_decoder_reads_it(tmp_path_factory, parts, cut, events):
    data = b"".join(parts)
    data = data[: max(0, len(data) - cut)]
    path = tmp_path_factory.mktemp("es") / "a.es"
    path.write_bytes(HEADER + data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(es, "PIECE_EVENTS", events)
        found, error = given_events(path)
    expected, whole = slow(data)
    assert found == expected
    assert (error is None) == (whole == len(data))
    assert error is None or f"event {len(expected)} (byte {len(HEADER) + whole})" in error


@given(
    seed=st.integers(0, 99),
    count=st.integers(1, 200),
    span=st.sampled_from([0, 50, 126, 127, 128, 10**5]),
    start=st.sampled_from([0, 126, 127, 254, 10**6]),
    events=st.integers(1, 300),
)
def test_what_is_written_is_read_again(tmp_path_factory, seed, count, span, start, events):
    random = np.random.default_rng(seed)
    t = start + np.sort(random.integers(0, span + 1, count))
    columns = random.integers(0, 300, count), random.integers(0, 257, count), random.integers(0, 2, count)
    recording = Recording(make_events(t, *columns), 300, 257)
    path = tmp_path_factory.mktemp("es") / "a.es"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(es, "PIECE_EVENTS", events)
        formats.write(recording, path)
        assert formats.read(path).digest == recording.digest


def test_what_it_cannot_hold_is_said(tmp_path, make_recording):
    with pytest.raises(RecordingError, match="counts from 0"):
        formats.write(make_recording(columns=[(-1, 0, 0, 1)]), tmp_path / "a.es")
    with pytest.raises(RecordingError, match="times that begin at 0"):
        formats.write(make_recording(columns=[(1_600_000_000_000_000, 0, 0, 1)]), tmp_path / "a.es")
    with pytest.raises(RecordingError, match="too large"):
        formats.write(make_recording(columns=[(1, 0, 0, 1)], width=70_000), tmp_path / "a.es")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Event Stream\x02\x00\x00\x00" + b"\x05\x02ab" * 9, "generic events .* type 0; only DVS"),
        (b"Event Stream\x02\x00\x00\x02" + bytes(range(40)), "ATIS events, type 2"),
        (b"Event Stream\x02\x00\x00\x77" + bytes(range(40)), "something unknown, type 119"),
        (b"Event Stream\x01\x00\x00\x01" + bytes(range(40)), "Event Stream 1.0.0; version 2"),
        (b"Event Stream", "cut off in the header: 12 of 20"),
        (HEADER[:19], "cut off in the header: 19 of 20"),
        (HEADER[:16] + bytes(4) + bytes(range(40)), "sensor has 0x0 pixels"),
        (HEADER, "no event"),
        (HEADER + b"\xff\xfe", "no event"),
        (b"no header", "does not begin with 'Event Stream'"),
    ],
)
def test_what_is_wrong_is_said(write, content, message):
    with pytest.raises(RecordingError, match=message):
        formats.read(write("a.es", content), format="es")


def test_an_event_outside_the_sensor_ends_the_good_ones(write):
    data = struct.pack("<BHH", 2, 699, 599) + struct.pack("<BHH", 3, 1, 600) + struct.pack("<BHH", 3, 1, 1)
    events, error = given_events(write("a.es", HEADER + data))
    assert events == [(1, 699, 0, 0)]
    assert "event 1 has y=600, but the file says that the sensor is 600 pixels high" in error


def test_random_bytes_are_good_events_or_an_error(write):
    random = np.random.default_rng(0)
    for i in range(60):
        data = bytes(2000) if i == 0 else random.bytes(random.integers(1, 2000))
        events, _ = given_events(write("a.es", HEADER + data))
        expected = slow(data)[0]
        assert events == expected[: len(events)]
        assert all(x < 700 and 0 <= y < 600 for _, x, y, _ in events)


@pytest.mark.real
def test_the_real_files_are_what_the_independent_decoder_found(real_data):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recording = formats.read(real_data / "formats" / "dvs_320x240.es")
    check(recording, rows["dvs_320x240.es"], (320, 240))
    with pytest.raises(RecordingError, match="generic events"):
        formats.read(real_data / "formats" / "generic.es")


def check(recording, row, size):
    x, y, t, on = (recording.events[name] for name in ("x", "y", "t", "on"))
    found = [len(t), x.min(), x.max(), y.min(), y.max(), t[0], t[-1], on.sum(), (~on).sum()]
    columns = ["events", "x_min", "x_max", "y_min", "y_max", "t_first_us", "t_last_us", "on", "off"]
    assert found == [int(row[column]) for column in columns]
    assert (recording.width, recording.height) == size
