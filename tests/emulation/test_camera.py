"""The simulated event camera: what physics asks of it, and that its ways agree to the byte."""

import math
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroclip.emulation import CLEAN, CameraOptions, EventCamera, camera, emulate, emulate_stream
from neuroclip.errors import OptionError, RecordingError

FRAME_US = 33_333
NOISY = CameraOptions(
    threshold_spread=0.05, refractory_us=2000, leak_rate_hz=5.0, shot_noise_rate_hz=20.0, on_threshold=0.15
)


def wobble(seed: int, number: int = 8, shape: tuple[int, int] = (5, 7), kind: type = np.uint8) -> Iterator:
    """Yield pictures whose brightness goes up and down by a lot, at uneven times."""
    random = np.random.default_rng(seed)
    times = np.cumsum(random.integers(1, 2 * FRAME_US, number))
    for t in times:
        yield (random.random(shape) ** 2 * 255).astype(kind), int(t)


def events_of(frames, options=None, seed=0):
    return np.concatenate(list(emulate_stream(frames, options, seed=seed)))


def fired(events, shape):
    """Return ON minus OFF events of each pixel."""
    sums = np.zeros(shape, int)
    np.add.at(sums, (events["y"], events["x"]), np.where(events["on"], 1, -1))
    return sums


def slow_camera(frames, options):
    """Pixel by pixel and event by event, without leak and noise: a list of (t, x, y, on)."""

    def respond(value):
        floor = options.linear_below
        return math.log(value) if value >= floor else math.log(floor) + (value - floor) / floor

    frames, found = list(frames), []
    for y, x in np.ndindex(frames[0][0].shape):
        level, last = respond(float(frames[0][0][y, x])), -math.inf
        for (p0, t0), (p1, t1) in pairwise(frames):
            before, after = respond(float(p0[y, x])), respond(float(p1[y, x]))
            while True:
                if after - level >= options.on_threshold:
                    level, on = level + options.on_threshold, True
                elif after - level <= -options.off_threshold:
                    level, on = level - options.off_threshold, False
                else:
                    break
                t = t0 + (level - before) / (after - before) * (t1 - t0)
                if t - last >= options.refractory_us:
                    last = t
                    found.append((t, x, y, on))
    return found


@pytest.mark.parametrize("speed", [0.3, 1.0, 2.7])
@pytest.mark.parametrize("bright_side", ["left", "right"])
def test_events_fall_on_the_passing_of_an_edge_within_one_picture(speed, bright_side):
    """An edge passes pixel x at x / speed pictures; it brings light where the bright side follows it."""
    x = np.arange(40)
    left, right = (200, 50) if bright_side == "left" else (50, 200)
    number = int(40 / speed) + 2
    frames = [
        (np.tile(np.where(x < n * speed, left, right), (3, 1)).astype(np.uint8), n * FRAME_US)
        for n in range(number)
    ]
    events = events_of(frames, CLEAN)
    assert len(events)
    passing = events["x"] / speed * FRAME_US
    assert np.abs(events["t"] - passing).max() <= FRAME_US
    assert events["on"].all() if bright_side == "left" else not events["on"].any()
    assert np.array_equal(np.unique(events["x"]), x)  # of which each pixel tells


def test_a_dark_bar_leads_with_off_and_trails_with_on():
    x = np.arange(60)
    frames = [
        (np.tile(np.where((x >= n) & (x < n + 8), 40, 180), (2, 1)).astype(np.uint8), n * 1000)
        for n in range(50)
    ]
    events = events_of(frames, CLEAN)
    middle = events["t"] / 1000 + 3.5
    assert np.all(events["on"] == (events["x"] < middle))


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.0, 0.03]))
def test_the_sum_of_polarities_is_the_change_over_the_threshold_within_one(seed, spread):
    options = replace(CLEAN, threshold_spread=spread, off_threshold=0.2, on_threshold=0.2)
    frames = list(wobble(seed, kind=np.float64))
    watched = EventCamera(7, 5, options, seed=seed)
    events = np.concatenate([watched.see(*frame) for frame in frames])
    change = options.log_intensity(frames[-1][0]) - options.log_intensity(frames[0][0])
    if spread == 0.0:
        assert np.abs(fired(events, (5, 7)) - change / 0.2).max() < 1 + 1e-9
        return
    # with different thresholds, ON and OFF events weigh differently
    on, off = watched._pixels.on.reshape(5, 7), watched._pixels.off.reshape(5, 7)
    ups, downs = fired(events[events["on"]], (5, 7)), -fired(events[~events["on"]], (5, 7))
    left = change - (ups * on - downs * off)
    assert np.all((left < on + 1e-9) & (left > -off - 1e-9))


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    refractory=st.sampled_from([0, 300, 5000]),
    off=st.sampled_from([0.1, 0.25]),
)
def test_a_slow_camera_that_goes_pixel_by_pixel_fires_the_same(seed, refractory, off):
    options = replace(CLEAN, refractory_us=refractory, off_threshold=off)
    frames = list(wobble(seed, 5, (2, 3), np.float64))
    events = events_of(frames, options)
    expected = slow_camera(frames, options)
    if refractory == 0:
        by_pixel = sorted(events.tolist(), key=lambda event: (*event[1:3], event[0]))
        for event, (t, *rest) in zip(by_pixel, sorted(expected, key=lambda e: (*e[1:3], e[0])), strict=True):
            assert event[1:] == tuple(rest)
            assert abs(event[0] - t) <= 1
    else:  # times are whole there, so that one on the brink may fall to either side
        assert abs(len(events) - len(expected)) <= 1 + len(expected) // 50


