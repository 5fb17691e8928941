"""HDF5: every layout that people write, and nothing that a stranger's file could do."""

import csv
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import hdf5
from neuroclip.formats.hdf5 import Hdf5
from neuroclip.recording import EVENT_DTYPE, Recording, make_events

h5py = pytest.importorskip("h5py")
pytest.importorskip("hdf5plugin")

COUNT = 200
RANDOM = np.random.default_rng(3)
T = np.sort(RANDOM.integers(0, 90_000, COUNT))
X, Y, P = RANDOM.integers(0, 60, COUNT), RANDOM.integers(0, 40, COUNT), RANDOM.integers(0, 2, COUNT)
EVENTS = make_events(T, X, Y, P)
METAVISION = {"names": ["x", "y", "p", "t"], "formats": ["<u2", "<u2", "<i2", "<i8"], "offsets": [0, 2, 4, 8]}


def columns(group, **kinds):
    for name, values in (("t", T), ("x", X), ("y", Y), ("p", P)):
        group[name] = values.astype(kinds.get(name, values.dtype))


def rpg(file):
    columns(file.create_group("events"), t="f8")
    del file["events/t"]
    file["events/t"] = (T + 0.25) / 1e6


def dsec(file):
    columns(file.create_group("events"), t="u4", x="u2", y="u2", p="u1")
    file["t_offset"] = np.int64(1_600_000_000)
    file["ms_to_idx"] = np.searchsorted(T, np.arange(0, 90_000, 1000)).astype("u8")


def metavision(file):
    events = np.zeros(COUNT, np.dtype(METAVISION | {"itemsize": 16}))
    events["t"], events["x"], events["y"], events["p"] = T, X, Y, P
    file.create_dataset("CD/events", data=events, chunks=(64,), compression="gzip")
    file["CD/indexes"] = np.zeros(3, [("id", "u8"), ("ts", "i8")])
    file["EXT_TRIGGER/events"] = np.zeros(3, [("p", "i2"), ("t", "i8"), ("id", "i2")])
    file.attrs["geometry"] = "60x40"


def plain(file):
    columns(file)
    file["events"] = np.stack([T, X, Y, P], 1)  # the preferred one


def mvsec(file):
    file["davis/left/events"] = np.stack([X, Y, T / 1e6 + 1504645177, 2.0 * P - 1], 1)
    file["davis/left/image_raw"] = np.zeros((2, 4, 4), "u1")


def named(file):
    group = file.create_group("deep/down")
    group["timestamps"], group["xs"], group["ys"], group["polarities"] = T, X, Y, 2 * P - 1
    group["width"], group["height"] = 60, 40


LAYOUTS = {
    rpg: (EVENTS, None),
    dsec: (make_events(T + 1_600_000_000, X, Y, P), None),
    metavision: (EVENTS, (60, 40)),
    plain: (EVENTS, None),
    mvsec: (make_events(np.rint((T / 1e6 + 1504645177) * 1e6).astype("i8"), X, Y, P), None),
    named: (EVENTS, (60, 40)),
}


def given_events(path):
    """All events in the order of the file, the size it says, and the error that ended it."""
    events, sizes, error = [np.empty(0, EVENT_DTYPE)], {None}, None
    try:
        for piece in Hdf5().pieces(path):
            events.append(piece.events)
            sizes = {piece.size}
    except RecordingError as raised:
        error = str(raised)
    return np.concatenate(events), next(iter(sizes)), error


def made(tmp_path, fill):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        fill(file)
    return tmp_path / "a.h5"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("events", [1 << 20, 33])
def test_every_layout_is_read(tmp_path, monkeypatch, layout, events):
    monkeypatch.setattr(hdf5, "PIECE_EVENTS", events)
    found, size, error = given_events(made(tmp_path, layout))
    assert error is None
    assert np.array_equal(found, LAYOUTS[layout][0])
    assert size == LAYOUTS[layout][1]


