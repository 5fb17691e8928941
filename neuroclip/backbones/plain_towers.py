"""CLIP's text transformer beside a plain trunk, with the names that open_clip and timm give their weights.

Widths, depths and kinds of blocks are read from the shapes of the weights. Built on the meta device (no values),
then filled with `load_state_dict(assign=True)`, which also says whether a name is missing or left over.

Source: Radford et al., "Learning transferable visual models", section 2.4, for the text tower.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from neuroclip.backbones.plain_trunks import Byob, ResNet, Weights, below, count


class PlainClip(nn.Module):
    """A plain trunk and CLIP's text tower; the latter's parts stand at the top, as in open_clip's `CLIP`.

    Raises:
        KeyError: The weights are of another kind.
    """

    def __init__(self, weights: Weights, *, heads: int) -> None:
        super().__init__()
        tokens, projection = weights["token_embedding.weight"], weights["text_projection"]
        self.visual = _ImageTower(below(weights, "visual."))
        # from_pretrained, since drawing normal numbers on the meta device imports torch._dynamo, which costs a second
        self.token_embedding = nn.Embedding.from_pretrained(torch.empty(tokens.shape))
        self.positional_embedding = nn.Parameter(torch.empty(weights["positional_embedding"].shape))
        blocks = count(below(weights, "transformer.resblocks."))
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
        trunk, head = below(weights, "trunk."), below(weights, "head.")
        self.trunk = Byob(trunk) if "stem.conv.weight" in trunk else ResNet(trunk)
        if "proj.weight" in head:  # timm_proj "linear", or "mlp"
            self.head = nn.Sequential(OrderedDict(proj=_linear(head, "proj")))
        else:
            inner = {"fc1": _linear(head, "mlp.fc1"), "act": nn.GELU(), "fc2": _linear(head, "mlp.fc2")}
            self.head = nn.Sequential(OrderedDict(mlp=nn.Sequential(OrderedDict(inner))))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))


def _linear(weights: Weights, name: str) -> nn.Linear:
    out, inside = weights[f"{name}.weight"].shape
    return nn.Linear(inside, out, bias=f"{name}.bias" in weights)
