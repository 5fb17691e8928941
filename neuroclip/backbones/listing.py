"""`neuroclip models`: what came with the package, what is on this machine, what can be named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neuroclip.backbones.names import shipped


@dataclass(frozen=True)
class ModelRow:
    """A model by the name that `load_model` takes.

    Attributes:
        name: For example `event-tiny` or `ViT-B-32:laion2b_s34b_b79k`.
        status: `"shipped"` with this package, `"cached"` on this machine, or `"nameable"`: downloaded on first use.
        where: The directory or the cached file; None where there is none yet.
    """

    name: str
    status: Literal["shipped", "cached", "nameable"]
    where: str | None = None


def list_models() -> list[ModelRow]:
    """List shipped models, then those that open_clip has downloaded, then those that it could.

    Tags under an architecture with the wrong activation (`RN50:openai`) are left out: `load_model` refuses them.
    """
    rows = [ModelRow(name, "shipped", str(path)) for name, path in shipped().items()]
    import open_clip  # two seconds
    from open_clip.pretrained import get_pretrained_cfg

    from neuroclip.backbones.downloads import cached_file
    from neuroclip.backbones.weights import uses_quick_gelu

    known: list[ModelRow] = []
    for architecture, tag in open_clip.list_pretrained():
        cfg = get_pretrained_cfg(architecture, tag)
        if bool(cfg.get("quick_gelu", False)) == uses_quick_gelu(architecture):
            file = cached_file(cfg)
            known.append(ModelRow(f"{architecture}:{tag}", "cached" if file else "nameable", file))
    return rows + sorted(known, key=lambda row: row.status != "cached")
