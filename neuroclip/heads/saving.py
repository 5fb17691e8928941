"""Fitted heads on disk: `head.json` and `state.safetensors` in a folder. Data only; nothing is unpickled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroclip_prompts import PromptSet
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from neuroclip.backbones.image_names import absolute_name, is_image_name
from neuroclip.classes import Classes
from neuroclip.errors import HeadError, NeuroclipError
from neuroclip.heads.contract import Head, State
from neuroclip.heads.options import describe, restore
from neuroclip.heads.registry import installed, name_of

if TYPE_CHECKING:
    from neuroclip.backbones import Model

JSON, TENSORS = "head.json", "state.safetensors"
_VERSION = 1


@dataclass(frozen=True, eq=False)
class SavedHead:
    """A fitted head, as it was saved.

    Attributes:
        head: Its options.
        state: What it learned.
        names, prompts: The classes it was fitted for.
        provenance: What its maker wrote down: versions, the model's digest, seeds, the digest of the split.
        digest: Of options, classes and state, 128 bits in hexadecimal; provenance is no part of it. It is saved as
            well, so that `load` finds out what was damaged or changed.
    """

    head: Head
    state: State
    names: tuple[str, ...]
    prompts: PromptSet
    provenance: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""

    def classes(self, model: Model | Callable[[], Model] | None = None) -> Classes:
        """Return the classes, with a model for their text features where the head wants them."""
        return Classes(self.names, self.prompts, model)


def save(
    directory: Path,
    head: Head,
    state: State,
    classes: Classes,
    *,
    provenance: Mapping[str, Any] | None = None,
) -> str:
    """Write a fitted head into a folder, which is made, and return its digest. A head saved there before is replaced.

    Files and folders that its options name are saved as absolute paths, found from every working directory.

    Raises:
        HeadError: The head is not installed, an option or the provenance is more than JSON can hold, or the folder
            cannot be written.
    """
    name = name_of(head)
    package = next(row for row in installed() if row.name == name)
    content = {
        "format": _VERSION,
        "head": name,
        "package": {"name": package.package, "version": package.version},
        "options": _absolute(describe(head), {str(path) for path in head.needs}),
        "classes": {"names": list(classes.names), "prompts": _prompts_to_json(classes.prompts)},
        "provenance": dict(provenance or {}),
    }
    # Copies: safetensors refuses tensors that share memory or are not contiguous.
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    content["digest"] = digest = _digest(content, tensors)
    try:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        directory.mkdir(parents=True, exist_ok=True)
        # Each file appears whole or not at all; head.json last, so that a folder without it holds no head.
        (directory / JSON).unlink(missing_ok=True)
        save_file(tensors, directory / f"{TENSORS}.part")
        os.replace(directory / f"{TENSORS}.part", directory / TENSORS)
        (directory / f"{JSON}.part").write_text(text, encoding="utf-8")
        os.replace(directory / f"{JSON}.part", directory / JSON)
    except (TypeError, ValueError) as error:
        raise HeadError(f"the provenance of {name} is more than JSON can hold: {error}") from error
    except (OSError, SafetensorError) as error:
        raise HeadError(f"{directory}: the head cannot be written ({error})") from error
    return digest


def load(directory: Path) -> SavedHead:
    """Read a fitted head.

    Raises:
        HeadError: Not a saved head, damaged, changed after it was saved, or of a head that is not installed; the
            message names the folder.
    """
    content: Any = None
    try:
        content = json.loads((directory / JSON).read_text(encoding="utf-8"), parse_constant=_refuse)
        if content["format"] != _VERSION:
            raise HeadError(
                f"its format is {content['format']!r}, this version reads {_VERSION}: update NeuroCLIP"
            )
        if not isinstance(content["provenance"], Mapping):
            raise TypeError(f"provenance is {content['provenance']!r}, not a table")
        with safe_open(directory / TENSORS, "pt") as file:
            state: State = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        saved = SavedHead(
            head=restore(content["head"], content["options"]),
            state=state,
            names=tuple(content["classes"]["names"]),
            prompts=_prompts_from_json(content["classes"]["prompts"]),
            provenance=content["provenance"],
            digest=_digest(content, state),
        )
        wanted = content["digest"]
    except FileNotFoundError as error:
        missing = next((name for name in (JSON, TENSORS) if not (directory / name).exists()), JSON)
        raise HeadError(f"{directory} holds no saved head: there is no {missing}") from error
    except NeuroclipError as error:
        about = content.get("package")
        package = about.get("name", "?") if isinstance(about, Mapping) else "?"
        raise HeadError(f"{directory}: {error} (it was saved by a head of the package {package})") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise HeadError(
            f"{directory}: the saved head is damaged ({type(error).__name__}: {error})"
        ) from error
    if saved.digest != wanted:
        raise HeadError(
            f"{directory}: the head was changed after it was saved, its digest is {saved.digest} and {JSON} says "
            f"{wanted!r}: put the old files back, or fit it again"
        )
    return saved


def _absolute(described: Any, needed: Collection[str]) -> Any:
    if isinstance(described, Mapping):
        return {name: _absolute(value, needed) for name, value in described.items()}
    if isinstance(described, list):
        return [_absolute(value, needed) for value in described]
    if isinstance(described, str) and is_image_name(described):
        return absolute_name(described)
    if isinstance(described, str) and str(path := Path(described).expanduser()) in needed:
        return str(path.absolute())
    return described


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _prompts_to_json(prompts: PromptSet) -> dict[str, Any]:
    return {
        "name": prompts.name,
        "templates": list(prompts.templates),
        "classes": dict(prompts.classes),
        "source": prompts.source,
    }


def _prompts_from_json(content: Mapping[str, Any]) -> PromptSet:
    return PromptSet(content["name"], tuple(content["templates"]), content["classes"], content["source"])


def _digest(content: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    parts = {key: content[key] for key in ("head", "options", "classes")}
    hashed = blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16)
    for name, tensor in sorted(tensors.items()):
        hashed.update(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode())
        hashed.update(_bytes(tensor))
    return hashed.hexdigest()


def _bytes(tensor: Tensor) -> bytes:
    import torch

    # as bytes first: numpy knows no bfloat16
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
