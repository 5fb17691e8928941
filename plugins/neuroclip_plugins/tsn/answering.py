"""How `tsn` answers: the frames in the middles of many segments, their crops, and their consensus."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from neuroclip.heads import State, item_count
from neuroclip_plugins.clips import cut
from neuroclip_plugins.tsn.backbones import Pixels
from neuroclip_plugins.tsn.crops import fixed_crops
from neuroclip_plugins.tsn.frames import by_input, size_of, with_channels
from neuroclip_plugins.tsn.networks import learned_network
from neuroclip_plugins.tsn.options import SegmentOptions
from neuroclip_plugins.tsn.segments import SegmentNetwork, middles


def answered(head: SegmentOptions, state: State, x: Any, classes: int, *, agreed: bool) -> Tensor:
    """Return the consensus of the segments (n, c), or where it is not `agreed`, what each says by itself (n, t, c).

    Of two inputs, it is the logarithm of the mean probability.
    """
    if not item_count(x):
        return torch.zeros((0, classes) if agreed else (0, head.test_segments, classes))
    said: list[Tensor] = []
    for stream, shown in by_input(x, head.streams).items():
        network, pixels = learned_network(head, stream, classes, state)
        with torch.no_grad():
            parts = [_of_segments(head, network, pixels, one) for one in shown.split(1)]
            said.append(torch.cat([network.agreed(p) if agreed else p for p in parts]).to(shown.device))
    if len(said) == 1:
        return said[0]
    # The mean inside the logarithm, where no probability is rounded to 0.
    return torch.stack([one.log_softmax(-1) for one in said]).logsumexp(0) - math.log(len(said))


def _of_segments(head: SegmentOptions, network: SegmentNetwork, pixels: Pixels, x: Tensor) -> Tensor:
    """Return what the segments of some recordings say, the mean over their crops (n, k, c)."""
    boxes, mirrored = fixed_crops(size_of(x), head.crop, head.crops)
    n, k, answering = len(x), head.test_segments, middles(x.shape[1], head.test_segments)

    def seen(pictures: Tensor) -> Tensor:
        frame, crop = pictures // head.crops, (pictures % head.crops).tolist()
        frames = with_channels(x[frame // k, answering[frame % k]][:, None]).to(head.place)
        shown = cut(frames, head.size, boxes[crop], [mirrored[i] for i in crop])
        return pixels.seen(shown.flatten(0, 1))

    everything = torch.arange(n * k * head.crops)
    # Made where it is asked for, so that nothing but what the network is given stays while it works.
    said = [network(seen(some)) for some in everything.split(head.chunk or len(everything))]
    return torch.cat(said).view(n, k, head.crops, -1).mean(2)
