"""Temporal segments: single frames of a recording's parts, one image network for all, and their consensus."""

from neuroclip_plugins.tsn.head import TSN

__all__ = ["TSN"]
