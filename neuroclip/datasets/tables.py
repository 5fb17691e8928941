"""A CSV of files and labels into items."""

from __future__ import annotations

import csv
from pathlib import Path

from neuroclip.datasets.dataset import Item
from neuroclip.datasets.folders import PARTS, Make, video_beside
from neuroclip.errors import DatasetError

COLUMNS = ("file", "label", "split", "video", "offset_us")


def read_table(table: Path, make: Make) -> list[Item]:
    """Read a CSV with the columns `file,label[,split][,video][,offset_us]`; paths are relative to it.

    Raises:
        DatasetError: It cannot be read, a column is unknown or missing, or a row is wrong (its line is named).
    """
    rows = _rows(table)
    listed = {table.parent / row["file"] for _, row in rows}
    return [_item(table, line, row, listed, make) for line, row in rows]


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            _check_header(table, header)
            rows: list[tuple[int, dict[str, str]]] = []
            for values in reader:
                if not any(map(str.strip, values)):
                    continue
                if len(values) > len(header):
                    raise DatasetError(
                        f"{table}, line {reader.line_num}: {len(values)} values, but {len(header)} columns; put names "
                        "with commas between quotes"
                    )
                padded = [*map(str.strip, values), *[""] * (len(header) - len(values))]
                rows.append((reader.line_num, dict(zip(header, padded, strict=True))))
    except OSError as error:
        raise DatasetError(f"{table}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} is no CSV in UTF-8: {error}") from error
    return rows


def _check_header(table: Path, header: list[str]) -> None:
    for name in header:
        if name not in COLUMNS or header.count(name) > 1:
            wrong = "unknown column" if name not in COLUMNS else "twice the column"
            raise DatasetError(f"{table}: {wrong} {name!r}; the columns are {', '.join(COLUMNS)}")
    for name in COLUMNS[:2]:
        if name not in header:
            raise DatasetError(
                f"{table}: the column {name!r} is missing; the first line names the columns, at least file,label"
            )


def _item(table: Path, line: int, row: dict[str, str], listed: set[Path], make: Make) -> Item:
    where = f"{table}, line {line}"
    split, offset = row.get("split", "").lower(), row.get("offset_us", "") or "0"
    if not row["label"]:
        raise DatasetError(f"{where}: there is no label")
    if split and split not in PARTS:
        raise DatasetError(f"{where}: the split {split!r} is none of train, validation and test")
    try:
        offset_us = int(offset)
    except ValueError as error:
        raise DatasetError(f"{where}: offset_us is {offset!r}; expected whole microseconds") from error
    path = _file(table, row["file"], where)
    video = _file(table, row["video"], where) if row.get("video") else video_beside(path, listed)
    recording = make(path=path, label=row["label"], video=video, offset_us=offset_us)
    return Item(Path(row["file"]).as_posix(), recording, PARTS[split] if split else None)


def _file(table: Path, name: str, where: str) -> Path:
    path = table.parent / name
    if not name or not path.is_file():
        raise DatasetError(
            f"{where}: there is no file {name or '(empty)'!r} (paths are relative to {table.name})"
        )
    return path
