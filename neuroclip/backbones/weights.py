"""What can be wrong with weights before, and while, open_clip reads them."""

from __future__ import annotations

import difflib
import json
import os
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

from neuroclip.backbones.names import CONFIG, FORMS, Source
from neuroclip.errors import ModelError

_OPENAI_MARKS = {"input_resolution", "context_length", "vocab_size"}


def check_names(source: Source) -> None:
    """Check that open_clip knows the architecture and the tag, and that both agree about QuickGELU.

    Raises:
        ModelError: They do not; the sentence has the right name in it.
    """
    names = open_clip.list_models()
    architecture = source.architecture
    if architecture not in names:
        near = difflib.get_close_matches(architecture, names, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`neuroclip models` lists them."
        raise ModelError(f"No model named {source.name!r}; a model is {FORMS}. {hint}")
    if source.kind == "file":
        return
    tags = list_pretrained_tags_by_model(architecture)
    cfg = get_pretrained_cfg(architecture, source.place)
    if not cfg:
        other = other_activation(architecture)
        if other and get_pretrained_cfg(other, source.place):
            raise ModelError(
                f"{source.name}: these weights belong to the other activation: use {other}:{source.place}"
            )
        found = f"no weights are tagged {source.place!r}" if source.place else "it needs a tag or a file"
        known = f"known tags: {', '.join(tags)}" if tags else "open_clip knows no weights for it"
        raise ModelError(f"{source.name}: {found}; {known}; or write {architecture}:FILE")
    check_quick_gelu(source, trained_with=bool(cfg.get("quick_gelu", False)))


def check_quick_gelu(source: Source, *, trained_with: bool) -> None:
    """Compare the activation of an architecture with the one its weights were trained with.

    Raises:
        ModelError: They differ: the model would load and be quietly worse.
    """
    if uses_quick_gelu(source.architecture) == trained_with:
        return
    right = other_activation(source.architecture)
    kinds = ("QuickGELU", "GELU") if trained_with else ("GELU", "QuickGELU")
    hint = (
        f"use {right}:{source.place}"
        if right
        else "open_clip has no such architecture with the other activation"
    )
    raise ModelError(
        f"{source.name}: these weights were trained with {kinds[0]}, "
        f"but {source.architecture} computes {kinds[1]}: {hint}"
    )


def uses_quick_gelu(architecture: str) -> bool:
    """Whether the architecture computes QuickGELU, x * sigmoid(1.702 x)."""
    return bool((open_clip.get_model_config(architecture) or {}).get("quick_gelu", False))


def other_activation(architecture: str) -> str | None:
    """Return the same architecture with the other activation, where open_clip has it."""
    plain = architecture.removesuffix("-quickgelu")
    other = plain if architecture != plain else f"{architecture}-quickgelu"
    return other if other in open_clip.list_models() else None


def check_file(source: Source) -> None:
    """Look into a checkpoint file before open_clip does.

    Raises:
        ModelError: Empty, damaged, holding more than tensors, or known to need the other activation.
    """
    path = Path(source.place)
    if path.suffix in (".npz", ".npy"):  # big_vision's arrays, which open_clip reads without pickle
        return
    marked = set(_names_in(path)) >= _OPENAI_MARKS
    trained_with = True if marked else _known_activation(source)
    if trained_with is not None:
        check_quick_gelu(source, trained_with=trained_with)
    elif not uses_quick_gelu(source.architecture) and other_activation(source.architecture):
        tags = list_pretrained_tags_by_model(source.architecture)
        if tags and all(get_pretrained_cfg(source.architecture, tag).get("quick_gelu") for tag in tags):
            warnings.warn(
                f"{source.name}: all published weights of {source.architecture} were trained with QuickGELU; "
                f"if these were too, use {other_activation(source.architecture)}:{source.place}",
                stacklevel=2,
            )


def _names_in(path: Path) -> list[str]:
    try:
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, "pt") as file:
                return list(file.keys())
        content: Any = torch.load(path, map_location="cpu", weights_only=True, mmap=None)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise ModelError(_unreadable(path, error)) from error
    except Exception as error:  # safetensors has an exception of its own that is a plain Exception
        raise ModelError(f"{path} cannot be read as weights ({error})") from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise ModelError(f"{path} holds {type(content).__name__}, not named tensors")
    return [str(name) for name in content]


def _unreadable(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if "weights_only" in str(error) or (
        isinstance(error, pickle.UnpicklingError) and head[:2] in (b"PK", b"\x80\x02")
    ):
        return (
            f"{path} holds more than tensors, and loading it could run code, so it is refused: where you trust it, "
            "write its state_dict() to a .safetensors file with safetensors.torch.save_file and give that"
        )
    return f"{path} is empty, damaged or no checkpoint ({' '.join(str(error).split())[:120]})"


def _known_activation(source: Source) -> bool | None:
    """What the configuration beside a file, or the name under which open_clip would have cached it, tells."""
    path = Path(source.place).resolve()
    config = path.with_name(CONFIG)
    if config.is_file():
        try:
            return bool(json.loads(config.read_text(encoding="utf-8"))["model_cfg"].get("quick_gelu", False))
        except (ValueError, KeyError, AttributeError):
            return None
    parts = Path(os.path.abspath(source.place)).as_posix()
    for architecture in (source.architecture, other_activation(source.architecture)):
        for tag in list_pretrained_tags_by_model(architecture or ""):
            cfg = get_pretrained_cfg(architecture or "", tag)
            repository = str(cfg.get("hf_hub", "")).strip("/").replace("/", "--")
            in_cache = bool(repository) and f"models--{repository}/" in parts
            if in_cache or path.name == Path(str(cfg.get("url") or "?")).name:
                return bool(cfg.get("quick_gelu", False))
    return None


def first_misfit(message: str) -> str:
    """Return the first complaint of `load_state_dict`, shortened."""
    match = re.search(r"(Missing key|Unexpected key|size mismatch for)[^\"']*[\"']?[\w.]+", message)
    return match.group(0).replace('"', "") if match else message[:120]
