"""`neuroclip predict`: recordings named by a head that was fitted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuroclip.cli import answering, options
from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import Failures
from neuroclip.errors import HeadError

if TYPE_CHECKING:
    from neuroclip.backbones import Model
    from neuroclip.heads import SavedHead

FittedModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Where the model is that the head was fitted with; it must have the same weights.",
        show_default="as fitted",
        rich_help_panel="Model",
    ),
]


def command(
    head: options.SavedHead,
    recordings: options.Recordings,
    window_us: options.WindowUs = None,
    slide: options.Slide = None,
    model: FittedModel = None,
    precision: options.ModelPrecision = "auto",
    device: options.Device = "auto",
    format: options.Format = None,
    size: options.Size = None,
    recover: options.Recover = False,
    json: options.Json = False,
) -> None:
    """Name recordings with a fitted head."""
    answering.check_windows(window_us, slide)

    from neuroclip import heads
    from neuroclip.cli import inputs

    saved = heads.load(head)
    loaded = model_of(saved, head, model, precision=precision, device=device)
    failures = Failures()
    found = inputs.read_all(recordings, failures, format=format, size=size or size_of(saved), recover=recover)
    answering.answer(
        saved.head,
        saved.state,
        found,
        saved.classes(loaded),
        failures,
        model=loaded,
        head_name=saved.provenance["head"]["name"],
        window_us=window_us,
        slide=slide,
        json=json,
    )


def model_of(saved: SavedHead, folder: Path, model: str | None, **options: Any) -> Model:
    """Load the model that a head was fitted with, from where it was, or from where `model` says it is.

    Raises:
        HeadError: It has other weights.
    """
    from neuroclip.backbones import load_model

    fitted = saved.provenance["model"]
    loaded = load_model(model or fitted["name"], **options)
    if loaded.weights_digest != fitted["digest"]:
        raise HeadError(
            f"{folder} was fitted with {fitted['name']} (weights {fitted['digest'][:8]}), but {loaded.name} has the "
            f"weights {loaded.weights_digest[:8]}: give that model with --model, or fit again"
        )
    return loaded


def size_of(saved: SavedHead) -> SensorSize | None:
    """Return the sensor's size of the recordings that a head was fitted on, if it was one."""
    size = saved.provenance.get("data", {}).get("size")
    return SensorSize(*size) if size else None
