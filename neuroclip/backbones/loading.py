"""`load_model`: from a name to a `Model`; `load_backbone`: also to an `ImageNetwork`."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError

from neuroclip.backbones import plain
from neuroclip.backbones.hardware import choose_device, choose_precision
from neuroclip.backbones.image_encoder import ImageNetwork, load_image_network
from neuroclip.backbones.image_names import is_image_name
from neuroclip.backbones.model import Loaded, Model
from neuroclip.backbones.names import DEFAULT_MODEL, Source, parse_name
from neuroclip.errors import ModelError


def load_model(name: str = DEFAULT_MODEL, *, precision: str = "auto", device: str = "auto") -> Model:
    """Load a model by name.

    `name` is `event-tiny` (ships with the package), a directory that open_clip reads, `ARCHITECTURE:TAG` (open_clip's
    names, downloaded on first use), `ARCHITECTURE:FILE` (safetensors, or a checkpoint of plain tensors), or
    `hf-hub:OWNER/NAME`. `precision` is `"auto"`, `"fp32"` or `"bf16"`; `device` `"auto"`, `"cpu"`, `"cuda"`, ...

    Raises:
        ModelError: The name leads nowhere, the weights do not fit or cannot be had, or there is no such device.
        OptionError: No such precision.
    """
    source, place = parse_name(name), choose_device(device)
    dtype = choose_precision(precision, place)
    return Model(name, _load(source), device=place, dtype=dtype)


def load_backbone(name: str) -> Model | ImageNetwork:
    """Load what a representation names: an image network (`timm:...`), or a model as `load_model` does.

    Raises:
        ModelError: As `load_model`.
    """
    return load_image_network(name) if is_image_name(name) else load_model(name)


def _load(source: Source) -> Loaded:
    if source.kind == "directory":
        try:
            loaded = plain.read(Path(source.place))
        except (OSError, ValueError, AttributeError, SafetensorError) as error:
            raise ModelError(f"{source.place}: its files cannot be read ({error})") from error
        if loaded is not None:
            return loaded
    from neuroclip.backbones import through_open_clip  # two seconds that the default model saves

    return through_open_clip.load(source)
