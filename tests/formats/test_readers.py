"""What each reader makes of files that were written by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import RecordingError
from neuroclip.formats import text

SIZE = (34, 34)
EVENTS = [
    (5, 0, 1, 1),
    (7, 33, 2, 0),
    (7, 4, 33, 0),
    (300_000, 9, 9, 1),
    (300_001, 9, 9, 0),
    (335_000, 0, 0, 1),
] + [(335_001 + i, i, i, i % 2) for i in range(9)]


def listed(recording):
    return [(int(t), int(x), int(y), int(on)) for t, x, y, on in recording.events]


@pytest.mark.parametrize("name", ["a.bin", "a.bs2", "a.unknown"])
def test_atis(write, writers, name):
    assert listed(formats.read(write(name, writers.atis(EVENTS)), size=SIZE)) == EVENTS


def test_atis_is_read_byte_by_byte_as_documented(write):
    # x = 3, y = 5, ON, 0x012345 us; then x = 4, y = 6, OFF, 0x7fffff us
    path = write("a.bin", bytes([3, 5, 0x81, 0x23, 0x45, 4, 6, 0x7F, 0xFF, 0xFF]))
    assert listed(formats.read(path, size=SIZE)) == [(0x012345, 3, 5, 1), (0x7FFFFF, 4, 6, 0)]


def test_an_atis_overflow_moves_later_times_and_is_no_event(write, writers):
    path = write("a.bin", writers.atis([(8000, 1, 1, 1), (8191, 0, 240, 0), (10, 2, 2, 0)]))
    assert listed(formats.read(path, size=SIZE, format="atis")) == [(8000, 1, 1, 1), (8202, 2, 2, 0)]


def test_dvs128_is_turned_upright_and_low_polarity_is_on(write, writers):
    path = write("a.aedat", writers.dvs128(EVENTS))
    recording = formats.read(path)
    assert listed(recording) == EVENTS
    assert (recording.width, recording.height) == (128, 128)


def test_dvs128_times_are_unsigned_and_may_go_round(write, writers):
    times = [2**31 + 5, 2**32 - 1, 2**32 + 3]
    path = write("a.aedat", writers.dvs128([(t, 1, 2, 1) for t in times]))
    assert formats.read(path).events["t"].tolist() == times


def test_dvs128_special_words_are_no_events_and_the_header_may_name_other_cameras(write, writers):
    header = b"#!AER-DAT2.0\r\n# AEChip: x.DVS128\r\n# preferences of DAVIS346\r\n#End\r\n"
    special = (0x8000).to_bytes(4, "big") + (9).to_bytes(4, "big")
    assert listed(formats.read(write("a.aedat", writers.dvs128(EVENTS[:2], header) + special))) == EVENTS[:2]


def test_davis240_is_turned_upright_and_pictures_are_left_out(write, writers):
    events = [(1, 0, 0, 1), (2, 239, 179, 0), (3, 100, 50, 1)]
    picture = (0x80000000 | 5).to_bytes(4, "big") + (2).to_bytes(4, "big")
    recording = formats.read(write("a.aedat", writers.davis240(events) + picture))
    assert listed(recording) == events
    assert (recording.width, recording.height) == (240, 180)


def test_other_cameras_in_aedat2_are_refused_by_name(write, writers):
    path = write("a.aedat", writers.dvs128(EVENTS, b"#!AER-DAT2.0\r\n# AEChip: chips.davis.DAVIS640B\r\n"))
    with pytest.raises(RecordingError, match="DAVIS640B"):
        formats.read(path)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.txt", "{t} {x} {y} {on}\n"),
        ("a.csv", "{t},{x},{y},{on}\n"),
        ("a.csv", "{t}, {x}, {y}, {on}\r\n"),
        ("a.tsv", "{t}\t{x}\t{y}\t{on}\n"),
        ("a.csv", "{t};{x};{y};{on}\n"),
    ],
)
def test_text_between_any_separators(write, writers, name, line):
    assert listed(formats.read(write(name, writers.text(EVENTS, line)), size=SIZE)) == EVENTS


def test_text_in_seconds_is_rounded_to_whole_microseconds(write):
    path = write("a.txt", b"13.582595999 190 82 1\n13.582597 1 2 0\n2e1 1 2 -1\n")
    assert listed(formats.read(path, size=(240, 180))) == [
        (13_582_596, 190, 82, 1),
        (13_582_597, 1, 2, 0),
        (20_000_000, 1, 2, 0),
    ]


@pytest.mark.parametrize(
    ("header", "line", "scale"),
    [
        ("x,y,p,t\n", "{x},{y},{on},{t}\n", 1),
        ("# made by hand\n\ntimestamp_ms x y polarity extra\n", "{t} {x} {y} {on} 7\n", 1000),
        ('"t_ns","x","y","on"\n', "{t}000,{x},{y},{on}\n", 1),
        ("t_s,x,y,p\n", "{t},{x},{y},{on}\n", 1_000_000),
    ],
)
def test_a_header_names_the_columns_and_the_unit(write, writers, header, line, scale):
    path = write("a.csv", header.encode() + writers.text(EVENTS, line))
    assert listed(formats.read(path, size=SIZE)) == [(t * scale, x, y, on) for t, x, y, on in EVENTS]


def test_a_first_line_of_two_numbers_is_the_size(write, writers):
    recording = formats.read(write("a.txt", b"50 40\n" + writers.text(EVENTS)))
    assert (recording.width, recording.height) == (50, 40)
    assert listed(recording) == EVENTS


def columns():
    t, x, y, on = np.array(EVENTS).T
    return {"t": t, "x": x, "y": y, "p": on}


STRUCTURED = np.array(
    [(x, y, t, on) for t, x, y, on in EVENTS], [("x", "u2"), ("y", "u2"), ("ts", "i8"), ("pol", "?")]
)


@pytest.mark.parametrize(
    "array",
    [
        STRUCTURED,
        np.array(EVENTS),
        np.array(EVENTS, ">i8"),
        np.array(EVENTS)[:, [1, 2, 0, 3]],
        np.array(EVENTS, np.float64) * [1e-6, 1, 1, 1],
        np.array(EVENTS, np.float64),
        np.array([(t, x, y, 2 * on - 1) for t, x, y, on in EVENTS]),
    ],
    ids=["structured", "txyp", "big-endian", "xytp", "seconds", "floats", "minus one"],
)
def test_npy(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    assert listed(formats.read(tmp_path / "a.npy", size=SIZE)) == EVENTS
    np.savez_compressed(tmp_path / "b.npz", events=array)
    assert listed(formats.read(tmp_path / "b.npz", size=SIZE)) == EVENTS
    np.savez(tmp_path / "c.npz", array)
    assert listed(formats.read(tmp_path / "c.npz", size=SIZE)) == EVENTS


def test_npz_with_an_array_a_column_and_the_size(tmp_path):
    np.savez(tmp_path / "a.npz", **columns(), width=36, height=35)
    recording = formats.read(tmp_path / "a.npz")
    assert listed(recording) == EVENTS
    assert (recording.width, recording.height) == (36, 35)


def test_microseconds_with_fractions_are_not_taken_for_weeks(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[0.5, 0, 0, 1], [9_000_000.4, 0, 0, 1]]))
    assert formats.read(tmp_path / "a.npy", size=SIZE).events["t"].tolist() == [0, 9_000_000]


event = st.tuples(st.integers(0, 2**22), st.integers(0, 33), st.integers(0, 33), st.integers(0, 1))


@given(events=st.lists(event, min_size=1, max_size=40).map(lambda e: sorted(e, key=lambda one: one[0])))
def test_whatever_is_written_is_read(tmp_path_factory, writers, events):
    folder = tmp_path_factory.mktemp("written")
    for name, content in (
        ("a.bin", writers.atis(events)),
        ("a.aedat", writers.dvs128(events)),
        ("a.txt", writers.text(events)),
    ):
        (folder / name).write_bytes(content)
    np.save(folder / "a.npy", np.array(events))
    for path in folder.iterdir():
        assert listed(formats.read(path, size=(128, 128))) == events


_numbers = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.floats(-1e6, 1e6).map(lambda value: f"{value:.9f}"),
    st.sampled_from(["", "1e5", ".", "5.", ".5", "+1", "-", "nan", "x", "0" * 25, "#"]),
)


@given(
    lines=st.lists(st.lists(_numbers, max_size=6), max_size=6),
    between=st.sampled_from([" ", ",", "\t", " ; "]),
    end=st.sampled_from(["\n", "\r\n", ""]),
    picks=st.permutations(range(5)).map(lambda columns: columns[:4]),
)
def test_the_compiled_parser_of_text_agrees_with_numpy_or_leaves_it_to_it(lines, between, end, picks):
    pytest.importorskip("numba")
    rows = [between.join(line) + "\n" for line in lines]
    if rows:
        rows[-1] = rows[-1].rstrip("\n") + end
    fast = text._parsed("".join(rows).encode(), picks)
    try:
        slow = text._load(rows, picks)
    except (ValueError, IndexError):
        slow = None
    assert fast is None or slow is not None
    if fast is not None and slow is not None and slow.size:
        assert np.array_equal(fast, slow)


def test_large_text_is_parsed_as_small_text_is(tmp_path, monkeypatch, make_recording):
    recording = make_recording(5000)
    formats.write(recording, tmp_path / "a.txt")
    monkeypatch.setattr(text, "_LINES", 1000)
    monkeypatch.setattr(text, "numba_pays", lambda *_: False)
    slow = formats.read(tmp_path / "a.txt").events
    monkeypatch.undo()
    monkeypatch.setattr(text, "_LINES", 1000)
    assert np.array_equal(slow, formats.read(tmp_path / "a.txt").events)
    assert np.array_equal(slow, recording.events)


def test_unnamed_columns_may_be_x_y_t_p(write):
    path = write("a.txt", b"".join(b"%d %d %d %d\n" % (300 - i, 9, 1000 + 5 * i, i % 2) for i in range(50)))
    events = formats.read(path).events
    assert events["t"][:2].tolist() == [1000, 1005]
    assert events["x"][:2].tolist() == [300, 299]


MANY = [(1000 + 700 * i, (7 * i) % 34, (5 * i) % 34, (i // 3) % 2) for i in range(40)]


def as_text(order, between=",", on=str):
    def line(event):
        cells = dict(zip("txyp", (*event[:3], on(event[3])), strict=True))
        return between.join(str(cells[name]) for name in order)

    return "".join(line(event) + "\n" for event in MANY)


def as_table(order):
    return np.array(MANY)[:, ["txyp".index(name) for name in order]]


@pytest.mark.parametrize(
    "on", [str, lambda p: str(bool(p)), lambda p: str(bool(p)).lower(), lambda p: 2 * p - 1]
)
@pytest.mark.parametrize("between", [",", " ", "\t", ";"])
@pytest.mark.parametrize("order", ["txyp", "xytp", "xypt"])
@pytest.mark.parametrize("header", ["", "names", "index"])
def test_the_order_and_the_names_of_columns_change_no_event(write, order, between, on, header):
    content = as_text(order, between, on)
    if header == "index":  # as pandas writes a table
        content = "".join(f"{i}{between}{line}\n" for i, line in enumerate(content.splitlines()))
    if header:
        content = between * (header == "index") + between.join(order) + "\n" + content
    for name in ("a.csv", "a.unknown"):
        assert listed(formats.read(write(name, content.encode()), size=SIZE)) == MANY


@pytest.mark.parametrize("order", ["txyp", "xytp", "xypt"])
def test_the_order_of_the_columns_of_a_table_changes_no_event(tmp_path, order):
    for table in (as_table(order), as_table(order).astype(float)):
        np.save(tmp_path / "a.npy", table)
        np.savez(tmp_path / "a.npz", table)
        for name in ("a.npy", "a.npz"):
            assert listed(formats.read(tmp_path / name, size=SIZE)) == MANY


def test_time_last_may_be_in_seconds_and_begin_with_many_events_at_once(write):
    rows = [(i % 30, 29 - i % 30, i % 2, max(0, i - 150) * 20) for i in range(300)]
    whole = write("a.csv", "".join(f"{x},{y},{p},{t}\n" for x, y, p, t in rows).encode())
    seconds = write("b.csv", "".join(f"{x},{y},{p},{t / 1e6:.6f}\n" for x, y, p, t in rows).encode())
    for path in (whole, seconds):
        assert listed(formats.read(path, size=SIZE)) == [(t, x, y, p) for x, y, p, t in rows]


def test_what_fits_two_orders_is_read_as_t_x_y_p(write):
    rows = [(2000 + i, 5, i // 20, i // 20) for i in range(40)]
    path = write("a.csv", "".join(f"{t},{x},{y},{p}\n" for t, x, y, p in rows).encode())
    assert listed(formats.read(path, size=SIZE)) == rows


def test_a_true_and_false_file_is_parsed_in_blocks_and_names_its_first_bad_line(write, monkeypatch):
    monkeypatch.setattr(text, "_LINES", 16)
    content = as_text("xypt", on=lambda p: str(bool(p)))
    assert listed(formats.read(write("a.csv", content.encode()), size=SIZE)) == MANY
    bad = content.splitlines(keepends=True)
    bad[20] = "True,1,True,20000\n"
    with pytest.raises(RecordingError, match="line 21 is 'True,1,True,20000'"):
        formats.read(write("a.csv", "".join(bad).encode()), size=SIZE)


def test_names_may_have_spaces_where_commas_are_between_them(write):
    content = "Unnamed: 0,x,y,polarity,t_us\n" + "".join(
        f"{i},{line}\n" for i, line in enumerate(as_text("xypt").splitlines())
    )
    assert listed(formats.read(write("a.csv", content.encode()), size=SIZE)) == MANY


def test_an_indented_header_alone_is_no_index(write):
    path = write("a.txt", (b"   t  x  y  p\n" + as_text("txyp", " ").encode()))
    assert listed(formats.read(path, size=SIZE)) == MANY
