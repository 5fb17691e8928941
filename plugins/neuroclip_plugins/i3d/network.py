"""Inception-v1 inflated to three dimensions (I3D), under the names that published weights have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

FIRST, BIAS = "Conv3d_1a_7x7.conv3d.weight", "logits.conv3d.bias"
"""Names of the tensors that tell how many channels are read, and how many classes there are."""

_EPSILON = 1e-3
_DECAY = 0.9  # of what a norm remembers

# Of each block: 1x1, 1x1 before 3x3, 3x3, 1x1 before the second 3x3, the second 3x3, 1x1 after the pool.
_BLOCKS: dict[str, tuple[int, int, int, int, int, int]] = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
# Before a block: the size of the pool and its stride over time, height and width.
_POOLS = {
    "Mixed_3b": ((1, 3, 3), (1, 2, 2)),
    "Mixed_4b": ((3, 3, 3), (2, 2, 2)),
    "Mixed_5b": ((2, 2, 2), (2, 2, 2)),
}

Clips = Float[Tensor, "n channels t h w"]


class I3D(nn.Module):
    """A video network, for any number of frames and any size.

    Its weights begin as torch makes them (`initialise` draws others from a generator); its state dict has the names of
    piergiaj/pytorch-i3d, and no counters.

    Args:
        classes: How many logits.
        channels: Of the input: 1 for signed event volumes, 2 for flow, 3 for RGB. A single one is copied to all.
        width: Factor of all numbers of filters (at least 4 remain); 1 is the published network, 0.25 trains on a CPU.
        dropout: Share of the pooled features that is dropped in training.

    Source: Carreira and Zisserman, "Quo vadis, action recognition?" (2017), figure 3.
    Departures, both as in Chadha et al. (2019): pooling at the end is over all that is left of time and space, so that
    there is one answer whatever the length and size; the decay of batch norm is 0.9.
    """

    def __init__(self, classes: int, channels: int, width: float = 1.0, dropout: float = 0.5) -> None:
        super().__init__()
        self.channels, self.dropout = channels, dropout
        stem = [max(4, round(n * width)) for n in (64, 192)]
        self.Conv3d_1a_7x7 = Unit(channels, stem[0], 7, 2)
        self.Conv3d_2b_1x1 = Unit(stem[0], stem[0], 1)
        self.Conv3d_2c_3x3 = Unit(stem[0], stem[1], 3)
        ins = stem[1]
        for name, filters in _BLOCKS.items():
            outs = [max(4, round(n * width)) for n in filters]
            self.add_module(name, Mixed(ins, outs))
            ins = outs[0] + outs[2] + outs[4] + outs[5]
        self.logits = nn.ModuleDict({"conv3d": nn.Conv3d(ins, classes, 1)})

    def features(self, x: Clips) -> Float[Tensor, "n d"]:
        """Return what is pooled at the end."""
        x = x.expand(-1, self.channels, -1, -1, -1).contiguous(memory_format=torch.channels_last_3d)
        x = _pooled(self.Conv3d_1a_7x7(x), (1, 3, 3), (1, 2, 2))
        x = self.Conv3d_2c_3x3(self.Conv3d_2b_1x1(x))
        for name in _BLOCKS:
            if name in _POOLS:
                x = _pooled(x, *_POOLS[name])
            x = self.get_submodule(name)(x)
        return x.mean((2, 3, 4))

    def forward(self, x: Clips, generator: torch.Generator | None = None) -> Float[Tensor, "n c"]:
        """Return logits; in training, `generator` draws what is dropped, and nothing is where it is None."""
        pooled = self.features(x)
        if self.training and generator is not None and self.dropout:
            kept = torch.rand(pooled.shape, generator=generator).to(pooled.device) >= self.dropout
            pooled = pooled * kept / (1 - self.dropout)
        return self.logits["conv3d"](pooled[:, :, None, None, None]).flatten(1)

    def remember(self, batches: Iterable[Clips]) -> None:
        """Give every norm the mean of the statistics of these batches, whatever it remembered.

        After few steps, what norms remember with a decay is far from what the last weights do.

        Source: Wu and Johnson, "Rethinking 'batch' in BatchNorm" (2021), section 3.
        """
        norms = [module for module in self.modules() if isinstance(module, Norm)]
        with torch.no_grad():
            for i, batch in enumerate(batches):
                for norm in norms:
                    norm.decay = i / (i + 1)
                self.train().features(batch)
        for norm in norms:
            norm.decay = _DECAY


class Mixed(nn.Module):
    """An inception block: four branches side by side."""

    def __init__(self, ins: int, outs: Sequence[int]) -> None:
        super().__init__()
        self.b0 = Unit(ins, outs[0], 1)
        self.b1a, self.b1b = Unit(ins, outs[1], 1), Unit(outs[1], outs[2], 3)
        self.b2a, self.b2b = Unit(ins, outs[3], 1), Unit(outs[3], outs[4], 3)
        self.b3b = Unit(ins, outs[5], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the branches' channels one after the other."""
        pooled = _pooled(x, (3, 3, 3), (1, 1, 1))
        branches = (self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(pooled))
        return torch.cat(branches, 1)


