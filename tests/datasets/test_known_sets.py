"""What is known about public data sets, and when a folder is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import neuroclip_prompts
import pytest

from neuroclip.datasets import known_sets, load_known, open_dataset
from neuroclip.datasets.known_set import read_known
from neuroclip.errors import DatasetError

Put = Callable[..., Path]
DIGITS = "0123456789"


def test_the_sets_of_the_papers_are_known() -> None:
    """Sizes and numbers of classes are those that the sets' papers give."""
    facts = {n: (load_known(n).size, len(load_known(n).words), load_known(n).min_count) for n in known_sets()}
    assert facts == {
        "nmnist": ((34, 34), 10, 1),
        "cifar10-dvs": ((128, 128), 10, 2),
        "es-imagenet": ((256, 256), 0, 1),
        "n-caltech101": ((240, 180), 101, 1),
        "n-cars": ((120, 100), 2, 1),
        "dvs128-gesture": ((128, 128), 11, 1),
        "ucf101": (None, 101, 1),
        "hmdb51": (None, 51, 1),
    }
    assert {n for n in known_sets() if not load_known(n).flip} == {"nmnist", "dvs128-gesture"}


@pytest.mark.parametrize("name", known_sets())
def test_each_names_an_installed_prompt_set_that_has_its_words(name: str) -> None:
    known = load_known(name)
    assert known.name == name
    assert all((known.title, known.source, known.licence, known.url, known.official))
    assert dict(neuroclip_prompts.load(known.prompts).classes) == dict(known.words)


def test_an_unknown_set_is_said_with_those_there_are(put: Put) -> None:
    with pytest.raises(
        DatasetError, match=r"no known data set named 'mnist'; known are cifar10-dvs, .*ucf101"
    ):
        open_dataset(put("a/1.bin", "b/1.bin"), known="mnist")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("widht = 3", r"unknown key 'widht'; the keys are title, source"),
        ("width = '3'", "width is '3'; expected int"),
        ("flip = 1", "flip is 1; expected bool"),
        ("words = ['a']", r"words is \['a'\]"),
        ("width = ", "is no TOML"),
        ("", "the key 'title' is missing"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, line: str, wanted: str) -> None:
    file = tmp_path / "x.toml"
    file.write_text(line + "\n")
    with pytest.raises(DatasetError, match=wanted):
        read_known(file)


def test_nmnist_is_recognised_only_beyond_doubt(put: Put, tmp_path: Path) -> None:
    """Ten digits, five figures and 34x34: all of it, or nothing is assumed."""
    names = [f"Train/{d}/0000{i}.bin" for d in DIGITS for i in (1, 2)]
    dataset = open_dataset(put(*names, to=tmp_path / "yes"))
    assert dataset.known == load_known("nmnist")
    assert dataset.name == "nmnist"
    assert {item.file.size for item in dataset.items} == {(34, 34)}
    assert open_dataset(tmp_path / "yes", known="none").known is None
    assert {i.file.size for i in open_dataset(tmp_path / "yes", size=(40, 40)).items} == {(40, 40)}

    assert open_dataset(put(*names[2:], to=tmp_path / "nine")).known is None
    assert open_dataset(put(*names, "Train/3/x.bin", to=tmp_path / "other name")).known is None
    assert open_dataset(put(*names, largest=34, to=tmp_path / "too large")).known is None


def test_a_known_set_orders_its_classes_and_names_a_label_that_is_not_its_own(
    put: Put, tmp_path: Path
) -> None:
    root = put("truck/1.bin", "cat/1.bin", "airplane/1.bin")
    dataset = open_dataset(root, known="cifar10-dvs")
    assert dataset.classes == ("airplane", "cat", "truck")
    words = open_dataset(put("two/1.bin", "zero/1.bin", "one/1.bin", to=tmp_path / "words"), known="nmnist")
    assert words.classes == ("zero", "one", "two")
    with pytest.raises(DatasetError, match="the label 'airplane' is none of N-MNIST, whose labels are 0, 1,"):
        open_dataset(root, known="nmnist")


def test_the_official_rule_parts_a_folder_without_halves(
    put: Put, numbered: Callable[..., list[str]]
) -> None:
    """CIFAR10-DVS: the first 90 % in the order of files; of 11 files, 10 are for training (9.9 rounded up)."""
    dataset = open_dataset(put(*numbered(["cat", "dog"], 11)), known="cifar10-dvs")
    assert [i.name for i in dataset.part("test")] == ["cat/010.bin", "dog/010.bin"]
    assert len(dataset.part("train")) == 20
