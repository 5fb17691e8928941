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

    A video beside a recording, of the same name, is its paired video, unless it is a recording here itself. A file
    that cannot be read is reported and left out.

    Raises:
        OptionError: No such format.
    """
    from neuroclip import formats
    from neuroclip.datasets.folders import video_beside

    files = formats.find(paths)
    results = formats.read_each(files, format=format, size=size, recover=recover)
    recordings: list[tuple[Path, Recording]] = []
    for path, result in zip(files, results, strict=True):
        if isinstance(result, RecordingError):
            failures.report(result)
        else:
            recordings.append((path, replace(result, video=result.video or video_beside(path, files))))
    return recordings
