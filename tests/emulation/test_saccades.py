"""Still images before a moving camera: when it fires, and where."""

import numpy as np
import pytest

import neuroclip
from neuroclip.emulation import CLEAN, saccade
from neuroclip.errors import RecordingError
from neuroclip.representations import frames


def digit(side: int = 28) -> np.ndarray:
    """Draw a white ring with a foot, on black."""
    y, x = np.mgrid[:side, :side] * (28 / side)
    radius = np.hypot(x - 14, y - 10)
    return np.where(((radius > 4) & (radius < 8)) | ((abs(x - 20) < 2) & (y > 10) & (y < 25)), 255, 0).astype(
        np.uint8
    )


def test_there_are_three_bursts_of_about_100_ms():
    events = saccade(digit(), size=(34, 34)).events
    counts = np.histogram(events["t"], 30, (0, 300_000))[0].reshape(3, 10)
    assert 280_000 < events["t"][-1] <= 300_000
    assert counts.sum(1).min() > 0.2 * counts.sum()
    for burst in counts:  # fast in the middle, at rest between
        assert burst[4:6].min() > 4 * max(burst[0], burst[-1])


def test_events_are_where_the_edges_pass():
    """The edge of a disc sweeps half of the reach to either side, and no pixel further away sees it."""
    y, x = np.mgrid[:60, :60]
    distance = np.hypot(x - 29.5, y - 29.5)
    events = saccade(np.where(distance < 18, 255, 0), options=CLEAN, reach=4.0).events
    assert np.all(np.abs(distance[events["y"], events["x"]] - 18) <= np.hypot(2, 2) + 1)
    ring = np.abs(distance - 18) < 0.7
    seen = np.zeros((60, 60), bool)
    seen[events["y"], events["x"]] = True
    assert seen[ring].all()


def test_the_picture_moves_down_and_right_then_up_and_right_then_left():
    """A white square lights what it moves onto (ON) and leaves the rest dark (OFF)."""
    square = np.zeros((34, 34), np.uint8)
    square[12:22, 12:22] = 255
    recording = saccade(square, options=CLEAN)
    for n, (right, down) in enumerate(((1, 1), (1, -1), (-1, 0))):
        events = recording.window(n * 100_000, (n + 1) * 100_000).events
        on, off = events[events["on"]], events[~events["on"]]
        dx, dy = (on[axis].mean() - off[axis].mean() for axis in ("x", "y"))
        assert dx * right > 1
        assert dy * down > 2 if down else abs(dy) < 0.5


def test_it_ends_where_it_began():
    """ON and OFF events of a pixel balance, since it sees again what it saw."""
    events = saccade(digit(), options=CLEAN).events
    sums = np.zeros((28, 28))
    np.add.at(sums, (events["y"], events["x"]), np.where(events["on"], 1, -1))
    assert np.abs(sums).max() <= 1


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [((28, 28), (34, 34), (34, 34)), ((28, 20), None, (20, 28)), ((90, 60), (34, 34), (34, 34)),
     ((50, 80, 3), (40, 30), (40, 30)), ((3, 3), (9, 5), (9, 5))],
)  # fmt: skip
def test_the_sensor_is_as_large_as_asked_or_as_the_image(shape, size, expected):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    recording = saccade(image, size=size, label="x")
    assert (recording.width, recording.height, recording.label) == (*expected, "x")


def test_an_image_that_is_too_large_is_seen_whole():
    """Scaled down, it fires at the same places as when it was drawn small."""
    large, small = (
        frames(saccade(digit(side), size=(34, 34), options=CLEAN), steps=1, split="time")[0] != 127
        for side in (136, 34)
    )
    assert (large & small).sum() > 0.8 * (large | small).sum()


def test_the_same_seed_gives_the_same_recording():
    first, again, other = (saccade(digit(), seed=seed).digest for seed in (1, 1, 2))
    assert first == again != other


def test_an_image_is_not_changed():
    image = digit()
    copy = image.copy()
    saccade(image, size=(34, 34))
    assert np.array_equal(image, copy)


def test_what_is_no_image_or_shows_nothing_is_refused():
    with pytest.raises(RecordingError, match="shape"):
        saccade(np.zeros(7))
    with pytest.raises(RecordingError, match="no pixel fires"):
        saccade(np.full((9, 9), 80, np.uint8), options=CLEAN)


@pytest.mark.real
def test_digits_have_about_as_many_events_as_in_n_mnist_and_as_evenly(real_data):
    paths = sorted((real_data / "nmnist" / "Train").glob("[069]/*.bin"))[::6]
    real = [neuroclip.read(path, size=(34, 34)) for path in paths]
    ours = saccade(digit(), size=(34, 34))
    middle = np.median([len(recording) for recording in real])
    assert middle / 2 < len(ours) < middle * 2
    share = np.median([recording.events["on"].mean() for recording in real])
    assert abs(ours.events["on"].mean() - share) < 0.1
