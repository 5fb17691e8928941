"""Labelled sets that the project makes itself, from numbers alone: no picture of anyone's is in them."""

from neuroclip.synthetic.motions import CLASSES, motion
from neuroclip.synthetic.writing import write_motions

__all__ = ["CLASSES", "motion", "write_motions"]
