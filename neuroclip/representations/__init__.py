"""Recordings into arrays and tensors.

`frames` and `paint` need numpy alone; the representations, which are values that the bank computes once, need
torch, and are imported when they are asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuroclip.representations.painting import paint
from neuroclip.representations.splits import step_edges
from neuroclip.representations.ternary import frames

if TYPE_CHECKING:
    from neuroclip.representations.augmentation import Augmented
    from neuroclip.representations.base import Backbone, Backbones, Representation
    from neuroclip.representations.collapsed import CollapsedImage
    from neuroclip.representations.counts import EventCounts, EventsPerTimestep, TernaryFrames
    from neuroclip.representations.embeddings import ClipTimesteps, Joint, valid_timesteps
    from neuroclip.representations.features import Features
    from neuroclip.representations.video import VideoFrames
    from neuroclip.representations.volumes import FlowVolume, RgbVolume, SignedVolume

__all__ = [
    "Augmented",
    "Backbone",
    "Backbones",
    "ClipTimesteps",
    "CollapsedImage",
    "EventCounts",
    "EventsPerTimestep",
    "Features",
    "FlowVolume",
    "Joint",
    "Representation",
    "RgbVolume",
    "SignedVolume",
    "TernaryFrames",
    "VideoFrames",
    "frames",
    "paint",
    "step_edges",
    "valid_timesteps",
]

_HOMES = {
    "Augmented": "augmentation",
    "Backbone": "base",
    "Backbones": "base",
    "ClipTimesteps": "embeddings",
    "CollapsedImage": "collapsed",
    "EventCounts": "counts",
    "EventsPerTimestep": "counts",
    "Features": "features",
    "FlowVolume": "volumes",
    "Joint": "embeddings",
    "Representation": "base",
    "RgbVolume": "volumes",
    "SignedVolume": "volumes",
    "TernaryFrames": "counts",
    "VideoFrames": "video",
    "valid_timesteps": "embeddings",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
