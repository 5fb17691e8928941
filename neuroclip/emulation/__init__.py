"""Pictures that change over time into events: one contrast model, for recordings and for training batches."""

from neuroclip.emulation.contrast import Crossings, contrast_crossings, emulate

__all__ = ["Crossings", "contrast_crossings", "emulate"]
