"""What cameras of Prophesee write: EVT 2.0, 2.1, 3.0 and .dat, against slow decoders and writers, and faery."""

import csv
import random
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuroclip
from neuroclip import formats
from neuroclip.errors import RecordingError, RecordingWarning
from neuroclip.formats import dat as dat_format
from neuroclip.formats import evt as evt_format
from neuroclip.formats import evt2, evt3, evt21, prophesee, records, registry

EVENTS = [(64 * i + 3, i, 2 * i, i % 2) for i in range(1, 12)] + [(70_000 + i, 639, i, 1) for i in range(5)]
FORMATS = ["evt2", "evt21", "evt3", "dat"]


def slow_evt2(words, high=-1):
    """EVT 2.0 as its description reads, word by word."""
    events, rounds = [], 0
    for word in words:
        kind = word >> 28
        if kind == 8:
            new = word & 0xFFFFFFF
            rounds += high >= 0 and new < high - 2**27
            high = new
        elif kind < 2 and high >= 0:
            t = (rounds << 34) + (high << 6) + (word >> 22 & 63)
            events.append((t, word >> 11 & 2047, word & 2047, kind))
    return events


def slow_evt21(words):
    """EVT 2.1: as many EVT 2.0 words as there are bits in the lower half."""
    plain = []
    for word in words:
        head, valid = word >> 32, word & 0xFFFFFFFF
        if head >> 28 < 2:
            plain += [head + (bit << 11) for bit in range(32) if valid >> bit & 1]
        else:
            plain.append(head)
    return slow_evt2(plain)


def slow_evt3(words):
    """EVT 3.0 as its description reads, word by word."""
    events, high, low, rounds, y, base, on = [], None, 0, 0, None, None, 0
    for word in words:
        kind, value = word >> 12, word & 0xFFF
        if kind == 0:
            y = value & 2047
        elif kind == 2 and high is not None and y is not None:
            events.append(((rounds << 24) + (high << 12) + low, value & 2047, y, value >> 11))
        elif kind == 3:
            base, on = value & 2047, value >> 11
        elif kind in (4, 5) and base is not None:
            if high is not None and y is not None:
                t, bits = (rounds << 24) + (high << 12) + low, range(12 if kind == 4 else 8)
                events += [(t, base + bit, y, on) for bit in bits if value >> bit & 1]
            base += 12 if kind == 4 else 8
        elif kind == 6:
            low = value
        elif kind == 8:
            if high is not None and value < high - 2048:
                rounds += 1
            low = low if value == high else 0
            high = value
    return events


def evt2_bytes(events, header=b"% evt 2.0\n% geometry 640x480\n% end\n"):
    words, high = [], None
    for t, x, y, on in events:
        if t >> 6 != high:
            high = t >> 6
            words.append(8 << 28 | high % 2**28)
        words.append(on << 28 | (t & 63) << 22 | x << 11 | y)
    return header + b"".join(word.to_bytes(4, "little") for word in words)


def evt21_bytes(events, header=b"% evt 2.1\n% geometry 640x480\n% end\n", legacy=False):
    content = b""
    for t, x, y, on in events:
        heads = [(8 << 28 | t >> 6, 0), (on << 28 | (t & 63) << 22 | (x & ~31) << 11 | y, 1 << (x & 31))]
        for head, valid in heads:
            halves = (head, valid) if legacy else (valid, head)
            content += b"".join(half.to_bytes(4, "little") for half in halves)
    return header + content


def evt3_bytes(events, header=b"% evt 3.0\n% geometry 640x480\n% end\n"):
    words = []
    for t, x, y, on in events:
        words += [8 << 12 | t >> 12 & 0xFFF, 6 << 12 | t & 0xFFF, y, 2 << 12 | on << 11 | x]
    return header + b"".join(word.to_bytes(2, "little") for word in words)


def dat_bytes(events, header=b"% Data file containing CD events\n% Version 2\n% Width 640\n% Height 480\n"):
    pairs = [
        (t % 2**32).to_bytes(4, "little") + (on << 28 | y << 14 | x).to_bytes(4, "little")
        for t, x, y, on in events
    ]
    return header + b"\x0c\x08" + b"".join(pairs)


READERS = {"a2.raw": evt2.Evt2(), "a21.raw": evt21.Evt21(), "a3.raw": evt3.Evt3(), "a.dat": dat_format.Dat()}
BYTES = {"a2.raw": evt2_bytes, "a21.raw": evt21_bytes, "a3.raw": evt3_bytes, "a.dat": dat_bytes}


