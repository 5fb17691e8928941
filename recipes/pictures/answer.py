"""Draw what the model saw of a sample recording and what it said: `python recipes/pictures/answer.py docs/images`.

The picture is vectors, one square for each pixel of the frames, so that it is sharp at every size; its colours follow
the reader's theme, on a ground of its own.
"""

import sys
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

import numpy as np

import neuroclip
from neuroclip.samples import samples

SAMPLE = "object_guitar"
WORDS = ("guitar", "umbrella", "scissors", "bicycle", "mug", "cat")
COLUMNS, TILE, GAP, CAPTION, MARGIN = 5, 96, 8, 20, 20
BARS = 260
"""Widths and heights in units of the picture; `BARS` is the width of all that stands beside the frames."""

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #57606a }
.strong { font-size: 15px; font-weight: 600 }
.card { fill: #f6f8fa; stroke: #d0d7de }
.off { fill: #000 } .ground { fill: #7f7f7f } .on { fill: #fff }
.rail { fill: #d8dee4 } .bar { fill: #8c959f } .best { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 }
  .card { fill: #161b22; stroke: #30363d }
  .rail { fill: #30363d } .bar { fill: #6e7681 } .best { fill: #4493f8 }
}
"""


def runs(frame: np.ndarray, value: int) -> str:
    """Return a path of all pixels of one value, uint8 (h, w), a rectangle for each run along a row."""
    parts: list[str] = []
    for y, row in enumerate(frame):
        x = 0
        for found, run in groupby(row == value):
            length = len(list(run))
            if found:
                parts.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return "".join(parts)


def tiles(answer: neuroclip.Prediction, top: int) -> Iterator[str]:
    """Draw each frame, and under it the best word of that frame alone."""
    assert answer.frames is not None
    assert answer.timesteps is not None
    for i, frame in enumerate(answer.frames):
        x, y = MARGIN + i % COLUMNS * (TILE + GAP), top + i // COLUMNS * (TILE + CAPTION + GAP)
        best = max(answer.timesteps, key=lambda word: answer.timesteps[word][i])
        yield (
            f'<g transform="translate({x} {y}) scale({TILE / frame.shape[1]})" shape-rendering="crispEdges">'
            f'<rect class="ground" width="{frame.shape[1]}" height="{frame.shape[0]}"/>'
            f'<path class="off" d="{runs(frame, 0)}"/><path class="on" d="{runs(frame, 255)}"/></g>'
        )
        share = answer.timesteps[best][i]
        yield (
            f'<text class="small" x="{x + TILE // 2}" y="{y + TILE + 14}" text-anchor="middle">'
            f"{escape(best)} {share:.2f}</text>"
        )


def bars(answer: neuroclip.Prediction, left: int, top: int) -> Iterator[str]:
    """Draw the score of each word, highest first."""
    words, wide = 76, BARS - 76 - 44
    for i, (word, score) in enumerate(answer.scores.items()):
        y = top + 27 * i
        yield f'<text x="{left + words - 8}" y="{y + 12}" text-anchor="end">{escape(word)}</text>'
        yield f'<rect class="rail" x="{left + words}" y="{y}" width="{wide}" height="16" rx="3"/>'
        kind = "best" if word == answer.label else "bar"
        yield f'<rect class="{kind}" x="{left + words}" y="{y}" width="{max(2, wide * score):.1f}" height="16" rx="3"/>'
        yield f'<text x="{left + BARS}" y="{y + 12}" text-anchor="end">{score:.2f}</text>'


def picture(answer: neuroclip.Prediction) -> str:
    """Draw frames and scores side by side, as SVG."""
    assert answer.frames is not None
    rows = -(-len(answer.frames) // COLUMNS)
    top = MARGIN + 26
    left = MARGIN + COLUMNS * (TILE + GAP) + 24
    width, height = left + BARS + MARGIN, top + rows * (TILE + CAPTION + GAP) - GAP + MARGIN - 6
    score = answer.scores[answer.label]
    title = f"{len(answer.frames)} frames of {answer.events} events, named {answer.label}: {score:.2f}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        f'<text class="strong" x="{MARGIN}" y="{MARGIN + 10}">What the model saw</text>',
        f'<text class="small" x="{left - 24 - GAP}" y="{MARGIN + 10}" text-anchor="end">'
        f"{answer.events} events as {len(answer.frames)} frames: ON white, OFF black</text>",
        *tiles(answer, top),
        f'<text class="strong" x="{left}" y="{MARGIN + 10}">What it said</text>',
        f'<text class="small" x="{left + BARS}" y="{MARGIN + 10}" text-anchor="end">of these six words</text>',
        *bars(answer, left, top + 6),
        f'<text class="small" x="{left}" y="{height - MARGIN - 20}">'
        f"{escape(answer.recording)} is one of the simulated</text>",
        f'<text class="small" x="{left}" y="{height - MARGIN - 4}">recordings that ship with the package.</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    (sample,) = [sample for sample in samples() if sample.path.stem == SAMPLE]
    model = neuroclip.load_model(precision="fp32", device="cpu")  # the same picture on every machine
    answer = neuroclip.zero_shot([sample.path], WORDS, model=model, names=[sample.path.name])[0]
    (out / "answer.svg").write_text(picture(answer), encoding="utf-8")
    print(f"{answer.recording}: {answer.label}, {dict(answer.scores)}")


if __name__ == "__main__":
    main()
