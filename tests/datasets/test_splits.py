"""Shots, validation and test: nested, disjoint, repeatable, and kept in a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroclip.datasets import Dataset, Item, Split, make_split, open_dataset
from neuroclip.errors import DatasetError, OptionError
from neuroclip.formats import RecordingFile

Put = Callable[..., Path]


def made(train: int = 20, test: int = 0, validation: int = 0, classes: str = "ab") -> Dataset:
    """A set of files that need not exist."""
    items = [
        Item(f"{part}/{c}/{i}.bin", RecordingFile(Path(f"{part}/{c}/{i}.bin"), c), part)  # type: ignore[arg-type]
        for part, number in (("train", train), ("test", test), ("validation", validation))
        for c in classes
        for i in range(number)
    ]
    return Dataset("made", Path("made"), tuple(items), tuple(classes))


def per_class(split: Split, part: str) -> dict[str, int]:
    return dict(Counter(split.labels[name] for name in getattr(split, part)))


@given(st.integers(0, 3), st.integers(1, 8), st.integers(0, 8), st.floats(0, 0.3))
def test_splits_are_nested_disjoint_and_measured_alike(
    seed: int, shots: int, more: int, share: float
) -> None:
    dataset = made(30, 5)
    few, many = (
        make_split(dataset, shots=n, seed=seed, validation=share, reserve=16, test="pooled")
        for n in (shots, shots + more)
    )
    assert set(few.train) <= set(many.train)
    assert (few.validation, few.test) == (many.validation, many.test)
    for split in (few, many):
        parts = [set(split.train), set(split.validation), set(split.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == len(split.labels)
        assert {split.labels[name] for name in split.train} == {"a", "b"}
    assert per_class(few, "train") == {"a": shots, "b": shots}


def test_a_share_for_the_test_is_drawn_anew_for_each_seed() -> None:
    """Of 30, 0.15 are 4.5, so 5 of each class; what is measured is the same for every number of shots."""
    dataset = made(30)
    whole, other = (make_split(dataset, shots=None, seed=seed, test=0.15) for seed in (0, 1))
    assert per_class(whole, "test") == {"a": 5, "b": 5}
    assert per_class(whole, "train") == {"a": 25, "b": 25}
    assert set(whole.test) != set(other.test)
    few = make_split(dataset, shots=2, seed=0, test=0.15, validation=0.1)
    assert few.test == whole.test
    assert set(few.train) | set(few.validation) <= set(whole.train)
    for wrong in (0.0, 1.0, -0.5):
        with pytest.raises(OptionError, match="it must be between 0 and 1"):
            make_split(dataset, shots=1, seed=0, test=wrong)
    with pytest.raises(OptionError, match="the set without a test part"):
        make_split(made(30, 5), shots=1, seed=0, test=0.15)
    with pytest.raises(DatasetError, match="'a' has 0 recordings to draw from"):
        make_split(made(1), shots=1, seed=0, test=0.15)


def test_shares_and_rests_are_counted_by_hand() -> None:
    """Of 20: 4 shots, a validation share of 0.12 (2.4, so 3), a rest of 13; with 10 reserved, of 7; the test has 5."""
    dataset = made(20, 5)
    split = make_split(dataset, shots=4, seed=0, validation=0.12)
    assert [len(p) for p in (split.train, split.validation, split.test)] == [8, 6, 10]
    assert len(make_split(dataset, shots=4, seed=0, validation=0.12, test="rest").test) == 2 * 13
    assert len(make_split(dataset, shots=4, seed=0, validation=0.12, reserve=10, test="rest").test) == 2 * 7
    assert (
        len(make_split(dataset, shots=4, seed=0, validation=0.12, reserve=10, test="pooled").test) == 2 * 12
    )
    assert len(make_split(made(20), shots=4, seed=0).test) == 2 * 16
    everything = make_split(dataset, shots=None, seed=0, validation=0.12)
    assert [len(p) for p in (everything.train, everything.validation)] == [34, 6]
    assert make_split(dataset, shots=0, seed=0).train == ()
    assert make_split(made(4), shots=4, seed=0).test == ()


def test_a_share_of_a_tenth_of_thirty_is_three() -> None:
    """0.1 x 30 is 3.0000000000000004 for a computer."""
    assert len(make_split(made(30), shots=1, seed=0, validation=0.1).validation) == 2 * 3


def test_the_draw_depends_on_seed_label_and_names_only() -> None:
    dataset = made(20, classes="abc")
    split = make_split(dataset, shots=5, seed=1)
    turned = replace(dataset, items=dataset.items[::-1], root=Path("elsewhere"))
    assert set(make_split(turned, shots=5, seed=1).train) == set(split.train)
    assert make_split(dataset, shots=5, seed=2).train != split.train
    alone = replace(dataset, items=tuple(i for i in dataset.items if i.label != "c"), classes=("a", "b"))
    assert make_split(alone, shots=5, seed=1).train == split.train[:10]


def test_the_draw_is_the_same_on_every_machine_and_version() -> None:
    """Recorded once: published split digests must never change."""
    split = make_split(made(5), shots=2, seed=0)
    assert split.train == ("train/a/4.bin", "train/a/0.bin", "train/b/2.bin", "train/b/1.bin")
    assert split.digest == "777982c9a7e9450eb6f5c9daf42fd666"


def test_a_validation_part_of_the_set_is_taken_whole_when_asked_for() -> None:
    dataset = made(10, 5, 3)
    assert make_split(dataset, shots=2, seed=0).validation == ()
    split = make_split(dataset, shots=10, seed=0, validation=0.1)
    assert per_class(split, "validation") == {"a": 3, "b": 3}
    assert all(name.startswith("validation/") for name in split.validation)


def test_too_few_recordings_are_said_with_the_class() -> None:
    items = tuple(i for i in made(20).items if i.label == "a" or i.name < "train/b/13")
    dataset = replace(made(20), items=items)  # b has 0, 1, 10, 11 and 12
    with pytest.raises(DatasetError, match="class 'b' has 5 recordings to draw from, but needs 6: 6 shots"):
        make_split(dataset, shots=6, seed=0)
    with pytest.raises(DatasetError, match="needs 7: 1 shots, 4 more kept for shots, 2 for validation"):
        make_split(dataset, shots=1, seed=0, validation=0.3, reserve=5, test="rest")
    with pytest.raises(DatasetError, match=r"'b' has no recording left to measure on \(rest, after 5 shots"):
        make_split(dataset, shots=5, seed=0, test="rest")
    with pytest.raises(DatasetError, match=r"'a' has no recording left to measure on \(test"):
        make_split(dataset, shots=5, seed=0, test="test")
    with pytest.raises(
        DatasetError, match="'a' has 0 recordings to draw from, but needs 1: at least one shot"
    ):
        make_split(made(0, 5), shots=None, seed=0)
    assert len(make_split(made(0, 5), shots=0, seed=0).test) == 10


def test_arguments_out_of_range_are_refused() -> None:
    for wrong in ({"shots": -1}, {"shots": 1, "validation": 1.0}, {"shots": 4, "reserve": 2}):
        with pytest.raises(OptionError):
            make_split(made(), seed=0, **wrong)  # type: ignore[arg-type]


def test_a_split_comes_back_from_its_file(tmp_path: Path) -> None:
    split = make_split(made(20, 5), shots=3, seed=7, validation=0.2)
    split.write(tmp_path / "s.json")
    again = Split.read(tmp_path / "s.json")
    assert again == split
    assert again.digest == split.digest
    assert json.loads((tmp_path / "s.json").read_text())["train"]["a"] == list(split.train[:3])
    everything = make_split(made(20, 5), shots=None, seed=7)
    everything.write(tmp_path / "s.json")
    assert Split.read(tmp_path / "s.json") == everything


def test_the_digest_is_of_what_is_in_the_parts() -> None:
    split = make_split(made(20, 5), shots=3, seed=7)
    name = split.train[0]
    assert replace(split, seed=8, train=split.train[::-1]).digest == split.digest
    assert replace(split, train=split.train[1:]).digest != split.digest
    assert replace(split, train=split.train[1:], test=(*split.test, name)).digest != split.digest
    assert replace(split, labels={**split.labels, name: "b"}).digest != split.digest


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            {"sead": 1},
            "unknown key 'sead'; the keys are seed, shots, classes, train, validation, test, digest",
        ),
        ({"seed": "0"}, "seed is '0'"),
        ({"shots": 1.5}, "shots is 1.5"),
        ({"classes": "ab"}, "classes is 'ab'; expected a list"),
        ({"train": ["x"]}, "train is no table"),
        ({"train": {"a": [1]}}, "train is no table"),
        ({"train": {"c": ["x"]}}, "train has the label 'c', which is none of the classes"),
        ({"train": {"a": ["x"]}, "test": {"a": ["x"]}}, "'x' is in train and in test"),
        ({"train": {"a": ["x"]}}, "it was changed; remove the digest"),
    ],
)
def test_what_is_wrong_with_a_split_file_is_named(
    tmp_path: Path, change: dict[str, object], wanted: str
) -> None:
    file = tmp_path / "s.json"
    make_split(made(), shots=1, seed=0).write(file)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DatasetError, match=wanted) as caught:
        Split.read(file)
    assert str(caught.value).startswith(str(file))


def test_a_split_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("[1")
    with pytest.raises(DatasetError, match="is no JSON"):
        Split.read(tmp_path / "s.json")
    (tmp_path / "s.json").write_text("[1]")
    with pytest.raises(DatasetError, match="expected an object"):
        Split.read(tmp_path / "s.json")
    with pytest.raises(DatasetError, match="No such file"):
        Split.read(tmp_path / "no.json")
    (tmp_path / "s.json").write_text("{}")
    with pytest.raises(DatasetError, match="key 'seed' is missing"):
        Split.read(tmp_path / "s.json")


def test_a_split_is_checked_against_its_set(put: Put, numbered: Callable[..., list[str]]) -> None:
    dataset = open_dataset(put(*numbered("ab", 5)))
    split = make_split(dataset, shots=2, seed=0)
    split.check(dataset)
    first = split.train[0]
    with pytest.raises(DatasetError, match="is in train and in test"):
        replace(split, test=(*split.test, first)).check(dataset)
    with pytest.raises(DatasetError, match=r"is of the class 'b', but in .* it is of 'a'"):
        replace(split, labels={**split.labels, first: "b"}).check(dataset)
    with pytest.raises(DatasetError, match=f"names '{first}', which is not in"):
        split.check(replace(dataset, items=tuple(i for i in dataset.items if i.name != first)))


def test_a_copy_of_a_shot_in_the_test_is_found_by_its_bytes(
    put: Put, numbered: Callable[..., list[str]]
) -> None:
    root = put(*numbered("ab", 2, "Train/"), *numbered("ab", 2, "Test/"))
    dataset = open_dataset(root)
    split = make_split(dataset, shots=2, seed=0)
    split.check(dataset)
    (root / split.test[0]).write_bytes((root / split.train[0]).read_bytes())
    with pytest.raises(DatasetError, match="both are the same recording"):
        split.check(open_dataset(root))
    (root / split.test[0]).with_suffix(".mp4").write_bytes(b"a video of its own")
    with pytest.raises(DatasetError, match="both are the same recording"):
        split.check(open_dataset(root))


def test_a_copy_of_a_shot_is_found_however_it_is_read(put: Put, numbered: Callable[..., list[str]]) -> None:
    root = put(*numbered("ab", 2, "Train/"), *numbered("ab", 2, "Test/"))
    split = make_split(open_dataset(root), shots=2, seed=0)
    (root / split.test[0]).write_bytes((root / split.train[0]).read_bytes())
    dataset = open_dataset(root)
    items = tuple(
        replace(i, file=replace(i.file, recover=True, size=(34, 34))) if i.name == split.test[0] else i
        for i in dataset.items
    )
    with pytest.raises(DatasetError, match="both are the same recording"):
        split.check(replace(dataset, items=items))


def test_a_split_without_some_recordings_is_the_rest_of_it(
    put: Put, numbered: Callable[..., list[str]]
) -> None:
    dataset = open_dataset(put(*numbered("ab", 5)))
    split = make_split(dataset, shots=2, seed=0)
    gone = {split.train[0], split.test[0]}
    less = split.without(gone)
    assert (less.train, less.test) == (split.train[1:], split.test[1:])
    assert less.labels.keys() == split.labels.keys() - gone
    less.check(replace(dataset, items=tuple(i for i in dataset.items if i.name not in gone)))
    assert split.without(()).digest == split.digest


def test_a_split_is_written_whole_or_not_at_all(
    put: Put, numbered: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = make_split(open_dataset(put(*numbered("ab", 3))), shots=1, seed=0)
    (tmp_path / "s.json").write_text("the old one")

    def interrupted(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", interrupted)
        with pytest.raises(DatasetError, match=r"s\.json: cannot be written: No space left on device"):
            split.write(tmp_path / "s.json")
    assert (tmp_path / "s.json").read_text() == "the old one"
    split.write(tmp_path / "s.json")
    assert Split.read(tmp_path / "s.json").digest == split.digest


@pytest.mark.real
def test_real_shots_are_from_the_training_half_and_the_test_is_what_is_left(real_data: Path) -> None:
    dataset = open_dataset(real_data / "nmnist")
    split = make_split(dataset, shots=4, seed=0, reserve=16, test="pooled")
    assert all(name.startswith("Train/") for name in split.train)
    assert len(split.test) == 48 + 300 - 160
    split.check(dataset)
