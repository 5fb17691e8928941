"""How fast events become frames: 10 million events, 10 timesteps, one thread, at four sensor sizes.

    python benchmarks/frames.py [NUMBER_OF_EVENTS]

Prints the median of five in million events per second. Seven events in ten lie in a moving blob, the rest
anywhere.
"""

import statistics
import sys
import time
from importlib.util import find_spec

import numpy as np
from machine import machine

from neuroclip import Recording, frames
from neuroclip.recording import make_events

SIZES = ((34, 34), (240, 180), (640, 480), (1280, 720))


def recording(number: int, width: int, height: int) -> Recording:
    random = np.random.default_rng(0)
    t = np.sort(random.integers(0, 1_000_000, number))
    blob = random.random(number) < 0.7
    centre = 0.3 + 0.4 * t / 1_000_000
    x, y = (
        np.where(blob, np.clip(random.normal(centre, 0.06), 0, 0.999), random.random(number)) * size
        for size in (width, height)
    )
    return Recording(
        make_events(t, x.astype(np.uint16), y.astype(np.uint16), random.random(number) < 0.5), width, height
    )


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    print(machine())
    print(f"{number} events, T = 10, {'numba' if find_spec('numba') else 'numpy'}; million events/s")
    for width, height in SIZES:
        one = recording(number, width, height)
        frames(one, steps=10)  # compiles
        times: list[float] = []
        for _ in range(5):
            start = time.perf_counter()
            frames(one, steps=10)
            times.append(time.perf_counter() - start)
        print(f"{width}x{height:<5} {number / statistics.median(times) / 1e6:8.0f}")


if __name__ == "__main__":
    main()
