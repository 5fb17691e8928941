"""Packages of one's own: a head, a format or a prompt set to begin with, that installs and passes its tests."""

from neuroclip.kit.starting import KINDS, Kind, start

__all__ = ["KINDS", "Kind", "start"]
