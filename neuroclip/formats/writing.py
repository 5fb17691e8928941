"""Recordings into files."""

from __future__ import annotations

import os
from pathlib import Path

from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import registry
from neuroclip.formats.format import Format, surest_first
from neuroclip.recording import Recording


def write(recording: Recording, path: str | Path, *, format: str | None = None) -> None:
    """Write a recording; the suffix decides the format unless `format` names one.

    The file appears under its name only when it is complete; one that was there is then replaced.

    Raises:
        OptionError: No installed format writes files with this suffix, or `format` is none that writes.
        RecordingError: The format cannot hold this recording, or the disk cannot hold the file.
    """
    path = Path(path)
    chosen = registry.load(format) if format is not None else writer_for(path)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        chosen.write(unfinished, recording)
        unfinished.replace(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror or error}") from error
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def writer_for(path: Path) -> Format:
    """Return the format that writes files with this suffix.

    Raises:
        OptionError: None does; the message lists the suffixes that can be written.
    """
    able = [f for f in surest_first(registry.load_all()) if f.writes]
    for candidate in able:
        if path.suffix.lower() in candidate.suffixes:
            return candidate
    known = ", ".join(sorted({suffix for f in able for suffix in f.suffixes}))
    raise OptionError(
        f"{path}: no installed format writes {path.suffix or 'files without a suffix'}; there are {known}"
    )
