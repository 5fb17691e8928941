"""How many frames a model encodes in a second, at the batch sizes that matter.

    python benchmarks/throughput.py [MODEL [PRECISION [DEVICE]]]

Prints the median of five. The frames are random, all different and never blank, so that none is encoded once
for many.
"""

import statistics
import sys
import time

import numpy as np
from machine import machine

from neuroclip import load_model


def main() -> None:
    name, precision, device = (sys.argv[1:] + ["event-tiny", "auto", "auto"][len(sys.argv) - 1 :])[:3]
    model = load_model(name, precision=precision, device=device)
    print(machine())
    print(f"{name}, {model.precision}, {model.device}")
    for batch in (1, 10, 50, 200):
        shape = (max(batch, 200) // batch * batch, 34, 34)
        pictures = np.random.default_rng(0).choice(
            np.array([0, 127, 255], np.uint8), shape, p=[0.1, 0.8, 0.1]
        )
        model.encode_frames(pictures[:batch], batch=batch)
        times: list[float] = []
        for _ in range(5):
            start = time.perf_counter()
            model.encode_frames(pictures, batch=batch)
            times.append(time.perf_counter() - start)
        print(f"batch {batch:>4}   {len(pictures) / statistics.median(times):8.0f} frames/s")


if __name__ == "__main__":
    main()
