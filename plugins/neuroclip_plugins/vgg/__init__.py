"""A recording collapsed into one picture, a VGG that looks at it, and three ways to learn."""

from neuroclip_plugins.vgg.dense import VggDense
from neuroclip_plugins.vgg.probe import VggProbe
from neuroclip_plugins.vgg.scratch import VggScratch

__all__ = ["VggDense", "VggProbe", "VggScratch"]