@given(seed=st.integers(0, 99), count=st.integers(1, 300), start=st.sampled_from([-5, 0, 10**15]))
@settings(max_examples=20)
def test_what_is_written_is_read_again(tmp_path_factory, seed, count, start):
    random = np.random.default_rng(seed)
    t = start + np.sort(random.integers(0, 10**6, count))
    events = make_events(
        t, random.integers(0, 300, count), random.integers(0, 200, count), random.integers(0, 2, count)
    )
    recording = Recording(events, 300, 200)
    path = tmp_path_factory.mktemp("hdf5") / "a.h5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hdf5, "PIECE_EVENTS", 70)
        patch.setattr(hdf5, "_CHUNK", 64)
        formats.write(recording, path)
        assert formats.read(path).digest == recording.digest


def test_what_compresses_beyond_belief_is_written_so_that_it_is_read(tmp_path, monkeypatch):
    from neuroclip.formats import hdf5_source

    monkeypatch.setattr(hdf5, "FEW", 0)
    monkeypatch.setattr(hdf5_source, "FEW", 0)
    monkeypatch.setattr(hdf5, "_CHUNK", 1 << 12)
    recording = Recording(make_events(*np.zeros((4, 200_000), "u1")), 34, 34)
    formats.write(recording, tmp_path / "a.h5")
    assert (tmp_path / "a.h5").stat().st_size > recording.events.nbytes // 20
    assert formats.read(tmp_path / "a.h5").digest == recording.digest


def test_a_damaged_chunk_ends_the_good_events(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "_CHUNK", 64)
    formats.write(Recording(EVENTS, 60, 40), tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        at = file["events/x"].id.get_chunk_info(2).byte_offset
    content = bytearray((tmp_path / "a.h5").read_bytes())
    content[at + 5 : at + 25] = bytes(20)
    (tmp_path / "a.h5").write_bytes(content)
    events, _, error = given_events(tmp_path / "a.h5")
    assert np.array_equal(events, EVENTS[:128])
    assert "rows 128 to 192 are damaged" in error


def test_wherever_it_is_cut_off_it_is_refused_or_whole(tmp_path):
    formats.write(Recording(EVENTS, 60, 40), tmp_path / "a.h5")
    content = (tmp_path / "a.h5").read_bytes()
    for cut in range(1, len(content), 97):
        (tmp_path / "b.h5").write_bytes(content[:cut])
        events, _, error = given_events(tmp_path / "b.h5")
        assert np.array_equal(events, EVENTS[: len(events)])
        assert error is not None


def wrong(**values):
    def fill(file):
        columns(file.create_group("events"))
        for name, value in values.items():
            if name in file["events"]:
                del file[f"events/{name}"]
            file["events"].create_dataset(name, **(value if isinstance(value, dict) else {"data": value}))

    return fill


def changed(values, at, value):
    values = values.copy()
    values[at] = value
    return values


def several(file):
    columns(file.create_group("left"))
    columns(file.create_group("right"))


def elsewhere(file):
    columns(file.create_group("events"))
    del file["events/x"]
    file["events"].create_dataset("x", (COUNT,), "u2", external=[("/etc/hostname", 0, 2 * COUNT)])


def linked(file):
    columns(file.create_group("events"))
    del file["events/x"]
    file["events/x"] = h5py.ExternalLink("other.h5", "/x")


def virtual(file):
    columns(file.create_group("events"))
    del file["events/x"]
    layout = h5py.VirtualLayout((COUNT,), "u2")
    layout[:] = h5py.VirtualSource("other.h5", "x", (COUNT,))
    file["events"].create_virtual_dataset("x", layout)


def unwritten(file):
    group = file.create_group("events")
    for name in "txyp":
        group.create_dataset(name, (10**12,), "u1", chunks=(1 << 20,))


def half_written(file):
    group = file.create_group("events")
    for name in "txyp":
        group.create_dataset(name, (1000,), "u1", chunks=(100,))[:500] = 1


def huge_chunk(file):
    group = file.create_group("events")
    for name in "txyp":
        data = group.create_dataset(name, (1,), "u1", chunks=(1 << 28,), maxshape=(None,), compression="gzip")
        data.id.write_direct_chunk((0,), zlib.compress(b"\1"))


def unknown_filter(file):
    columns(file.create_group("events"))
    del file["events/x"]
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((COUNT,))
    creation.set_filter(0x8ECF, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((COUNT,))
    h5py.h5d.create(file["events"].id, b"x", h5py.h5t.NATIVE_UINT16, space, creation)


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda file: None, "no group in it has"),
        (wrong(t=T[:-1]), r"different lengths: \[199, 200, 200, 200\]"),
        (wrong(p=changed(P, 150, 7)), "event 150 has the polarity 7"),
        (wrong(x=changed(X, 0, -3)), "event 0 has x=-3"),
        (wrong(t=changed(T / 1e6, 9, np.nan)), "event 9 has t=nan"),
        (wrong(t=np.full(COUNT, 2**63, "u8")), "event 0 has a time beyond 64 bits"),
        (wrong(t_offset=np.int64(2**63 - 5)), "beyond 64 bits"),
        (wrong(x={"data": ["a"] * COUNT}), "events/x holds object"),
        (wrong(x={"shape": (COUNT,), "dtype": h5py.vlen_dtype("i4")}), "events/x holds object"),
        (wrong(width=50, height=40), "event .* has x=.*the sensor is 50 pixels wide"),
        (wrong(x=X[:, None]), "no group in it has"),
        (several, r"2 recordings \(left, right\)"),
        (elsewhere, "in other files"),
        (virtual, "in other files"),
        (linked, "no group in it has"),
        (unwritten, "not written to its end"),
        (half_written, "not written to its end"),
        (huge_chunk, "larger than the file can fill"),
        (unknown_filter, "compressed with .*36559|compressed with filter"),
        (wrong(**{c: v[:0] for c, v in zip("txyp", (T, X, Y, P), strict=True)}), "no event"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, fill, message):
    with pytest.raises(RecordingError, match=message) as raised:
        formats.read(made(tmp_path, fill))
    assert "\n" not in str(raised.value)


def test_the_events_before_a_wrong_one_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "PIECE_EVENTS", 64)
    events, _, error = given_events(made(tmp_path, wrong(p=changed(P, 150, 7))))
    assert np.array_equal(events, EVENTS[:150])
    assert error.startswith("event 150 ")


