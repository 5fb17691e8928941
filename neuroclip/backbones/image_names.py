"""What an image network is called, and where that name leads; nothing is built here."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from neuroclip.errors import ModelError
from neuroclip.recording import digest_of_file

PREFIX = "timm:"
FORMS = "timm:NAME (downloaded), timm:NAME:FILE (weights), or timm:NAME:random; NAME may be vgg16_bn@0.25 (narrow)"


@dataclass(frozen=True)
class ImageSource:
    """Where a name leads.

    Attributes:
        name: As it was typed.
        architecture: timm's name, perhaps with a tag after a dot.
        width: Factor of the numbers of filters; other than 1 for networks called vgg... alone.
        file: The weights; None where they are downloaded, or random.
        random: Whether the weights are random.
        advice: How weights are given otherwise, for messages.
    """

    name: str
    architecture: str
    width: float = 1.0
    file: Path | None = None
    random: bool = False
    advice: str = ""

    @property
    def is_vgg(self) -> bool:
        """Whether it is a VGG."""
        return self.architecture.startswith("vgg")


def is_image_name(name: str) -> bool:
    """Whether the name is meant to be that of an image network."""
    return name.startswith(PREFIX)


def parse_image_name(name: str, advice: str | None = None) -> ImageSource:
    """Say where the name of an image network leads.

    `advice` says how weights are given otherwise, in the words of whoever made the name of other options.

    Raises:
        ModelError: It leads nowhere: timm has no such network (the nearest are named), or there is no such file.
    """
    architecture, _, place = name.removeprefix(PREFIX).partition(":")
    architecture, at, width = architecture.partition("@")
    if not is_image_name(name) or not architecture or (at and not re.fullmatch(r"\d*\.?\d+", width)):
        raise ModelError(f"{name!r} names no image network; one is {FORMS}")
    _check_architecture(name, architecture)
    scale = float(width) if at else 1.0
    if scale <= 0 or (scale != 1 and not architecture.startswith("vgg")):
        raise ModelError(
            f"{name}: @{width} is a width above 0 of a VGG; other networks have their own widths alone"
        )
    bare = network_of(name)
    advice = advice or f"write {bare}:path/to/FILE, or {bare}:random"
    if place in ("", "random"):
        if scale != 1 and not place:
            raise ModelError(f"{name}: a narrow network has no weights to download: {advice}")
        return ImageSource(name, architecture, scale, random=bool(place), advice=advice)
    file = Path(place).expanduser()
    if not file.is_file():
        raise ModelError(f"{name}: there is no file {place}: {advice}")
    return ImageSource(name, architecture, scale, file, advice=advice)


def network_of(name: str) -> str:
    """Return the name without its weights: of `timm:vgg16_bn@0.5:FILE` that is `timm:vgg16_bn@0.5`."""
    return ":".join(name.split(":", 2)[:2])


def absolute_name(name: str) -> str:
    """Return the name with its file of weights, if it has one, as it is found from every working directory."""
    place = name.removeprefix(network_of(name)).removeprefix(":")
    if place in ("", "random"):
        return name
    return f"{network_of(name)}:{Path(place).expanduser().absolute()}"


def portable_name(name: str) -> str:
    """Return the name with the digest of a file of weights in place of the file, which may be moved.

    Raises:
        ModelError, RecordingError: The name leads nowhere, or the file cannot be read.
    """
    source = parse_image_name(name)
    if source.file is None:
        return name
    return f"{network_of(name)}:{digest_of_file(source.file)}"


def _check_architecture(name: str, architecture: str) -> None:
    import timm  # a second

    plain = architecture.split(".")[0]
    if not timm.is_model(plain):
        near = difflib.get_close_matches(plain, timm.list_models(), n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else "timm.list_models() lists them."
        raise ModelError(f"timm has no network named {plain!r} (asked for by {name}). {hint}")
    tags = timm.list_pretrained(f"{plain}.*") if plain != architecture else []
    if plain != architecture and architecture not in tags:
        known = f"its tags: {', '.join(tag.partition('.')[2] for tag in tags)}" if tags else "it has none"
        raise ModelError(
            f"{name}: no weights of {plain} are tagged {architecture.partition('.')[2]!r}; {known}"
        )
