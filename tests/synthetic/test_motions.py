"""The motion set: motion tells its classes apart, and a single picture does not."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from neuroclip.errors import OptionError
from neuroclip.synthetic import CLASSES, motion
from neuroclip.synthetic.motions import carried
from neuroclip.synthetic.things import Pose, draw_thing, paint
from neuroclip.synthetic.worlds import draw_world

CHANCE = 1 / len(CLASSES)


def upper_bound(right: int, n: int) -> float:
    """The end of Wilson's 95 % interval of a share."""
    z, share = 1.96, right / n
    return (share + z * z / (2 * n) + z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)) / (
        1 + z * z / n
    )


def probed(x: np.ndarray, y: np.ndarray, ridge: float) -> int:
    """How many a linear ridge classifier gets right: each half by what is learned from the other."""
    halves = np.array_split(np.arange(len(y)), 2)
    right = 0
    for seen, asked in (halves, halves[::-1]):
        mean, spread = x[seen].mean(0), x[seen].std(0) + 1e-6
        a, b = ((x[half] - mean) / spread for half in (seen, asked))
        targets = np.eye(len(CLASSES))[y[seen]] - CHANCE
        weights = a.T @ np.linalg.solve(a @ a.T + ridge * a.shape[1] * np.eye(len(a)), targets)
        right += int(((b @ weights).argmax(1) == y[asked]).sum())
    return right


def draw_canvas(seed: int, **pose: float) -> np.ndarray:
    canvas = np.full((24, 24, 3), 90, np.float32)
    thing = draw_thing(np.random.default_rng(seed), 90.0)
    paint(canvas, thing, Pose(**({"x": 11.5, "y": 11.5, "radius": 7.0, "angle": 0.3, "opacity": 1.0} | pose)))
    return canvas


@pytest.mark.parametrize("seed", range(6))
def test_a_thing_moves_turns_and_fades_as_its_pose_says(seed: int) -> None:
    """It wraps round at the borders; a quarter turn to the right is np.rot90 backwards."""
    still = draw_canvas(seed)
    np.testing.assert_allclose(draw_canvas(seed, x=11.5 + 9), np.roll(still, 9, 1), atol=1e-2)
    np.testing.assert_allclose(draw_canvas(seed, y=11.5 - 30), np.roll(still, -30, 0), atol=1e-2)
    np.testing.assert_allclose(draw_canvas(seed, angle=0.3 + np.pi / 2), np.rot90(still, -1), atol=1e-1)
    np.testing.assert_allclose(draw_canvas(seed, opacity=0.5) - 90, (still - 90) / 2, atol=1e-2)
    covered = (np.abs(still - 90).max(-1) > 15).mean()
    assert 0.02 < covered < 0.5


@pytest.mark.parametrize("seed", range(3))
def test_at_the_start_one_seed_gives_one_picture_whatever_the_class(seed: int) -> None:
    made = {label: motion(label, seed, size=(40, 32), pictures=8, fps=5.0) for label in CLASSES}
    firsts = {pictures[0].tobytes() for pictures in made.values()}
    assert len(firsts) == 1
    assert len({pictures[-1].tobytes() for pictures in made.values()}) == len(CLASSES)
    assert {(pictures.shape, str(pictures.dtype)) for pictures in made.values()} == {
        ((8, 32, 40, 3), "uint8")
    }


def test_opposite_motions_carry_things_as_far_to_opposite_sides() -> None:
    world = draw_world(np.random.default_rng(0), (40, 32), 0, 0.0)
    pairs = [("moving left", "moving right"), ("moving up", "moving down")]
    pairs += [("turning left", "turning right"), ("growing", "shrinking")]
    for one, other in pairs:
        there, back = (np.array(carried(world, label, 0.7)) for label in (one, other))
        assert np.count_nonzero(there) == 1
        np.testing.assert_allclose(there, -back)
    x, y, angle, way = carried(world, "moving right", 1.0)
    assert (y, angle, way) == (0, 0, 0)
    assert x == pytest.approx(0.45 * 32 * world.pace)


