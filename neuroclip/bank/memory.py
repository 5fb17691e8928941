"""The bank in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuroclip.recording import Recording
from neuroclip.representations.base import Backbones, Representation
from neuroclip.representations.embeddings import Joint

Key = tuple[str, str, tuple[str, ...]]


class Bank:
    """Computes each content once: recording bytes, representation, backbone weights.

    File names, labels and the names of models are no part of the key. What comes out is stacked, and
    therefore a
    copy: changing it does not change the bank.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, Any] = {}

    def __len__(self) -> int:
        """Return how many tensors are kept."""
        return len(self._kept)

    def get(
        self, representation: Representation, recordings: Sequence[Recording], backbones: Backbones
    ) -> Any:
        """Return the tensor of all recordings [n, ...], in their order; a `Joint` gives a dictionary of them.

        Args:
            representation: What to compute; its backbones must be filled in.
            recordings: At least one.
            backbones: Gives a model by its name; asked only for those that the representation names.

        Raises:
            OptionError: An open backbone, no recordings, or recordings whose tensors do not stack.
        """
        if isinstance(representation, Joint):
            return {name: self.get(part, recordings, backbones) for name, part in representation.parts}
        weights = tuple(backbones(name).digest for name in representation.backbone_names())
        keys: list[Key] = [(recording.digest, representation.key, weights) for recording in recordings]
        missing = {
            key: recording for key, recording in zip(keys, recordings, strict=True) if key not in self._kept
        }
        computed = representation.compute_many(list(missing.values()), backbones) if missing else []
        self._kept.update(zip(missing, computed, strict=True))
        return representation.stack([self._kept[key] for key in keys])
