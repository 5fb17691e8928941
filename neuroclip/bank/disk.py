"""The bank on disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from neuroclip.bank.filling import Progress, Source
from neuroclip.bank.memory import Bank
from neuroclip.bank.shard import ABOUT, unwritable
from neuroclip.bank.shelf import DamagedError, DiskShelf
from neuroclip.representations.base import Backbones, Representation

_REVISION = 2  # raised when the same key gives other numbers, or entries are written in another way
_ATTEMPTS = 3


def default_folder() -> Path:
    """Return where the bank is: $NEUROCLIP_BANK, or `neuroclip/bank` in the user's cache folder."""
    if given := os.environ.get("NEUROCLIP_BANK"):
        return Path(given).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = home / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return cache / "neuroclip" / "bank"


class DiskBank(Bank):
    """A bank that stays, safe for any number of processes at once, and whenever one of them is ended.

    A folder holds one folder for each representation and the weights that it was computed with (`DiskShelf`). Every
    tensor is checked when it is read; one that is damaged is computed again. What comes out and is larger than 512 MiB
    is a memory-mapped file without a name.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.folder = default_folder() if folder is None else folder

    def get(
        self,
        representation: Representation,
        sources: Sequence[Source],
        backbones: Backbones,
        *,
        progress: Progress | None = None,
    ) -> Any:
        """Return the tensor of all sources, as `Bank.get`; what is damaged is computed again."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return super().get(representation, sources, backbones, progress=progress)
            except DamagedError:
                progress = None
        return super().get(representation, sources, backbones)

    def shelves(self) -> list[DiskShelf]:
        """Return all that is in the folder, also of other models and from other processes."""
        folders = [about.parent for about in sorted(self.folder.glob(f"*/{ABOUT}"))]
        # Someone may call a folder of other things a bank, and then clear it.
        return [DiskShelf(folder) for folder in folders if re.fullmatch("[0-9a-f]{32}", folder.name)]

    @staticmethod
    def is_current(shelf: DiskShelf) -> bool:
        """Whether this version reads it; what others wrote is never read, and `clear` removes it."""
        return shelf.about.get("revision", _REVISION) == _REVISION

    def clear(self, *, older_than_days: float = 0.0) -> int:
        """Remove the representations to which nothing was added for so many days; return how many bytes that frees.

        Raises:
            BankError: One cannot be removed.
        """
        self._shelves.clear()  # closes the files that are open here
        freed, limit = 0, time.time() - older_than_days * 86400
        for shelf in self.shelves():
            if older_than_days and shelf.changed() > limit:
                continue
            freed += shelf.nbytes()
            try:
                shutil.rmtree(shelf.folder)
            except OSError as error:
                raise unwritable(shelf.folder, error) from error
        return freed

    def _open(self, representation: Representation, weights: tuple[str, ...]) -> DiskShelf:
        code = representation.code()
        key = json.dumps([_REVISION, representation.key, weights, *([code] if code else [])])
        about = {
            "representation": representation.described(),
            "weights": dict(zip(representation.backbone_names(), weights, strict=True)),
            "revision": _REVISION,
            "code": code,
            "neuroclip": version("neuroclip"),
        }
        return DiskShelf(self.folder / blake2b(key.encode(), digest_size=16).hexdigest(), about)
