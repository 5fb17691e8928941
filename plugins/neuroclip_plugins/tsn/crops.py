"""Where crops lie that are not drawn: in the corners and the middle of a frame."""

from __future__ import annotations

import torch

from neuroclip_plugins.clips import Boxes, whole


def fixed_crops(size: tuple[int, int], share: float, number: int) -> tuple[Boxes, list[bool]]:
    """Return boxes of frames of (height, width), and whether what they hold is to be mirrored.

    1: everything. 5: the corners and the middle, each with a share of height and width. 10: these, and then the same
    mirrored.
    """
    if number == 1:
        return whole(1, size), [False]
    height, width = (max(1, round(side * share)) for side in size)
    down, right = size[0] - height, size[1] - width
    corners = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    boxes = torch.tensor([(top, left, height, width) for top, left in corners])
    mirrors = number // len(corners)
    return boxes.repeat(mirrors, 1), [mirror > 0 for mirror in range(mirrors) for _ in corners]


def boxes_for(boxes: Boxes, size: tuple[int, int], other: tuple[int, int]) -> Boxes:
    """Return boxes of frames of (height, width) `size` for frames of another size that show the same."""
    if size == other:
        return boxes
    factors = torch.tensor([other[0] / size[0], other[1] / size[1]] * 2, dtype=torch.float64)
    moved = (boxes * factors).round().long()
    sides = torch.minimum(moved[:, 2:].clamp(min=1), torch.tensor(other))
    corners = torch.minimum(moved[:, :2], torch.tensor(other) - sides)
    return torch.cat([corners, sides], 1)
