"""Optical flow from picture to picture, by OpenCV, or by torchvision's RAFT with weights that the user has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import digest_of_file
from neuroclip.representations.raft import raft

Flow = NDArray[np.float32]
"""[h, w, 2]: motion to the right and down, in pixels."""

FULL_SCALE = 20.0
"""Pixels that the largest value of a volume stands for (Carreira and Zisserman 2017, I3D: flow cut to -20 to 20)."""

METHODS = ("dis", "farneback", "pyrlk", "tvl1", "raft")
GRID = 4
"""Pixels from one point that `pyrlk` follows to the next."""


def check_method(method: str, weights: str | None) -> None:
    """Check two options that belong together.

    Raises:
        OptionError: No such method, `raft` without weights, or weights for another.
    """
    if method not in METHODS:
        raise OptionError(f"method is {method!r}; it can be {', '.join(METHODS)}")
    if method == "raft" and weights is None:
        raise OptionError(
            "method='raft' needs weights: a file with those of torchvision's raft_small or raft_large "
            "(.pth or .safetensors); method='dis' needs none"
        )
    if method != "raft" and weights is not None:
        raise OptionError(f"weights are for method='raft'; {method!r} has none")


def digest_of_weights(weights: str) -> str:
    """Return the digest of the file's bytes.

    Raises:
        OptionError: It cannot be read.
    """
    try:
        return digest_of_file(Path(weights))
    except RecordingError as error:
        raise OptionError(f"the weights of RAFT: {error}") from error


def flow_between(pictures: NDArray[np.uint8], method: str, weights: str | None = None) -> Iterator[Flow]:
    """Yield the flow from each picture to the next.

    `dis` (Kroeger et al. 2016, medium preset), `farneback` (2003) and `tvl1` (Zach et al. 2007) are OpenCV's with its
    own parameters. `pyrlk` (Bouguet 2001) follows a grid of points, one for every 4 x 4 pixels; those lost have not
    moved; between them, motion is interpolated. `raft` (Teed and Deng 2020) is torchvision's.

    Args:
        pictures: [t, h, w], for `raft` [t, h, w, 3].
        method: One of these.
        weights: For `raft`.

    Raises:
        OptionError: OpenCV, its contrib modules, or the weights are missing, or the pictures are too small.
    """
    step = raft(str(weights), digest_of_weights(str(weights))) if method == "raft" else _opencv(method)
    for before, after in pairwise(pictures):
        yield step(before, after)


def _opencv(method: str) -> Callable[[Any, Any], Flow]:
    try:
        import cv2
    except ImportError as error:
        raise OptionError(
            "optical flow is computed by OpenCV, which is not installed: pip install 'neuroclip[video]'"
        ) from error
    if method == "tvl1" and not hasattr(cv2, "optflow"):
        raise OptionError(
            "method='tvl1' is only in opencv-contrib-python-headless: install it in place of "
            "opencv-python-headless, or take method='dis'"
        )
    compute = {"dis": _dis, "farneback": _farneback, "pyrlk": _pyrlk, "tvl1": _tvl1}[method](cv2)

    def step(before: Any, after: Any) -> Flow:
        try:
            return compute(before, after)
        except cv2.error as error:
            height, width = before.shape
            raise OptionError(
                f"OpenCV cannot compute the flow ({method}) of pictures of {width}x{height} pixels: "
                f"{str(error.err).strip()}"
            ) from error

    return step


def _dis(cv2: Any) -> Callable[[Any, Any], Flow]:
    made = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return lambda before, after: made.calc(before, after, None)


def _farneback(cv2: Any) -> Callable[[Any, Any], Flow]:
    # What OpenCV's own examples use: pyramid of halves, 3 levels, window 15, 3 rounds, polynomials of 5 pixels.
    return lambda before, after: cv2.calcOpticalFlowFarneback(before, after, None, 0.5, 3, 15, 3, 5, 1.2, 0)


def _tvl1(cv2: Any) -> Callable[[Any, Any], Flow]:
    made = cv2.optflow.DualTVL1OpticalFlow_create()
    return lambda before, after: made.calc(before, after, None)


def _pyrlk(cv2: Any) -> Callable[[Any, Any], Flow]:
    def compute(before: Any, after: Any) -> Flow:
        height, width = before.shape
        rows, columns = -(-height // GRID), -(-width // GRID)
        # In the middles of the cells, so that enlarging the grid interpolates between them; those of cells that
        # reach beyond the picture are followed from its border.
        y, x = np.mgrid[:rows, :columns] * GRID + (GRID - 1) / 2
        points = np.stack([np.minimum(x, width - 1), np.minimum(y, height - 1)], -1).astype(np.float32)
        moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points.reshape(-1, 1, 2), None)
        flow = np.where(
            found.reshape(rows, columns, 1) == 1, moved.reshape(points.shape) - points, np.float32(0)
        )
        full = cv2.resize(flow, (columns * GRID, rows * GRID), interpolation=cv2.INTER_LINEAR)
        return full[:height, :width]

    return compute
