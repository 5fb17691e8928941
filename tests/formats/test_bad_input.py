"""Every bad file is one sentence that names it; nothing else is ever raised."""

import io
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import OptionError, RecordingError

EVENTS = [(10 * i, i, 2 * i, i % 2) for i in range(16)]


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def complaint(path, **options):
    with pytest.raises(RecordingError) as raised:
        formats.read(path, **options)
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def assert_read_or_refused(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (result,) = formats.read_each([path])
    if isinstance(result, RecordingError):
        assert str(result).startswith(f"{path}: ")
        assert "\n" not in str(result)
    else:
        assert len(result)


@pytest.mark.parametrize("name", ["a.bin", "a.npy", "a.npz", "a.csv", "a.txt", "a.aedat", "a.xyz"])
def test_empty_missing_and_folders(write, tmp_path, name):
    assert "no such file" in complaint(tmp_path / "missing" / name)
    assert "empty" in complaint(write(name, b""))
    (tmp_path / "folder" / name).mkdir(parents=True)
    assert "folder" in complaint(tmp_path / "folder" / name)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", npz(t=[1], x=[1], y=[1]), "its arrays are t, x, y; expected t, x, y and p"),
        ("a.npz", npz(t=[1, 2], x=[1], y=[1], p=[1]), "different lengths"),
        ("a.npy", npy(np.zeros((3, 5))), r"shape \[3, 5\]"),
        ("a.npy", npy(np.zeros(3, [("a", "i4")])), "its fields are a"),
        ("a.npy", npy(np.array([["a"] * 4])), "not numbers"),
        ("a.npy", npy(np.array([{}]), allow_pickle=True), "never unpickled"),
        ("a.npy", b"\x00random\xff" * 9, "no NumPy file"),
        ("a.npz", b"\x00random\xff" * 9, "no NumPy file"),
        ("a.npy", npy(np.array([[0, 1, 1, 7]])), "polarity 7"),
        ("a.npy", npy(np.array([[0, 1.5, 1, 1]])), "no whole pixel"),
        ("a.npy", npy(np.array([[np.nan, 1, 1, 1]])), "t=nan"),
        ("a.npy", npy(np.zeros((0, 4))), "no event"),
        ("a.csv", b"1,2,3,1\n2,3,4\n", "line 2 is '2,3,4'"),
        ("a.csv", b"t,x,y,p\n1,2,3,1\n\n2,3,four,1\n", "line 4 is '2,3,four,1'"),
        ("a.csv", b"file,label\na.bin,three\n", "line 1 is"),
        (
            "a.csv",
            b"when,x,y,p\n1,2,3,1\n",
            "line 1 is .*; name the columns in a first line, such as x,y,p,t",
        ),
        (
            "a.csv",
            b"1,2,1,30\n2,2,1,40\n",
            "polarity 30; .* name the columns in a first line, such as x,y,p,t",
        ),
        ("a.csv", b"5,2,0,3000\n2,2,-1,4000\n", "polarity 3000; .* name the columns in a first line"),
        ("a.npy", npy(np.array([[1, 2, 1, 30]])), "may be something else than times.* four arrays"),
        ("a.txt", b"# nothing\n", "no line"),
        ("a.txt", b"t x y p\n", "no event"),
        ("a.txt", b"0 -1 2 1\n", "x=-1"),
        ("a.txt", b"0 1 2 1\n1 1 70000 1\n2 1 3 0\n", "y=65536|y=70000"),
        ("a.aedat", b"#!AER-DAT2.0\r\n# no end of line", "no event"),
        ("a.aedat", b"no header at all", "does not begin with"),
    ],
)
def test_what_is_wrong_is_said(write, name, content, message):
    assert re.search(message, complaint(write(name, content)))


def test_one_bad_row_of_a_table_is_named_and_those_before_it_are_kept(write):
    table = np.stack([np.arange(500), np.arange(500) % 34, np.arange(500) % 20, np.arange(500) % 2], 1)
    table[300, 3] = 7
    assert "event 300 has the polarity 7" in complaint(write("a.npy", npy(table)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(formats.read(write("a.npy", npy(table)), recover=True)) == 300
        table[300] = (0, 1, 1, 1)
        assert formats.read(write("a.npy", npy(table))).events["t"][:2].tolist() == [0, 0]


def test_truncated_files(write, writers):
    assert "cut off" in complaint(write("a.bin", writers.atis(EVENTS)[:-2]))
    assert "cut off" in complaint(write("a.aedat", writers.dvs128(EVENTS)[:-3]))
    assert "cut off" in complaint(write("a.npy", npy(np.array(EVENTS))[:-20]))
    assert "cut off" in complaint(write("a.npz", npz(events=np.array(EVENTS))[:-40]))
    assert "line 16" in complaint(write("a.txt", writers.text(EVENTS)[:-4]))


def test_coordinates_outside_the_size_are_named(write, writers):
    message = complaint(write("a.bin", writers.atis(EVENTS)), size=(34, 20))
    expected = "event 10 has y=20, but the sensor is 20 pixels high: is --size right?"
    assert message == f"{expected}; --recover keeps the 10 events before that"


def test_random_bytes_in_a_bin_file_are_no_recording(write):
    assert "back in time" in complaint(write("a.bin", np.random.default_rng(0).bytes(5000)))


def test_a_wrong_suffix_does_not_hide_what_a_file_is(write, writers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for content in (
            writers.atis(EVENTS),
            writers.dvs128(EVENTS),
            writers.text(EVENTS),
            npy(np.array(EVENTS)),
        ):
            for name in ("a.bin", "a.npz", "a.csv", "a.aedat", "a.jpg", "a"):
                assert len(formats.read(write(name, content))) == len(EVENTS)


def test_a_picture_is_of_no_known_format(write):
    message = complaint(write("a.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20 + b"!"))
    assert "no installed format knows this file" in message
    assert "atis" in message


def test_an_unknown_format_is_answered_with_those_there_are(write, writers):
    with pytest.raises(OptionError, match=r"No format named 'attis'. Installed: .*atis.*text"):
        formats.read(write("a.bin", writers.atis(EVENTS)), format="attis")
    assert "does not begin with" in complaint(write("a.bin", writers.atis(EVENTS)), format="aedat2")


heads = st.sampled_from(
    [b"", b"\x93NUMPY\x01\x00", npy(np.array(EVENTS))[:100], b"PK\x03\x04", b"#!AER-DAT2.0\r\n", b"1 2"]
)
names = st.sampled_from(["a.bin", "a.npy", "a.npz", "a.csv", "a.aedat", "a"])


@given(name=names, head=heads, body=st.binary(max_size=200))
def test_random_bytes_are_read_or_refused_in_one_sentence(tmp_path_factory, name, head, body):
    path = tmp_path_factory.mktemp("random") / name
    path.write_bytes(head + body)
    assert_read_or_refused(path)


GOOD = {"a.npz": npz(events=np.array(EVENTS)), "a.npy": npy(np.array(EVENTS))}


@given(
    name=st.sampled_from(sorted(GOOD)), where=st.floats(0, 0.999), flip=st.integers(1, 255), cut=st.booleans()
)
def test_one_damaged_byte_raises_nothing_else(tmp_path_factory, name, where, flip, cut):
    content = bytearray(GOOD[name])
    at = int(where * len(content))
    content[at] ^= flip
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(content[:at] if cut and at else content)
    assert_read_or_refused(path)
