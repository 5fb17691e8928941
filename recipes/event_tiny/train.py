"""Train the image tower against fixed text targets, by contrast with other captions.

Targets come from `texts.npz` (the whitened sentence vectors) or, with `--student`, from the text tower that
`distil.py` trained. A linear map of them is learned beside the image tower; `export.py` folds it into the text
tower's projection. Resumes from its checkpoint; the learning rate falls along a cosine over `--samples`.

    python train.py --run run --name eval --samples 1000000
    python train.py --run run --name ship --everything --start eval --samples 180000 --rate 8e-4
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from batches import Replay, load_pictures, supply
from clip_config import CONFIG
from open_clip.timm_model import TimmModel
from torch import nn

WIDTH = CONFIG["model_cfg"]["embed_dim"]
RANDOM_CAPTIONS = 1024
SYNONYM = 0.85


class Model(nn.Module):
    """Image tower, the linear map of the text targets, and the temperature."""

    def __init__(self) -> None:
        super().__init__()
        vision = CONFIG["model_cfg"]["vision_cfg"]
        self.image = TimmModel(
            vision["timm_model_name"],
            WIDTH,
            vision["image_size"],
            vision["timm_pool"],
            vision["timm_proj"],
            pretrained=False,
        )
        self.text = nn.Linear(WIDTH, WIDTH, bias=False)
        nn.init.eye_(self.text.weight)
        self.log_scale = nn.Parameter(torch.tensor(2.6))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        x = (
            ((frames.float() - 127.5) / 255)[:, None]
            .expand(-1, 3, -1, -1)
            .contiguous(memory_format=torch.channels_last)
        )
        with torch.autocast("cpu", torch.bfloat16):
            y = self.image(x)
        return F.normalize(y.float(), dim=-1)

    def captions(self, targets: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.text(targets), dim=-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--everything", action="store_true", help="train on the held-out pictures too")
    parser.add_argument(
        "--wild", type=float, default=0.0, help="share of icons seen small, tilted, at any angle"
    )
    parser.add_argument("--start", help="name of a finished run to continue from")
    parser.add_argument(
        "--student", type=Path, help="targets of the text tower (npy) instead of the sentence vectors"
    )
    parser.add_argument("--samples", type=int, default=2_500_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)

    _, rows = load_pictures(args.run)
    phrases = json.loads((args.run / "texts.json").read_text())["phrases"]
    number = {p: i for i, p in enumerate(phrases)}
    own = [[number[c] for c in captions] for _, captions in rows]
    with np.load(args.run / "texts.npz") as file:
        sentence = torch.from_numpy(file["sentence"].astype(np.float32))
        targets = torch.from_numpy(file["targets"].astype(np.float32))
    if args.student:
        targets = torch.from_numpy(np.load(args.student).astype(np.float32))
    bank = torch.tensor(sorted({i for captions in own for i in captions}))
    plain = {
        i
        for (family, _), captions in zip(rows, own, strict=True)
        if family.startswith("font:")
        for i in captions
    }
    glyphs = torch.tensor(sorted(plain))
    glyph = torch.zeros(len(phrases), dtype=torch.bool)
    glyph[glyphs] = True

    model = Model()
    decay = [p for n, p in model.named_parameters() if p.ndim > 1 and not n.startswith("text")]
    rest = [p for n, p in model.named_parameters() if p.ndim <= 1 or n.startswith("text")]
    optimiser = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.03}, {"params": rest, "weight_decay": 0.0}], args.rate
    )
    done, position = 0, args.run / f"{args.name}.pt"
    if position.exists():
        saved = torch.load(position, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        done = saved["done"]
    elif args.start:
        model.load_state_dict(torch.load(args.run / f"{args.start}.pt", weights_only=True)["model"])
    model = model.to(memory_format=torch.channels_last).train()
    queue = supply(
        args.run, everything=args.everything, wild=args.wild, batch=args.batch, seed=args.seed + 1 + done
    )
    rng = np.random.default_rng([args.seed, done])
    replay = Replay(queue, args.batch, rng)
    log = (args.run / f"{args.name}.log").open("a")
    began, first, running = time.time(), done, 0.0
    while done < args.samples:
        frames, index = replay.draw()
        progress = done / args.samples
        rate = args.rate * min(1, done / 20_000 + 0.02) * (0.5 + 0.5 * math.cos(math.pi * progress)) + 1e-6
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = [own[i] for i in index.tolist()]
        target = torch.tensor([c[int(rng.integers(len(c)))] if rng.random() < 0.4 else c[0] for c in chosen])
        others = bank[torch.from_numpy(rng.integers(0, len(bank), RANDOM_CAPTIONS))]
        candidates = torch.unique(torch.cat([target, others, glyphs]))
        wanted = torch.searchsorted(candidates, target)
        texts = model.captions(targets[candidates])
        scores = model(frames) @ texts.T * model.log_scale.exp().clamp(max=60)
        # a picture's other captions and near-synonyms of its caption are not wrong answers
        alike = (sentence[target] @ sentence[candidates].T > SYNONYM) & ~(
            glyph[target][:, None] & glyph[candidates]
        )
        for row, captions in enumerate(chosen):
            alike[row] |= torch.isin(candidates, torch.tensor(captions))
        alike[torch.arange(len(target)), wanted] = False
        masked = scores.masked_fill(alike, -1e4)
        column = masked[:, wanted].T.masked_fill(
            (target[:, None] == target) & ~torch.eye(len(target), dtype=torch.bool), -1e4
        )
        loss = 0.75 * F.cross_entropy(masked, wanted) + 0.25 * F.cross_entropy(
            column, torch.arange(len(target))
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        done += len(index)
        running = 0.98 * running + 0.02 * float(loss.detach())
        if done // args.batch % 200 == 0 or done >= args.samples:
            speed = (done - first) / (time.time() - began)
            print(
                f"{done} loss {running:.3f} scale {float(model.log_scale.detach().exp()):.1f} {speed:.0f}/s "
                f"shown {replay.shown / replay.made:.1f} times",
                file=log,
                flush=True,
            )
        if done // args.batch % 500 == 0 or done >= args.samples:
            state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "done": done}
            torch.save(state, position.with_suffix(".tmp"))
            position.with_suffix(".tmp").replace(position)


if __name__ == "__main__":
    main()
