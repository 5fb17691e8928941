"""Write the trained towers as an ordinary open_clip model directory.

The linear map of the captions is folded into the text tower's projection; floating-point tensors are kept in fp16.

    python export.py --run run --image ship --out ../../neuroclip/models/event_tiny
"""

import argparse
import json
from pathlib import Path

import torch
from clip_config import CONFIG
from safetensors.torch import save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    image = torch.load(args.run / f"{args.image}.pt", weights_only=True)["model"]
    text = torch.load(args.run / "text.pt", weights_only=True)["model"]
    state = {k: v for k, v in text.items() if not k.startswith("visual.")}
    state |= {f"visual.{k.removeprefix('image.')}": v for k, v in image.items() if k.startswith("image.")}
    state["text_projection"] = text["text_projection"] @ image["text.weight"].T
    state["logit_scale"] = image["log_scale"]
    state = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in state.items()}
    bad = [k for k, v in state.items() if v.is_floating_point() and not v.isfinite().all()]
    assert not bad, f"too large for fp16: {bad}"
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(state, args.out / "open_clip_model.safetensors")
    (args.out / "open_clip_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    print(f"{sum(v.numel() for v in state.values()) / 1e6:.2f} M numbers in {args.out}")


if __name__ == "__main__":
    main()
