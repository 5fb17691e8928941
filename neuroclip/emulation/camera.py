"""A simulated event camera that is shown pictures one by one, in memory that does not grow.

Source: PIX2NVS (Bi and Andreopoulos 2017, "PIX2NVS: Parameterized conversion of pixel-domain video frames to
    neuromorphic vision streams"): log intensity of video frames against a level for each pixel, several events
    between two frames. ESIM (Rebecq, Gehrig, Scaramuzza 2018, "ESIM: an open event camera simulator"): log intensity
    is linear between two pictures, and an event has the time at which it crosses a threshold; what is crossed within
    the refractory time moves the level, and is lost. v2e (Hu, Liu, Delbruck 2021, "v2e: from video frames to realistic
    DVS events"), its model of the DVS pixel: luma as intensity, linear and then logarithmic; spread of the thresholds;
    leak; shot noise. Its limited bandwidth and slow motion are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroclip.compiling import numba_pays
from neuroclip.emulation.firing import Light, Noise, Pixels, fire_with_numba, fire_with_numpy
from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import EVENT_DTYPE
from neuroclip.shapes import Events

Picture = NDArray[Any]
"""(h, w): uint8, or numbers from 0 to 255 where that is too coarse."""

LEAST_THRESHOLD = 0.01
"""No pixel gets a smaller one, whatever the spread."""

LONGEST_PAUSE_US = 60_000_000
"""Between two pictures: in a longer one, noise alone would fill the memory, and the times are hardly right."""

_BRIGHT_SHARE = 0.25
# Loading numba takes about as long as numpy needs for this many pixels; both give the same bytes.
_WORTH_NUMBA = 20_000_000


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """What the simulated camera is like; thresholds, spread, leak and noise are by default those of v2e's program.

    Attributes:
        on_threshold: Rise of natural log intensity that fires ON.
        off_threshold: Fall of it that fires OFF.
        threshold_spread: Standard deviation of the thresholds from pixel to pixel, in the same unit.
        refractory_us: How long a pixel is blind after an event; what it would have fired meanwhile is lost.
        leak_rate_hz: ON events of each pixel in a still scene.
        shot_noise_rate_hz: Random events of each pixel, ON as often as OFF, in the dark; fewer in the light.
        linear_below: Intensity (0 to 255) below which a pixel responds linearly rather than logarithmically, so that
            the noise of dark video is not magnified.
    """

    on_threshold: float = 0.2
    off_threshold: float = 0.2
    threshold_spread: float = 0.03
    refractory_us: int = 500
    leak_rate_hz: float = 0.01
    shot_noise_rate_hz: float = 0.001
    linear_below: float = 20.0

    def __post_init__(self) -> None:
        least = {"on_threshold": LEAST_THRESHOLD, "off_threshold": LEAST_THRESHOLD, "linear_below": 1.0}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= least.get(name, 0)):
                raise OptionError(f"{name} is {value:g}; it must be at least {least.get(name, 0):g}")

    def log_intensity(self, picture: Picture) -> NDArray[np.float64]:
        """Return what the pixels (h, w) respond to: ln(I), and below `linear_below` the tangent to it there.

        Source: v2e, the step from linear to logarithmic. There the line goes through the origin, three times as steep
        as the logarithm is where they meet; the tangent has no such kink, and magnifies no noise in the dark.
        """
        floor = self.linear_below
        intensity = np.asarray(picture, np.float64)
        return np.where(
            intensity < floor, intensity / floor + (math.log(floor) - 1), np.log(np.maximum(intensity, floor))
        )


CLEAN = CameraOptions(threshold_spread=0.0, refractory_us=0, leak_rate_hz=0.0, shot_noise_rate_hz=0.0)
"""A camera whose pixels are all alike, never blind, and silent where nothing changes."""


class EventCamera:
    """A camera of `width` x `height` pixels that looks at pictures.

    What it fires depends on the pictures, their times, the options and the seed alone.
    """

    def __init__(
        self, width: int, height: int, options: CameraOptions | None = None, *, seed: int = 0
    ) -> None:
        """Make the pixels; `seed` decides their thresholds and all noise."""
        self.width, self.height, self.options = width, height, options or CameraOptions()
        self._random = np.random.default_rng(seed)
        spread, shape = self.options.threshold_spread, width * height
        on, off = (
            np.maximum(LEAST_THRESHOLD, mean + spread * self._random.standard_normal(shape))
            for mean in (self.options.on_threshold, self.options.off_threshold)
        )
        # A pixel may have leaked for any time: otherwise all would fire at once.
        leaked = on * self._random.random(shape) if self.options.leak_rate_hz else np.zeros(shape)
        never = np.full(shape, -(2**62), np.int64)
        found, marks = np.empty((2, shape), np.int32), np.zeros(-(-shape // 8) * 8, np.uint8)
        self._pixels = Pixels(width, on, off, -leaked, never, found, marks)
        self._table = self.options.log_intensity(np.arange(256.0))
        self._first_us, self._last_us, self._seen = 0, 0, 0
        self._light: Light | None = None

    def see(self, picture: Picture, time_us: int) -> Events:
        """Show a picture; return the events since the one before, in the order of time (of the first: none).

        Raises:
            RecordingError: It has another size, numbers that are not finite, or a time that is not later.
        """
        if picture.shape != (self.height, self.width):
            shown = "x".join(str(n) for n in picture.shape[::-1])
            raise RecordingError(f"a picture is {shown}, but the camera {self.width}x{self.height}")
        if self._light is None:
            self._first_us = self._last_us = time_us
            self._light = light = self._shine(picture, time_us)
            self._pixels.level[:] += light.table[light.codes]
            return np.empty(0, EVENT_DTYPE)
        start, span = self._last_us, time_us - self._last_us
        if span < 1:
            raise RecordingError(f"a picture at {time_us} us is not later than the one before, at {start} us")
        if span > LONGEST_PAUSE_US:
            raise RecordingError(
                f"a picture at {time_us} us comes {span / 1e6:g} s after the one before: at most "
                f"{LONGEST_PAUSE_US // 10**6} s can be between two, so are the times right?"
            )
        before, self._light = self._light, self._shine(picture, time_us)
        self._last_us = time_us
        self._seen += picture.size
        fire = fire_with_numba if self.numba_pays() else fire_with_numpy
        noise = self._noise(picture, span)
        return fire(self._pixels, before, self._light, start, span, self.options.refractory_us, noise)

    def _shine(self, picture: Picture, time_us: int) -> Light:
        leaked = self.options.leak_rate_hz * 1e-6 * (time_us - self._first_us)
        if picture.dtype == np.uint8:
            return Light(self._table, picture.flatten(), leaked)
        if not np.isfinite(picture).all():
            raise RecordingError("a picture holds numbers that are not finite")
        return Light(self.options.log_intensity(picture.ravel()), np.arange(picture.size), leaked)

    def _noise(self, picture: Picture, span: int) -> Noise | None:
        """Draw shot noise: as in v2e, a Poisson process for each pixel that is slower in the light.

        Drawn for all pixels at once, and thinned by brightness. v2e also makes pixels of low threshold noisier, and
        takes a noise event for a new level; neither is done here.
        """
        rate = self.options.shot_noise_rate_hz
        if not rate:
            return None
        number = int(self._random.poisson(rate * 1e-6 * span * picture.size))
        if not number:
            return None
        where, when, chance, sign = self._random.random((4, number))
        pixel, t = (where * picture.size).astype(np.int64), 1 + (when * span).astype(np.int64)
        light = (picture.ravel()[pixel] + 20.0) / 275.0
        order = np.argsort(pixel * (span + 1) + t, kind="stable")
        order = order[chance[order] < 1 - (1 - _BRIGHT_SHARE) * light[order]]
        return Noise(pixel[order], t[order], sign[order] < 0.5)

    def numba_pays(self) -> bool:
        """Whether it is worth loading numba, if it is there, for the pictures seen so far."""
        return numba_pays(self._seen, _WORTH_NUMBA)


def emulate_stream(
    frames: Iterable[tuple[Picture, int]], options: CameraOptions | None = None, *, seed: int = 0
) -> Iterator[Events]:
    """Show pictures with their times (whole microseconds) to a camera of their size, one by one.

    Yields the events between each two of them, perhaps none; only these and the camera are in memory.

    Raises:
        RecordingError: As `EventCamera.see`.
    """
    camera: EventCamera | None = None
    for picture, time_us in frames:
        if camera is None:
            height, width = picture.shape
            camera = EventCamera(width, height, options, seed=seed)
            camera.see(picture, time_us)
        else:
            yield camera.see(picture, time_us)
