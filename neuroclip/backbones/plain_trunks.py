"""Plain convolutional trunks, with the names that timm gives their weights; widths and depths come from the shapes.

Source: He et al., "Bag of tricks", figure 2, for the deep stem and the averaging shortcut (ResNet-C and -D);
Hu et al., "Squeeze-and-excitation networks", equations 2 to 4.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

Weights = Mapping[str, Tensor]


class ResNet(nn.Module):
    """timm's `ResNet` without its classifier."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        if "conv1.0.weight" in weights:
            parts: list[nn.Module] = []
            for i in (0, 3, 6):
                parts += [_convolution(weights, f"conv1.{i}", stride=2 if i == 0 else 1)]
                parts += [_norm(weights, f"conv1.{i + 1}"), nn.ReLU()] if i < 6 else []
            self.conv1: nn.Module = nn.Sequential(*parts)
        else:
            self.conv1 = _convolution(weights, "conv1", stride=2)
        self.bn1 = _norm(weights, "bn1")
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            _stage(below(weights, f"layer{stage}."), stride=1 if stage == 1 else 2) for stage in (1, 2, 3, 4)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (n, 3, h, w) into features (n, d)."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


def _stage(weights: Weights, stride: int) -> nn.Sequential:
    blocks = range(count(weights))
    return nn.Sequential(*[_ImageBlock(below(weights, f"{i}."), stride=1 if i else stride) for i in blocks])


class _ImageBlock(nn.Module):
    """Two 3x3 convolutions, or 1x1, 3x3, 1x1 where the weights have a third; the stride is in the (first) 3x3."""

    def __init__(self, weights: Weights, *, stride: int) -> None:
        super().__init__()
        self.depth = 3 if "conv3.weight" in weights else 2
        for i in range(1, self.depth + 1):
            self.add_module(
                f"conv{i}", _convolution(weights, f"conv{i}", stride if i == self.depth - 1 else 1)
            )
            self.add_module(f"bn{i}", _norm(weights, f"bn{i}"))
        self.downsample: nn.Module | None = None
        if "downsample.1.running_mean" in weights:
            convolution = _convolution(weights, "downsample.0", stride)
            self.downsample = nn.Sequential(convolution, _norm(weights, "downsample.1"))
        elif "downsample.2.running_mean" in weights:
            convolution = _convolution(weights, "downsample.1", 1)
            self.downsample = nn.Sequential(_pool(stride), convolution, _norm(weights, "downsample.2"))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.downsample(x) if self.downsample is not None else x
        for i in range(1, self.depth + 1):
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x))
            x = functional.relu(x + shortcut if i == self.depth else x)
        return x


class Byob(nn.Module):
    """timm's `ByobNet` without its classifier: average pooling in the shortcuts, squeeze-and-excitation, ReLU."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.stem = _ConvolutionNorm(below(weights, "stem."), stride=2)
        stages = below(weights, "stages.")
        self.stages = nn.Sequential(*[_byob_stage(below(stages, f"{i}.")) for i in range(count(stages))])

    def forward(self, x: Tensor) -> Tensor:
        """Turn images (n, 3, h, w) into features (n, d)."""
        return self.stages(functional.relu(self.stem(x))).mean((2, 3))


def _byob_stage(weights: Weights) -> nn.Sequential:
    blocks = range(count(weights))
    return nn.Sequential(*[_ByobBlock(below(weights, f"{i}."), stride=1 if i else 2) for i in blocks])


class _ByobBlock(nn.Module):
    """Convolutions in the order of their names; the stride is in the first that is larger than one pixel."""

    def __init__(self, weights: Weights, *, stride: int) -> None:
        super().__init__()
        self.shortcut: nn.Module | None = None
        if "shortcut.conv.conv.weight" in weights:
            self.shortcut = nn.Sequential()
            self.shortcut.add_module("pool", _pool(stride))
            self.shortcut.add_module("conv", _ConvolutionNorm(below(weights, "shortcut.conv."), stride=1))
        self.order = sorted({name.partition(".")[0] for name in weights if name.startswith("conv")})
        for name in self.order:
            own = stride if name.endswith("kxk") else 1
            stride = 1 if name.endswith("kxk") else stride
            self.add_module(name, _ConvolutionNorm(below(weights, f"{name}."), stride=own))
        self.attn, self.attn_last = (_gate(below(weights, f"{name}.")) for name in ("attn", "attn_last"))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.shortcut(x) if self.shortcut is not None else x
        for name in self.order[:-1]:
            x = functional.relu(getattr(self, name)(x))
        x = getattr(self, self.order[-1])(self.attn(x))
        return functional.relu(self.attn_last(x) + shortcut)


def _gate(weights: Weights) -> nn.Module:
    return _Squeeze(weights) if weights else nn.Identity()


class _Squeeze(nn.Module):
    """Each channel weighted by a gate that has seen the mean of all."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.fc1, self.fc2 = (nn.Conv2d(*_ends(weights, name), 1) for name in ("fc1", "fc2"))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.fc2(functional.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


class _ConvolutionNorm(nn.Module):
    def __init__(self, weights: Weights, *, stride: int) -> None:
        super().__init__()
        self.conv, self.bn = _convolution(weights, "conv", stride), _norm(weights, "bn")

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


def _ends(weights: Weights, name: str) -> tuple[int, int]:
    out, inside = weights[f"{name}.weight"].shape[:2]
    return inside, out


def _pool(stride: int) -> nn.Module:
    return nn.AvgPool2d(2, stride, ceil_mode=True, count_include_pad=False) if stride > 1 else nn.Identity()


def _convolution(weights: Weights, name: str, stride: int) -> nn.Conv2d:
    out, inside, kernel, _ = weights[f"{name}.weight"].shape
    return nn.Conv2d(inside, out, kernel, stride=stride, padding=kernel // 2, bias=False)


def _norm(weights: Weights, name: str) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(weights[f"{name}.running_mean"].shape[0])


def below(weights: Weights, prefix: str) -> dict[str, Tensor]:
    """Return the weights whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def count(weights: Weights) -> int:
    """Return how many numbered parts there are."""
    return 1 + max(int(name.partition(".")[0]) for name in weights)
