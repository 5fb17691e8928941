"""How fast a network's input is made: emulated events, event frames of a recording, and each optical flow.

    OMP_NUM_THREADS=1 python benchmarks/flow.py [VIDEO]

224x224, one thread, milliseconds of processor time a frame (so that neighbours on the machine count less), the median
of three. Without a video, a texture that drifts by 2 pixels a frame. RAFT has random weights, which are as fast as any;
TV-L1 needs opencv-contrib-python-headless in place of opencv-python-headless. Reading the video is not counted.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from machine import machine
from torchvision.models import optical_flow

from neuroclip.emulation import Footage, emulate_stream
from neuroclip.errors import OptionError
from neuroclip.recording import Recording, join_events
from neuroclip.representations.flow import METHODS, flow_between
from neuroclip.representations.shots import polarity_sums

SIDE, FRAMES, FRAME_US = 224, 60, 40_000
PUBLISHED = {"emulated events": "357", "event frames of a recording": "2000"}
"""Frames a second in Chadha et al. 2019, table 4, on machines of their own: PIX2NVS, and an event camera."""


def scene() -> np.ndarray:
    """Return pictures [t, h, w, 3] of smooth noise that drifts to the right and down."""
    random, shift = np.random.default_rng(0), 2 * FRAMES
    noise = random.random((SIDE + shift, SIDE + shift, 3), np.float32)
    smooth = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (2, 6, 18))
    texture = cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    starts = [shift - 2 * n for n in range(FRAMES)]
    return np.stack([texture[s : s + SIDE, s : s + SIDE] for s in starts])


def milliseconds(run: Callable[[], object], frames: int) -> float:
    """Return processor time a frame, the median of three."""
    seconds: list[float] = []
    for _ in range(3):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return 1000 * statistics.median(seconds) / frames


def all_of(items: Any) -> None:
    for _ in items:
        pass


def main() -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    if video := next(iter(sys.argv[1:]), None):
        footage = Footage(Path(video), (SIDE, SIDE), colour=True)
        colour = np.stack([picture for picture, _ in islice(footage, FRAMES)])
    else:
        colour = scene()
    grey = np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in colour])
    timed = [(picture, n * FRAME_US) for n, picture in enumerate(grey)]
    events = join_events(list(emulate_stream(timed)))  # compiles, too
    recording, edges = Recording(events, SIDE, SIDE), np.arange(len(grey)) * FRAME_US
    steps = len(grey) - 1
    print(machine() + f", OpenCV {cv2.__version__}")
    print(f"{SIDE}x{SIDE}, {len(events) // steps} events a frame, {video or 'drifting texture'}\n")
    print(f"{'':30}{'ms a frame':>12}{'frames/s':>12}  published, frames/s")

    def row(name: str, run: Callable[[], object], frames: int) -> None:
        spent = milliseconds(run, frames)
        print(f"{name:30}{spent:12.2f}{1000 / spent:12.1f}  {PUBLISHED.get(name, '')}", flush=True)

    row("emulated events", lambda: all_of(emulate_stream(timed)), steps)
    row("event frames of a recording", lambda: all_of(polarity_sums(recording, edges)), steps)
    for method in METHODS[:-1]:
        frames = 4 if method == "tvl1" else steps
        try:
            all_of(flow_between(grey[:2], method))
        except OptionError as error:
            print(f"{method:30}{'-':>12}  {error}")
            continue
        row(
            method,
            lambda method=method, frames=frames: all_of(flow_between(grey[: frames + 1], method)),
            frames,
        )
    with tempfile.TemporaryDirectory() as folder:
        for name in ("raft_small", "raft_large"):
            path = Path(folder) / f"{name}.pth"
            torch.save(getattr(optical_flow, name)().state_dict(), path)
            all_of(flow_between(colour[:2], "raft", str(path)))
            row(f"raft ({name})", lambda path=path: all_of(flow_between(colour[:3], "raft", str(path))), 2)
    print(f"{'Brox flow':30}{'':24}  0.314")


if __name__ == "__main__":
    main()
