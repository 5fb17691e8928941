"""Each representation of each recording, computed once."""

from neuroclip.bank.memory import Bank

__all__ = ["Bank"]
