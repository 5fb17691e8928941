"""ROS 1 bags, as a slow writer makes them: chunks, compression, topics, and what is cut off."""

import bz2
import csv
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import rosbag_messages
from neuroclip.formats.rosbag import Rosbag

MAGIC = b"#ROSBAG V2.0\n"
PACKET, ARRAY = "event_camera_msgs/EventPacket", "dvs_msgs/EventArray"
EVENTS = [(1_000_000 + 40 * i, (7 * i) % 60, (11 * i) % 40, i % 2) for i in range(60)]


def record(op, data, **fields):
    fields = {"op": bytes([op]), **fields}
    header = b"".join(
        struct.pack("<I", len(name) + 1 + len(value)) + name.encode() + b"=" + value
        for name, value in fields.items()
    )
    return struct.pack("<I", len(header)) + header + struct.pack("<I", len(data)) + data


def text(value):
    return struct.pack("<I", len(value)) + value.encode()


def connection(number, topic, kind):
    about = b"".join(
        struct.pack("<I", len(field)) + field
        for field in (f"topic={topic}".encode(), f"type={kind}".encode())
    )
    return record(7, about, conn=struct.pack("<I", number), topic=topic.encode())


def message(number, content):
    return record(2, content, conn=struct.pack("<I", number), time=bytes(8))


