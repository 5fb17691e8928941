"""An endless supply of simulated training batches, made by a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import torch.multiprocessing as mp
import torch.nn.functional as F
from holdouts import held_out, is_icon
from scenes import Pictures, simulate

SIZES, SIZE_SHARES = (34, 48, 64, 128), (0.32, 0.18, 0.46, 0.04)
GLYPH_SHARE, DIGIT_SHARE = 0.22, 0.6
KEPT = 60_000  # frames that the trainer draws from
REPEATS = 4  # times that a frame is shown, at the most, on average


def load_pictures(run: Path) -> tuple[np.ndarray, list[tuple[str, list[str]]]]:
    """(n, 2, 64, 64) uint8 of grey and alpha, and (family, captions) of each."""
    with np.load(run / "pictures.npz") as file:
        images = np.stack([file["grey"], file["alpha"]], 1)
    return images, [
        (family, captions) for family, captions in json.loads((run / "pictures.json").read_text())
    ]


def pools(rows: list[tuple[str, list[str]]], everything: bool) -> dict[str, np.ndarray]:
    """Indices of the pictures to draw from: icons, digits of fonts, digits of strokes, letters and signs."""
    allowed = np.ones(len(rows), bool) if everything else ~held_out(rows)
    kinds: dict[str, list[int]] = {"icon": [], "font digit": [], "stroke digit": [], "letter": []}
    for i, (family, captions) in enumerate(rows):
        if allowed[i]:
            kind = (
                "icon"
                if is_icon(family)
                else "stroke digit"
                if family == "strokes"
                else ("font digit" if captions[0].startswith("the digit") else "letter")
            )
            kinds[kind].append(i)
    return {kind: np.array(indices) for kind, indices in kinds.items()}


def to_input(frames: torch.Tensor) -> torch.Tensor:
    """Painted frames (n, s, s) as the model's own preprocessing resizes them: uint8 (n, 64, 64)."""
    size = frames.shape[-1]
    if size == 64:
        return frames
    small = F.interpolate(
        frames[:, None].float(), (64, 64), mode="bilinear", antialias=size > 64, align_corners=False
    )
    return small[:, 0].round_().byte()


def _supply(run: Path, everything: bool, wild: float, batch: int, seed: int, queue: mp.Queue) -> None:
    torch.set_num_threads(1)
    images, rows = load_pictures(run)
    pool = pools(rows, everything)
    draw = np.random.default_rng(seed)
    rng = torch.Generator().manual_seed(seed)
    part = batch // 4
    while True:
        halves: tuple[list, list] = ([], [])
        for _ in range(4):
            kinds = np.where(
                draw.random(part) > GLYPH_SHARE,
                "icon",
                np.where(
                    draw.random(part) > DIGIT_SHARE,
                    "letter",
                    np.where(draw.random(part) > 0.5, "font digit", "stroke digit"),
                ),
            )
            index = np.array([pool[k][draw.integers(len(pool[k]))] for k in kinds])
            shown = Pictures(torch.from_numpy(images[index]).float() / 255, torch.from_numpy(kinds != "icon"))
            size = int(draw.choice(SIZES, p=SIZE_SHARES))
            frames = simulate(shown, size, 2, rng, wild=wild)
            for half, moment in zip(halves, frames.unbind(1), strict=True):
                half.append((to_input(moment), torch.from_numpy(index)))
        for half in halves:
            queue.put((torch.cat([f for f, _ in half]), torch.cat([i for _, i in half])))


def supply(run: Path, *, everything: bool, wild: float, batch: int, seed: int) -> mp.Queue:
    """Start the process; the queue gives (uint8 (batch, 64, 64), picture indices (batch,)) for ever."""
    queue: mp.Queue = mp.Queue(24)
    mp.Process(target=_supply, args=(run, everything, wild, batch, seed, queue), daemon=True).start()
    return queue


class Replay:
    """The newest frames, drawn at random: a trainer that is faster than the simulator sees some of them again.

    A frame that is seen again is moved by up to two pixels.
    """

    def __init__(self, queue: mp.Queue, batch: int, rng: np.random.Generator) -> None:
        self.queue, self.batch, self.rng = queue, batch, rng
        self.frames = np.empty((KEPT, 64, 64), np.uint8)
        self.index = np.empty(KEPT, np.int64)
        self.made = self.shown = 0

    def draw(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return uint8 (batch, 64, 64) and picture indices (batch,)."""
        while (
            self.made < 40 * self.batch
            or self.shown > REPEATS * self.made
            or (self.made < self.shown + KEPT and not self.queue.empty())
        ):
            frames, index = self.queue.get()
            where = (self.made + np.arange(len(index))) % KEPT
            self.frames[where], self.index[where] = frames.numpy(), index.numpy()
            self.made += len(index)
        chosen = self.rng.integers(0, min(self.made, KEPT), self.batch)
        self.shown += self.batch
        dy, dx = self.rng.integers(-2, 3, 2)
        moved = np.full((self.batch, 68, 68), 127, np.uint8)
        moved[:, 2:66, 2:66] = self.frames[chosen]
        return torch.from_numpy(moved[:, 2 + dy : 66 + dy, 2 + dx : 66 + dx].copy()), torch.from_numpy(
            self.index[chosen]
        )
