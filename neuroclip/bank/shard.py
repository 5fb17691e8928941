"""Two files that one process alone appends to."""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from neuroclip.errors import BankError

ABOUT = "about.json"


class Shard:
    """`NAME.data`, the bytes of tensors, and `NAME.jsonl`, the lines about them.

    A new one writes what the folder is about, if nothing does so yet.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self._process = uuid.uuid4().hex, os.getpid()
        if not (folder / ABOUT).exists():
            new = folder / f"{self.name}.about"
            new.write_text(json.dumps(about, indent=1), encoding="utf-8")
            new.replace(folder / ABOUT)
        self.data: FileIO = (folder / f"{self.name}.data").open("xb", buffering=0)
        self.index: FileIO = (folder / f"{self.name}.jsonl").open("xb", buffering=0)

    def usable(self) -> bool:
        """Whether it is this process's own (and not of the one that it was forked from), and was not removed."""
        return self._process == os.getpid() and os.fstat(self.index.fileno()).st_nlink > 0

    def whole(self, append: Callable[[Shard], Any]) -> Any:
        """Append; whatever goes wrong, nothing of it is left."""
        before = self.index.tell(), self.data.tell()
        try:
            return append(self)
        except BaseException:
            with suppress(OSError):
                self.index.truncate(before[0])
                self.data.truncate(before[1])
            raise


def unwritable(folder: Path, error: OSError) -> BankError:
    """Say what can be done about a bank that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BankError(
            f"{folder}: the disk is full; what was finished is kept. Free some space (`neuroclip bank clear`?) "
            "or choose another folder with --bank or NEUROCLIP_BANK, and run it again"
        )
    return BankError(
        f"{folder}: the bank cannot be written ({error.strerror or error}): "
        "choose another folder with --bank or NEUROCLIP_BANK"
    )