def array_message(events, size=(60, 40)):
    body = b"".join(
        struct.pack("<HHIIB", x, y, t // 10**6, t % 10**6 * 1000 + 999, on) for t, x, y, on in events
    )
    return bytes(12) + text("cam") + struct.pack("<III", size[1], size[0], len(events)) + body


def packet_message(words, encoding="evt3", code="H", big=False, size=(60, 40)):
    body = struct.pack(f"{'>' if big else '<'}{len(words)}{code}", *words)
    head = struct.pack("<IIQQ", size[1], size[0], 0, 0)
    return bytes(12) + text("cam0") + head + text(encoding) + struct.pack("<?I", big, len(body)) + body


def evt3_words(events):
    """One word for each thing that changes; the state at the end of a message is needed in the next."""
    words, y_now, t_now = [], None, (None, None)
    for t, x, y, on in events:
        if t >> 12 & 0xFFF != t_now[0]:
            words += [0x8000 | t >> 12 & 0xFFF, 0x6000 | t & 0xFFF]
        elif t & 0xFFF != t_now[1]:
            words.append(0x6000 | t & 0xFFF)
        if y != y_now:
            words.append(y)
        words.append(0x2000 | on << 11 | x)
        y_now, t_now = y, (t >> 12 & 0xFFF, t & 0xFFF)
    return words


def bag(records, chunks=2, compression="none", index=True, topics=()):
    """Records in so many chunks, then the topics again as the index has them."""
    pack = {"none": bytes, "bz2": bz2.compress}
    if compression == "lz4":
        pack["lz4"] = pytest.importorskip("lz4.frame").compress
    each = max(1, -(-len(records) // chunks))
    body = b""
    for start in range(0, len(records), each):
        inner = b"".join(records[start : start + each])
        how = {"compression": compression.encode(), "size": struct.pack("<I", len(inner))}
        body += record(5, pack[compression](inner), **how) + record(4, bytes(12), ver=bytes(4))
    head = lambda at: record(3, b" " * 50, index_pos=struct.pack("<Q", at), chunk_count=bytes(4))  # noqa: E731
    at = len(MAGIC) + len(head(0)) + len(body)
    end = (
        b"".join(connection(i, *topic) for i, topic in enumerate(topics)) + record(6, bytes(8))
        if index
        else b""
    )
    return MAGIC + head(at if index else 0) + body + end


def array_bag(events=EVENTS, each=7, **how):
    messages = [message(0, array_message(events[i : i + each])) for i in range(0, len(events), each)]
    return bag([connection(0, "/dvs/events", ARRAY), *messages], topics=[("/dvs/events", ARRAY)], **how)


def packet_bag(events=EVENTS, each=9, big=False, **how):
    words = evt3_words(events)
    messages = [message(0, packet_message(words[i : i + each], big=big)) for i in range(0, len(words), each)]
    return bag([connection(0, "/cam/events", PACKET), *messages], topics=[("/cam/events", PACKET)], **how)


def given_events(path):
    events, error = [], None
    try:
        for piece in Rosbag().pieces(path):
            events += [(int(t), int(x), int(y), int(on)) for t, x, y, on in piece.events]
    except RecordingError as raised:
        error = str(raised)
    return events, error


@pytest.mark.parametrize("compression", ["none", "bz2", "lz4"])
@pytest.mark.parametrize("made", [array_bag, packet_bag])
def test_it_is_read_as_it_was_written(write, made, compression):
    path = write("a.bag", made(compression=compression))
    recording = formats.read(path)
    assert [tuple(map(int, e)) for e in recording.events.tolist()] == EVENTS
    assert (recording.width, recording.height) == (60, 40)
    assert formats.read(path.rename(path.with_name("unknown")), format=None).digest == recording.digest


@given(each=st.integers(1, 60), events=st.integers(1, 70), chunks=st.integers(1, 8), big=st.booleans())
@settings(max_examples=25)
def test_messages_pieces_and_chunks_of_any_size_give_the_same(tmp_path_factory, each, events, chunks, big):
    path = tmp_path_factory.mktemp("bag") / "a.bag"
    path.write_bytes(packet_bag(each=each, chunks=chunks, big=big))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rosbag_messages, "PIECE_EVENTS", events)
        assert given_events(path) == (EVENTS, None)


@pytest.mark.parametrize("encoding", ["evt2", "evt21"])
def test_the_other_encodings_are_read(write, encoding):
    words = []
    for t, x, y, on in EVENTS:
        if encoding == "evt2":
            words += [8 << 28 | t >> 6, on << 28 | (t & 63) << 22 | x << 11 | y]
        else:
            words += [
                8 << 60 | t >> 6 << 32,
                on << 60 | (t & 63) << 54 | (x & ~31) << 43 | y << 32 | 1 << (x & 31),
            ]
    code = {"evt2": "I", "evt21": "Q"}[encoding]
    parts = [message(0, packet_message(words[i : i + 5], encoding, code)) for i in range(0, len(words), 5)]
    content = bag([connection(0, "/e", PACKET), *parts], topics=[("/e", PACKET)])
    assert given_events(write("a.bag", content)) == (EVENTS, None)


def test_other_topics_are_left_out_and_several_with_events_are_listed(write):
    records = [connection(0, "/imu", "sensor_msgs/Imu"), connection(1, "/e", ARRAY), message(0, b"\xff" * 99)]
    content = bag(
        [*records, message(1, array_message(EVENTS))], topics=[("/imu", "sensor_msgs/Imu"), ("/e", ARRAY)]
    )
    assert given_events(write("a.bag", content)) == (EVENTS, None)
    topics = [("/right", PACKET), ("/left", ARRAY)]
    records = [connection(i, *topic) for i, topic in enumerate(topics)]
    for index in (True, False):
        content = bag([*records, message(1, array_message(EVENTS))], topics=topics, index=index)
        events, error = given_events(write("a.bag", content))
        assert events == []
        assert "2 topics of events (/left, /right)" in error


@pytest.mark.parametrize("compression", ["none", "bz2", "lz4"])
@pytest.mark.parametrize("made", [array_bag, packet_bag])
def test_wherever_it_is_cut_off_the_good_events_come_and_then_an_error(write, made, compression):
    content = made(each=5, chunks=4, compression=compression)
    counts = []
    for cut in range(1, len(content), 7):
        events, error = given_events(write("a.bag", content[:cut]))
        assert events == EVENTS[: len(events)]
        assert error is not None or events == EVENTS  # between two records of the index
        counts.append(len(events))
    assert counts == sorted(counts)
    assert counts[-1] == len(EVENTS)
    assert len(set(counts)) > 3


def test_a_bag_that_was_never_closed_says_so_after_its_events(write):
    events, error = given_events(write("a.bag", array_bag(index=False)))
    assert events == EVENTS
    assert "rosbag reindex" in error


def one(content, kind=ARRAY, **how):
    return bag([connection(0, "/e", kind), message(0, content)], topics=[("/e", kind)], **how)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no bag at all", "does not begin with #ROSBAG V2.0"),
        (MAGIC + record(5, b""), "first record is not the bag's own"),
        (
            bag([connection(0, "/imu", "sensor_msgs/Imu")], topics=[("/imu", "sensor_msgs/Imu")]),
            "no topic of events",
        ),
        (one(array_message([])), "no event"),
        (one(array_message([(1, 5, 5, 1), (2, 60, 0, 1)])), "event 1 has x=60, but the file says"),
        (one(array_message(EVENTS)[:-1]), "message 0 with events is damaged .780 bytes"),
        (one(b"abc"), "message 0 with events is damaged"),
        (
            one(packet_message([1, 2], encoding="mono"), PACKET),
            "encoded as 'mono'; read are evt3, evt2, evt21",
        ),
        (one(packet_message([1, 2, 3], code="B"), PACKET), "message 0 has 3 bytes"),
        (one(packet_message([0x8001, 0x6001, 5, 0x2001, 0x1000]), PACKET), "what follows event 1 is no evt3"),
        (
            bag(
                [
                    connection(0, "/e", ARRAY),
                    *(message(0, array_message(EVENTS, s)) for s in ((60, 40), (99, 99))),
                ]
            ),
            "message 1 is of a sensor of",
        ),
        (
            MAGIC
            + record(3, b"", index_pos=bytes(8))
            + record(5, b"", compression=b"none", size=b"\xff" * 4),
            "unpacks to 4294967295 bytes",
        ),
        (
            MAGIC
            + record(3, b"", index_pos=bytes(8))
            + record(5, b"abc", compression=b"zip", size=b"\1\0\0\0"),
            "compressed with 'zip'",
        ),
        (
            MAGIC
            + record(3, b"", index_pos=bytes(8))
            + record(5, b"abc", compression=b"bz2", size=b"\1\0\0\0"),
            "chunk at byte .* is damaged",
        ),
    ],
)
def test_what_is_wrong_is_said(write, content, message):
    with pytest.raises(RecordingError, match=message) as raised:
        formats.read(write("a.bag", content), format="rosbag")
    assert "\n" not in str(raised.value)


