"""The painting conventions: in this one place, for numpy arrays and torch tensors alike."""

from __future__ import annotations

from typing import Any, Literal

from neuroclip.errors import OptionError

Polarity = Literal["paper", "reference-code"]
BACKGROUND = 127
INKS: dict[str, tuple[int, int]] = {"paper": (255, 0), "reference-code": (0, 255)}
"""What ON and OFF are painted as, by convention. `reference-code` is what the published code really did."""


def check_painting(polarity: str, min_count: int) -> tuple[int, int]:
    """Return the inks for ON and OFF.

    Raises:
        OptionError: No such polarity convention, or a `min_count` below 1.
    """
    if polarity not in INKS:
        raise OptionError(f"polarity is {polarity!r}; it can be {' or '.join(map(repr, INKS))}")
    if min_count < 1:
        raise OptionError(f"min_count is {min_count}; a pixel needs at least 1 event")
    return INKS[polarity]


def paint(on: Any, off: Any, *, polarity: str = "paper", min_count: int = 1) -> Any:
    """Paint counts (or marks) of ON and OFF events, of any equal shape, as uint8.

    A pixel with at least `min_count` ON events gets the ink of ON, also where it saw OFF events; one with at
    least `min_count` OFF events alone that of OFF; every other is 127. numpy arrays give a numpy array, torch
    tensors a tensor on their device.

    Source: NeuroCLIP (Guo et al.), section 3.1, for `polarity="paper"`.
    """
    ink_on, ink_off = check_painting(polarity, min_count)
    ones = on >= min_count
    zeros = (off >= min_count) & ~ones
    # All sums stay within 0 to 255 (a pixel is painted once), so uint8 never overflows on the way.
    if hasattr(ones, "astype"):
        ones, zeros = ones.astype("uint8"), zeros.astype("uint8")
    else:
        ones, zeros = ones.byte(), zeros.byte()
    if ink_on > ink_off:
        return BACKGROUND + ones * (ink_on - BACKGROUND) - zeros * BACKGROUND
    return BACKGROUND + zeros * (ink_off - BACKGROUND) - ones * BACKGROUND
