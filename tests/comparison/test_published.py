"""The recipes of the papers' tables: they can be read, every option exists, and the numbers are the papers'."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import neuroclip_prompts
import pytest

from neuroclip import heads
from neuroclip.backbones.names import parse_name
from neuroclip.comparison.published import names, overridden, read_recipe
from neuroclip.datasets import Dataset, Item, load_known
from neuroclip.datasets.official import parse_known
from neuroclip.errors import DatasetError, OptionError
from neuroclip.formats import RecordingFile

DOCS = Path(__file__).parents[2] / "docs"
NUMBERS = {
    "nmnist": [45.41, 90.40],
    "cifar10-dvs": [25.31, 60.72],
    "es-imagenet": [5.43, 15.18],
    "ncaltech101": [73.77, 76.57, 74.53, 78.01, 59.97, 57.43],
    "ucf101": [71.0, 73.1, 75.9, 77.0, 84.4, 78.6, 84.0, 89.0, 78.21, 83.76, 84.54, 80.28],
    "hmdb51": [51.6, 55.9, 62.0],
}
"""Top-1 in per cent, in the order of the papers' tables."""


def test_there_is_a_recipe_for_every_table() -> None:
    assert set(names()) == set(NUMBERS)


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_a_recipe_can_be_followed(name: str) -> None:
    """Heads have these options; sets, prompts and models exist; every head has a number; departures are sentences."""
    recipe = read_recipe(name)
    assert [row.paper for row in recipe.rows] == NUMBERS[name]
    planned = recipe.heads(Path("/somewhere"))
    assert {row.head for row in recipe.rows} == set(planned)
    for plan in planned.values():
        described = heads.describe(heads.restore(plan["head"], plan["options"]))
        assert "{root}" not in str(described)
        assert set(plan["options"]) <= set(described)
    known, _ = parse_known(recipe.known)
    assert set(neuroclip_prompts.load(recipe.prompts).classes) in (set(known.words), set())
    assert parse_name(recipe.model).name == recipe.model
    assert all(one[0].isupper() and one.endswith(".") for one in recipe.departures)
    assert recipe.provenance(Path("/here"), recipe.heads(Path("/here")))["departures"] == list(
        recipe.departures
    )


@pytest.mark.parametrize("name", ["nmnist", "cifar10-dvs", "es-imagenet"])
def test_neuroclip_is_done_as_its_code_does_it(name: str) -> None:
    """Protocols 5.1: OFF is white, x / 255 - 0.5, bilinear, T = 10 by events, SGD for 150 epochs, chosen on test."""
    recipe = read_recipe(name)
    zero, adapter = (plan["options"] for plan in recipe.planned.values())
    for options in (zero, adapter):
        assert options | {
            "steps": 10,
            "split": "events",
            "polarity": "reference-code",
            "normalize": "half",
            "resize": "painted",
            "min_count": 2 if name == "cifar10-dvs" else 1,
        } == dict(options)
    assert adapter | {
        "epochs": 150,
        "batch": 32,
        "learning_rate": 0.01,
        "weight_decay": 5e-4,
        "smoothing": 0.2,
        "mix": 0.6,
        "flip": True,
    } == dict(adapter)
    assert (recipe.protocol, recipe.shots, recipe.seeds) == ("as-published", (0, 16), (2,))
    assert all(row.selected_on_test for row in recipe.rows)
    assert recipe.published()[1]["shots"] == 16


@pytest.mark.parametrize(
    ("name", "title", "student", "teacher"),
    [
        ("ucf101", "labels", 8, None),
        ("ucf101", "taught", 8, 8),
        ("ucf101", "both-1", 8, 8),
        ("ucf101", "both-2", 8, 8),
        ("ucf101", "events", 16, 32),
        ("hmdb51", "events", 16, 32),
    ],
)
def test_students_and_teachers_have_their_frames(
    name: str, title: str, student: int, teacher: int | None
) -> None:
    """Protocols 5.4: 32 and 16, and 8 in the ablation, whose teacher is no other than the one of its own row."""
    recipe = read_recipe(name)
    planned = {head: plan["options"] for head, plan in recipe.planned.items()}
    taught = planned[title].get("teacher")
    assert planned[title]["steps"] == student
    assert (taught and taught["options"]["steps"]) == teacher
    if teacher == 8:
        assert taught["options"] == planned["flow"]
        assert any("teacher has 8 there too" in one for one in recipe.departures)
    if title == "events":
        assert planned["fused"]["members"] == [
            {"head": "i3d-events", "options": planned["events"]},
            {"head": "i3d-rgb", "options": planned["rgb"]},
        ]
        assert (planned["rgb"]["steps"], planned["rgb"]["scale"]) == (8, 0.5)


def test_what_is_done_otherwise_is_said(tmp_path: Path) -> None:
    recipe = read_recipe("nmnist")
    planned = overridden(recipe.heads(tmp_path), {"lif-adapter": {"epochs": 2, "mix": 0.6}})
    about = recipe.provenance(tmp_path, planned, model="event-tiny", known="nmnist", protocol="honest")
    assert about["departures"][:4] == [
        "The option --model is event-tiny, where the recipe has RN50-quickgelu:openai.",
        "The option --protocol is honest, where the recipe has as-published.",
        "The head lif-adapter has epochs=2, where the recipe has 150.",
        recipe.departures[0],
    ]


def test_weights_are_looked_for_below_the_root() -> None:
    planned = read_recipe("ucf101").heads(Path("/data"))
    assert planned["tsn-inception"]["options"]["weights"] == "/data/weights/bn_inception.pth"
    members = planned["fused"]["options"]["members"]
    assert members[0]["options"]["teacher"]["options"]["weights"] == "/data/weights/flow_imagenet.pt"
    assert read_recipe("ucf101").planned["rgb"]["options"]["weights"] == "{root}/weights/rgb_imagenet.pt"


