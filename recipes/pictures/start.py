"""Do what docs/start.md says, in an empty folder, and keep its pictures.

    python recipes/pictures/start.py docs/images

Prints what the commands print. Installing is left out. The picture of the comparison's page wants `chromium`; without
it, that one is left as it is.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PAGE = Path(__file__).parents[2] / "docs" / "start.md"
PICTURES = {
    "guitar.png": "start-guitar.png",
    "ring.png": "start-ring.png",
}
WIDTH, HEIGHT = 1060, 1130
LAST_FOUR = 702
"""Pixels from the bottom of the demo's page that hold its last four recordings."""


def follow(page: str, folder: Path) -> None:
    """Run the blocks of a page one after the other, as a reader would."""
    environment = os.environ | {"NEUROCLIP_BANK": str(folder / "bank")}
    for language, block in re.findall(r"^```(sh|python|toml)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if language == "toml":
            (folder / "words.toml").write_text(block, encoding="utf-8")
            continue
        if block.startswith("pip "):
            continue
        command = ["bash", "-ec", block] if language == "sh" else [sys.executable, "-c", block]
        print(f"{'-' * 80}\n{block if language == 'sh' else ''}", flush=True)
        subprocess.run(command, cwd=folder, env=environment, check=True)


def main() -> None:
    out = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        follow(PAGE.read_text(encoding="utf-8"), folder)
        for name, kept in PICTURES.items():
            shutil.copy(folder / name, out / kept)
        with Image.open(folder / "neuroclip-demo.png") as demo:
            demo.crop((0, demo.height - LAST_FOUR, *demo.size)).save(out / "start-demo.png")
        if browser := shutil.which("chromium"):
            window = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            window += [f"--user-data-dir={folder / 'browser'}", f"--window-size={WIDTH},{HEIGHT}"]
            place = [f"--screenshot={out / 'start-page.png'}", (folder / "compared/comparison.html").as_uri()]
            subprocess.run([browser, *window, *place], check=True, capture_output=True)


if __name__ == "__main__":
    main()
