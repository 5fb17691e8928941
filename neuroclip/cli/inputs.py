"""Paths on the command line into recordings; what cannot be read is reported, and the rest goes on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import Failures, complain
from neuroclip.errors import RecordingError, RecordingWarning
from neuroclip.recording import Recording


def read_all(
    paths: Sequence[Path], failures: Failures, *, format: str | None, size: SensorSize | None
) -> list[tuple[Path, Recording]]:
    """Read every recording that `paths` name or hold, in order; all are taken to be of one camera.

    A file that cannot be read is reported and left out. What had to be guessed is said on stderr.

    Raises:
        OptionError: No such format.
    """
    from neuroclip import formats

    files = formats.find(paths)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RecordingWarning)
        results = formats.read_each(files, format=format, size=size)
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        complain(f"warning: {message}")
    recordings: list[tuple[Path, Recording]] = []
    for path, result in zip(files, results, strict=True):
        if isinstance(result, RecordingError):
            failures.report(result)
        else:
            recordings.append((path, result))
    return recordings
