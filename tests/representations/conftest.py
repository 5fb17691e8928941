"""Small videos, kept without loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

MakeVideo = Callable[..., Path]


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Write pictures [h, w] or [h, w, 3]: `make_video(pictures, times_us=..., name="a.mkv")`, else 25 a second."""
    av = pytest.importorskip("av")

    def make(pictures: Sequence[np.ndarray], times_us: Sequence[int] = (), name: str = "a.mkv") -> Path:
        path, colour = tmp_path / name, np.ndim(pictures[0]) == 3
        with av.open(str(path), "w") as container:
            stream = container.add_stream("ffv1", rate=25)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = "bgr0" if colour else "gray"
            stream.codec_context.time_base = Fraction(1, 1000)
            times = times_us or [40_000 * n for n in range(len(pictures))]
            for picture, time_us in zip(pictures, times, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24" if colour else "gray")
                frame = frame.reformat(format=stream.pix_fmt)
                frame.pts, frame.time_base = time_us // 1000, stream.codec_context.time_base
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make
