"""Make the recordings that ship with the package: drawings seen by a simulated camera that makes three saccades.

Digits are pen strokes, letters the font that Pillow carries, objects icons of the families Lucide (ISC) and
Material Design Icons (Apache-2.0) as `recipes/event_tiny/render.py` rendered them. Events come from
`neuroclip.emulation`.

    python make.py --run RUN --out ../../neuroclip/samples --seed 3
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont

from neuroclip.emulation import emulate
from neuroclip.recording import Recording, make_events

sys.path.insert(0, str(Path(__file__).parents[1] / "event_tiny"))
from strokes import draw_digit

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
DIGITS, LETTERS = (3, 5, 7, 0), ("A", "K", "R", "S")
OBJECTS = (("lucide", "umbrella"), ("mdi", "bicycle"), ("lucide", "scissors"), ("mdi", "guitar acoustic"))
OBJECT_WORDS = ["umbrella", "bicycle", "scissors", "guitar", "airplane", "house", "fish", "cloud"]
SACCADE_US, SACCADES = 100_000, ((-0.9, -0.5), (0.9, -0.5), (0.0, 1.0))
PICTURES_A_SACCADE = 25


def drawing(image: Image.Image) -> np.ndarray:
    """Crop a white-on-black drawing to a square of 64 x 64 with its aspect kept; 0 to 1."""
    image = image.crop(image.getbbox())
    scale = 60 / max(image.size)
    image = image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BILINEAR
    )
    square = Image.new("L", (64, 64))
    square.paste(image, ((64 - image.width) // 2, (64 - image.height) // 2))
    return np.asarray(square, np.float32) / 255


def letter(char: str) -> np.ndarray:
    image = Image.new("L", (200, 200))
    ImageDraw.Draw(image).text((100, 100), char, font=ImageFont.load_default(110), fill=255, anchor="mm")
    return drawing(image)


def record(ink: np.ndarray, size: int, rng: np.random.Generator, label: str) -> Recording:
    """Show white ink on black to a `size` x `size` sensor that moves along a triangle, as N-MNIST's did."""
    reach = rng.uniform(2.2, 3.2) * size / 34
    corners = np.array([(0, 0), *SACCADES])
    moments = np.linspace(0, len(SACCADES), PICTURES_A_SACCADE * len(SACCADES) + 1)
    path = (
        np.stack([np.interp(moments, range(len(corners)), corners[:, i]) for i in (0, 1)], 1)
        * reach
        * 2
        / size
    )
    axis = (torch.arange(size) + 0.5) * (2 / size) - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    turn = rng.normal(0, 0.06)
    spread = 1 / rng.uniform(0.68, 0.78)
    pictures = []
    source = torch.from_numpy(ink)[None, None]
    if size < 48:
        source = F.avg_pool2d(source, 2)
    for dx, dy in path:
        u, v = (x - dx) * spread, (y - dy) * spread
        grid = torch.stack([u * np.cos(turn) + v * np.sin(turn), -u * np.sin(turn) + v * np.cos(turn)], -1)[
            None
        ].float()
        pictures.append(F.grid_sample(source, grid, align_corners=False)[0, 0].double().numpy())
    stack = 0.15 + 0.85 * np.stack(pictures)
    threshold = 0.32 * np.exp(rng.normal(0, 0.08, (size, size)))
    times = np.round(moments * SACCADE_US).astype(np.int64)
    seen = emulate(stack, times, on_threshold=threshold, off_threshold=threshold * 1.05).events
    noise = rng.poisson(0.02 * len(seen))
    columns = [
        np.concatenate([seen[name], extra])
        for name, extra in (
            ("t", rng.integers(0, times[-1], noise)),
            ("x", rng.integers(0, size, noise)),
            ("y", rng.integers(0, size, noise)),
            ("on", rng.random(noise) < 0.7),
        )
    ]
    return Recording(make_events(*columns), size, size, label=label)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder where render.py wrote pictures.npz")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    rows = json.loads((args.run / "pictures.json").read_text())
    with np.load(args.run / "pictures.npz") as file:
        alpha = file["alpha"]
    shown = [(drawing(draw_digit(d, rng)), 34, WORDS[d], "digits") for d in DIGITS]
    shown += [(letter(c), 64, c, "letters") for c in LETTERS]
    for family, caption in OBJECTS:
        found = next(i for i, (f, captions) in enumerate(rows) if f == family and caption in captions)
        shown.append((alpha[found].astype(np.float32) / 255, 64, caption.split()[0], "objects"))
    lists = {"digits": WORDS, "letters": [chr(ord("A") + i) for i in range(26)], "objects": OBJECT_WORDS}
    text = "# Made by recipes/samples/make.py; do not edit.\n\n[classes]\n"
    text += "".join(f"{name} = {json.dumps(words)}\n" for name, words in lists.items())
    text += '\n[prompts]\ndigits = "nmnist"\nletters = "letters"\nobjects = "default"\n'
    for ink, size, label, classes in shown:
        recording = record(ink, size, rng, label)
        name = f"{classes.removesuffix('s')}_{label.lower()}.npz"
        events = recording.events
        # small types: the reader widens them
        np.savez_compressed(
            args.out / name,
            t=events["t"].astype(np.int32),
            x=events["x"].astype(np.uint8),
            y=events["y"].astype(np.uint8),
            p=events["on"],
            width=size,
            height=size,
        )
        text += f'\n[[sample]]\nfile = "{name}"\nlabel = "{label}"\nclasses = "{classes}"\n'
        print(f"{name}: {len(events)} events, {(args.out / name).stat().st_size} bytes")
    (args.out / "samples.toml").write_text(text)


if __name__ == "__main__":
    main()
