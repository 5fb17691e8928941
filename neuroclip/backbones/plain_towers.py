"""CLIP's text transformer and a plain ResNet, with the names that open_clip and timm give their weights.

Widths, depths and kinds of blocks are read from the shapes of the weights. Built on the meta device (no values),
then filled with `load_state_dict(assign=True)`, which also says whether a name is missing or left over.

Source: Radford et al., "Learning transferable visual models", section 2.4, for the text tower; He et al.,
"Bag of tricks", figure 2, for the deep stem and the averaging shortcut (ResNet-C and -D).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

Weights = Mapping[str, Tensor]


class PlainClip(nn.Module):
    """A plain ResNet and CLIP's text tower; the latter's parts stand at the top, as in open_clip's `CLIP`.

    Raises:
        KeyError: The weights are of another kind.
    """

    def __init__(self, weights: Weights, *, heads: int) -> None:
        super().__init__()
        tokens, projection = weights["token_embedding.weight"], weights["text_projection"]
        self.visual = _ImageTower(_below(weights, "visual."))
        # from_pretrained, since drawing normal numbers on the meta device imports torch._dynamo, which costs a second
        self.token_embedding = nn.Embedding.from_pretrained(torch.empty(tokens.shape))
        self.positional_embedding = nn.Parameter(torch.empty(weights["positional_embedding"].shape))
        blocks = _count(_below(weights, "transformer.resblocks."))
        self.transformer = _Transformer(blocks, tokens.shape[1], heads)
        self.ln_final = nn.LayerNorm(tokens.shape[1])
        self.text_projection = nn.Parameter(torch.empty(projection.shape))
        self.logit_scale = nn.Parameter(torch.empty(weights["logit_scale"].shape))

    def encode_image(self, image: Tensor) -> Tensor:
        """Turn images (n, 3, h, w) into embeddings (n, d)."""
        return self.visual(image)

    def encode_text(self, text: Tensor) -> Tensor:
        """Turn tokens (n, length) into embeddings (n, d): the vector at the end token, which has the highest number."""
        x = self.token_embedding(text) + self.positional_embedding
        x = self.ln_final(self.transformer(x))
        return x[torch.arange(len(x)), text.argmax(-1)] @ self.text_projection


class _Transformer(nn.Module):
    def __init__(self, blocks: int, width: int, heads: int) -> None:
        super().__init__()
        self.resblocks = nn.Sequential(*[_TextBlock(width, heads) for _ in range(blocks)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resblocks(x)


class _TextBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        inner = [
            ("c_fc", nn.Linear(width, 4 * width)),
            ("gelu", nn.GELU()),
            ("c_proj", nn.Linear(4 * width, width)),
        ]
        self.mlp = nn.Sequential(OrderedDict(inner))

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=later)[0]
        return x + self.mlp(self.ln_2(x))


class _ImageTower(nn.Module):
    """What open_clip's `TimmModel` is for such a trunk."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.trunk, head = _ResNet(_below(weights, "trunk.")), _below(weights, "head.")
        if "proj.weight" in head:  # timm_proj "linear", or "mlp"
            self.head = nn.Sequential(OrderedDict(proj=_linear(head, "proj")))
        else:
            inner = {"fc1": _linear(head, "mlp.fc1"), "act": nn.GELU(), "fc2": _linear(head, "mlp.fc2")}
            self.head = nn.Sequential(OrderedDict(mlp=nn.Sequential(OrderedDict(inner))))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))


class _ResNet(nn.Module):
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
            _stage(_below(weights, f"layer{stage}."), stride=1 if stage == 1 else 2) for stage in (1, 2, 3, 4)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


def _stage(weights: Weights, stride: int) -> nn.Sequential:
    blocks = range(_count(weights))
    return nn.Sequential(*[_ImageBlock(_below(weights, f"{i}."), stride=1 if i else stride) for i in blocks])


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
            pool = (
                nn.AvgPool2d(2, stride, ceil_mode=True, count_include_pad=False)
                if stride > 1
                else nn.Identity()
            )
            convolution = _convolution(weights, "downsample.1", 1)
            self.downsample = nn.Sequential(pool, convolution, _norm(weights, "downsample.2"))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.downsample(x) if self.downsample is not None else x
        for i in range(1, self.depth + 1):
            x = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(x))
            x = functional.relu(x + shortcut if i == self.depth else x)
        return x


def _convolution(weights: Weights, name: str, stride: int) -> nn.Conv2d:
    out, inside, kernel, _ = weights[f"{name}.weight"].shape
    return nn.Conv2d(inside, out, kernel, stride=stride, padding=kernel // 2, bias=False)


def _linear(weights: Weights, name: str) -> nn.Linear:
    out, inside = weights[f"{name}.weight"].shape
    return nn.Linear(inside, out, bias=f"{name}.bias" in weights)


def _norm(weights: Weights, name: str) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(weights[f"{name}.running_mean"].shape[0])


def _below(weights: Weights, prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def _count(weights: Weights) -> int:
    return 1 + max(int(name.partition(".")[0]) for name in weights)
