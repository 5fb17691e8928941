"""Render icon families, fonts and stroke digits into one array of grey pictures with captions.

Reads the packages that `packages.json` names (npm: `@iconify-json/*`, `@fontsource/*`) from a `node_modules`
folder and writes `pictures.npz`: `grey` and `alpha` (n, 64, 64) uint8, `family`, `caption` (index of the first
caption) and a JSON list of all captions of every picture beside it.

    python render.py --node-modules node_modules --out run
"""

import argparse
import io
import json
import re
from collections import Counter, defaultdict
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image, ImageDraw, ImageFont
from strokes import draw_digit

SIZE = 64
STYLES = set(
    "outline outlined rounded round sharp filled fill solid line bold duotone thin light regular linear broken "
    "twotone bulk stroke standard alt variant color 1 2 3 4 5 one two fill0 negative positive thick 15 11".split()
)
DIGITS = "zero one two three four five six seven eight nine".split()


def clean_name(name: str) -> str:
    """The words of an icon's name, without styles, sizes and numbers of variants."""
    words = [w for w in re.split(r"[-_ ]+", name.lower()) if w]
    while len(words) > 1 and (words[-1] in STYLES or words[-1].isdigit()):
        words.pop()
    words = [re.sub(r"(?<=[a-z])\d{1,2}$", "", w) for w in words]
    return " ".join(w for w in words if w)


def icon_rows(root: Path, family: str, per_caption: int) -> list[tuple[str, str, str, list[str]]]:
    """(family, name, svg, captions) for the icons of one family that are worth showing."""
    pack = json.loads((root / "icons.json").read_text())
    width, height = pack.get("width", 16), pack.get("height", 16)
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias, entry in pack.get("aliases", {}).items():
        if not ({"rotate", "hFlip", "vFlip"} & set(entry)):
            aliases[entry["parent"]].append(clean_name(alias))
    seen: Counter[str] = Counter()
    rows = []
    # long names first would prefer odd sizes; 24 and 48 pixel drawings come before the others
    order = sorted(pack["icons"].items(), key=lambda kv: (not re.search(r"-(24|48)-", kv[0]), kv[0]))
    for name, icon in order:
        if icon.get("hidden") or re.search(r"skin-tone|-skin|^flag-|-flag-|^flag-for|logo|keycap", name):
            continue
        name_plain = re.sub(r"-(10|12|16|20|24|28|32|48)-(filled|regular|light)$", "", name)
        caption = clean_name(name_plain)
        if not re.search(r"[a-z]{2}", caption) or len(caption.split()) > 5 or seen[caption] >= per_caption:
            continue
        seen[caption] += 1
        w, h = icon.get("width", width), icon.get("height", height)
        box = f"{icon.get('left', 0)} {icon.get('top', 0)} {w} {h}"
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{SIZE}" height="{SIZE}" viewBox="{box}" color="black">'
            f"{icon['body'].replace('currentColor', '#000')}</svg>"
        )
        rows.append((family, name, svg, list(dict.fromkeys([caption, *aliases[name]]))[:6]))
    return rows


def rasterise(row: tuple[str, str, str, list[str]]) -> tuple[str, list[str], bytes] | None:
    family, _, svg, captions = row
    try:
        png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE))
        image = Image.open(io.BytesIO(png)).convert("RGBA").resize((SIZE, SIZE))
    except (ValueError, OSError):
        return None
    la = np.asarray(image.convert("LA"))
    if (la[..., 1] > 96).mean() < 0.01:
        return None
    return family, captions, la.tobytes()


def glyph_captions(char: str) -> list[str]:
    if char.isdigit():
        word = DIGITS[int(char)]
        return [
            f"the digit {word}",
            word,
            f"the digit {char}",
            f"the number {word}",
            f"a handwritten digit {char}",
        ]
    if char.isalpha():
        return [f"the letter {char.upper()}", f"letter {char.upper()}", char.upper()]
    names = {
        "?": "question mark",
        "!": "exclamation mark",
        "&": "ampersand",
        "@": "at sign",
        "#": "hash sign",
        "%": "percent sign",
        "+": "plus sign",
        "$": "dollar sign",
        "*": "asterisk",
    }
    return [names[char]]


def glyph_rows(font_root: Path) -> list[tuple[str, list[str], bytes]]:
    """Digits, letters and signs of one font package, in up to two weights."""
    files = sorted(
        font_root.glob("files/*-latin-[1-9]*-normal.woff"),
        key=lambda p: ("-400-" not in p.name, "-700-" not in p.name),
    )
    rows = []
    for file in files[:2]:
        try:
            font = ImageFont.truetype(str(file), 44)
            missing = bytes(font.getmask("\U0010fffe"))
        except OSError:
            continue
        for char in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz?!&@#%+$*":
            image = Image.new("L", (SIZE * 2, SIZE * 2))
            ImageDraw.Draw(image).text((SIZE, SIZE), char, font=font, fill=255, anchor="mm")
            box = image.getbbox()
            if box is None or bytes(font.getmask(char)) == missing:
                continue
            rows.append((f"font:{font_root.name}", glyph_captions(char), ink(image.crop(box))))
    return rows


def ink(image: Image.Image) -> bytes:
    """A white-on-black drawing, centred with its aspect kept, as grey 0 + alpha."""
    scale = 52 / max(image.size)
    image = image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BILINEAR
    )
    la = np.zeros((SIZE, SIZE, 2), np.uint8)
    top, left = (SIZE - image.height) // 2, (SIZE - image.width) // 2
    la[top : top + image.height, left : left + image.width, 1] = np.asarray(image)
    return la.tobytes()


def stroke_rows(seed_digit: tuple[int, int]) -> list[tuple[str, list[str], bytes]]:
    seed, digit = seed_digit
    rng = np.random.default_rng([seed, digit])
    rows = []
    for _ in range(60):
        image = draw_digit(digit, rng)
        rows.append(("strokes", glyph_captions(str(digit)), ink(image.crop(image.getbbox()))))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node-modules", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--per-caption", type=int, default=2)
    parser.add_argument("--stroke-sheets", type=int, default=20)
    args = parser.parse_args()
    icons = [
        row
        for root in sorted((args.node_modules / "@iconify-json").iterdir())
        for row in icon_rows(root, root.name, args.per_caption)
    ]
    fonts = sorted((args.node_modules / "@fontsource").iterdir())
    with Pool() as pool:
        rows = [r for r in pool.imap(rasterise, icons, chunksize=64) if r]
        for some in pool.imap(glyph_rows, fonts, chunksize=4):
            rows += some
        for some in pool.imap(stroke_rows, [(s, d) for s in range(args.stroke_sheets) for d in range(10)]):
            rows += some
    la = np.stack([np.frombuffer(r[2], np.uint8).reshape(SIZE, SIZE, 2) for r in rows])
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez(args.out / "pictures.npz", grey=la[..., 0], alpha=la[..., 1])
    (args.out / "pictures.json").write_text(json.dumps([[r[0], r[1]] for r in rows]))
    print(f"{len(rows)} pictures, {len({c for r in rows for c in r[1]})} captions")
    for family, count in sorted(Counter(r[0].split(":")[0] for r in rows).items()):
        print(f"  {family} {count}")


if __name__ == "__main__":
    main()
