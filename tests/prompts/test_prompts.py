from __future__ import annotations

from pathlib import Path

import neuroclip_prompts
import pytest
from neuroclip_prompts import PromptSet, PromptSetError, registry

OURS = {
    *(
        "default",
        "nmnist",
        "nmnist-neuroclip",
        "cifar10-dvs",
        "es-imagenet",
        "eventclip",
        "eventbind",
        "n-cars",
    ),
    *("n-caltech101", "dvs128-gesture", "ucf101", "hmdb51", "clip"),
    *("cifar10-dvs-neuroclip", "es-imagenet-neuroclip"),
}


def test_ours_are_installed_and_can_be_loaded() -> None:
    assert set(neuroclip_prompts.names()) >= OURS
    for name in OURS:
        prompts = neuroclip_prompts.load(name)
        assert prompts.name == name
        assert prompts.source, name
        assert prompts.description, name
        assert all("{}" in template for template in prompts.templates)
        assert len(set(prompts.classes.values())) == len(prompts.classes) != 1, name


def test_nmnist_names_ten_digits() -> None:
    prompts = neuroclip_prompts.load("nmnist")
    assert list(prompts.classes) == [str(i) for i in range(10)]
    assert prompts.texts("7")[0] == "the digit seven"


def test_the_published_templates_are_as_published() -> None:
    """Protocols of NeuroCLIP and EventCLIP, word by word."""
    assert neuroclip_prompts.load("nmnist-neuroclip").texts("3") == (
        'A black and white photo of the Arabic numeral number: "three".',
    )
    assert neuroclip_prompts.load("cifar10-dvs-neuroclip").texts("cat") == (
        "A low quality stick figure of the object cat.",
    )
    assert neuroclip_prompts.load("es-imagenet-neuroclip").texts("cat") == (
        "A low quality point cloud image of cat.",
    )
    assert neuroclip_prompts.load("eventclip").texts("sea_horse") == ("a point cloud image of a sea horse",)
    assert neuroclip_prompts.load("n-caltech101").word("Faces_easy") == "face"


@pytest.mark.parametrize("name", ["cifar10-dvs", "es-imagenet"])
def test_a_set_to_ensemble_begins_with_the_published_template(name: str) -> None:
    several, published = neuroclip_prompts.load(name), neuroclip_prompts.load(f"{name}-neuroclip")
    assert several.templates[:1] == published.templates
    assert len(set(several.templates)) == len(several.templates) > 3
    assert several.classes == published.classes


def test_a_file_is_a_set(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('templates = ["it is {}"]\n[classes]\n"a" = "an A"\n', encoding="utf-8")
    for path in (file, str(file)):
        assert neuroclip_prompts.load(path) == PromptSet("mine", ("it is {}",), {"a": "an A"})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("templates = []", "no templates"),
        ("", "no templates"),
        ('templates = ["x"]', "no {} for the class in the template 'x'"),
        ('template = ["{}"]', "unknown key 'template'; the keys are description, source, templates, classes"),
        ('templates = "{}"', "expected a list of texts"),
        ('templates = ["{}"]\nclasses = ["a"]', "no table of texts"),
        ('templates = ["{}"]\n[classes]\na = 1', "no table of texts"),
        ('templates = ["{}"]\nsource = 1', "expected a text"),
        ("templates = [", "no TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence_with_its_name(
    tmp_path: Path, text: str, wanted: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PromptSetError) as caught:
        neuroclip_prompts.load(file)
    assert wanted in str(caught.value)
    assert "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_sets_and_files_are_said() -> None:
    with pytest.raises(PromptSetError, match=r"no prompt set named 'x'; installed: .*default"):
        neuroclip_prompts.load("x")
    with pytest.raises(PromptSetError, match=r"missing.toml: No such file"):
        neuroclip_prompts.load("missing.toml")


def install(folder: Path, package: str, value: str, files: dict[str, str]) -> None:
    """Put a package with prompt sets on disk, as an installer would."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[neuroclip.prompts]\nx = {value}\n")
    if files:
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("raise SystemExit('imported')")
    for name, text in files.items():
        (folder / package / name).write_text(text)


def test_a_strangers_sets_are_found_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        tmp_path,
        "birds",
        "birds",
        {"song.toml": 'templates = ["a singing {}"]', "nmnist.toml": "templates = ["},
    )
    install(tmp_path, "bees", "bees.sets", {})
    install(tmp_path, "wasps", "wasps", {"default.toml": 'templates = ["{}"]'})
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._entry_points.cache_clear()
    rows = {(row.name, row.package): row for row in neuroclip_prompts.installed()}
    assert rows["song", "birds"].status == "ok"
    assert rows["nmnist", "birds"].status == "broken"
    assert rows["x", "bees"].status == "broken"
    assert rows["default", "wasps"].status == "clash"
    assert "neuroclip" in rows["default", "wasps"].reason
    assert neuroclip_prompts.load("song").texts("bird") == ("a singing bird",)
    with pytest.raises(PromptSetError, match=r"'default'.*also offered by"):
        neuroclip_prompts.load("default")
