"""The real recordings, against what an independent decoder found."""

import csv
import warnings

import pytest

from neuroclip import formats

pytestmark = pytest.mark.real

SIZES = {
    "nmnist": (34, 34),
    "dvs128_objects": (128, 128),
    "dvs128_actions": (128, 128),
    "rpg_text": (240, 180),
}
OURS = {
    "davis240c_dvs_imu.aedat": (240, 180),
    "nmnist_sample.bin": (34, 34),
    "ncaltech101_faces_easy_0001.bin": (240, 180),
}


def facts(events):
    x, y, t, on = (events[name] for name in ("x", "y", "t", "on"))
    return [len(events), x.min(), x.max(), y.min(), y.max(), t[0], t[-1], on.sum(), (~on).sum()]


def check(folder, row, size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recording = formats.read(folder / row["file"])
    columns = ["events", "x_min", "x_max", "y_min", "y_max", "t_first_us", "t_last_us", "on", "off"]
    assert facts(recording.events) == [int(row[column]) for column in columns], row["file"]
    assert (recording.width, recording.height) == size, row["file"]


@pytest.mark.parametrize("name", SIZES)
def test_every_recording_is_what_the_independent_decoder_found(real_data, name):
    rows = list(csv.DictReader((real_data / name / "stats.csv").open()))
    assert rows
    for row in rows:
        check(real_data / name, row, SIZES[name])


def test_one_file_of_each_container_that_is_read_so_far(real_data):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    for name, size in OURS.items():
        check(real_data / "formats", rows[name], size)


def test_folders_hold_the_recordings_that_their_lists_name(real_data):
    for name in SIZES:
        rows = csv.DictReader((real_data / name / "stats.csv").open())
        assert {real_data / name / row["file"] for row in rows} == set(formats.find([real_data / name]))


def test_a_set_of_real_digits_has_one_size_and_no_warning(real_data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recordings = formats.read_many(formats.find([real_data / "nmnist" / "Test" / "3"]))
    assert {(r.width, r.height) for r in recordings} == {(34, 34)}


def test_foreign_containers_are_refused_in_one_sentence(real_data):
    from neuroclip.errors import RecordingError

    for path in sorted((real_data / "formats").iterdir()):
        if path.name not in OURS and path.suffix not in (".csv", ".md"):
            with pytest.raises(RecordingError, match=path.name):
                formats.read(path)
