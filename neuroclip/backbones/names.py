"""What a model is called, and where that name leads; nothing is loaded here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from neuroclip.errors import ModelError

DEFAULT_MODEL = "event-tiny"
"""The model that is used where none is named; it ships with the package."""

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
CHECKPOINT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz", ".npy")
FORMS = f"{DEFAULT_MODEL}, ARCHITECTURE:TAG, ARCHITECTURE:FILE, or a directory with {CONFIG}"


@dataclass(frozen=True)
class Source:
    """Where a name leads.

    Attributes:
        name: As the user typed it.
        kind: `"directory"` (open_clip's `local-dir:`), `"file"` (an architecture and its checkpoint), `"tag"` (an
            architecture and the tag of weights that open_clip knows) or `"hub"` (a repository on a model hub).
        architecture: For `"file"` and `"tag"`, as open_clip writes it.
        place: The directory, the file, the tag or the repository.
    """

    name: str
    kind: Literal["directory", "file", "tag", "hub"]
    place: str
    architecture: str = ""


def shipped() -> dict[str, Path]:
    """Return the models that came with this package: name to directory."""
    models = Path(str(files("neuroclip"))) / "models"
    return {path.parent.name.replace("_", "-"): path.parent for path in sorted(models.glob(f"*/{CONFIG}"))}


def parse_name(name: str) -> Source:
    """Say where a model's name leads.

    Raises:
        ModelError: It leads nowhere: an empty name, a missing file or directory, or an architecture without weights.
    """
    if name in shipped():
        return Source(name, "directory", str(shipped()[name]))
    if name == DEFAULT_MODEL:
        raise ModelError(
            f"{name}: this installation lacks the model's files (neuroclip/models/event_tiny); install NeuroCLIP again"
        )
    if name.startswith("hf-hub:"):
        return Source(name, "hub", name.removeprefix("hf-hub:"))
    path = Path(name.removeprefix("local-dir:")).expanduser()
    if name and path.is_dir():
        if not (path / CONFIG).is_file():
            raise ModelError(
                f"{path}: no {CONFIG} in this directory, so open_clip cannot read it; for weights alone write "
                "ARCHITECTURE:FILE, for example ViT-B-32:weights.safetensors"
            )
        return Source(name, "directory", str(path))
    architecture, colon, rest = name.partition(":")
    if colon and architecture != "local-dir" and rest:
        architecture = architecture.replace("/", "-")
        if Path(rest).expanduser().is_file():
            return Source(name, "file", str(Path(rest).expanduser()), architecture)
        if rest.lower().endswith(CHECKPOINT_SUFFIXES) or re.search(r"[/\\]", rest):
            raise ModelError(f"{rest}: there is no such file (asked for by --model {name})")
        return Source(name, "tag", rest, architecture)
    if path.is_file():
        raise ModelError(
            f"{path} is a file: say which architecture it belongs to, for example ViT-B-32:{path}"
        )
    if name.startswith("local-dir:") or re.search(r"[/\\]", name):
        raise ModelError(f"{path}: there is no such directory")
    if colon or not name:
        raise ModelError(f"{name!r} is half a model name; a model is {FORMS}")
    return Source(name, "tag", "", name)
