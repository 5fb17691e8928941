"""`neuroclip frames --representation`: what other heads see of recordings, as pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from neuroclip.cli import inputs
from neuroclip.cli.options import SensorSize
from neuroclip.cli.reporting import Failures, print_json, progress
from neuroclip.errors import OptionError, RecordingError

if TYPE_CHECKING:
    from PIL.Image import Image

    from neuroclip.recording import Recording

Picture = Callable[["Recording", str], "Image"]
"""Draws a recording of this name."""


def draw_all(
    recordings: Sequence[Path],
    out: Path,
    picture: Picture,
    *,
    suffix: str | None,
    format: str | None,
    size: SensorSize | None,
    recover: bool,
    json: bool,
) -> None:
    """Write a picture of each recording, under its own name, in the folders that it has below those that were given.

    `out` is a folder, or for a single recording that was named itself also a file with a suffix. In a folder, pictures
    have the `suffix`, by default .png, and those of recordings that would share a place longer names. What cannot be
    drawn is reported, and the others are drawn.
    """
    failures = Failures()
    places = dict(_places(recordings, out, suffix))
    # With a size, one after the other; without, they share one, which all of them tell together.
    batches = [[path] for path in places] if size is not None else [list(places)]
    with progress(len(places), "drawing") as bar:
        for batch in batches:
            for path, read in inputs.read_all(batch, failures, format=format, size=size, recover=recover):
                place = places[path]
                try:
                    image = picture(read, path.name)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    image.save(place)
                except (RecordingError, OptionError) as error:
                    failures.report(type(error)(f"{path}: {error}"))
                except OSError as error:
                    raise OptionError(f"{place}: cannot be written ({error.strerror or error})") from error
                else:
                    if json:
                        print_json({"recording": str(path), "out": str(place), "events": len(read)})
                bar.update(1)
    if not json:
        typer.echo(f"{len(places) - failures.count} of {len(places)} pictures in {out}")
    failures.finish()


def _places(recordings: Sequence[Path], out: Path, suffix: str | None) -> Iterator[tuple[Path, Path]]:
    """Yield each recording and where its picture goes, each at a place of its own."""
    from PIL import Image

    from neuroclip import formats

    ending = out.suffix.lower()
    named_file = ending in (".png", ".bmp")
    if not named_file and not out.is_dir() and (ending == ".mp4" or ending in Image.registered_extensions()):
        raise OptionError(f"{out}: this is drawn as .png or .bmp, or into a folder")
    if named_file and (len(recordings) > 1 or recordings[0].is_dir()):
        raise OptionError(f"{out} is one picture, but several recordings may be drawn: give a folder")
    if named_file and suffix not in (None, ending):
        raise OptionError(f"{out} ends in {ending}, but --suffix says {suffix[1:]}: leave one of them out")
    taken = set[str]()
    seen = set[Path]()
    for root in recordings:
        for path in formats.find([root]):
            if path in seen:
                continue
            seen.add(path)
            inside = path.relative_to(root) if root.is_dir() and path != root else Path(path.name)
            names = _names(inside, suffix or ".png")
            # Without regard to case, since there are disks without.
            place = next(name for name in names if str(name).casefold() not in taken)
            taken.add(str(place).casefold())
            yield path, out if named_file else out / place


def _names(inside: Path, suffix: str) -> Iterator[Path]:
    """Yield what the picture of a recording can be called, the best first: of a.bin a.png, a.bin.png, a.bin-2.png."""
    yield inside.with_suffix(suffix)
    yield inside.with_name(inside.name + suffix)
    for i in count(2):
        yield inside.with_name(f"{inside.name}-{i}{suffix}")


def collapsed(polarity: str, part: str) -> Picture:
    """Return what draws the picture that `CollapsedImage` makes, pixel by pixel: white is the largest count."""
    from PIL import Image

    from neuroclip.representations import CollapsedImage

    made = CollapsedImage(polarity, part)
    return lambda recording, name: Image.fromarray((made.prepare(recording) * 255).round().byte().numpy())


def volumes(shown: Literal["signed", "flow", "rgb"], steps: int | None) -> Picture:
    """Return what draws the volumes of a shot on a page, a tile for each interval."""
    from neuroclip.contact_sheet import Strip, contact_sheet
    from neuroclip.representations import FlowVolume, RgbVolume, SignedVolume

    kinds: dict[str, tuple[Any, Callable[[NDArray[Any]], NDArray[np.uint8]], str]] = {
        "signed": (SignedVolume, _grey, "ON white, OFF black; grey: none, or as many"),
        "flow": (
            FlowVolume,
            _directions,
            "red right, green down, cyan left, violet up; brightest: the fastest here",
        ),
        "rgb": (RgbVolume, lambda volume: volume.transpose(0, 2, 3, 1), "pictures of the paired video"),
    }
    kind, paint, how = kinds[shown]
    made = kind() if steps is None else kind(steps)

    def draw(recording: Recording, name: str) -> Image:
        tiles = np.ascontiguousarray(paint(made.prepare(recording).numpy()))
        title = f"{name}   {len(recording)} events   {recording.width}x{recording.height}   {how}"
        return contact_sheet([Strip(frames=tiles, title=title)], tile=204, columns=5)

    return draw


def _grey(volume: NDArray[Any]) -> NDArray[np.uint8]:
    most = max(1, int(np.abs(volume.astype(np.int16)).max()))
    return np.rint(127 + volume * (127 / most)).astype(np.uint8)


def _directions(volume: NDArray[Any]) -> NDArray[np.uint8]:
    """Paint flow [t, 2, h, w]: the direction as hue, the speed as brightness, of all tiles alike, [t, h, w, 3]."""
    from PIL import Image

    right, down = volume[:, 0].astype(np.float64), volume[:, 1].astype(np.float64)
    hue = np.arctan2(down, right) / (2 * np.pi) % 1
    speed = np.hypot(right, down)
    speed /= max(1.0, speed.max())
    hsv = np.stack([hue, np.ones_like(hue), speed], -1)
    return np.stack(
        [np.asarray(Image.fromarray(tile, "HSV").convert("RGB")) for tile in (hsv * 255).astype(np.uint8)]
    )
