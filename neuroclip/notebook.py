"""An answer as a notebook shows it: HTML in one piece, pictures included, no scripts."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from neuroclip.shapes import Frames

_BEST = 10


def answer_html(
    recording: str,
    label: str,
    about: str,
    scores: Mapping[str, float],
    frames: Frames | None,
    timesteps: Mapping[str, Sequence[float]] | None,
) -> str:
    """Draw the best ten scores as bars, and each frame with its own best class where the head tells."""
    rows = "".join(_bar(name, score) for name, score in list(scores.items())[:_BEST])
    seen = frames if frames is not None else ()
    tiles = "".join(_tile(frame, _caption(timesteps, i)) for i, frame in enumerate(seen))
    title = f"{escape(recording)}: <b>{escape(label)}</b> <small>({escape(about)})</small>"
    return f"<div><p>{title}</p><table>{rows}</table><div>{tiles}</div></div>"


def _bar(name: str, score: float) -> str:
    bar = f"<div style='width:{160 * score:.0f}px;height:10px;background:#4078c0'></div>"
    return f"<tr><td>{escape(name)}</td><td>{score:.3f}</td><td>{bar}</td></tr>"


def _caption(timesteps: Mapping[str, Sequence[float]] | None, i: int) -> str:
    if timesteps is None:
        return str(i)
    at_i = {name: scores[i] for name, scores in timesteps.items()}
    best = max(at_i, key=at_i.__getitem__)
    return f"{i}: {escape(best)} {at_i[best]:.2f}"


def _tile(frame: UInt8[np.ndarray, "h w"], caption: str) -> str:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG", optimize=True)
    picture = base64.b64encode(buffer.getvalue()).decode()
    return (
        "<figure style='display:inline-block;margin:2px;text-align:center'>"
        f"<img style='width:96px;image-rendering:pixelated' src='data:image/png;base64,{picture}'>"
        f"<figcaption><small>{caption}</small></figcaption></figure>"
    )
