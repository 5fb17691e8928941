"""What was fitted on what: everything that decides what a head learns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from neuroclip.backbones.image_names import is_image_name, network_of, portable_name
from neuroclip.fitting.code import code_of_head
from neuroclip.fitting.task import Task
from neuroclip.heads import Head, describe, load
from neuroclip.heads.registry import name_of
from neuroclip.recording import digest_of_file


def provenance_of(task: Task, head: Head, seed: int) -> dict[str, Any]:
    """Return everything that decides what a head learns, as JSON can hold it.

    Files and folders that options name stand there by the digests of what they hold.

    Raises:
        HeadError, ModelError, OptionError, RecordingError: One of them cannot be read.
    """
    needed = {path: digest_needed(path) for path in head.needs}
    read = [task.filled(one) for one in (head.representation, head.training)]
    networks = {network_of(n): d for one in read for n, d in one.networks(task.backbones)}
    learned = [task.items[name].file.digest for name in task.split.train]
    sizes = {item.file.size for item in task.dataset.items}
    return {
        "versions": {name: version(name) for name in ("neuroclip", "torch", "open_clip_torch")},
        "model": {
            "name": task.model.name,
            "digest": task.model.weights_digest,
            "precision": task.model.precision,
        },
        "head": {"name": name_of(head), "options": _by_digest(describe(head), needed)},
        "code": code_of_head(head),
        "representation": read[0].key,
        "networks": [list(one) for one in networks.items()],
        "training": read[1].key,
        "classes": {"names": list(task.classes.names), "words": list(task.classes.words)},
        "prompts": {"name": task.prompts.name, "templates": list(task.prompts.templates)},
        "data": {
            "digest": blake2b(" ".join(learned).encode(), digest_size=16).hexdigest(),
            "name": task.dataset.name,
            "known": task.dataset.known.name if task.dataset.known else None,
            "size": list(size) if len(sizes) == 1 and (size := next(iter(sizes))) else None,
        },
        "split": {"digest": task.split.digest, "shots": task.split.shots, "seed": task.split.seed},
        "seed": seed,
    }


def digest_needed(path: Path) -> str:
    """Return the digest of a fitted head, or of a file.

    Raises:
        HeadError, RecordingError: It cannot be read.
    """
    return load(path).digest if path.is_dir() else digest_of_file(path)


def _by_digest(described: Any, needed: Mapping[Path, str]) -> Any:
    """Return options with digests in place of the paths of what they need."""
    if isinstance(described, Mapping):
        return {name: _by_digest(value, needed) for name, value in described.items()}
    if isinstance(described, list):
        return [_by_digest(value, needed) for value in described]
    if isinstance(described, str) and is_image_name(described):
        return portable_name(described)
    if isinstance(described, str) and (path := Path(described).expanduser()) in needed:
        return needed[path]
    return described


def digest_of(decides: Mapping[str, Any]) -> str:
    """Return 128 bits, hexadecimal, of what decides what is learned or measured."""
    text = json.dumps(decides, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