def test_it_agrees_with_emulate_on_whole_recordings():
    """Above `linear_below`, and with nothing added to intensity, both are the same model."""
    frames = [(20 + p.astype(np.float64), t) for p, t in wobble(3, 10)]
    events = events_of(frames, CLEAN)
    other = emulate(np.stack([p for p, _ in frames]), np.array([t for _, t in frames]), floor=0.0).events
    order = [np.lexsort((e["t"], e["x"], e["y"])) for e in (events, other)]
    assert np.abs(events["t"][order[0]] - other["t"][order[1]]).max() <= 1
    assert np.array_equal(fired(events, (5, 7)), fired(other, (5, 7)))


def test_the_same_seed_gives_the_same_events_and_another_seed_others():
    frames = list(wobble(1))
    first, again, other = (events_of(frames, NOISY, seed=s).tobytes() for s in (7, 7, 8))
    assert first == again
    assert first != other


def test_without_noise_a_still_video_gives_no_events():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30)).astype(np.uint8)
    frames = [(picture, t) for t in range(0, 30_000_000, 1_000_000)]
    assert len(events_of(frames, CLEAN)) == 0
    assert len(events_of(frames, replace(CLEAN, threshold_spread=0.1, refractory_us=10))) == 0


def test_a_leak_fires_on_at_its_rate_and_not_all_at_once():
    frames = [(np.full((40, 50), 90, np.uint8), t) for t in range(0, 10_000_001, 1_000_000)]
    events = events_of(frames, replace(CLEAN, leak_rate_hz=0.5))
    assert events["on"].all()
    assert abs(len(events) / (2000 * 10 * 0.5) - 1) < 0.01
    assert np.histogram(events["t"], 10, (0, 10_000_000))[0].std() < 100


def test_shot_noise_has_its_rate_in_the_dark_and_a_quarter_or_so_of_it_in_the_light():
    options, rates = replace(CLEAN, shot_noise_rate_hz=2.0), []
    for grey in (0, 255):
        events = events_of([(np.full((40, 50), grey, np.uint8), t) for t in (0, 10**6, 10**7)], options)
        assert abs(events["on"].mean() - 0.5) < 0.02
        rates.append(len(events) / (2000 * 10))
    dark, light = (1 - 0.75 * (grey + 20) / 275 for grey in (0, 255))
    assert rates == pytest.approx([2 * dark, 2 * light], rel=0.03)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), refractory=st.integers(1, 60_000))
def test_the_refractory_time_holds_between_the_events_of_a_pixel(seed, refractory):
    events = events_of(wobble(seed), replace(NOISY, refractory_us=refractory))
    pixel = events["y"].astype(int) * 100 + events["x"]
    order = np.lexsort((events["t"], pixel))
    gaps = np.diff(events["t"][order])[np.diff(pixel[order]) == 0]
    assert np.all(gaps >= refractory)
    assert not len(gaps) or gaps.min() < refractory + 2 * FRAME_US  # and they fire again


