"""Models that turn frames and texts into vectors of one space: CLIP and its relatives, through open_clip.

`load_model` is the door, `Model` what it gives, `list_models` what could be asked for.
"""

from neuroclip.backbones.listing import ModelRow, list_models
from neuroclip.backbones.loading import load_model
from neuroclip.backbones.model import Model
from neuroclip.backbones.names import DEFAULT_MODEL

__all__ = ["DEFAULT_MODEL", "Model", "ModelRow", "list_models", "load_model"]
