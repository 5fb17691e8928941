"""Train the text tower, open_clip's own with the stock tokenizer, to give the targets of `texts.npz`.

The token table starts from the sentence encoder's view of every token's text, so that words which no phrase holds
still mean something. Templated phrases keep the target of the plain one. Resumes from its checkpoint.

    python distil.py --run run --minutes 15
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from clip_config import CONFIG, GLYPH_TEMPLATES, LETTER_TEMPLATES, TEMPLATES
from open_clip.tokenizer import SimpleTokenizer

DIGITS = "zero one two three four five six seven eight nine".split()


def text_tower() -> open_clip.CLIP:
    return open_clip.CLIP(**CONFIG["model_cfg"])


def encode(model: open_clip.CLIP, tokens: torch.Tensor) -> torch.Tensor:
    """`model.encode_text` without the padding behind the longest phrase: attention only looks back."""
    length = int((tokens != 0).sum(1).max())
    tokens = tokens[:, :length]
    x = model.token_embedding(tokens) + model.positional_embedding[:length]
    x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:length, :length]))
    return x[torch.arange(len(x)), tokens.argmax(-1)] @ model.text_projection


def start_token_table(model: open_clip.CLIP, tokenizer: SimpleTokenizer, run: Path) -> None:
    """Set every token's embedding to the leading components of what the sentence encoder says of its text."""
    from texts import embed

    kept = run / "tokens.npy"
    if not kept.exists():
        pieces = [tokenizer.decode([i]).strip() or " " for i in range(tokenizer.vocab_size - 2)]
        np.save(kept, embed(pieces).astype(np.float16))
    vectors = torch.from_numpy(np.load(kept).astype(np.float32))
    vectors = vectors - vectors.mean(0)
    width = CONFIG["model_cfg"]["text_cfg"]["width"]
    axes = torch.linalg.svd(vectors[:: len(vectors) // 8000], full_matrices=False).Vh[:width]
    table = vectors @ axes.T
    with torch.no_grad():
        model.token_embedding.weight[: len(table)] = 0.05 * table / table.std()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=600_000)
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    listing = json.loads((args.run / "texts.json").read_text())
    phrases, captions = listing["phrases"], listing["captions"]
    with np.load(args.run / "texts.npz") as file:
        targets = torch.from_numpy(file["targets"].astype(np.float32))
    number = {p: i for i, p in enumerate(phrases)}
    tokenizer = SimpleTokenizer(context_length=CONFIG["model_cfg"]["text_cfg"]["context_length"])
    position = args.run / "text.pt"
    model, done = text_tower(), 0
    parts = [p for n, p in model.named_parameters() if not n.startswith("visual") and n != "logit_scale"]
    optimiser = torch.optim.AdamW(parts, args.rate, weight_decay=0.01)
    if position.exists():
        saved = torch.load(position, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        done = saved["done"]
    else:
        start_token_table(model, tokenizer, args.run)
    rng = np.random.default_rng([args.seed, done])
    kept_out = set(np.random.default_rng(7).permutation(len(phrases))[:1000].tolist())
    usable = [i for i in range(len(phrases)) if i not in kept_out or i < 400]
    icons = np.array([i for i in usable if i < captions])
    everything = np.array(usable)
    letters = [chr(ord("A") + i) for i in range(26)]

    def phrase() -> tuple[str, int]:
        kind = rng.random()
        if kind < 0.1:
            i = int(rng.integers(10))
            word = DIGITS[i] if rng.random() < 0.8 else str(i)
            return GLYPH_TEMPLATES[rng.integers(len(GLYPH_TEMPLATES))].format(word), number[
                f"the digit {DIGITS[i]}"
            ]
        if kind < 0.16:
            letter = letters[rng.integers(26)]
            return LETTER_TEMPLATES[rng.integers(len(LETTER_TEMPLATES))].format(letter), number[
                f"the letter {letter}"
            ]
        i = int(rng.choice(icons if kind < 0.65 else everything))
        text = phrases[i]
        return (TEMPLATES[rng.integers(len(TEMPLATES))].format(text) if rng.random() < 0.4 else text), i

    check = torch.tensor(sorted(i for i in kept_out if i >= 400))
    log = (args.run / "text.log").open("a")
    began, first, running = time.time(), done, 0.0
    while done < args.samples:
        rate = (
            args.rate * min(1, done / 20_000 + 0.02) * (0.5 + 0.5 * math.cos(math.pi * done / args.samples))
            + 1e-6
        )
        for group in optimiser.param_groups:
            group["lr"] = rate
        drawn = [phrase() for _ in range(args.batch)]
        index = torch.tensor([i for _, i in drawn])
        tokens = tokenizer([t for t, _ in drawn])
        with torch.autocast("cpu", torch.bfloat16):
            out = encode(model, tokens)
        out = F.normalize(out.float(), dim=-1)
        want = targets[index]
        scores = out @ want.T / 0.05
        same = (index[:, None] == index) & ~torch.eye(len(index), dtype=torch.bool)
        loss = (1 - (out * want).sum(-1)).mean() + 0.2 * F.cross_entropy(
            scores.masked_fill(same, -1e4), torch.arange(len(index))
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        done += len(index)
        running = 0.98 * running + 0.02 * float(loss.detach())
        if done // args.batch % 200 == 0 or done >= args.samples:
            model.eval()
            with torch.inference_mode():
                got = F.normalize(model.encode_text(tokenizer([phrases[i] for i in check])), dim=-1)
                truth = targets[check]
                right = ((got @ truth.T).argmax(1) == torch.arange(len(check))).float().mean()
            model.train()
            print(
                f"{done} loss {running:.3f} unseen cosine {float((got * truth).sum(-1).mean()):.3f} "
                f"top-1 {float(right):.3f} "
                f"{(done - first) / (time.time() - began):.0f}/s",
                file=log,
                flush=True,
            )
            torch.save(
                {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "done": done},
                position.with_suffix(".tmp"),
            )
            position.with_suffix(".tmp").replace(position)


if __name__ == "__main__":
    main()