def test_without_the_extra_it_is_said_which_one(write, monkeypatch):
    path = write("a.bag", array_bag(compression="lz4"))
    monkeypatch.setitem(__import__("sys").modules, "lz4", None)
    monkeypatch.setitem(__import__("sys").modules, "lz4.frame", None)
    with pytest.raises(OptionError, match=r"pip install 'neuroclip\[ros\]'"):
        formats.read(path)


@pytest.mark.parametrize("made", [array_bag, packet_bag])
def test_broken_bytes_are_good_events_or_an_error(write, made):
    random, content = np.random.default_rng(0), made(compression="bz2" if made is array_bag else "none")
    for i in range(200):
        data = bytearray(content)
        for at in random.integers(len(MAGIC), len(content), random.integers(1, 6)):
            data[at] ^= 1 << int(random.integers(8))
        if i % 4 == 0:
            data[len(MAGIC) :] = bytes(400) if i == 0 else random.bytes(400)
        events, _ = given_events(write("a.bag", bytes(data)))
        assert all(x < 65536 and y < 65536 for _, x, y, _ in events)


@pytest.mark.real
def test_the_real_file_is_what_the_independent_decoder_found(real_data):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording = formats.read(real_data / "formats" / "event_packet_evt3.bag")
    x, y, t, on = (recording.events[name] for name in ("x", "y", "t", "on"))
    found = [len(t), x.min(), x.max(), y.min(), y.max(), t[0], t[-1], on.sum(), (~on).sum()]
    columns = ["events", "x_min", "x_max", "y_min", "y_max", "t_first_us", "t_last_us", "on", "off"]
    assert found == [int(rows["event_packet_evt3.bag"][column]) for column in columns]
    assert (recording.width, recording.height) == (640, 480)