class Unit(nn.Module):
    """Convolution, batch norm, ReLU; the output has the input's size divided by the stride, rounded up."""

    def __init__(self, ins: int, outs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(ins, outs, kernel, stride, bias=False)
        self.bn = Norm(outs)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise by the batch while learning, and else by what was remembered."""
        conv, bn = self.conv3d, self.bn
        x, padding = _padded(x, conv.kernel_size, conv.stride)
        if self.training:
            return functional.relu_(bn(functional.conv3d(x, conv.weight, None, conv.stride, padding)))
        # What the norm does is known by now, so that the convolution can do it.
        factor, bias = bn.known()
        weight = conv.weight * factor[:, None, None, None, None]
        return functional.relu_(functional.conv3d(x, weight, bias, conv.stride, padding))


class Norm(nn.Module):
    """Batch norm without torch's counter of batches, which published files lack."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.decay = _DECAY
        self.weight, self.bias = nn.Parameter(torch.ones(size)), nn.Parameter(torch.zeros(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_var", torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise by the batch, and remember its statistics."""
        new = 1 - self.decay  # what torch calls momentum
        return functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, True, new, _EPSILON
        )

    def known(self) -> tuple[Tensor, Tensor]:
        """Return factor and offset of each channel, of the statistics that were remembered."""
        factor = self.weight * (self.running_var + _EPSILON).rsqrt()
        return factor, self.bias - self.running_mean * factor


def initialise(network: I3D, generator: torch.Generator) -> None:
    """Draw normal weights from a generator: of variance 2 / inputs (He et al. 2015), and 1 / inputs at the end."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv3d):
                deviation = ((2 if module.bias is None else 1) / module.weight[0].numel()) ** 0.5
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator) * deviation)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, Norm):
                for ones, zeros in ((module.weight, module.bias), (module.running_var, module.running_mean)):
                    ones.fill_(1)
                    zeros.zero_()


def network_of(state: Mapping[str, Tensor], width: float) -> I3D:
    """Make a network that answers, and learns nothing, from a state, whose tensors are used as they are."""
    classes, channels = len(state[BIAS]), state[FIRST].shape[1]
    with torch.device("meta"):
        network = I3D(classes, channels, width)
    network.load_state_dict(dict(state), assign=True)
    return network.requires_grad_(False).eval().to(memory_format=torch.channels_last_3d)


def _padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the pixels before and behind that TensorFlow's SAME adds, for ceil(size / stride) outputs."""
    whole = max(0, (-(-size // stride) - 1) * stride + kernel - size)
    return whole // 2, whole - whole // 2


def _padded(x: Tensor, kernel: Sequence[int], stride: Sequence[int]) -> tuple[Tensor, tuple[int, ...]]:
    """Pad with zeros where one side needs more than the other; what is left to the convolution is returned."""
    pads = [_padding(*each) for each in zip(x.shape[2:], kernel, stride, strict=True)]
    if all(before == behind for before, behind in pads):
        return x, tuple(before for before, _ in pads)
    return functional.pad(x, [n for pair in reversed(pads) for n in pair]), (0, 0, 0)


def _pooled(x: Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> Tensor:
    # Padding is no number to max_pool3d, where TensorFlow has zeros: after a ReLU the maximum is the same. What the
    # side behind needs more is what rounding up adds.
    padding = [_padding(*each)[0] for each in zip(x.shape[2:], kernel, stride, strict=True)]
    return functional.max_pool3d(x, kernel, stride, padding, ceil_mode=True)
