"""What the trained text tower makes of every phrase of `texts.json`: unit vectors (n, 256), written as npy.

python students.py --run run --out run/student.npy
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from distil import encode, text_tower
from open_clip.tokenizer import SimpleTokenizer


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    phrases = json.loads((args.run / "texts.json").read_text())["phrases"]
    model = text_tower().eval()
    model.load_state_dict(torch.load(args.run / "text.pt", weights_only=True)["model"])
    tokenizer = SimpleTokenizer(context_length=model.context_length)
    parts = [encode(model, tokenizer(phrases[i : i + 512])) for i in range(0, len(phrases), 512)]
    np.save(args.out, F.normalize(torch.cat(parts), dim=-1).half().numpy())


if __name__ == "__main__":
    main()
