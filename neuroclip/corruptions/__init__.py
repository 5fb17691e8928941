"""Damage to events between the sensor and the file, seeded, for finding out what a head stands."""

from neuroclip.corruptions.corrupted import Corrupted
from neuroclip.corruptions.kinds import Corruption, parse

__all__ = ["Corrupted", "Corruption", "parse"]
