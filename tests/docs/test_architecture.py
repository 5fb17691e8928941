"""What docs/architecture.md names is there, and its picture has every room."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .pages import ROOT, blocks

TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"
PACKAGES = {
    "neuroclip": "neuroclip",
    "adapters/neuroclip_adapters": "neuroclip_adapters",
    "plugins/neuroclip_plugins": "neuroclip_plugins",
    "prompts/neuroclip_prompts": "neuroclip_prompts",
}


def place(path: str) -> Path:
    """Return where a path of a checkout is: packages are where they are imported from."""
    for folder, package in PACKAGES.items():
        if path.strip("/") == folder or path.startswith(f"{folder}/"):
            spec = find_spec(package)
            assert spec is not None
            assert spec.origin is not None
            return Path(spec.origin).parent / path.removeprefix(folder).strip("/")
    return ROOT / path


def layers() -> list[set[str]]:
    """Return the rooms of `neuroclip` as the import contract has them, from the top to the bottom."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (inside,) = [one for one in contracts["contracts"] if one.get("containers") == ["neuroclip"]]
    return [set(layer.split(" | ")) for layer in inside["layers"]]


def test_every_path_is_there() -> None:
    paths = re.findall(r"`((?:neuroclip|adapters|plugins|prompts|recipes|tests)/[\w./-]*)`", TEXT)
    assert len(paths) > 20
    assert [path for path in paths if not place(path).exists()] == []
    assert all(place(path).is_dir() == path.endswith("/") for path in paths)


def test_the_picture_has_every_room() -> None:
    """What is left out has a reason: it draws for rooms that are there, or is only looked up by them."""
    picture = ElementTree.parse(ROOT / "docs" / "images" / "architecture.svg")
    names = [
        node
        for node in picture.iter()
        if "name" in node.get("class", "").split() or node.get("class") == "strong"
    ]
    shown = {name for node in names for name in (node.text or "").split(", ")}
    rooms = set[str]().union(*layers())
    drawn = {"animation", "contact_sheet", "notebook"}
    looked_up = {"compiling", "samples", "source_digest", "source_text"}
    assert rooms - shown == drawn | looked_up
    assert shown - rooms == {"a file", "a folder", "plugins", "adapters", "prompts", "report"}


def bars_and_rooms() -> tuple[list[set[str]], set[str]]:
    """Return the names that each bar of the picture holds, from the top, and those of the rooms between the bars."""
    picture = ElementTree.parse(ROOT / "docs" / "images" / "architecture.svg")
    bars = [
        (float(bar.get("y", "")), float(bar.get("height", "")))
        for bar in picture.iter(f"{SVG}rect")
        if bar.get("class") == "bar"
    ]
    bars.sort()
    held: list[set[str]] = [set() for _ in bars]
    between = set[str]()
    for text in picture.iter(f"{SVG}text"):
        y = float(text.get("y", ""))
        strong = [node.text or "" for node in text.iter(f"{SVG}tspan") if node.get("class") == "strong"]
        for names, (top, height) in zip(held, bars, strict=True):
            if top < y < top + height:
                names.update(name for part in strong for name in part.split(", "))
        if "name" in text.get("class", "").split():
            assert bars[0][0] + bars[0][1] < y < bars[-1][0], f"{text.text} is not between the bars"
            between.add(text.text or "")
    return held, between


def test_the_picture_says_who_knows_whom() -> None:
    """The bar at its foot is what every room above it may import, the bar at its top what none may."""
    (top, foot), between = bars_and_rooms()
    order = layers()
    height = {room: i for i, layer in enumerate(order) for room in layer}
    assert top == order[0]
    drawn = between & height.keys()
    assert len(drawn) > 10
    assert all(height[room] < height[known] for room in drawn for known in foot), foot
    assert foot == set[str]().union(*order[min(height[known] for known in foot) :]) - {
        "compiling",
        "source_digest",
        "source_text",
    }


def test_the_way_of_one_recording_is_as_its_comments_say() -> None:
    (code,) = [block.text for block in blocks(TEXT) if block.language == "python"]
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(code, "<architecture.md>", "exec"), names)
    told = dict(re.findall(r"^(\w+) = .*  # .*?(\(\d+(?:, \d+)+\))$", code, flags=re.MULTILINE))
    assert set(told) == {"x", "logits"}
    for name, shape in told.items():
        assert str(tuple(names[name].shape)) == shape  # type: ignore[attr-defined]
        assert str(names[name].dtype) == "torch.float32"  # type: ignore[attr-defined]
    assert f"{len(names['recording'])} events" in code  # type: ignore[arg-type]
    assert names["state"] == {}
    assert f'# "{names["answer"]}"' in code


@pytest.mark.parametrize("room", sorted(set[str]().union(*layers()) - {"compiling", "source_text"}))
def test_every_room_says_what_it_is_for(room: str) -> None:
    found = place(f"neuroclip/{room}")
    module = found / "__init__.py" if found.is_dir() else found.with_suffix(".py")
    assert module.read_text(encoding="utf-8").startswith('"""')
