"""Weights that open_clip would download: which are here, and what to say when they cannot be had."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import constants, try_to_load_from_cache
from open_clip.pretrained import get_pretrained_cfg

from neuroclip.backbones.names import CONFIG, DEFAULT_MODEL, WEIGHTS, Source

_URL_CACHE = "~/.cache/clip"
_HUB_FILES = (WEIGHTS, "open_clip_pytorch_model.bin")


def cached_file(cfg: Mapping[str, Any]) -> str | None:
    """Return the file that open_clip has downloaded for the weights of `get_pretrained_cfg`, if it has."""
    repository, file = os.path.split(str(cfg.get("hf_hub") or ""))
    if repository:
        for name in (file,) if file else _HUB_FILES:
            found = try_to_load_from_cache(repository, name)
            if isinstance(found, str):
                return found
    elif cfg.get("url"):
        path = Path(_URL_CACHE).expanduser() / Path(str(cfg["url"])).name
        return str(path) if path.is_file() else None
    return None


def is_missing(source: Source) -> bool:
    """Whether the weights would have to be downloaded."""
    if source.kind == "hub":
        return all(not isinstance(try_to_load_from_cache(source.place, name), str) for name in _HUB_FILES)
    return cached_file(get_pretrained_cfg(source.architecture, source.place)) is None


def how_to_get(source: Source) -> str:
    """One sentence for a download that failed: which file, where to put it, how to give it, what needs none."""
    if source.kind == "hub":
        origin = f"{CONFIG} and {WEIGHTS} of {source.place} on the Hugging Face hub"
        return (
            f"{source.name} is not on this machine and could not be downloaded: fetch {origin}, put both into one "
            f"directory and give that as --model DIRECTORY; --model {DEFAULT_MODEL} needs no download"
        )
    cfg = get_pretrained_cfg(source.architecture, source.place)
    repository, file = os.path.split(str(cfg.get("hf_hub") or ""))
    file = file or (WEIGHTS if repository else Path(str(cfg.get("url"))).name)
    origin = f"{file} of {repository} on the Hugging Face hub" if repository else str(cfg.get("url"))
    cache = constants.HF_HUB_CACHE if repository else str(Path(_URL_CACHE).expanduser())
    into = f"the hub's cache ({cache}) with the hub's own tools" if repository else cache
    return (
        f"{source.name} is not on this machine and could not be downloaded: fetch {origin}, into {into}, or anywhere "
        f"and give it as --model {source.architecture}:path/to/{file}; --model {DEFAULT_MODEL} needs no download"
    )
