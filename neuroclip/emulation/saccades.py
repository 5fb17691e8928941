"""Still images before a camera that makes three saccades, as N-MNIST and N-Caltech101 were recorded."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroclip.emulation.camera import CameraOptions, EventCamera
from neuroclip.errors import RecordingError
from neuroclip.recording import Recording

SACCADE_US = 100_000
CORNERS = np.array([(0.0, 0.0), (0.5, 1.0), (1.0, 0.0), (0.0, 0.0)])
"""Where the picture stands before, between and after the saccades: x to the right, y down, in `reach`."""


@runtime_checkable
class ImageLike(Protocol):
    """What numpy makes an array of, as of a Pillow image, though its `ArrayLike` does not say so."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...


_PICTURES = 100  # a saccade; at the default reach, neighbours are at most an eighth of a pixel apart
_N_MNIST = CameraOptions(on_threshold=0.3, off_threshold=0.3)
_LUMA = np.array([0.299, 0.587, 0.114])


def saccade(
    image: ArrayLike | ImageLike,
    *,
    size: tuple[int, int] | None = None,
    reach: float = 7.0,
    black: float = 0.2,
    options: CameraOptions | None = None,
    seed: int = 0,
    label: str | None = None,
) -> Recording:
    """Record a still image: three saccades of 100 ms along an isosceles triangle, back to where it began.

    Args:
        image: (h, w) grey or (h, w, 3 or 4) colour, 0 to 255 (a Pillow image will do); alpha is ignored.
        size: Width and height of the sensor, for example (34, 34); default: the image's. An image that is smaller is
            shown in the middle, one that is larger scaled down with its shape kept. Around it, its border goes on.
        reach: How far the picture moves over the sensor, in pixels: `reach` down and half of it to the right, up and
            half to the right, then `reach` back to the left.
        black: What the screen's black still sends, as a share of its white.
        options: Of the camera; default: thresholds of 0.3, with which digits have about as many events as in N-MNIST.
        seed: Of the camera.
        label: Of the recording.

    Source: Orchard et al. 2015, "Converting static image datasets to spiking neuromorphic datasets using saccades",
    section 2: the triangle, three saccades of 100 ms. The directions, the 7 pixels and the number of events were
    measured on recordings of N-MNIST. Here speed rises and falls as half a sine over each saccade, sensor and screen
    neither vibrate nor flicker, and a larger sensor sees the same 7 pixels.

    Raises:
        RecordingError: It is no image; or nothing in it makes any pixel fire.
    """
    picture = _grey(image)
    width, height = size or picture.shape[::-1]
    picture = 255 * black + (1 - black) * picture
    picture = _fitted(picture, width, height, margin=int(np.ceil(abs(reach))) + 1)
    camera = EventCamera(width, height, options or _N_MNIST, seed=seed)
    moments = np.linspace(0, 1, _PICTURES, endpoint=False)
    eased = (1 - np.cos(np.pi * moments)) / 2
    path = np.concatenate([a + (b - a) * eased[:, None] for a, b in pairwise(CORNERS)] + [CORNERS[-1:]])
    # the middle of the triangle is the middle of the sensor
    path = (path - (CORNERS.min(0) + CORNERS.max(0)) / 2) * reach
    times = np.arange(len(path)) * (SACCADE_US // _PICTURES)
    events = np.concatenate(
        [
            camera.see(_moved(picture, dx, dy, width, height), int(t))
            for (dx, dy), t in zip(path, times, strict=True)
        ]
    )
    if not len(events):
        raise RecordingError("the image is so even that no pixel fires: is it the right one?")
    return Recording(events, width, height, label=label)


def _grey(image: Any) -> NDArray[np.float64]:
    picture = np.asarray(image)
    if picture.ndim == 3 and picture.shape[-1] in (3, 4):
        picture = picture[..., :3] @ _LUMA
    if picture.ndim != 2 or picture.dtype.kind not in "buif" or not picture.size:
        shape = list(picture.shape)
        raise RecordingError(f"an image has the shape [h, w] or [h, w, 3], not {shape} of {picture.dtype}")
    return picture.astype(np.float64)


def _fitted(picture: NDArray[np.float64], width: int, height: int, margin: int) -> NDArray[np.float64]:
    """Bring the image to the middle of the sensor, with its border going on for `margin` pixels more."""
    h, w = picture.shape
    if scale := max(w / width, h / height, 1.0) - 1.0:
        from PIL import Image

        smaller = max(1, round(w / (1 + scale))), max(1, round(h / (1 + scale)))
        shrunk = Image.fromarray(picture.astype(np.float32)).resize(smaller, Image.Resampling.BOX)
        picture = np.asarray(shrunk, np.float64)
        h, w = picture.shape
    top, left = (height - h) // 2, (width - w) // 2
    around = (top + margin, height - h - top + margin), (left + margin, width - w - left + margin)
    return np.pad(picture, around, mode="edge")


def _moved(
    picture: NDArray[np.float64], dx: float, dy: float, width: int, height: int
) -> NDArray[np.float64]:
    """Return what the sensor sees of the picture moved by (dx, dy); between pixels, bilinearly."""
    margin_x, margin_y = (picture.shape[1] - width) / 2, (picture.shape[0] - height) / 2
    x, y = margin_x - dx, margin_y - dy
    left, top = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - left, y - top
    rows = picture[top : top + height + 1]
    rows = (1 - fy) * rows[:-1] + fy * rows[1:]
    columns = rows[:, left : left + width + 1]
    return (1 - fx) * columns[:, :-1] + fx * columns[:, 1:]
