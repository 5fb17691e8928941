"""The pictures of the video that shows the same scene as a recording."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.emulation import Footage
from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording


def pictures_at(
    recording: Recording,
    times_us: NDArray[Any],
    size: tuple[int, int],
    *,
    colour: bool = False,
    slack_us: int = 0,
) -> NDArray[np.uint8]:
    """Return the pictures of the paired video nearest to these times on the clock of the events, in their order.

    They are scaled to `size`, width and height: [t, h, w], or [t, h, w, 3] in colour. Of two that are equally near, the
    earlier.

    Raises:
        OptionError: There is no paired video.
        RecordingError: It cannot be read, or does not show one of the times: it may begin later, or end earlier, by
            `slack_us` and the longest time between two of its pictures.
    """
    video = paired_video(recording)
    shown = picture_times(video)
    wanted = np.asarray(times_us, np.float64) + recording.video_offset_us
    slack = slack_us + int(np.diff(shown).max(initial=0))
    if wanted.min() < shown[0] - slack or wanted.max() > shown[-1] + slack:
        offset = recording.video_offset_us
        raise elsewhere(recording, round(wanted.min()) - offset, round(wanted.max()) - offset)
    after = np.minimum(np.searchsorted(shown, wanted), len(shown) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(wanted - shown[before] <= shown[after] - wanted, before, after)
    kept = _decoded(video, frozenset(nearest.tolist()), size, colour)
    return np.stack([kept[i] for i in nearest.tolist()])


def colours_at(
    recording: Recording, times_us: NDArray[Any], scale: float, *, slack_us: int = 0
) -> NDArray[np.uint8]:
    """Return coloured pictures [t, 3, h, w]; height and width are those of the recording times `scale`, rounded.

    Errors as `pictures_at`.
    """
    size = max(1, round(recording.width * scale)), max(1, round(recording.height * scale))
    pictures = pictures_at(recording, times_us, size, colour=True, slack_us=slack_us)
    return pictures.transpose(0, 3, 1, 2).copy()


def check_scale(scale: float) -> None:
    """Check the share of the recording's size that pictures have.

    Raises:
        OptionError: It is not above 0 and up to 1.
    """
    if not 0 < scale <= 1:
        raise OptionError(f"scale is {scale:g}; it can be above 0 and up to 1")


def paired_video(recording: Recording) -> Path:
    """Return the video.

    Raises:
        OptionError: There is none.
    """
    if recording.video is None:
        raise OptionError(
            "this needs the paired video of the recording, which has none: put x.mp4 beside x.aedat4, "
            "or name it in the column video of a CSV"
        )
    return recording.video


def picture_times(video: Path) -> NDArray[np.int64]:
    """Return when each picture is shown, microseconds from the first on; decoded again only when the file has changed.

    Raises:
        RecordingError: The video cannot be read.
    """
    try:
        status = os.stat(video)
        times = _picture_times(video, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise RecordingError(f"{video}: cannot be read: {error.strerror or error}") from error
    except RecordingError as error:
        raise RecordingError(f"{video}: {error}") from error
    return np.array(times, np.int64)


@lru_cache(maxsize=64)  # all volumes of a recording ask
def _picture_times(video: Path, *_: int) -> tuple[int, ...]:
    return tuple(Footage(video).times())


def _decoded(video: Path, wanted: frozenset[int], size: tuple[int, int], colour: bool) -> dict[int, Any]:
    kept: dict[int, Any] = {}
    try:
        for i, (picture, _) in enumerate(Footage(video, size, colour=colour)):
            if i in wanted:
                kept[i] = picture
            if len(kept) == len(wanted):
                break
    except RecordingError as error:
        raise RecordingError(f"{video}: {error}") from error
    return kept


def elsewhere(recording: Recording, first: int, last: int) -> RecordingError:
    """Say that the video does not show `first` to `last`, on the clock of the events."""
    shown, offset = picture_times(paired_video(recording)), recording.video_offset_us
    return RecordingError(
        f"{recording.video}: its pictures are from 0 to {shown[-1]} us, but the events from {first} to {last} us, "
        f"which with an offset of {offset} us is {first + offset} to {last + offset} us: is it right (offset_us)?"
    )
