"""What `examine` finds is what is in the file, whatever the pieces, and only what is odd is called suspicious."""

import csv
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip import formats
from neuroclip.formats.examining import Findings
from neuroclip.recording import event_array

COLUMNS = ["events", "x_min", "x_max", "y_min", "y_max", "t_first_us", "t_last_us", "on", "t_decreases"]


def findings_of(columns, cuts=(), size=(34, 34)):
    t, x, y, on = np.array(columns, np.int64).reshape(-1, 4).T
    found = Findings("test", size)
    for part in np.split(event_array(t, x, y, on), sorted(cuts)):
        if len(part):
            found.add(part)
    return found


events = st.lists(
    st.tuples(st.integers(0, 10**7), st.integers(0, 33), st.integers(0, 33), st.integers(0, 1)), min_size=1
)


@given(columns=events, cuts=st.lists(st.integers(0, 50), max_size=3))
def test_the_pieces_make_no_difference(columns, cuts):
    whole, cut = findings_of(columns), findings_of(columns, cuts)
    assert np.array_equal(whole.counts, cut.counts)
    assert whole.counts.sum() == whole.events == len(columns)
    for name in (*COLUMNS, "t_min_us", "t_max_us"):
        assert getattr(whole, name) == getattr(cut, name), name
    assert whole.pause[0] == cut.pause[0]
    assert whole.t_decreases == sum(b[0] < a[0] for a, b in pairwise(columns))


def spread(number=2000, **fixed):
    random = np.random.default_rng(0)
    t = np.sort(random.integers(0, 10**6, number))
    x, y, on = random.integers(0, 34, number), random.integers(0, 34, number), random.integers(0, 2, number)
    table = {"t": t, "x": x, "y": y, "on": on} | fixed
    return np.stack([np.broadcast_to(table[name], number) for name in ("t", "x", "y", "on")], 1)


def test_an_ordinary_recording_is_not_suspicious():
    assert findings_of(spread()).warnings() == []


@pytest.mark.parametrize(
    ("columns", "size", "message"),
    [
        (spread(on=1), (34, 34), "every event is ON"),
        (spread(on=0), (34, 34), "every event is OFF"),
        (spread(t=5), (34, 34), "every event has the same time"),
        (spread(t=np.arange(2000)[::-1]), (34, 34), "1999 events are earlier"),
        (
            spread(t=np.arange(2000) + 10**10 * (np.arange(2000) > 700)),
            (34, 34),
            "10000.000 s after event 700",
        ),
        (spread(t=np.arange(2000) * 10**8), (34, 34), "0.01 events a second for 55.5 hours are few"),
        (spread(t=np.arange(2000) * 150_000), (34, 34), "6.7 events a second for 5.0 minutes are few"),
        (
            spread(t=1_760_000_000 * 10**9 + np.arange(2000) * 150),
            (34, 34),
            "is of the year 57742, as microseconds since 1970: is the unit of time right?",
        ),
        (spread(), (34, 20), "events reach x=33 y=33, outside the sensor of 34x20"),
        (spread(), (128, 128), "all events lie in 34x34 of 128x128 pixels"),
        (
            np.where(np.arange(2000)[:, None] % 4, spread(), spread(x=7, y=9)),
            (34, 34),
            "1 hot pixel: x=7 y=9 alone has 25",
        ),
    ],
)
def test_what_is_odd_is_said_in_a_sentence(columns, size, message):
    (warning,) = findings_of(columns, size=size).warnings()
    assert message in warning


def test_times_since_1970_and_few_events_in_little_time_are_not_suspicious():
    since_1970 = spread()
    since_1970[:, 0] += 1_760_000_000 * 10**6
    assert findings_of(since_1970).warnings() == []
    assert findings_of(spread(number=30)).warnings() == []


@pytest.mark.parametrize(
    ("suffix", "unit", "factor"), [(".csv", "t_ns", 1000), (".npz", "t_ns", 1000), (".csv", "t_ms", 1e-3)]
)
def test_naming_the_unit_is_what_mends_a_wrong_one(tmp_path, suffix, unit, factor):
    """Nanoseconds are taken for microseconds, and milliseconds with fractions for seconds, until a name says so."""
    t, x, y, on = spread(t=np.arange(2000) * 151).T

    def written(name):
        path = tmp_path / f"{name}{suffix}"
        if suffix == ".npz":
            np.savez(path, x=x, y=y, p=on, **{name: t * factor})
        else:
            rows = zip(t * factor, x, y, on, strict=True)
            path.write_text(f"{name},x,y,p\n" + "".join(f"{a:.3f},{b},{c},{d}\n" for a, b, c, d in rows))
            if factor == 1000:
                path.write_text(path.read_text().replace(".000,", ","))
        return formats.examine(path, size=(34, 34))

    (warning,) = written("t").warnings()
    assert unit in warning
    right = written(unit)
    assert right.warnings() == []
    assert right.span_us == 1999 * 151


def test_absurd_coordinates_cost_no_memory():
    found = findings_of([(0, 65535, 65535, 1), (1, 0, 0, 0)], size=None)
    assert found.counts.size == 0
    assert found.hottest() == []


@pytest.mark.real
@pytest.mark.parametrize("folder", ["nmnist", "dvs128_objects", "dvs128_actions", "rpg_text", "formats"])
def test_real_files_are_what_the_independent_decoder_found(real_data, folder):
    rows = list(csv.DictReader((real_data / folder / "stats.csv").open()))
    assert rows
    for row in rows:
        found = formats.examine(real_data / folder / row["file"])
        assert [getattr(found, name) for name in COLUMNS] == [int(row[name]) for name in COLUMNS], row["file"]
        assert found.events - found.on == int(row["off"])
