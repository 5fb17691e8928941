"""How fast video becomes events: 240x180, uint8 pictures, one thread, against a plain numpy loop over pictures.

    python benchmarks/emulation.py

Both emulate the same camera (spread thresholds, refractory time, leak, shot noise, times between pictures), and
without noise their events are compared, all of them. The plain one is written to be read. Frames a second of processor
time, so that neighbours on the machine count less; the median of three.
"""

import math
import platform
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from machine import machine

from neuroclip.emulation import CameraOptions, EventCamera, emulate_stream

WIDTH, HEIGHT, PICTURES, FRAME_US = 240, 180, 300, 33_333


def footage(speed: float) -> list[tuple[Any, int]]:
    """Smooth blobs that drift to the right, before a fine texture that stands still."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, : WIDTH * 3]
    scene = np.full(x.shape, 90.0)
    for _ in range(60):
        cx, cy, r = random.random() * WIDTH * 3, random.random() * HEIGHT, 6 + 14 * random.random()
        scene += random.choice([-60, 90]) * (
            0.5 - 0.5 * np.tanh(((x - cx) ** 2 + (y - cy) ** 2 - r * r) / (4 * r))
        )
    scene = np.clip(scene + random.normal(0, 3, scene.shape), 1, 255)
    pictures = []
    for n in range(PICTURES):
        shift = n * speed % (WIDTH * 2 - 1)
        left, part = int(shift), shift % 1
        seen = (1 - part) * scene[:, left : left + WIDTH] + part * scene[:, left + 1 : left + 1 + WIDTH]
        pictures.append((seen.astype(np.uint8), n * FRAME_US))
    return pictures


def plain(frames: list[tuple[Any, int]], options: CameraOptions, seed: int = 0) -> Iterator[Any]:
    """The same camera, a picture at a time, with whole pictures as numpy arrays: (t, pixel, on), sorted by time."""
    random = np.random.default_rng(seed)
    shape = frames[0][0].size
    on_threshold = np.maximum(
        0.01, options.on_threshold + options.threshold_spread * random.standard_normal(shape)
    )
    off_threshold = np.maximum(
        0.01, options.off_threshold + options.threshold_spread * random.standard_normal(shape)
    )
    leaked = on_threshold * random.random(shape) if options.leak_rate_hz else 0.0
    last = np.full(shape, -(2**62))
    level, log_before, before = np.zeros(shape), np.zeros(shape), 0
    for number, (picture, time_us) in enumerate(frames):
        intensity = picture.ravel().astype(np.float64)
        floor = options.linear_below
        log = np.where(
            intensity < floor, intensity / floor + (math.log(floor) - 1), np.log(np.maximum(intensity, floor))
        )
        if number == 0:
            level, log_before, before = log - leaked, log, time_us
            continue
        span = time_us - before
        was = log_before - level
        level = level - options.leak_rate_hz * 1e-6 * span * on_threshold
        now = log - level
        rises = now > 0
        step = np.where(rises, on_threshold, -off_threshold)
        counts = np.floor(now / step).astype(int)
        times, pixels, polarities = [], [], []
        if options.shot_noise_rate_hz:  # on average far below one event a pixel and picture
            light = (intensity + 20) / 275
            rate = options.shot_noise_rate_hz * 1e-6 * span * (1 - 0.75 * light)
            noisy = np.flatnonzero(random.random(shape) < rate)
            times.append(before + random.integers(1, span + 1, len(noisy)))
            pixels.append(noisy)
            polarities.append(random.random(len(noisy)) < 0.5)
        for nth in range(1, counts.max(initial=0) + 1):
            fires = np.flatnonzero(counts >= nth)
            moved = (nth * step[fires] - was[fires]) * (span / (now[fires] - was[fires]))
            t = before + np.floor(moved + 0.5).astype(np.int64)
            seeing = t - last[fires] >= options.refractory_us
            fires, t = fires[seeing], t[seeing]
            last[fires] = t
            times.append(t)
            pixels.append(fires)
            polarities.append(rises[fires])
        level = level + counts * step
        log_before, before = log, time_us
        if times:
            t, pixel, on = np.concatenate(times), np.concatenate(pixels), np.concatenate(polarities)
            order = np.argsort(t, kind="stable")
            yield t[order], pixel[order], on[order]


def same_events(frames: list[tuple[Any, int]], options: CameraOptions) -> bool:
    """Whether both give the same events, those of one microsecond in any order."""
    ours = np.concatenate(list(emulate_stream(frames, options)))
    t, pixel, on = (np.concatenate(column) for column in zip(*plain(frames, options), strict=True))
    mine = np.stack([ours["t"], ours["y"].astype(np.int64) * WIDTH + ours["x"], ours["on"]])
    theirs = np.stack([t, pixel, on])
    return mine.shape == theirs.shape and all(
        np.array_equal(a[np.lexsort(mine[::-1])], b[np.lexsort(theirs[::-1])])
        for a, b in zip(mine, theirs, strict=True)
    )


def speed(run: Any, frames: list[tuple[Any, int]]) -> tuple[float, float]:
    """Return frames a second of processor time, and events a frame."""
    seconds: list[float] = []
    events = 0
    for _ in range(3):
        start = time.process_time()
        events = sum(run(frames))
        seconds.append(time.process_time() - start)
    return len(frames) / statistics.median(seconds), events / len(frames)


def main() -> None:
    options = CameraOptions()
    silent = replace(options, shot_noise_rate_hz=0.0)
    print(machine())
    print(f"platform.processor() {platform.processor() or 'unknown'}; {WIDTH}x{HEIGHT}, frames/s")
    print("PIX2NVS (Bi and Andreopoulos 2017) reports 357 frames/s for its own model and machine\n")
    print(f"{'':34}{'slow scene':>12}{'fast scene':>12}")
    scenes = [footage(0.4), footage(2.5)]
    for scene in scenes:
        assert same_events(scene[:60], silent), "the plain loop and the emulator disagree"
    rows: dict[str, Any] = {"plain numpy loop": lambda frames: (len(t) for t, _, _ in plain(frames, options))}
    ways = {"neuroclip, numpy": False} | ({"neuroclip, numba": True} if find_spec("numba") else {})
    for name in ways:
        rows[name] = lambda frames: map(len, emulate_stream(frames, options))
    results: dict[str, list[tuple[float, float]]] = {}
    for name, run in rows.items():
        EventCamera.numba_pays = lambda _, name=name: ways[name]  # type: ignore[method-assign]
        sum(run(scenes[0][:3]))  # compiles
        results[name] = [speed(run, scene) for scene in scenes]
        print(f"{name:34}" + "".join(f"{frames:12.0f}" for frames, _ in results[name]))
    first, *_, best = results.values()
    print(
        f"{'times the plain loop':34}"
        + "".join(f"{b[0] / a[0]:12.1f}" for a, b in zip(first, best, strict=True))
    )
    print(f"{'events a frame':34}" + "".join(f"{events:12.0f}" for _, events in best))


if __name__ == "__main__":
    main()
