"""Frames drawn as pictures."""

import numpy as np
import pytest

from neuroclip.contact_sheet import MAX_FRAMES, Strip, contact_sheet, resized
from neuroclip.errors import OptionError


def some_frames(t: int, h: int = 34, w: int = 34) -> np.ndarray:
    return np.random.default_rng(0).choice(np.array([0, 127, 255], np.uint8), (t, h, w))


@pytest.mark.parametrize(("h", "w"), [(34, 34), (9, 100), (64, 32)])
def test_a_small_frame_keeps_its_pixels(h: int, w: int) -> None:
    """Enlarging repeats every pixel a whole number of times."""
    frame = some_frames(1, h, w)[0]
    picture = np.asarray(resized(frame, 204))
    factor = picture.shape[0] // h
    assert factor >= 2
    assert np.array_equal(picture, np.kron(frame, np.ones((factor, factor), np.uint8)))


@pytest.mark.parametrize(("h", "w"), [(720, 1280), (180, 240), (1, 5000)])
def test_a_large_frame_is_reduced_to_the_tile(h: int, w: int) -> None:
    """Its longer side becomes the tile's, and its grey stays grey."""
    picture = resized(np.full((h, w), 127, np.uint8), 104)
    assert max(picture.size) == 104
    assert set(np.asarray(picture).ravel()) == {127}


def test_every_frame_is_on_the_sheet() -> None:
    """Each tile of each strip is found on the page, in reading order."""
    strips = [
        Strip(frames=some_frames(7), title="a"),
        Strip(frames=some_frames(3, 20, 30), title="b", mark="bad"),
    ]
    page = np.asarray(contact_sheet(strips, columns=4).convert("L"))
    places = []
    for strip in strips:
        for frame in strip.frames:
            tile = np.asarray(resized(frame, 104))
            h, w = tile.shape
            windows = np.lib.stride_tricks.sliding_window_view(page, (h, w))
            corner = windows[:, :, 0, 0] == tile[0, 0]
            found = [
                (y, x) for y, x in np.argwhere(corner) if np.array_equal(page[y : y + h, x : x + w], tile)
            ]
            assert len(found) == 1
            places += found
    assert [(y, x) for y, x in places] == sorted(places)


def test_titles_are_never_cut() -> None:
    """A long title makes the page wider."""
    page = contact_sheet([Strip(frames=some_frames(1), title="a long title " * 20)])
    assert page.width > 1000
    right = np.asarray(page.convert("L"))[:, -10:]
    assert right.min() == right.max()


@pytest.mark.parametrize("number", [0, MAX_FRAMES + 1])
def test_too_few_or_too_many_frames_are_an_error(number: int) -> None:
    with pytest.raises(OptionError, match=str(number)):
        contact_sheet([Strip(frames=some_frames(number, 2, 2), title="x")])
