"""Paths on the command line into recordings; what cannot be read is reported, and the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import Failures
from neuroclip.errors import RecordingError
from neuroclip.recording import Recording


def read_all(
    paths: Sequence[Path], failures: Failures, *, format: str | None, size: SensorSize | None, recover: bool
) -> list[tuple[Path, Recording]]:
    """Read every recording that `paths` name or hold, in order; all are taken to be of one camera.

    A file that cannot be read is reported and left out.

    Raises:
        OptionError: No such format.
    """
    from neuroclip import formats

    files = formats.find(paths)
    results = formats.read_each(files, format=format, size=size, recover=recover)
    recordings: list[tuple[Path, Recording]] = []
    for path, result in zip(files, results, strict=True):
        if isinstance(result, RecordingError):
            failures.report(result)
        else:
            recordings.append((path, result))
    return recordings


def with_videos(found: Sequence[tuple[Path, Recording]], offset_us: int = 0) -> list[tuple[Path, Recording]]:
    """Give each recording the video of the same name beside it, unless that is a recording here itself."""
    from neuroclip.datasets.folders import video_beside

    files = {path for path, _ in found}
    return [
        (path, replace(recording, video=video, video_offset_us=offset_us))
        if (video := video_beside(path, files)) is not None
        else (path, recording)
        for path, recording in found
    ]
