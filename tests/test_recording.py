import subprocess
import sys
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import EVENT_DTYPE, Recording, make_events


def test_make_events_sorts_by_time_and_keeps_the_order_of_equal_times():
    events = make_events([5, 1, 5, 0], [0, 1, 2, 3], [4, 5, 6, 7], [1, 0, 0, 1])
    assert events.dtype == EVENT_DTYPE
    assert events["t"].tolist() == [0, 1, 5, 5]
    assert events["x"].tolist() == [3, 1, 0, 2]
    assert events["on"].tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("x", "message"), [([0, -1], "event 1 has x=-1"), ([0, 70000], "event 1 has x=70000")]
)
def test_coordinates_that_no_sensor_has_are_named(x, message):
    with pytest.raises(RecordingError, match=message):
        make_events([0, 1], x, [0, 0], [0, 0])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(RecordingError, match="2 times, but 3 values of y"):
        make_events([0, 1], [0, 0], [0, 0, 0], [0, 0])
    with pytest.raises(RecordingError, match="2 times, but 1 polarities"):
        make_events([0, 1], [0, 0], [0, 0], [0])


def test_an_event_outside_the_sensor_is_named_with_the_size():
    events = make_events(range(3), [0, 239, 240], [0, 0, 0], [1, 1, 1])
    with pytest.raises(RecordingError, match="event 2 has x=240, but the sensor is 240 pixels wide"):
        Recording(events, 240, 180)


def test_times_that_go_back_and_foreign_dtypes_are_refused():
    events = make_events([0, 1], [0, 0], [0, 0], [0, 0])
    with pytest.raises(RecordingError, match="event 1 is earlier"):
        Recording(events[::-1], 1, 1)
    with pytest.raises(RecordingError, match="make_events"):
        Recording(np.zeros(3), 1, 1)
    with pytest.raises(RecordingError, match="0 pixels wide"):
        Recording(events, 0, 1)


def test_the_recording_is_read_only_and_the_callers_array_is_not():
    events = make_events([0], [0], [0], [0])
    recording = Recording(events, 1, 1)
    with pytest.raises(ValueError, match="read-only"):
        recording.events["t"] = 1
    assert events.flags.writeable


def test_the_digest_is_of_content_and_size_alone(make_recording):
    same = [make_recording(seed=1), make_recording(seed=1, label="three")]
    others = [make_recording(seed=2), make_recording(seed=1, width=13), make_recording(seed=1, events=0)]
    assert len({r.digest for r in same}) == 1
    wider = Recording(same[0].events, 13, 9)
    assert len({r.digest for r in (*same, *others, wider)}) == 5
    assert len(same[0].digest) == 32


def test_the_digest_covers_the_video_and_its_offset_where_there_is_one(make_recording, tmp_path):
    plain = make_recording(seed=1)
    as_ever = blake2b(b"12x9" + plain.events.tobytes(), digest_size=16).hexdigest()
    assert plain.digest == make_recording(seed=1, video_offset_us=5).digest == as_ever
    one, copy, other = (tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4"))
    for path, content in ((one, b"film"), (copy, b"film"), (other, b"flim")):
        path.write_bytes(content)
    assert make_recording(seed=1, video=one).digest == make_recording(seed=1, video=copy).digest
    assert (
        make_recording(seed=1, video=one).window(0, 10**9).digest == make_recording(seed=1, video=one).digest
    )
    different = [{}, {"video": one}, {"video": other}, {"video": one, "video_offset_us": -1}]
    assert len({make_recording(seed=1, **named).digest for named in different}) == 4
    one.write_bytes(b"another film")
    assert make_recording(seed=1, video=one).digest != make_recording(seed=1, video=copy).digest
    with pytest.raises(RecordingError, match=r"gone\.mp4: cannot be read"):
        _ = make_recording(video=tmp_path / "gone.mp4").digest


def test_a_window_is_half_open_and_keeps_times(make_recording):
    recording = make_recording(columns=[(10, 0, 0, 1), (20, 1, 0, 0), (30, 2, 0, 1)])
    assert recording.window(10, 30).events["t"].tolist() == [10, 20]
    assert len(recording.window(11, 20)) == 0
    assert recording.span_us == 20
    assert recording.window(11, 20).span_us == 0


@given(
    events=st.integers(0, 60),
    span_us=st.integers(0, 3000),
    window_us=st.integers(1, 500),
    seed=st.integers(0, 9),
)
def test_windows_side_by_side_conserve_events(make_recording, events, span_us, window_us, seed):
    recording = make_recording(events, span_us=span_us, seed=seed)
    windows = list(recording.windows(window_us))
    assert sum(len(window) for window in windows) == events
    assert len(windows) == (recording.span_us // window_us + 1 if events else 0)


def test_sliding_windows_overlap_and_stop_at_the_last_event(make_recording):
    recording = make_recording(columns=[(t, 0, 0, 1) for t in range(0, 100, 10)])
    windows = list(recording.windows(40, 20))
    assert [w.events["t"][0] for w in windows] == [0, 20, 40, 60]
    assert all(len(w) == 4 for w in windows)
    with pytest.raises(OptionError):
        next(recording.windows(0))


def test_importing_recordings_and_frames_imports_no_torch():
    code = (
        "import sys, neuroclip; neuroclip.frames, neuroclip.read, neuroclip.Recording; "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_more_windows_than_anyone_wants_are_refused(make_recording):
    recording = make_recording(events=50, span_us=10_000_000)
    with pytest.raises(OptionError, match="make them longer"):
        next(recording.windows(1))