def test_data_that_is_far_larger_than_the_file_is_refused(tmp_path):
    def fill(file):
        group = file.create_group("events")
        for name in "txyp":
            group.create_dataset(name, (1 << 22,), "i8", chunks=(1 << 18,), compression="gzip")[:] = 1

    with pytest.raises(RecordingError, match="20 times larger than the file"):
        formats.read(made(tmp_path, fill))


def test_a_block_of_the_users_may_come_first(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=512) as file:
        metavision(file)
    assert np.array_equal(formats.read(tmp_path / "a.h5").events, EVENTS)
    (tmp_path / "b.h5").write_bytes(b"something else" * 99)
    with pytest.raises(RecordingError, match="signature is not there"):
        formats.read(tmp_path / "b.h5", format="hdf5")


def test_without_the_extra_it_is_said_which_one(tmp_path, monkeypatch):
    path = made(tmp_path, plain)
    monkeypatch.setitem(__import__("sys").modules, "hdf5plugin", None)
    with pytest.raises(OptionError, match=r"pip install 'neuroclip\[hdf5\]'"):
        formats.read(path, format="hdf5")


def test_broken_bytes_are_good_events_or_an_error(tmp_path):
    random = np.random.default_rng(0)
    content = made(tmp_path, metavision).read_bytes()
    filled = np.flatnonzero(np.frombuffer(content, "u1"))
    for _ in range(150):
        data = bytearray(content)
        for at in random.choice(filled, random.integers(1, 5)):
            data[at] ^= 1 << int(random.integers(8))
        (tmp_path / "b.h5").write_bytes(data)
        given_events(tmp_path / "b.h5")


@pytest.mark.real
def test_the_real_file_is_what_the_independent_decoder_found(real_data):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording = formats.read(real_data / "formats" / "tiny_raw_events.hdf5")
    x, y, t, on = (recording.events[name] for name in ("x", "y", "t", "on"))
    found = [len(t), x.min(), x.max(), y.min(), y.max(), t[0], t[-1], on.sum(), (~on).sum()]
    names = ["events", "x_min", "x_max", "y_min", "y_max", "t_first_us", "t_last_us", "on", "off"]
    assert found == [int(rows["tiny_raw_events.hdf5"][name]) for name in names]
