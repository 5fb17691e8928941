"""What the evaluation model never sees: an icon family, forty concepts, some fonts. The shipped model sees all."""

import re

import numpy as np

FAMILY = "tabler"
CONCEPTS = (
    "umbrella anchor guitar bicycle airplane snowflake hammer butterfly elephant banana piano lighthouse tent crown "
    "candle kite rocket tractor violin spider penguin mushroom helicopter ladder trumpet cactus dolphin pizza "
    "sword castle carrot owl bell snail scissors feather diamond tooth glasses bus"
).split()
FONTS_OUT = 25  # packages, drawn with seed 0 from all whose letters were rendered


def concept_of(captions: list[str]) -> int | None:
    """Index of the held-out concept that a caption names, if any does."""
    words = {w for c in captions for w in re.findall(r"[a-z]+", c.lower())}
    for i, concept in enumerate(CONCEPTS):
        if concept in words or concept + "s" in words or concept + "es" in words:
            return i
    return None


def fonts_out(families: list[str]) -> set[str]:
    fonts = sorted({f for f in families if f.startswith("font:")})
    return {fonts[i] for i in np.random.default_rng(0).permutation(len(fonts))[:FONTS_OUT]}


def held_out(rows: list[tuple[str, list[str]]]) -> np.ndarray:
    """True for every picture that the evaluation model must not see."""
    fonts = fonts_out([family for family, _ in rows])
    return np.array(
        [
            family == FAMILY or family in fonts or (is_icon(family) and concept_of(captions) is not None)
            for family, captions in rows
        ]
    )


def is_icon(family: str) -> bool:
    return family != "strokes" and not family.startswith("font:")