def listed(recording):
    return [(int(t), int(x), int(y), int(on)) for t, x, y, on in recording.events]


def read(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        return formats.read(path, **options)


def good_part(path, reader=None):
    """What pieces give before they raise, and the error; `reader` is asked at once, without looking for one."""
    events = []
    try:
        for piece in formats.pieces(path) if reader is None else reader.pieces(path):
            events += [(int(t), int(x), int(y), int(on)) for t, x, y, on in piece.events]
    except RecordingError as error:
        return events, str(error)
    return events, None


def columns(parts):
    return [tuple(map(int, event)) for part in parts for event in zip(*part, strict=True)]


def in_parts(decoder, words, cuts):
    edges = [0, *sorted(cut % (len(words) + 1) for cut in cuts), len(words)]
    return columns(decoder.decode(words[a:b]) for a, b in pairwise(edges))


def typed(bits, kinds):
    """Words of these types with any content."""
    word = st.tuples(st.sampled_from(kinds), st.integers(0, 2 ** (bits - 4) - 1))
    return st.lists(word.map(lambda w: w[0] << bits - 4 | w[1]), max_size=60)


cuts = st.lists(st.integers(0, 1000), max_size=4)


@given(words=typed(32, [0, 1, 8, 8, 10, 14, 15]), cuts=cuts)
def test_evt2_words_are_decoded_as_described_however_they_are_cut(words, cuts):
    assert in_parts(evt2.Decoder(), np.array(words, np.uint32), cuts) == slow_evt2(words)


@given(words=typed(64, [0, 1, 8, 10, 14, 15]), cuts=cuts, legacy=st.booleans())
def test_evt21_words_are_decoded_as_described_in_both_orders_of_their_halves(words, cuts, legacy):
    words = [
        word & ~(31 << 43) if word >> 60 < 2 else word for word in words
    ]  # groups begin at multiples of 32
    stored = [word >> 32 | (word & 0xFFFFFFFF) << 32 for word in words] if legacy else words
    assert in_parts(evt21.Decoder(legacy=legacy), np.array(stored, np.uint64), cuts) == slow_evt21(words)


@given(words=typed(16, [0, 2, 3, 3, 4, 4, 5, 6, 7, 8, 8, 10, 14, 15]), cuts=cuts)
def test_evt3_words_are_decoded_as_described_however_they_are_cut(words, cuts):
    assert in_parts(evt3.Decoder(), np.array(words, np.uint16), cuts) == slow_evt3(words)


def test_a_vector_of_12_may_stand_alone():
    words = [0x8001, 0x6002, 0x0005, 0x3800 | 100, 0x4000 | 0b100000000101]
    decoded = columns([evt3.Decoder().decode(np.array(words, np.uint16))])
    assert decoded == [(4098, 100, 5, 1), (4098, 102, 5, 1), (4098, 111, 5, 1)]


def test_only_time_high_carries_over():
    words = [0x8FFF, 0x0000, 0x6FFF, 0x2001, 0x6FFD, 0x2002, 0x8000, 0x6001, 0x2003]
    t = evt3.Decoder().decode(np.array(words, np.uint16))[0]
    assert t.tolist() == [2**24 - 1, 2**24 - 3, 2**24 + 1]


def test_times_go_on_after_the_counters_have_gone_round(write):
    t = [2**34 - 1, 2**34 + 1]
    assert listed(read(write("a.raw", evt2_bytes([(t[0], 1, 2, 1), (t[1], 3, 4, 0)]))))[1][0] == t[1]
    t = [2**32 - 1, 2**32 + 1, 2**32 + 2**30, 2**32 + 2**31 + 2**30, 2**33 + 2**20]
    assert [e[0] for e in listed(read(write("a.dat", dat_bytes([(s, 1, 2, 1) for s in t]))))] == t
    t = [2**24 * i // 3 for i in range(12)]
    assert [e[0] for e in listed(read(write("a.raw", evt3_bytes([(s, 1, 2, 1) for s in t]))))] == t


@pytest.mark.parametrize("name", BYTES)
def test_files_written_by_hand_are_read_with_and_without_a_size_in_their_header(write, name):
    recording = formats.read(write(name, BYTES[name](EVENTS)))
    assert listed(recording) == EVENTS
    assert (recording.width, recording.height) == (640, 480)
    bare = {
        "a2.raw": b"% evt 2.0\n",
        "a21.raw": b"% evt 2.1\n",
        "a3.raw": b"% evt 3.0\n",
        "a.dat": b"% Version 2\n",
    }
    with pytest.warns(RecordingWarning, match="640x480"):
        assert listed(formats.read(write(name, BYTES[name](EVENTS, bare[name])))) == EVENTS


@pytest.mark.parametrize(
    "header",
    [
        b"% format EVT2;width=700;height=500\n",
        b"% Date 2020-09-14 09:03:25\n% evt 2.0\n% geometry 700x500\n",
        b"% evt 2.0\n% format EVT2;height=500;width=700\n% geometry 700x500\n% end\n",
        b"% format EVT2\r\n% width 700\r\n% height 500\r\n% end\r\n",
    ],
)
def test_headers_of_any_kind_name_version_and_size(write, header):
    recording = formats.read(write("a.bin", evt2_bytes(EVENTS, header)))
    assert listed(recording) == EVENTS
    assert (recording.width, recording.height) == (700, 500)


@pytest.mark.parametrize("name", ["a.raw", "a.bin", "a"])
def test_files_without_a_header_are_known_by_their_words(write, name):
    for number, content in (
        ("evt2", evt2_bytes(EVENTS, b"")),
        ("evt21", evt21_bytes(EVENTS, b"")),
        ("evt21", evt21_bytes(EVENTS, b"", legacy=True)),
        ("evt3", evt3_bytes(EVENTS, b"")),
    ):
        path = write(name, content)
        found = [f.name for f in formats.load_all() if f.detect(path, content[:4096])]
        assert found == [number] or (found == ["atis", number] and number != "evt2")
        if found == [number]:
            assert listed(read(path, size=(640, 480))) == EVENTS
        assert listed(read(path, size=(640, 480), format=number)) == EVENTS


def test_evt21_halves_are_turned_where_the_header_says_so_or_the_words_look_so(write):
    for header in (b"% format EVT21;height=480;width=640;endianness=legacy\n% end\n", b"% evt 2.1\n"):
        assert listed(read(write("a.raw", evt21_bytes(EVENTS, header, legacy=True)))) == EVENTS
    header = b"% format EVT21;height=480;width=640;endianness=little\n% end\n"
    assert listed(read(write("a.raw", evt21_bytes(EVENTS, header)))) == EVENTS


def test_dat_of_version_1_has_smaller_addresses(write):
    pairs = np.array([5, 3 | 7 << 9 | 1 << 17, 9, 300 | 200 << 9], "<u4").tobytes()
    path = write("a.dat", b"% Version 1\n\x00\x08" + pairs)
    assert listed(read(path)) == [(5, 3, 7, 1), (9, 300, 200, 0)]


def test_events_before_the_first_time_or_row_are_left_out(write):
    early = evt2_bytes([(5, 1, 1, 1)], b"")[4:]
    assert listed(read(write("a.raw", b"% evt 2.0\n" + early + evt2_bytes(EVENTS, b"")))) == EVENTS
    assert "no event" in good_part(write("b.raw", b"% evt 2.0\n" + early))[1]


coordinates = st.integers(0, 2047)
pauses = st.integers(0, 5000) | st.sampled_from([0, 1, 2**12, 2**24, 2**24 + 1])
one_event = st.tuples(pauses, coordinates, coordinates, st.integers(0, 1))


@pytest.mark.parametrize("format", FORMATS)
@given(events=st.lists(one_event, min_size=1, max_size=20), piece=st.sampled_from([5000, 1 << 20]))
@settings(max_examples=30)
def test_what_was_written_is_read_again(tmp_path_factory, make_recording, format, events, piece):
    times = np.cumsum([pause for pause, *_ in events]).tolist()
    columns = [(t, x, y, on) for t, (_, x, y, on) in zip(times, events, strict=True)]
    recording = make_recording(columns=columns, width=2048, height=2048)
    path, reader = tmp_path_factory.mktemp("written") / "a", registry.load(format)
    with pytest.MonkeyPatch.context() as patch:
        for module in (prophesee, records, evt_format, dat_format):
            patch.setattr(module, "PIECE_EVENTS", piece)
        reader.write(path, recording)
        pieces = list(reader.pieces(path))
    assert np.array_equal(np.concatenate([piece.events for piece in pieces]), recording.events)
    assert {piece.size for piece in pieces} == {(2048, 2048)}


@pytest.mark.parametrize("format", FORMATS)
def test_pieces_of_any_size_are_the_same_events(make_recording, tmp_path, monkeypatch, format):
    recording = make_recording(events=200, width=640, height=480, span_us=300_000, seed=5)
    for piece in (3, 64):
        for module in (prophesee, records, evt_format, dat_format):
            monkeypatch.setattr(module, "PIECE_EVENTS", piece)
        neuroclip.write(recording, tmp_path / "a.raw", format=format)
        assert formats.read(tmp_path / "a.raw").digest == recording.digest


def test_suffixes_choose_the_writer(make_recording, tmp_path):
    recording = make_recording()
    for name, start in (("a.raw", b"% evt 2.0\n"), ("a.dat", b"% Data file")):
        neuroclip.write(recording, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
        assert formats.read(tmp_path / name).digest == recording.digest


@pytest.mark.parametrize("format", FORMATS)
def test_what_cannot_be_held_is_refused(make_recording, tmp_path, format):
    unix = make_recording(columns=[(1_600_000_000_000_000, 1, 1, 1)])
    before = make_recording(columns=[(-5, 1, 1, 1)])
    wide = make_recording(width=20_000, height=9)
    for recording, word in ((unix, "times|time"), (before, "times|time"), (wide, "20000x9")):
        with pytest.raises(RecordingError, match=word):
            neuroclip.write(recording, tmp_path / "a.raw", format=format)
        assert not (tmp_path / "a.raw").exists()


def test_dat_times_may_go_round_but_not_in_a_pause(make_recording, tmp_path):
    recording = make_recording(columns=[(2**32 - 1, 1, 1, 1), (2**32 + 2**30, 2, 2, 0)])
    neuroclip.write(recording, tmp_path / "a.dat")
    assert formats.read(tmp_path / "a.dat").digest == recording.digest
    with pytest.raises(RecordingError, match="event 1 is at"):
        neuroclip.write(make_recording(columns=[(5, 1, 1, 1), (2**32 + 6, 2, 2, 0)]), tmp_path / "b.dat")


def test_the_same_pixel_at_the_same_time_a_thousand_times_is_read_again(make_recording, tmp_path):
    recording = make_recording(columns=[(0, 0, 0, 0)] * 1000)
    for format in ("evt2", "evt21", "evt3"):
        neuroclip.write(recording, tmp_path / "a.raw", format=format)
        assert formats.read(tmp_path / "a.raw").digest == recording.digest


@pytest.mark.parametrize(("name", "version"), [("a.raw", "evt2"), ("a.raw", "evt3"), ("a.dat", None)])
def test_faery_reads_what_we_write_and_we_what_it_writes(make_recording, tmp_path, name, version):
    faery = pytest.importorskip("faery")
    recording = make_recording(events=3000, width=640, height=480, span_us=40_000_000, seed=1)
    neuroclip.write(recording, tmp_path / name, format=version)
    theirs = faery.events_stream_from_file(tmp_path / name).to_array()
    for ours, its in zip(recording.events.dtype.names, ("t", "x", "y", "on"), strict=True):
        assert np.array_equal(theirs[its].astype(np.int64), recording.events[ours].astype(np.int64))
    options = {} if version is None else {"version": version}
    path = tmp_path / f"theirs-{name}"  # whose times begin at what the header calls t0
    faery.events_stream_from_array(theirs, (640, 480)).to_file(path, **options)
    assert formats.read(path).digest == recording.digest


@pytest.mark.parametrize("name", BYTES)
def test_a_file_cut_anywhere_gives_its_first_events_or_an_error(write, name):
    content = BYTES[name](EVENTS)
    for length in range(1, len(content)):
        events, error = good_part(write(name, content[:length]), READERS[name])
        assert events == EVENTS[: len(events)]
        if error is not None:
            assert "\n" not in error
    events, error = good_part(write(name, content[:-1]))
    assert events == EVENTS[:-1]
    assert "cut off" in error


@pytest.mark.parametrize("name", BYTES)
def test_a_lost_part_is_no_events(write, name):
    content = BYTES[name](EVENTS)
    events, error = good_part(write(name, content + bytes(1 << 14)))
    assert events == EVENTS
    assert f"from byte {len(content)} on there are only zeros" in error
    header = BYTES[name]([])
    assert "only zeros" in good_part(write(name, header + bytes(1 << 14)))[1]
    assert "no event" in good_part(write(name, BYTES[name]([])))[1]


@pytest.mark.parametrize("name", BYTES)
def test_random_bytes_after_a_header_are_refused_soon(write, name):
    for seed in range(5):
        events, error = good_part(
            write(name, BYTES[name]([]) + random.Random(seed).randbytes(1 << 16)), READERS[name]
        )
        assert error is not None
        assert len(events) < 400


@pytest.mark.parametrize(
    ("name", "itemsize", "bad"),
    [("a2.raw", 4, 2 << 28), ("a21.raw", 8, 2 << 60), ("a3.raw", 2, 9 << 12), ("a.dat", 8, 2 << 60)],
)
def test_a_word_that_means_nothing_is_named_after_what_is_good(write, name, itemsize, bad):
    content = BYTES[name](EVENTS)
    events, error = good_part(write(name, content + bad.to_bytes(itemsize, "little") + bytes(itemsize)))
    assert events == EVENTS
    assert f"at byte {len(content)}" in error


@pytest.mark.parametrize("name", BYTES)
@given(where=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_a_flipped_bit_gives_events_within_the_sensor_or_an_error(tmp_path_factory, name, where, bit):
    content = bytearray(BYTES[name](EVENTS))
    content[int(where * len(content))] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / name
    path.write_bytes(content)
    events, error = good_part(path, READERS[name])
    assert error is None or "\n" not in error
    assert all(x < 2048 and y < 2048 for _, x, y, _ in events) or name == "a.dat"


@pytest.mark.parametrize("name", BYTES)
def test_an_event_outside_the_sensor_is_named_after_what_is_good(write, name):
    events, error = good_part(write(name, BYTES[name]([*EVENTS, (80_000, 640, 1, 1)])))
    assert events == EVENTS
    assert f"event {len(EVENTS)} has x=640" in error


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (evt2_bytes(EVENTS, b"% evt 2.0\n% geometry 99999x480\n"), {}, "99999x480 pixels, but 1 to 2048"),
        (evt2_bytes(EVENTS, b"% evt 2.0\n% geometry 0x0\n"), {}, "0x0 pixels"),
        (evt3_bytes(EVENTS), {"format": "evt2"}, "it is EVT 3.0, not EVT 2.0"),
        (
            evt2_bytes(EVENTS, b"% format EVT4;width=640;height=480\n% end\n"),
            {},
            "it is EVT EVT4, not EVT 2.0",
        ),
        (evt2_bytes(EVENTS), {"format": "dat"}, "is no|of type"),
        (b"% Version 2\n", {"format": "dat"}, "cut off"),
        (b"% Version 2\n\x0e\x08" + bytes(range(8)), {"format": "dat"}, "type 14 and 8 bytes"),
        (b"% Version 7\n\x0c\x08" + bytes(range(8)), {"format": "dat"}, "version 7; 1 and 2 are read"),
        (b"nonsense" * 9, {"format": "dat"}, "no header"),
        (b"nonsense" * 9, {}, "at byte 0 is of no type"),
        (b"% evt 2.0", {}, "of no type|cut off"),
    ],
)
def test_what_is_wrong_is_said(write, content, options, message):
    path = write("a.raw", content)
    with pytest.raises(RecordingError, match=message) as raised:
        formats.read(path, **options)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_photographs_called_raw_are_no_recordings_in_a_folder(write, tmp_path):
    write("set/photo.raw", b"\x49\x49\x2a\x00" * 500)
    write("set/table.dat", b"1 2 3\n4 5 6\n" * 50)
    good = [write("set/a.dat", dat_bytes(EVENTS)), write("set/a.raw", evt2_bytes(EVENTS))]
    assert formats.find([tmp_path / "set"]) == good


@pytest.mark.real
def test_real_recordings_are_what_an_independent_decoder_found(real_data):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    for name, size in {
        "gen3_640x480_evt2.raw": (640, 480),
        "gen41_1280x720_evt3.raw": (1280, 720),
        "genx320_evt2_headerless_left2.bin": (320, 320),
        "ncars_obj_004397_td.dat": (120, 100),
    }.items():
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            recording = formats.read(real_data / "formats" / name)
        assert [str(w.message) for w in said if "earlier" in str(w.message)] == []
        x, y, t, on = (recording.events[column] for column in ("x", "y", "t", "on"))
        found = [len(t), x.min(), x.max(), y.min(), y.max(), t[0], t[-1], on.sum(), (~on).sum()]
        assert [str(value) for value in found] == list(rows[name].values())[1:10]
        assert (recording.width, recording.height) == size


@pytest.mark.real
def test_real_atis_files_are_taken_for_nothing_else(real_data):
    ours = [f for f in formats.load_all() if f.name in FORMATS]
    rows = list(csv.DictReader((real_data / "nmnist" / "stats.csv").open()))
    paths = [real_data / "nmnist" / row["file"] for row in rows]
    paths += [
        real_data / "formats" / name for name in ("nmnist_sample.bin", "ncaltech101_faces_easy_0001.bin")
    ]
    assert len(paths) > 2
    for path in paths:
        with path.open("rb") as file:
            head = file.read(4096)
        assert not any(f.detect(path, head) for f in ours), path
