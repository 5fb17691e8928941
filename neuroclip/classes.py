"""Class names, and what a text tower makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import neuroclip_prompts
from neuroclip_prompts import PromptSet, PromptSetError

from neuroclip.errors import ClassesError, PromptError

if TYPE_CHECKING:
    from torch import Tensor

    from neuroclip.backbones import Model

DEFAULT_PROMPTS = "default"
"""The prompt set that is used where none is named, and the data set has none."""


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes to tell apart: names in their order, and text features when somebody asks.

    Attributes:
        names: At least two, each once.
        prompts: The sentences that the names are put into, and perhaps words for the names.
        model: What encodes the sentences, or a function that gives it; called when `features` or `scale` is asked
            for, so that a head without CLIP never loads one.

    Raises:
        ClassesError: Fewer than two names, an empty one, or one that comes twice.
    """

    names: tuple[str, ...]
    prompts: PromptSet = field(default_factory=lambda: load_prompts(DEFAULT_PROMPTS))
    model: Model | Callable[[], Model] | None = None

    def __post_init__(self) -> None:
        check_names(self.names)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def loaded(self) -> Model:
        """The model.

        Raises:
            ClassesError: There is none.
        """
        if self.model is None:
            raise ClassesError("these classes came without a model, so they have no text features")
        return self.model() if callable(self.model) else self.model

    @property
    def words(self) -> tuple[str, ...]:
        """What is put into the sentences for each class, for example "zero" for "0"."""
        return tuple(self.prompts.word(name) for name in self.names)

    @property
    def scale(self) -> float:
        """What a cosine is multiplied with to become a logit (the model's)."""
        return self.loaded.scale

    @cached_property
    def features(self) -> Tensor:
        """Text features, float32 (c, d): per class the mean of the templates' unit vectors, made a unit vector again.

        Source: Radford et al., "Learning transferable visual models", section 3.1.4.
        """
        from torch.nn.functional import normalize

        texts = [text for name in self.names for text in self.prompts.texts(name)]
        features = self.loaded.encode_texts(texts).view(len(self), len(self.prompts.templates), -1)
        return normalize(normalize(features, dim=-1).mean(1), dim=-1)


def check_names(names: Sequence[str]) -> None:
    """Check that there are at least two names, none empty, none twice.

    Raises:
        ClassesError: There are not.
    """
    for i, name in enumerate(names, 1):
        if not name.strip():
            raise ClassesError(f"class name {i} of {len(names)} is empty")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ClassesError(f"the class name {twice[0]!r} comes more than once")
    if len(names) < 2:
        found = f"only {names[0]!r}" if names else "none"
        raise ClassesError(f"at least two class names are needed to choose between, but there is {found}")


def parse_classes(text: str) -> tuple[str, ...]:
    """Split names at commas and line ends; `parse_classes("a, b")` is `("a", "b")`. A comma at the end is no name.

    Raises:
        ClassesError: As `check_names`.
    """
    names = [part.strip() for part in text.replace("\n", ",").split(",")]
    while names and not names[-1]:
        names.pop()
    check_names(names)
    return tuple(names)


def read_classes(path: Path) -> tuple[str, ...]:
    """Read names from a text file, one a line; empty lines and those that begin with # are skipped.

    Raises:
        ClassesError: The file cannot be read, or as `check_names`; the message names the file.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ClassesError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ClassesError(f"{path} is no text file in UTF-8") from error
    names = tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
    try:
        check_names(names)
    except ClassesError as error:
        raise ClassesError(f"{path}: {error}") from error
    return names


def load_prompts(name: str | Path = DEFAULT_PROMPTS, templates: Sequence[str] | None = None) -> PromptSet:
    """Load a prompt set by name or path; `templates` take the place of its own.

    Raises:
        PromptError: No such set (the message lists those there are), or it cannot be read.
    """
    try:
        prompts = neuroclip_prompts.load(name)
        if templates is None:
            return prompts
        return PromptSet(
            f"{prompts.name} with other templates", tuple(templates), prompts.classes, source="given"
        )
    except PromptSetError as error:
        raise PromptError(str(error)) from error
