"""The real recordings, against what an independent decoder found."""

import csv
import warnings

import pytest

from neuroclip import formats
from neuroclip.errors import RecordingError

pytestmark = pytest.mark.real

SIZES = {
    "nmnist": (34, 34),
    "dvs128_objects": (128, 128),
    "dvs128_actions": (128, 128),
    "rpg_text": (240, 180),
}
CONTAINERS = {
    "davis240c_dvs_imu.aedat": (240, 180),
    "davis346_events_frames_imu.aedat4": (346, 260),
    "dvs_320x240.es": (320, 240),
    "dvxplorer_320x240.aedat4": (320, 240),
    "event_packet_evt3.bag": (640, 480),
    "gen3_640x480_evt2.raw": (640, 480),
    "gen41_1280x720_evt3.raw": (1280, 720),
    "genx320_evt2_headerless_left2.bin": (320, 320),
    "ncaltech101_faces_easy_0001.bin": (240, 180),
    "ncars_obj_004397_td.dat": (120, 100),
    "nmnist_sample.bin": (34, 34),
    "tiny_raw_events.hdf5": (304, 240),
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


@pytest.mark.parametrize("name", CONTAINERS)
def test_each_container_is_what_the_independent_decoder_found(real_data, name):
    rows = {row["file"]: row for row in csv.DictReader((real_data / "formats" / "stats.csv").open())}
    assert set(rows) == set(CONTAINERS)
    check(real_data / "formats", rows[name], CONTAINERS[name])


def test_folders_hold_the_recordings_that_their_lists_name(real_data):
    for name in SIZES:
        rows = csv.DictReader((real_data / name / "stats.csv").open())
        assert {real_data / name / row["file"] for row in rows} == set(formats.find([real_data / name]))


def test_a_set_of_real_digits_has_one_size_and_no_warning(real_data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recordings = formats.read_many(formats.find([real_data / "nmnist" / "Test" / "3"]))
    assert {(r.width, r.height) for r in recordings} == {(34, 34)}


def test_an_event_stream_without_pixels_is_refused_in_one_sentence(real_data):
    with pytest.raises(RecordingError, match=r"generic\.es: "):
        formats.read(real_data / "formats" / "generic.es")
