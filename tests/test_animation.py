"""Frames that move."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neuroclip.animation import save_animation
from neuroclip.errors import OptionError


def some_frames(t: int, h: int = 34, w: int = 34) -> np.ndarray:
    return np.random.default_rng(0).choice(np.array([0, 127, 255], np.uint8), (t, h, w))


def test_a_gif_shows_the_frames_in_order_and_for_their_time(tmp_path: Path) -> None:
    """Each picture of the GIF holds the frame's own three greys, even where the first frame is blank."""
    frames = some_frames(4)
    frames[0] = 127
    save_animation(frames, tmp_path / "x.gif", frame_ms=[100, 200, 50, 70], tile=34)
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.n_frames == 4
        for i, (frame, ms) in enumerate(zip(frames, [100, 200, 50, 70], strict=True)):
            gif.seek(i)
            assert gif.info["duration"] == ms
            assert np.array_equal(np.asarray(gif.convert("L")), frame)


def test_what_is_too_fast_to_show_is_slowed_down_as_a_whole(tmp_path: Path) -> None:
    save_animation(some_frames(3), tmp_path / "x.gif", frame_ms=[5, 10, 20], tile=34)
    with Image.open(tmp_path / "x.gif") as gif:
        shown = []
        for i in range(3):
            gif.seek(i)
            shown.append(gif.info["duration"])
    assert shown == [20, 40, 80]


def test_an_mp4_shows_the_frames_at_their_times(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    frames = np.stack([np.full((33, 35), grey, np.uint8) for grey in (0, 127, 255)])
    save_animation(frames, tmp_path / "x.mp4", frame_ms=[40, 100, 60], captions=["a", "b", "c"], tile=200)
    with av.open(str(tmp_path / "x.mp4")) as container:
        read = list(container.decode(video=0))
    assert [round(1000 * frame.time) for frame in read] == [0, 40, 140, 200]
    greys = [frame.to_ndarray(format="gray")[50, 50] for frame in read[:3]]
    assert np.allclose(greys, [0, 127, 255], atol=20)


@pytest.mark.parametrize(("number", "name"), [(0, "x.gif"), (1, "x.jpg")])
def test_nothing_to_show_or_no_way_to_show_it_is_an_error(tmp_path: Path, number: int, name: str) -> None:
    with pytest.raises(OptionError):
        save_animation(some_frames(number), tmp_path / name, frame_ms=[100] * number)
