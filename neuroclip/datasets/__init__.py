"""Labelled recordings: folders and tables of them, what is known about public sets, and seeded splits."""

from neuroclip.datasets.dataset import Dataset, Item, natural_order
from neuroclip.datasets.known_set import KnownSet, known_sets, load_known
from neuroclip.datasets.opening import open_dataset
from neuroclip.datasets.split import Split
from neuroclip.datasets.splits import make_split

__all__ = [
    "Dataset",
    "Item",
    "KnownSet",
    "Split",
    "known_sets",
    "load_known",
    "make_split",
    "natural_order",
    "open_dataset",
]
