"""An answer as a notebook shows it: HTML in one piece, pictures included, no scripts."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Protocol

import numpy as np
from PIL import Image

from neuroclip.shapes import Frames

_BEST = 10


class Answer(Protocol):
    """What is drawn of a `neuroclip.prediction.Prediction`."""

    @property
    def recording(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def scores(self) -> Mapping[str, float]: ...
    @property
    def timesteps(self) -> Mapping[str, Sequence[float]] | None: ...
    @property
    def frames(self) -> Frames | None: ...
    @property
    def head(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def events(self) -> int: ...


def answer_html(answer: Answer) -> str:
    """Draw the best ten scores as bars, and each frame with its own best class where the head tells."""
    rows = "".join(_bar(name, score) for name, score in list(answer.scores.items())[:_BEST])
    frames = answer.frames if answer.frames is not None else ()
    tiles = "".join(_tile(frame, _caption(answer, i)) for i, frame in enumerate(frames))
    title = f"{escape(answer.recording)}: <b>{escape(answer.label)}</b>"
    small = f"{answer.events} events, head {escape(answer.head)}, model {escape(answer.model)}"
    return f"<div><p>{title} <small>({small})</small></p><table>{rows}</table><div>{tiles}</div></div>"


def _bar(name: str, score: float) -> str:
    bar = f"<div style='width:{160 * score:.0f}px;height:10px;background:#4078c0'></div>"
    return f"<tr><td>{escape(name)}</td><td>{score:.3f}</td><td>{bar}</td></tr>"


def _caption(answer: Answer, i: int) -> str:
    if answer.timesteps is None:
        return str(i)
    at_i = {name: scores[i] for name, scores in answer.timesteps.items()}
    best = max(at_i, key=at_i.__getitem__)
    return f"{i}: {escape(best)} {at_i[best]:.2f}"


def _tile(frame: np.ndarray[Any, Any], caption: str) -> str:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG", optimize=True)
    picture = base64.b64encode(buffer.getvalue()).decode()
    return (
        "<figure style='display:inline-block;margin:2px;text-align:center'>"
        f"<img style='width:96px;image-rendering:pixelated' src='data:image/png;base64,{picture}'>"
        f"<figcaption><small>{caption}</small></figcaption></figure>"
    )
