"""The motion set on disk: class folders of videos, or of emulated recordings with their videos."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from neuroclip import formats
from neuroclip.emulation import EventCamera, Footage
from neuroclip.errors import OptionError, RecordingError
from neuroclip.recording import Recording, join_events
from neuroclip.synthetic.motions import CLASSES, Pictures, motion


def write_motions(
    folder: str | Path,
    per_class: int,
    seed: int = 0,
    *,
    size: tuple[int, int] = (64, 64),
    pictures: int = 40,
    fps: float = 25.0,
    clutter: int = 8,
    shake: float = 0.5,
    events: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write a labelled set that `open_dataset` opens: `FOLDER/moving left/000.mp4` and so on.

    The videos are H.264 without loss, so that no picture holds traces of its neighbours; each begins at 0. Every one
    has a scene of its own, which its class, its number and `seed` decide. Another part of the set is another folder
    with another seed.

    Args:
        folder: Where; files of the same names are replaced.
        per_class: How many of each class.
        seed: Of the set.
        size: Width and height in pixels, both even.
        pictures: As that of `motion`, as are the next three.
        fps: Pictures a second.
        clutter: How many still things are behind those that move.
        shake: How far the camera trembles.
        events: A suffix, such as ".npz" or ".aedat4": also emulate the events of each video, and write them beside
            it. The camera is the default one, with a seed of its own for each video. Without events, a video is
            itself the recording.
        progress: Called with 1 after each.

    Raises:
        OptionError: An option is out of range, no format writes files with this suffix, or PyAV is not installed.
        RecordingError: A file cannot be written.
    """
    if per_class < 1 or size[0] % 2 or size[1] % 2:
        raise OptionError(
            f"per_class={per_class}, size={size[0]}x{size[1]}: expected at least 1 of each class, and an even width "
            "and height"
        )
    if events is not None:
        formats.writer_for(Path(f"x{events}"))  # at once: later it would cost a video
    for number, label in enumerate(CLASSES):
        for n in range(per_class):
            own = [seed, number, n]
            made = motion(label, own, size=size, pictures=pictures, fps=fps, clutter=clutter, shake=shake)
            path = Path(folder) / label / f"{n:03}.mp4"
            _write_video(path, made, fps)
            if events is not None:
                _write_events(path, events, own)
            if progress is not None:
                progress(1)


def _write_video(path: Path, pictures: Pictures, fps: float) -> None:
    try:
        import av
    except ImportError as error:
        raise OptionError(
            "videos are written by PyAV, which is not installed: pip install 'neuroclip[video]'"
        ) from error
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with av.open(str(unfinished), "w") as container:
                stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
                stream.height, stream.width = pictures.shape[1:3]
                stream.pix_fmt = "yuv444p"
                stream.options = {"qp": "0", "preset": "veryfast"}
                for picture in pictures:
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
                container.mux(stream.encode())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except (OSError, av.FFmpegError) as error:
        raise RecordingError(f"{path}: cannot be written: {error.strerror or error}") from error


def _write_events(video: Path, suffix: str, seed: list[int]) -> None:
    footage = Footage(video)
    camera = EventCamera(*footage.size, seed=int(np.random.SeedSequence(seed).generate_state(1)[0]))
    events = join_events([camera.see(picture, time_us) for picture, time_us in footage])
    if not len(events):
        raise RecordingError(f"{video}: no pixel fires; has it too few pictures?")
    formats.write(Recording(events, *footage.size), video.with_suffix(suffix))
