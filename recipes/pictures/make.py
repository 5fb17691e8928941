"""Draw the pictures of the documents: `python recipes/pictures/make.py docs/images`."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import neuroclip
from neuroclip.contact_sheet import Strip, contact_sheet
from neuroclip.emulation import EventCamera
from neuroclip.samples import samples


def falling_disc(pictures: int = 40, width: int = 120, height: int = 100) -> list[np.ndarray]:
    """A bright disc that falls and is caught by gravity, before a dark slope of light; uint8 (h, w)."""
    shown: list[np.ndarray] = []
    for i in range(pictures):
        slope = np.tile(np.linspace(40, 90, width * 4).astype(np.uint8), (height * 4, 1))
        page = Image.fromarray(slope)
        x, y = 4 * (20 + 2 * i), 4 * (12 + 70 * (i / pictures) ** 2)
        ImageDraw.Draw(page).ellipse((x - 40, y - 40, x + 40, y + 40), fill=220)
        shown.append(np.asarray(page.resize((width, height), Image.Resampling.BOX)))
    return shown


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    (umbrella,) = [sample for sample in samples() if sample.path.stem == "object_umbrella"]
    recording = neuroclip.read(umbrella.path)
    title = f"object_umbrella.npz   {len(recording)} events   ON white, OFF black; 10 steps of equal events"
    strip = Strip(frames=neuroclip.frames(recording), title=title)
    contact_sheet([strip], tile=128, columns=5).save(out / "frames.png")

    pictures = falling_disc()
    camera = EventCamera(120, 100)
    events = np.concatenate([camera.see(p, 25_000 * i) for i, p in enumerate(pictures)])
    fallen = neuroclip.Recording(events, 120, 100)
    strips = [
        Strip(frames=np.stack(pictures[::8]), title="a video: 40 pictures in 1 s, every eighth"),
        Strip(
            frames=neuroclip.frames(fallen, steps=5, split="time"),
            title=f"its events: {len(fallen)}, ON white, OFF black; 5 steps of equal time",
        ),
    ]
    contact_sheet(strips, tile=128, columns=5).save(out / "emulated.png")


if __name__ == "__main__":
    main()
