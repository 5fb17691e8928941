"""Models that turn frames and texts into vectors of one space: CLIP and its relatives, through open_clip.

`load_model` is the door, `Model` what it gives, `list_models` what could be asked for. `load_backbone` also opens image
networks (`ImageNetwork`), which know no texts, to representations.
"""

from neuroclip.backbones.image_encoder import ImageNetwork
from neuroclip.backbones.image_networks import image_network
from neuroclip.backbones.listing import ModelRow, list_models
from neuroclip.backbones.loading import load_backbone, load_model
from neuroclip.backbones.model import Model
from neuroclip.backbones.names import DEFAULT_MODEL

__all__ = [
    "DEFAULT_MODEL",
    "ImageNetwork",
    "Model",
    "ModelRow",
    "image_network",
    "list_models",
    "load_backbone",
    "load_model",
]
