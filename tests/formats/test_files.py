"""Recordings that are still files."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pytest

from neuroclip.errors import RecordingError
from neuroclip.formats import RecordingFile, files
from neuroclip.recording import make_events


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, make_events([0, 10], [0, 1], [0, 1], [1, 0]))
    return path


def test_the_digest_without_a_video_is_that_of_the_bytes_and_how_they_are_read(events):
    """And of the number that is raised when readers give other events, so that nothing old is taken for them."""
    how = f"{files._READERS} None (4, 4) False\n".encode()
    expected = blake2b(how + events.read_bytes(), digest_size=16).hexdigest()
    file = RecordingFile(events, "label", (4, 4))
    assert file.digest == file.events_digest == expected
    assert RecordingFile(events, size=(4, 4), offset_us=7).digest == expected


def test_the_digest_with_a_video_covers_its_bytes_and_offset(events, tmp_path):
    film, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    film.write_bytes(b"film")
    other.write_bytes(b"other")
    files = [
        RecordingFile(events, video=film),
        RecordingFile(events, video=other),
        RecordingFile(events, video=film, offset_us=1),
        RecordingFile(events),
    ]
    assert len({file.digest for file in files}) == 4
    assert len({file.events_digest for file in files}) == 1
    assert RecordingFile(events, video=film).digest == files[0].digest
    assert RecordingFile(film, video=film).digest == RecordingFile(film).digest
    with pytest.raises(RecordingError, match=r"gone\.mp4: cannot be read"):
        _ = RecordingFile(events, video=tmp_path / "gone.mp4").digest


def test_the_digest_of_the_content_is_of_the_bytes_alone(events, tmp_path):
    files = [
        RecordingFile(events),
        RecordingFile(events, "label", (4, 4), "numpy", recover=True, video=tmp_path / "a.mp4", offset_us=1),
    ]
    assert {file.content_digest for file in files} == {
        blake2b(events.read_bytes(), digest_size=16).hexdigest()
    }
    with pytest.raises(RecordingError, match=r"gone\.npy: cannot be read"):
        _ = RecordingFile(tmp_path / "gone.npy").content_digest


def test_video_and_offset_are_handed_on_to_the_recording(events, tmp_path):
    film = tmp_path / "a.mp4"
    recording = RecordingFile(events, "waving", (4, 4), video=film, offset_us=-40).load()
    assert (recording.label, recording.video, recording.video_offset_us) == ("waving", film, -40)
    alone = RecordingFile(events, size=(4, 4), offset_us=-40).load()
    assert (alone.video, alone.video_offset_us) == (None, 0)
