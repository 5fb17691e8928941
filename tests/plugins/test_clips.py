"""Crops, mirrors and normalised frames."""

from __future__ import annotations

import pytest
import torch
from neuroclip_plugins.clips import distorted, flipped, normalised, views, whole


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_each_frame_has_mean_0_and_deviation_1() -> None:
    frames = torch.randn(2, 3, 2, 5, 5) * torch.tensor([1.0, 10, 100])[:, None, None, None] + 7
    made = normalised(frames)
    torch.testing.assert_close(made.mean((2, 3, 4)), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(made.square().mean((2, 3, 4)), torch.ones(2, 3))


@pytest.mark.parametrize("value", [0.0, 3.0, -127.0, 0.1])
def test_an_even_frame_becomes_0(value: float) -> None:
    assert torch.equal(normalised(torch.full((1, 1, 2, 9, 7), value)), torch.zeros(1, 1, 2, 9, 7))


def test_a_frame_by_hand() -> None:
    """1, 1, 1 and 5 have the mean 2 and the deviation 3 ** 0.5."""
    made = normalised(torch.tensor([1.0, 1, 1, 5]).reshape(1, 1, 1, 2, 2))
    expected = torch.tensor([-1.0, -1, -1, 3]) / 3**0.5
    torch.testing.assert_close(made.flatten(), expected)


def test_what_the_camera_does_is_taken_away_and_what_an_object_does_is_left() -> None:
    flow = torch.zeros(1, 1, 2, 4, 4)
    flow[0, 0, 0, 1, 1] = 8  # an object that moves to the right
    panned = flow + torch.tensor([3.0, -2.0]).reshape(2, 1, 1)
    torch.testing.assert_close(normalised(panned), normalised(flow))
    turned = flow.flip(2)
    assert not torch.allclose(normalised(turned), normalised(flow), atol=0.1)
    torch.testing.assert_close(normalised(flow).mean((3, 4)), torch.zeros(1, 1, 2))


def test_everything_at_its_own_size_is_only_normalised() -> None:
    clips = torch.randint(-9, 9, (2, 4, 2, 12, 12), dtype=torch.int8)
    made = views(clips, 12, whole(2, (12, 12)))
    torch.testing.assert_close(made, normalised(clips.float()).transpose(1, 2))


def test_a_crop_is_what_the_box_holds() -> None:
    clips = torch.randint(-9, 9, (1, 2, 1, 10, 14), dtype=torch.int8)
    made = views(clips, 6, torch.tensor([[3, 5, 6, 6]]))
    torch.testing.assert_close(made, normalised(clips[..., 3:9, 5:11].float()).transpose(1, 2))


def test_no_event_falls_between_the_pixels_of_a_smaller_frame() -> None:
    """Wherever a single event is of 64 x 64 pixels, a frame of 8 x 8 shows it."""
    clips = torch.zeros(64, 1, 1, 64, 64, dtype=torch.int8)
    for i in range(64):
        clips[i, 0, 0, i, (37 * i) % 64] = 1
    assert views(clips, 8, whole(64, (64, 64))).flatten(1).abs().amax(1).min() > 0


def test_boxes_keep_their_share_and_stay_inside() -> None:
    boxes = distorted(500, (100, 60), 0.5, generator())
    top, left, height, width = boxes.T
    assert 50 <= int(height.min()) < 53
    assert 97 < int(height.max()) <= 100
    assert 30 <= int(width.min()) < 32
    assert 58 < int(width.max()) <= 60
    assert int(top.min()) == int(left.min()) == 0
    assert int((top + height).max()) == 100
    assert int((left + width).max()) == 60
    ratio = (height / width) / (100 / 60)
    assert float(ratio.min()) < 0.7
    assert float(ratio.max()) > 1.4


def test_without_crop_or_flip_nothing_is_drawn() -> None:
    draws = generator()
    before = draws.get_state()
    assert torch.equal(distorted(3, (7, 9), 1.0, draws), whole(3, (7, 9)))
    assert flipped(3, False, draws) == [False] * 3
    assert torch.equal(before, draws.get_state())


def test_a_mirror_turns_left_into_right() -> None:
    """Pixels change places, and motion to the right becomes motion to the left; motion down stays."""
    flow = torch.randint(-9, 9, (1, 1, 2, 4, 4), dtype=torch.int8)
    made = views(flow, 4, whole(1, (4, 4)), [True], (0,))
    expected = flow.flip(-1).float() * torch.tensor([-1.0, 1])[:, None, None]
    torch.testing.assert_close(made, normalised(expected).transpose(1, 2))


def test_half_are_mirrored_where_that_is_asked_for() -> None:
    assert 400 < sum(flipped(1000, True, generator())) < 600
