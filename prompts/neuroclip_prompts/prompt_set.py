"""What a prompt set is, and how it is read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

_KEYS = ("description", "source", "templates", "classes")


class PromptSetError(ValueError):
    """A prompt set is unknown or cannot be read; `str(error)` is one sentence."""


@dataclass(frozen=True)
class PromptSet:
    """Sentences with a place for a class.

    Attributes:
        name: As it is asked for.
        templates: At least one, each with `{}` where the class goes.
        classes: Class names and the words for them; the words are what is put into the sentences. Empty where the
            set is for any classes.
        source: Where the sentences come from.
        description: What they are for.

    Raises:
        PromptSetError: No templates, or one without `{}`.
    """

    name: str
    templates: tuple[str, ...]
    classes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if not self.templates:
            raise PromptSetError(
                f"prompt set {self.name!r} has no templates; one is enough: a sentence with {{}} in it"
            )
        for template in self.templates:
            if "{}" not in template:
                raise PromptSetError(
                    f"prompt set {self.name!r}: no {{}} for the class in the template {template!r}"
                )
        object.__setattr__(self, "classes", MappingProxyType(dict(self.classes)))

    def word(self, name: str) -> str:
        """Return the words for a class: those of `classes`, else its own name, with spaces for underscores."""
        return self.classes.get(name, name).replace("_", " ")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return every sentence for a class."""
        return tuple(template.replace("{}", self.word(name)) for template in self.templates)


def read(path: Path, name: str | None = None) -> PromptSet:
    """Read a TOML file.

    Raises:
        PromptSetError: It is missing, no TOML, or has a wrong key or value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PromptSetError(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PromptSetError(f"{path} is no TOML: {error}") from error
    for key in content:
        if key not in _KEYS:
            raise PromptSetError(f"{path}: unknown key {key!r}; the keys are {', '.join(_KEYS)}")
    try:
        return PromptSet(
            name=name or path.stem,
            templates=tuple(_texts(content, "templates")),
            classes=_words(content.get("classes", {})),
            source=_text(content, "source"),
            description=_text(content, "description"),
        )
    except PromptSetError as error:
        raise PromptSetError(f"{path}: {error}") from error


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key, "")
    if not isinstance(value, str):
        raise PromptSetError(f"{key} is {value!r}; expected a text")
    return value


def _texts(content: Mapping[str, Any], key: str) -> list[str]:
    values = content.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise PromptSetError(f'{key} is {values!r}; expected a list of texts, such as ["a photo of a {{}}"]')
    return values


def _words(classes: Any) -> dict[str, str]:
    if not isinstance(classes, dict) or not all(isinstance(word, str) for word in classes.values()):
        raise PromptSetError('classes is no table of texts, such as "0" = "zero"')
    return classes
