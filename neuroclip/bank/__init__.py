"""Each representation of each recording, computed once: in memory, or on disk."""

from neuroclip.bank.disk import DiskBank, default_folder
from neuroclip.bank.memory import Bank
from neuroclip.bank.shelf import DiskShelf

__all__ = ["Bank", "DiskBank", "DiskShelf", "default_folder"]
