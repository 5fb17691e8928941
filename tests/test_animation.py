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


def test_times_are_kept_to_ten_milliseconds_and_within_reason(tmp_path: Path) -> None:
    """What is too fast or too slow to show changes only itself."""
    frame_ms = [29.6] * 10 + [0, 1e9, 29.6]
    save_animation(some_frames(13), tmp_path / "x.gif", frame_ms=frame_ms, tile=34)
    with Image.open(tmp_path / "x.gif") as gif:
        shown = []
        for i in range(13):
            gif.seek(i)
            shown.append(gif.info["duration"])
    assert abs(sum(shown[:10]) - 296) <= 10
    assert set(shown[:10]) <= {20, 30, 40}
    assert shown[10:] == [20, 60_000, 30]
    assert [p.name for p in tmp_path.iterdir()] == ["x.gif"]


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