def test_what_swings_comes_back_after_each_period_and_hangs_on_its_rope() -> None:
    world = draw_world(np.random.default_rng(0), (64, 64), 0, 0.0)
    period = 1 / world.swings_hz
    np.testing.assert_allclose(carried(world, "swinging", period), 0, atol=1e-9)
    start = world.swing * math.sin(world.phase)
    rope = np.array([[math.sin(start), math.cos(start)]]) * 16
    for seconds in (0.1, 0.25, 0.4):
        x, y, turned, _ = carried(world, "swinging", seconds)
        assert np.hypot(*(rope[0] + (x, y))) == pytest.approx(16)
        # counterclockwise (negative) on the screen when it swings to the right
        assert turned == pytest.approx(start - math.atan2(rope[0, 0] + x, rope[0, 1] + y))


def test_the_same_call_gives_the_same_bytes_and_another_seed_another_scene() -> None:
    one = motion("swinging", [3, 1], pictures=3)
    np.random.default_rng().random()
    assert one.tobytes() == motion("swinging", [3, 1], pictures=3).tobytes()
    assert one.tobytes() != motion("swinging", [3, 2], pictures=3).tobytes()


def test_a_higher_rate_shows_the_same_motion_in_smaller_steps() -> None:
    slow, fast = (motion("growing", 5, size=(32, 32), pictures=n, fps=f) for n, f in ((3, 25.0), (9, 100.0)))
    np.testing.assert_array_equal(slow, fast[::4])


def test_still_things_and_trembling_are_left_out_when_asked_for() -> None:
    """Without them nothing changes far from what moves: some pixels are the same in all pictures."""
    calm = motion("moving up", 1, clutter=0, shake=0.0)
    assert (np.ptp(calm, axis=0).max(-1) == 0).mean() > 0.1
    shaken = motion("moving up", 1, clutter=0, shake=2.0)
    assert (np.ptp(shaken, axis=0).max(-1) == 0).mean() < 0.05


def test_a_single_picture_does_not_give_the_class_away() -> None:
    """A linear probe of pixels a second after the start: the end of its 95 % interval is below 1.5 times chance."""
    y = np.tile(np.arange(len(CLASSES)), 90)
    made = [
        motion(CLASSES[c], n, size=(24, 24), pictures=2, fps=1.0, clutter=1)[1]
        for n, c in enumerate(y.tolist())
    ]
    x = np.array([picture.reshape(12, 2, 12, 2, 3).mean((1, 3)).ravel() for picture in made])
    assert upper_bound(probed(x, y, ridge=0.1), len(y)) < 1.5 * CHANCE


def test_the_flow_between_neighbouring_pictures_tells_what_a_single_one_does_not() -> None:
    """A linear probe of six numbers: mean flow, its spread over time, and how it turns and grows where it is fast."""
    cv2 = pytest.importorskip("cv2")
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def look(pictures: np.ndarray) -> list[float]:
        grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures]
        flow = np.stack([dis.calc(a, b, None) for a, b in pairwise(grey)])
        weight = (flow**2).sum(-1)
        weight /= weight.sum() + 1e-6
        curl = np.gradient(flow[..., 1], axis=2) - np.gradient(flow[..., 0], axis=1)
        grows = np.gradient(flow[..., 0], axis=2) + np.gradient(flow[..., 1], axis=1)
        u, v = flow.mean((1, 2)).T
        return [u.mean(), v.mean(), u.std(), v.std(), (weight * curl).sum(), (weight * grows).sum()]

    y = np.tile(np.arange(len(CLASSES)), 16)
    x = np.array([look(motion(CLASSES[c], n, pictures=7, clutter=0, shake=0.0)) for n, c in enumerate(y)])
    assert probed(x, y, ridge=0.01) / len(y) > 4 * CHANCE


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": "moving"}, "no motion is called 'moving'; there are moving left, moving right"),
        ({"size": (15, 64)}, r"size=\(15, 64\)"),
        ({"pictures": 0}, "pictures=0"),
        ({"fps": 0.0}, "fps=0"),
        ({"fps": float("nan")}, "fps=nan"),
        ({"clutter": -1}, "clutter=-1"),
        ({"shake": -0.5}, "shake=-0.5"),
    ],
)
def test_what_is_out_of_range_is_named(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        motion(**({"label": "growing", "seed": 0} | wrong))  # type: ignore[arg-type]
