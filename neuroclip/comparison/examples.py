"""A few test recordings to look at: their frames, and what each head says of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from neuroclip.fitting.task import Task
from neuroclip.heads import SavedHead, load
from neuroclip.recording import Recording
from neuroclip.representations import TernaryFrames

FRAMES, _BEST, _LARGEST = 10, 5, 160


def chosen(task: Task, n: int) -> list[str]:
    """Return n test recordings: the first of each class in turn, then the second, ..."""
    of_class = {label: [] for label in task.names}
    for name in task.split.test:
        of_class[task.items[name].label].append(name)
    most = max(map(len, of_class.values()))
    turns = [names[i] for i in range(most) for names in of_class.values() if i < len(names)]
    return turns[:n]


def examples(task: Task, names: Sequence[str], heads: Iterable[tuple[str, Path]]) -> list[dict[str, Any]]:
    """Return recordings as the document has them; `heads` are titles and folders of fitted heads.

    What cannot be asked any more says nothing.
    """
    answers: dict[str, list[dict[str, Any]]] = {}
    for title, folder in heads if names else ():
        try:
            answers[title] = _answers(task, load(folder), names)
        except Exception:  # a stranger's head may raise anything
            continue
    shown: list[dict[str, Any]] = []
    for i, name in enumerate(names):
        recording = task.items[name].file.load()
        shown.append(
            {
                "recording": name,
                "label": task.items[name].label,
                "events": len(recording),
                "duration_us": recording.span_us,
                "frames": _frames(task, recording),
                "answers": {title: said[i] for title, said in answers.items()},
            }
        )
    return shown


def _answers(task: Task, saved: SavedHead, names: Sequence[str]) -> list[dict[str, Any]]:
    x = task.read(saved.head.representation, names)
    with torch.no_grad():
        scores = saved.head.logits(saved.state, x, task.classes).double().softmax(-1)
        each = saved.head.timestep_logits(saved.state, x, task.classes)
    steps = None if each is None else each.double().softmax(-1)
    said: list[dict[str, Any]] = []
    for i, row in enumerate(scores):
        best = row.topk(min(_BEST, len(row)))
        ranked = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        said.append(
            {
                "prediction": task.names[int(row.argmax())],
                "scores": {task.names[c]: round(p, 4) for c, p in ranked},
                "timesteps": None if steps is None else _rounded(steps[i]),
            }
        )
    return said


def _rounded(rows: torch.Tensor) -> list[list[float]]:
    return [[round(value, 4) for value in row] for row in rows.tolist()]


def _frames(task: Task, recording: Recording) -> list[str]:
    known = task.dataset.known
    painter = TernaryFrames(steps=FRAMES, min_count=known.min_count if known else 1)
    return [_png(frame) for frame in painter.prepare(recording).numpy()]


def _png(frame: NDArray[np.uint8]) -> str:
    """Return a frame as an address that holds the picture itself, at most `_LARGEST` pixels wide and high."""
    picture = Image.fromarray(frame)
    if max(picture.size) > _LARGEST:
        picture.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    written = BytesIO()
    picture.save(written, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()
