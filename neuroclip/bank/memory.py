"""The bank in memory, and what every bank does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from neuroclip.bank.filling import Bad, Progress, Source, Wanted, hashed, prepared_batches, threads
from neuroclip.errors import RecordingError
from neuroclip.representations.base import Backbones, Representation
from neuroclip.representations.embeddings import Joint


class Shelf(ABC):
    """What is kept of one representation with certain weights, by the digest of the recording."""

    @abstractmethod
    def __contains__(self, digest: str) -> bool: ...

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def add(self, values: Mapping[str, Any]) -> None:
        """Keep what was computed: all of it, or after an error a part."""

    @abstractmethod
    def stacked(self, representation: Representation, digests: Sequence[str]) -> Any:
        """Return what is kept of these, on a new first axis."""


class Bank:
    """Computes each content once: recording bytes, representation, backbone weights.

    File names and labels are no part of the key. What comes out is stacked, and therefore a copy: changing it does not
    change the bank. The parts of a `Joint` are kept by themselves.
    """

    def __init__(self) -> None:
        self._shelves: dict[tuple[object, ...], Shelf] = {}

    def __len__(self) -> int:
        """Return how many tensors are kept."""
        return sum(map(len, self._shelves.values()))

    def fill(
        self,
        representation: Representation,
        sources: Sequence[Source],
        backbones: Backbones,
        *,
        progress: Progress | None = None,
        bad: Bad | None = None,
    ) -> None:
        """Compute what is not yet kept. Interrupted at any moment, it goes on from there when called again.

        Each file is read once; reading and painting go on in threads while the encoder works.

        Args:
            representation: What to compute; its backbones must be filled in.
            sources: Recordings, or files of them.
            backbones: Gives a model by its name; asked only for those that the representation names.
            progress: Called with how many more sources are done, also those that were kept already or are bad.
            bad: Called with a source whose file cannot be read, and the error; it is then left out.

        Raises:
            OptionError: An open backbone, or an option that does not suit a recording.
            RecordingError: A file cannot be read, and there is no `bad`. What was finished is kept.
            BankError: It cannot be kept. What was finished is kept.
        """
        leaves = {leaf.key: leaf for leaf in _leaves(representation)}
        shelves = {key: self._shelf(leaf, backbones) for key, leaf in leaves.items()}
        done = progress or (lambda n: None)
        left_out = partial(_leave_out, bad, done)
        with threads() as pool:
            wanted = _lacking(hashed(pool, sources, left_out), leaves, shelves, done)
            for batch in prepared_batches(pool, wanted, left_out):
                for key, leaf in leaves.items():
                    mine = {item.digest: made[key] for item, made in batch if key in made}
                    if mine:
                        computed = leaf.finish(list(mine.values()), backbones)
                        shelves[key].add(dict(zip(mine, computed, strict=True)))
                done(sum(len(item.sources) for item, _ in batch))

    def get(
        self,
        representation: Representation,
        sources: Sequence[Source],
        backbones: Backbones,
        *,
        progress: Progress | None = None,
    ) -> Any:
        """Return the tensor of all sources [n, ...], in their order; a `Joint` gives a dictionary of them.

        What is missing is computed first, as by `fill`.

        Raises:
            OptionError: An open backbone, no recordings, or recordings whose tensors do not stack.
            RecordingError, BankError: As `fill`.
        """
        self.fill(representation, sources, backbones, progress=progress)
        return self._stacked(representation, [source.digest for source in sources], backbones)

    def _stacked(self, representation: Representation, digests: Sequence[str], backbones: Backbones) -> Any:
        if isinstance(representation, Joint):
            return {name: self._stacked(part, digests, backbones) for name, part in representation.parts}
        stored = representation.stored
        return representation.derived(self._shelf(stored, backbones).stacked(stored, digests))

    def _shelf(self, representation: Representation, backbones: Backbones) -> Shelf:
        weights = tuple(backbones(name).digest for name in representation.backbone_names())
        key = (representation.key, weights, tuple(representation.code().items()))
        if key not in self._shelves:
            self._shelves[key] = self._open(representation, weights)
        return self._shelves[key]

    def _open(self, representation: Representation, weights: tuple[str, ...]) -> Shelf:
        return _MemoryShelf()


class _MemoryShelf(Shelf):
    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def __contains__(self, digest: str) -> bool:
        return digest in self._values

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: Mapping[str, Any]) -> None:
        self._values.update(values)

    def stacked(self, representation: Representation, digests: Sequence[str]) -> Any:
        return representation.stack([self._values[digest] for digest in digests])


def _leaves(representation: Representation) -> list[Representation]:
    """Return the representations that are kept by themselves."""
    if not isinstance(representation, Joint):
        return [representation.stored]
    return [leaf for _, part in representation.parts for leaf in _leaves(part)]


def _lacking(
    found: Mapping[str, Sequence[Source]],
    leaves: Mapping[str, Representation],
    shelves: Mapping[str, Shelf],
    done: Progress,
) -> Iterator[Wanted]:
    """Yield the contents that are not yet kept in every way; the others are done."""
    for digest, same in found.items():
        if lacks := {key: leaf for key, leaf in leaves.items() if digest not in shelves[key]}:
            yield Wanted(digest, same, lacks)
        else:
            done(len(same))


def _leave_out(bad: Bad | None, done: Progress, source: Source, error: RecordingError) -> None:
    """Tell the caller of a source that cannot be read.

    Raises:
        RecordingError: The caller did not ask to be told.
    """
    if bad is None:
        raise error
    bad(source, error)
    done(1)