def test_without_spread_pixels_are_identical_and_with_it_they_differ():
    frames = [(np.full((20, 20), grey, np.uint8), n * 1000) for n, grey in enumerate((30, 200, 60))]
    same = events_of(frames, CLEAN)
    assert len(set(map(tuple, zip(same["t"].tolist(), same["on"].tolist(), strict=True)))) * 400 == len(same)
    assert len(np.unique(fired(same, (20, 20)))) == 1
    counts = np.bincount(events_of(frames, replace(CLEAN, threshold_spread=0.05))["x"])
    assert len(np.unique(counts)) > 1


def test_the_spread_is_that_of_the_thresholds():
    pixels = EventCamera(200, 100, CameraOptions(threshold_spread=0.03))._pixels
    for threshold in (pixels.on, pixels.off):
        assert (threshold.mean(), threshold.std()) == pytest.approx((0.2, 0.03), rel=0.03)
    assert (
        EventCamera(200, 100, CameraOptions(threshold_spread=5.0))._pixels.on.min() == camera.LEAST_THRESHOLD
    )


@pytest.mark.parametrize("options", [CLEAN, CameraOptions(), NOISY])
def test_nothing_depends_on_how_pictures_are_handed_over(options):
    """All at once, one by one, or a few now and a few later: the same events."""
    frames = list(wobble(5, 12))
    whole = events_of(frames, options, seed=3)
    watched = EventCamera(7, 5, options, seed=3)
    parts = [watched.see(*frame) for frame in frames[:4]]
    parts += [watched.see(*frame) for frame in frames[4:]]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert np.all(np.diff(whole["t"]) >= 0)


def test_pictures_may_be_overwritten_by_their_owner():
    frames = list(wobble(5, 12))
    shared = np.empty((5, 7), np.uint8)

    def overwritten():
        for picture, t in frames:
            shared[:] = picture
            yield shared, t

    assert events_of(overwritten()).tobytes() == events_of(frames).tobytes()


def test_a_picture_that_is_added_between_two_on_their_line_changes_no_count():
    """Linear in log intensity: a picture that lies on the line between its neighbours says nothing new."""
    options = replace(CLEAN, linear_below=1.0)
    a, b = (np.exp(np.random.default_rng(s).uniform(1, 5, (6, 6))) for s in (0, 1))
    two = events_of([(a, 0), (b, 40_000)], options)
    three = events_of([(a, 0), (np.sqrt(a * b), 20_000), (b, 40_000)], options)
    assert len(two) == len(three)
    assert np.abs(two["t"] - three["t"]).max() <= 1


@pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    options=st.sampled_from([CLEAN, CameraOptions(), NOISY, replace(NOISY, refractory_us=0)]),
    kind=st.sampled_from([np.uint8, np.float32, np.float64]),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_numba_and_numpy_give_the_same_bytes(seed, options, kind, shape):
    frames, made = list(wobble(seed, 6, shape, kind)), []
    for pays in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(EventCamera, "numba_pays", lambda self, pays=pays: pays)
            made.append(events_of(frames, options, seed=seed))
    assert made[0].tobytes() == made[1].tobytes()
    assert not len(made[0]) or (made[0]["x"].max() < shape[1] and made[0]["y"].max() < shape[0])


def test_dark_pixels_are_linear_and_bright_ones_logarithmic_without_a_kink():
    options = CameraOptions(linear_below=20.0)
    grey = np.linspace(0, 255, 1021)
    log = options.log_intensity(grey)
    assert np.array_equal(log[grey >= 20], np.log(grey[grey >= 20]))
    slope = np.diff(log) / np.diff(grey)
    assert slope.max() == pytest.approx(1 / 20)
    assert np.all(np.diff(slope) < 1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [("on_threshold", 0.0), ("off_threshold", -1.0), ("threshold_spread", math.nan), ("refractory_us", -1),
     ("leak_rate_hz", math.inf), ("shot_noise_rate_hz", -0.1), ("linear_below", 0.0)],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(name, value):
    with pytest.raises(OptionError, match=name):
        CameraOptions(**{name: value})


def test_pictures_and_times_that_cannot_be_are_refused():
    watched = EventCamera(7, 5)
    watched.see(np.zeros((5, 7), np.uint8), 100)
    for picture, time_us, words in (
        (np.zeros((7, 5), np.uint8), 200, "5x7, but the camera 7x5"),
        (np.zeros((5, 7), np.uint8), 100, "not later"),
        (np.zeros((5, 7), np.uint8), 10**9, "times right"),
        (np.full((5, 7), np.nan), 200, "not finite"),
    ):
        with pytest.raises(RecordingError, match=words):
            watched.see(picture, time_us)
