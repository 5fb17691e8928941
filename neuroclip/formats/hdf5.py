"""HDF5 files: a group with the columns t, x, y and p, or one data set that holds all four."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats.columns import good_events
from neuroclip.formats.format import PIECE_EVENTS, Format, Piece
from neuroclip.formats.hdf5_source import FEW, MOST_INFLATED, Source, find_source
from neuroclip.recording import Recording
from neuroclip.shapes import Events

_MAGIC = b"\x89HDF\r\n\x1a\n"
_BEGINNINGS = (0, 512, 1024, 2048)
_CHUNK = 1 << 16


class Hdf5(Format):
    """`.h5` and `.hdf5`.

    The columns are the data sets of any group (RPG and DSEC: `events/t` and so on, `t_offset` being added), the
    fields of one data set (Metavision: `CD/events`), or the columns of a table `events` [N, 4]; they are found, and
    their units told, as in `.npz`. The size is what the attributes `width` and `height` or `geometry` say. Where a
    file holds several recordings, one must be called `events` or `CD/events`. Nothing outside the file is followed.
    """

    name: ClassVar[str] = "hdf5"
    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")
    description: ClassVar[str] = "HDF5: RPG/DSEC, Metavision, or any t, x, y, p"
    requires: ClassVar[tuple[str, ...]] = ("hdf5",)

    def detect(self, path: Path, head: bytes) -> bool:
        """Know the signature, which may come after a block of the user's."""
        return any(head[at:].startswith(_MAGIC) for at in _BEGINNINGS)

    def pieces(self, path: Path) -> Iterator[Piece]:
        """Read the columns side by side, some rows at a time."""
        h5py = _h5py()
        with path.open("rb") as file:
            if not self.detect(path, file.read(4096)):
                raise RecordingError("it is no HDF5 file: its signature is not there")
        try:
            with h5py.File(path, "r", locking=False) as file:
                yield from _pieces(find_source(file, path.stat().st_size))
        except RecordingError:
            raise
        except Exception as error:  # a damaged file makes the library raise almost anything
            raise RecordingError(f"the HDF5 file is damaged or cut off ({_why(error)})") from error

    def write(self, path: Path, recording: Recording) -> None:
        """Write `events/{t,x,y,p}`, compressed with gzip, and the size as attributes of the group."""
        _write(path, recording, {"compression": "gzip", "compression_opts": 1, "shuffle": True})
        if recording.events.nbytes > max(MOST_INFLATED * path.stat().st_size, FEW):
            _write(path, recording, {})  # no reader that is careful would believe the other one


def _h5py() -> Any:
    try:
        import h5py
        import hdf5plugin  # noqa: F401  # pyright: ignore[reportUnusedImport]  (it registers its filters)
    except ImportError as error:
        raise OptionError("HDF5 needs h5py and hdf5plugin: pip install 'neuroclip[hdf5]'") from error
    return h5py


def _pieces(source: Source) -> Iterator[Piece]:
    done, step = 0, source.step(PIECE_EVENTS)
    while done < source.length:
        stop = min(done + step, source.length)
        try:
            columns, unit = source.read(done, stop)
        except RecordingError:
            raise
        except Exception as error:
            if step > source.finest:  # some of these rows may be good
                step = source.finest
                continue
            raise RecordingError(f"its rows {done} to {stop} are damaged ({_why(error)})") from error
        events, wrong = good_events(columns, unit, done)
        _shift(events, source.offset_us)
        yield Piece(events, source.size)
        if wrong is not None:
            raise wrong
        done = stop


def _shift(events: Events, offset_us: int) -> None:
    if offset_us and len(events):
        if max(abs(int(events["t"].min())), abs(int(events["t"].max()))) + abs(offset_us) >= 2**63:
            raise RecordingError(f"its times and their t_offset, {offset_us} us, are beyond 64 bits")
        events["t"] += offset_us


def _why(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _write(path: Path, recording: Recording, how: dict[str, Any]) -> None:
    with _h5py().File(path, "w") as file:
        group, events = file.create_group("events"), recording.events
        group.attrs["width"], group.attrs["height"] = recording.width, recording.height
        columns = {"t": events["t"], "x": events["x"], "y": events["y"], "p": events["on"].view(np.uint8)}
        for name, values in columns.items():
            data = group.create_dataset(
                name, values.shape, values.dtype, chunks=(_CHUNK,), maxshape=(None,), **how
            )
            for start in range(0, len(values), PIECE_EVENTS):
                data[start : start + PIECE_EVENTS] = values[start : start + PIECE_EVENTS]