def test_a_set_is_found_in_its_folder_or_one_above(tmp_path: Path) -> None:
    recipe = read_recipe("nmnist")
    wanted = r"'nmnist' needs N-MNIST as it is published, \.bin files .*; there is no Train/0 with Test/0 in it, nor in"
    with pytest.raises(DatasetError, match=wanted):
        recipe.find(tmp_path)
    for part in ("Train", "Test"):
        (tmp_path / "N-MNIST" / part / "0").mkdir(parents=True)
    assert recipe.find(tmp_path) == recipe.find(tmp_path / "N-MNIST") == str(tmp_path / "N-MNIST")
    (tmp_path / "extract" / "ES-imagenet-0.18" / "train").mkdir(parents=True)
    (tmp_path / "extract" / "ES-imagenet-0.18" / "vallabel.txt").touch()
    assert read_recipe("es-imagenet").find(tmp_path) == f"spikingjelly:ESImageNet:{tmp_path}"


def test_unknown_recipes_and_heads_name_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no recipe named 'n-mnist'; did you mean nmnist"):
        read_recipe("n-mnist")
    with pytest.raises(OptionError, match="no recipe named 'xyz'; there are cifar10-dvs, es-imagenet"):
        read_recipe("xyz")
    with pytest.raises(OptionError, match=r"none\.toml: No such file"):
        read_recipe(str(tmp_path / "none.toml"))
    planned = {"a": {"head": "zero-shot", "options": {"steps": 2}}, "b": {"head": "prototype"}}
    changed = overridden(planned, {"a": {"steps": 3, "alpha": "events"}, "b": {"steps": 1}})
    assert changed["a"] == {"head": "zero-shot", "options": {"steps": 3, "alpha": "events"}}
    assert changed["b"]["options"] == {"steps": 1}
    assert planned["a"] == {"head": "zero-shot", "options": {"steps": 2}}
    with pytest.raises(OptionError, match="no head has this title; there are a, b"):
        overridden(planned, {"zero": {}})


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('title = "', 'titel = "', "unknown key 'titel'; the keys are title, source"),
        ("shots = [0, 16]", "shots = 16", "shots is 16; expected a list of whole numbers or 'all'"),
        ("shots = [0, 16]", "", "the key 'shots' is missing"),
        ("seeds = [2]", "seeds = [-1]", r"seeds is \[-1\]; expected a list of whole numbers"),
        ('test = "test"', "test = 2.0", "test is 2.0; expected 'test', 'rest', 'pooled' or a share"),
        ("paper = 45.41", "paper = true", "published 1: paper is True; expected a number"),
        ("shots = 16\n", "shots = 4\n", "published 2: 'lif-adapter' with 4 shots is not computed"),
        ('head = "zero-shot"', 'head = "zero"', "published 1: 'zero' with 0 shots is not computed"),
        ("[heads.zero-shot.options]", "[heads.zero-shot.option]", "heads.zero-shot: unknown key 'option'"),
        ('known = "nmnist"', "", "data: the key 'known' is missing"),
        ("[data]", "[data", "is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    """A recipe of one's own is a file like those that ship."""
    text = recipe_file("nmnist").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "own.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(OptionError, match=wanted):
        read_recipe(str(tmp_path / "own.toml"))


def recipe_file(name: str) -> Path:
    spec = find_spec("neuroclip")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    packed = package / "recipes" / f"{name}.toml"
    return packed if packed.exists() else package.parent / "recipes" / "published" / f"{name}.toml"


def test_classes_without_published_words_need_some(tmp_path: Path) -> None:
    """Asking for "class0" would be no measure of anything."""
    recipe, bare = read_recipe("es-imagenet"), neuroclip_prompts.load("es-imagenet-neuroclip")
    items = tuple(Item(f"{c}/a.npz", RecordingFile(tmp_path / "a.npz", c)) for c in ("class0", "class1"))
    dataset = Dataset("es", tmp_path, items, ("class0", "class1"), load_known("es-imagenet"))
    with pytest.raises(
        OptionError, match=r"ES-ImageNet has no published words .* none for 'class0': give --prompts"
    ):
        recipe.check_words(bare, dataset)
    worded = neuroclip_prompts.PromptSet("own", bare.templates, {"class0": "tench", "class1": "goldfish"})
    recipe.check_words(worded, dataset)
    read_recipe("nmnist").check_words(bare, Dataset("n", tmp_path, items, ("0",), load_known("nmnist")))


def test_the_documented_recipe_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"^```toml\n(.*?)^```", (DOCS / "recipes.md").read_text(encoding="utf-8"), re.M | re.S
    )
    (tmp_path / "own.toml").write_text(example, encoding="utf-8")
    recipe = read_recipe(str(tmp_path / "own.toml"))
    assert {plan["head"] for plan in recipe.planned.values()} == {"zero-shot", "lif-adapter"}
    assert recipe.rows[0].paper == 90.4


def test_the_results_name_every_recipe_with_its_numbers() -> None:
    text = (DOCS / "results.md").read_text(encoding="utf-8")
    for name, numbers in NUMBERS.items():
        (line,) = [
            line for line in text.splitlines() if line.startswith(f"| `{name}` | ") and "--recipe" in line
        ]
        assert all(f"{number:.2f}" in line or f"{number:.1f}" in line for number in numbers)
        assert f"neuroclip compare --recipe {name} " in line


def test_the_recipes_are_toml_without_places_of_one_machine() -> None:
    for name in names():
        text = recipe_file(name).read_text(encoding="utf-8")
        assert tomllib.loads(text)
        assert "/home" not in text
        assert "/root" not in text.replace("{root}", "")
