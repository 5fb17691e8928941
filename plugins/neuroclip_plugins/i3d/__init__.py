"""Networks over time (I3D) that read optical flow, RGB, or events, these taught by one that reads flow."""

from neuroclip_plugins.i3d.events import I3DEvents
from neuroclip_plugins.i3d.heads import I3DFlow, I3DRgb

__all__ = ["I3DEvents", "I3DFlow", "I3DRgb"]
