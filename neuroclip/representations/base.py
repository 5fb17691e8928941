"""What a representation is: a value that says how recordings become tensors."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from neuroclip.errors import OptionError
from neuroclip.recording import Recording
from neuroclip.shapes import Frames
from neuroclip.source_digest import code_of


class Backbone(Protocol):
    """What a representation asks of a model (`neuroclip.backbones.Model` is one)."""

    @property
    def digest(self) -> str:
        """Names weights and configuration."""
        ...

    @property
    def weights_digest(self) -> str:
        """Names the weights, the same on every machine."""
        ...

    def encode_frames(self, frames: Frames, *, resize: str, normalize: str) -> Tensor:
        """Turn frames, uint8 [n, h, w], into embeddings, float32 [n, d], not normalised."""
        ...


Backbones = Callable[[str], Any]
"""What opens a model: from the name of one to its `Backbone`. Each representation asks for those that it needs."""


@dataclass(frozen=True)
class Representation(ABC):
    """A frozen dataclass of options that JSON can hold; equal values are computed once (see the bank).

    A field named `backbone` is special: `None` means that it is still open, to be filled in with the model
    that the user chose, before any key is made.
    """

    padding: ClassVar[int | None] = None
    """What continues a recording that has fewer timesteps than others in the stack; None: nothing can."""

    @abstractmethod
    def compute(self, recording: Recording, backbones: Backbones) -> Any:
        """Return the tensor of one recording, or a mapping of tensors."""

    def prepare(self, recording: Recording) -> Any:
        """Do what needs no backbone, such as painting frames: the bank does it ahead, in threads."""
        return recording

    def finish(self, prepared: Sequence[Any], backbones: Backbones) -> list[Any]:
        """Make of several prepared recordings what `compute` gives of each; none depends on the others."""
        return [self.compute(recording, backbones) for recording in prepared]

    def compute_many(self, recordings: Sequence[Recording], backbones: Backbones) -> list[Any]:
        """Compute several at once, where that is quicker; what one gives never depends on the others."""
        return self.finish([self.prepare(recording) for recording in recordings], backbones)

    def stack(self, computed: Sequence[Any]) -> Any:
        """Put the tensors of several recordings on a new first axis.

        Recordings with fewer timesteps (the first axis of each) are continued with `padding`.

        Raises:
            OptionError: The recordings differ in shape, and there is no padding that would not be mistaken
                for something seen.
        """
        if not computed:
            raise OptionError("there is no recording to stack")
        shapes = {tuple(x.shape) for x in computed}
        if len(shapes) == 1:
            return torch.stack(list(computed))
        if len({shape[1:] for shape in shapes}) > 1:
            raise OptionError(
                f"{type(self).__name__} of recordings from different sensors do not stack: "
                f"one has the shape {list(min(shapes))}, another {list(max(shapes))}; give one --size"
            )
        if self.padding is None:
            raise OptionError(
                f"{type(self).__name__} of recordings with different numbers of timesteps "
                f"({min(shapes)[0]} to {max(shapes)[0]}) do not stack: use split='events' or 'time', "
                "or one recording at a time"
            )
        longest = max(shapes)[0]
        stacked = computed[0].new_full((len(computed), longest, *min(shapes)[1:]), self.padding)
        for row, x in zip(stacked, computed, strict=True):
            row[: len(x)] = x
        return stacked

    @property
    def stored(self) -> Representation:
        """What the bank keeps in place of this one, where this follows from it at no cost (`derived`)."""
        return self

    def derived(self, stacked: Any) -> Any:
        """Make what this gives of what `stored` gives, both stacked; by default they are the same."""
        return stacked

    @property
    def key(self) -> str:
        """Canonical JSON: the class and its fields, nested; equal values have equal keys."""
        return json.dumps(self.described(), sort_keys=True, separators=(",", ":"))

    def code(self) -> dict[str, str]:
        """Return the digests of the packages of others that it is made of, by name; empty for ours.

        With the same options but other code it may give other numbers.
        """
        return code_of(_classes(self))

    def described(self) -> dict[str, Any]:
        """Return the class and its fields as JSON has them."""
        cls = type(self)
        ours = cls.__module__.partition(".")[0] == "neuroclip"
        name = cls.__qualname__ if ours else f"{cls.__module__}.{cls.__qualname__}"
        return {name: {f.name: _jsonable(getattr(self, f.name)) for f in fields(self)}}

    def filled(self, model_name: str) -> Representation:
        """Return a copy in which every open backbone, also of nested representations, is this model."""
        return replace(
            self, **{f.name: _filled(f.name, getattr(self, f.name), model_name) for f in fields(self)}
        )

    def backbone_names(self) -> tuple[str, ...]:
        """Return the models that computing needs, sorted, each once.

        Raises:
            OptionError: A backbone is still open.
        """
        names = set[str]()
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "backbone" and value is None:
                raise OptionError(f"the backbone of {type(self).__name__} is open: use filled('event-tiny')")
            if f.name == "backbone":
                names.add(value)
            for nested in _nested(value):
                names.update(nested.backbone_names())
        return tuple(sorted(names))

    def networks(self, backbones: Backbones) -> list[tuple[str, str]]:
        """Return the name of every network that computing asks, and the digest of its weights, in the fields' order.

        Raises:
            ModelError, OptionError: One cannot be loaded.
        """
        found: list[tuple[str, str]] = []
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "backbone":
                found.append((value, backbones(value).weights_digest))
            for nested in _nested(value):
                found += nested.networks(backbones)
        return found


@dataclass(frozen=True)
class WithoutBackbone(Representation):
    """All the work is preparation."""

    @abstractmethod
    def prepare(self, recording: Recording) -> Tensor:
        """Return the tensor of one recording."""

    def compute(self, recording: Recording, backbones: Backbones) -> Tensor:
        """Return the tensor of one recording; no backbone is asked."""
        return self.prepare(recording)

    def finish(self, prepared: Sequence[Tensor], backbones: Backbones) -> list[Tensor]:
        """Return what was prepared."""
        return list(prepared)


def _nested(value: Any) -> Iterator[Representation]:
    if isinstance(value, Representation):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nested(item)


def _filled(name: str, value: Any, model_name: str) -> Any:
    if name == "backbone" and value is None:
        return model_name
    if isinstance(value, Representation):
        return value.filled(model_name)
    if isinstance(value, tuple):
        return tuple(_filled("", item, model_name) for item in value)
    return value


def _classes(value: Any) -> Iterator[type]:
    """Yield the classes of a representation and of those inside it, with their bases."""
    if isinstance(value, tuple):
        for one in value:
            yield from _classes(one)
    elif isinstance(value, Representation):
        yield from type(value).__mro__
        for field in fields(value):
            yield from _classes(getattr(value, field.name))


def _jsonable(value: Any) -> Any:
    if isinstance(value, Representation):
        return value.described()
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    return value
