"""The folder of a fitted head: what is damaged, changed or missing in it is said, and shots are never measured on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from neuroclip import heads
from neuroclip.backbones import image_network, load_backbone
from neuroclip.datasets import Split, make_split, open_dataset
from neuroclip.heads import find

Run = Callable[..., Any]
NARROW = "timm:vgg11_bn@0.0625"


def answer(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def complaint(result: Any) -> str:
    assert result.exit_code == 1, result.stdout
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture(scope="module")
def once(run: Run, written_toys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `fitted` copies, and the bank that was filled with it."""
    folder = tmp_path_factory.mktemp("once")
    options = ["--shots", 2, "--test", "rest", "-o", "steps=1", "--bank", folder / "bank", "--json"]
    answer(run("fit", "prototype", written_toys, *options, "--out", folder / "fitted"))
    return folder


@pytest.fixture
def fitted(once: Path, toys: Path, tmp_path: Path) -> Path:
    """A prototype of 2 shots of each class, to be measured on the 6 recordings of Train that are left."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "fitted"


def asked(toys: Path) -> Path:
    return toys / "Test" / "apple" / "0.npz"


def edit(folder: Path, **provenance: Any) -> None:
    path = folder / "head.json"
    content = json.loads(path.read_text())
    content["provenance"] |= provenance
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[1", None])
def test_a_split_that_is_damaged_or_missing_is_named(
    run: Run, toys: Path, fitted: Path, text: str | None
) -> None:
    path = fitted / "split.json"
    path.unlink() if text is None else path.write_text(text)
    for more in ([], ["--skip-bad"]):
        assert f"{path}" in complaint(run("evaluate", fitted, toys, *more))


def test_another_split_than_that_of_the_fit_is_refused(run: Run, toys: Path, fitted: Path) -> None:
    make_split(open_dataset(toys), shots=2, seed=5, test="rest").write(fitted / "split.json")
    message = complaint(run("evaluate", fitted, toys))
    assert "split.json: is not the split that the head was fitted with" in message
    assert "--split-file" in message
    assert answer(run("evaluate", fitted, toys, "--split-file", fitted / "split.json", "--json"))["n"] == 6


@pytest.mark.parametrize("part", ["test", "train"])
def test_a_broken_file_of_the_split_is_left_out_and_no_other_part_measured_on(
    run: Run, toys: Path, fitted: Path, part: str
) -> None:
    split = Split.read(fitted / "split.json")
    (toys / getattr(split, part)[0]).write_bytes(b"no archive")
    result = run("evaluate", fitted, toys, "--skip-bad", "--size", "24x24", "--json")
    found = answer(result)
    assert (found["n"], found["seen"]) == (5 if part == "test" else 6, 0)
    assert "left out" in result.stderr


def test_another_set_is_measured_whole_but_for_what_was_learned_from(
    run: Run, toys: Path, fitted: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(toys / "Test", other)
    shot = Split.read(fitted / "split.json").train[0]
    shutil.copy(toys / shot, other / Path(shot).parent.name / "again.npz")
    result = run("evaluate", fitted, other, "--json")
    assert (answer(result)["n"], answer(result)["seen"]) == (6, 0)
    assert "left out: 1 of these 7 recordings, which were learned from" in result.stderr
    assert answer(run("evaluate", fitted, other, "--part", "all", "--json"))["seen"] == 1


def test_a_set_from_which_recordings_have_gone_is_no_other_set(run: Run, toys: Path, fitted: Path) -> None:
    gone = Split.read(fitted / "split.json").train[0]
    (toys / gone).unlink()
    assert f"the split names '{gone}', which is not in" in complaint(run("evaluate", fitted, toys))


@pytest.mark.parametrize(
    "how", [["--recover"], ["--format", "numpy"], ["--size", "24x24"], ["--size", "34x34"]]
)
def test_what_was_learned_from_is_known_however_it_is_read(
    run: Run, toys: Path, fitted: Path, how: list[str]
) -> None:
    assert answer(run("evaluate", fitted, toys, "--part", "all", *how, "--json"))["seen"] == 6


@pytest.mark.parametrize("provenance", [None, [], 3])
def test_a_provenance_that_is_no_table_is_damage(run: Run, toys: Path, fitted: Path, provenance: Any) -> None:
    content = json.loads((fitted / "head.json").read_text())
    (fitted / "head.json").write_text(json.dumps({**content, "provenance": provenance}))
    assert "damaged" in complaint(run("predict", fitted, asked(toys)))


@pytest.mark.parametrize(
    ("provenance", "said"),
    [
        ({"model": None}, "a text as provenance.model.name, and has nothing"),
        ({"model": {"name": "event-tiny", "digest": 3}}, "a text as provenance.model.digest, and has 3"),
        ({"model": []}, "a text as provenance.model.name, and has nothing"),
        ({"head": {}}, "a text as provenance.head.name, and has nothing"),
        ({"data": None}, "width and height, or null as provenance.data.size, and has nothing"),
        ({"data": {"size": [34]}}, "and has [34]"),
        ({"data": {"size": "34x34"}}, "and has '34x34'"),
    ],
)
def test_what_every_command_asks_of_a_provenance_is_said_where_it_is_missing(
    run: Run, toys: Path, fitted: Path, provenance: dict[str, Any], said: str
) -> None:
    edit(fitted, **provenance)
    for result in (run("predict", fitted, asked(toys)), run("evaluate", fitted, toys)):
        message = complaint(result)
        assert f"{fitted}: head.json should have" in message
        assert said in message


@pytest.mark.parametrize(
    "provenance", [{"seen": None}, {"seen": [1]}, {"split": {}}, {"fit_seconds": "long"}], ids=str
)
def test_evaluate_says_what_it_misses_and_predict_does_not_miss_it(
    run: Run, toys: Path, fitted: Path, provenance: dict[str, Any]
) -> None:
    edit(fitted, **provenance)
    assert f"provenance.{next(iter(provenance))}" in complaint(run("evaluate", fitted, toys))
    assert run("predict", fitted, asked(toys)).exit_code == 0


def test_a_head_without_provenance_loads_and_the_command_line_says_what_it_misses(
    run: Run, toys: Path, fitted: Path
) -> None:
    saved = heads.load(fitted)
    heads.save(fitted, saved.head, saved.state, saved.classes())
    assert heads.load(fitted).provenance == {}
    assert "provenance.head.name" in complaint(run("predict", fitted, asked(toys)))


def test_answers_that_are_no_numbers_are_refused(run: Run, toys: Path, fitted: Path) -> None:
    saved = heads.load(fitted)
    state = {name: torch.full_like(tensor, torch.nan) for name, tensor in saved.state.items()}
    heads.save(fitted, saved.head, state, saved.classes(), provenance=saved.provenance)
    for result in (
        run("predict", fitted, asked(toys)),
        run("predict", fitted, asked(toys), "--json"),
        run("evaluate", fitted, toys),
    ):
        assert "prototype gives scores that are no numbers" in complaint(result)


@pytest.mark.parametrize(
    "option",
    [("--shots", 1), ("--seed", 0), ("--validation", 0), ("--test", "rest"), ("--reserve", 2)],
    ids=str,
)
def test_a_fitted_head_takes_no_options_of_a_split(
    run: Run, toys: Path, fitted: Path, option: tuple[str, object]
) -> None:
    result = run("evaluate", fitted, toys, *option)
    assert result.exit_code == 2
    assert option[0] in result.stderr


def test_a_folder_called_like_an_installed_head_counts_where_it_holds_one(
    run: Run, toys: Path, fitted: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zero-shot").mkdir()
    result = run("evaluate", "zero-shot", toys, "-o", "steps=1", "--json")
    assert answer(result)["head"] == "zero-shot"
    assert result.stderr == ""
    shutil.copytree(fitted, "zero-shot", dirs_exist_ok=True)
    result = run("evaluate", "zero-shot", toys, "--json")
    assert answer(result)["head"] == "prototype"
    assert "zero-shot is taken for the fitted head in the folder" in result.stderr


@pytest.fixture(scope="module")
def probed(run: Run, written_toys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of an image network, and a head that reads recordings through them."""
    folder = tmp_path_factory.mktemp("probed")
    before = Path.cwd()
    os.chdir(folder)
    try:
        save_file(image_network(f"{NARROW}:random").state_dict(), "w.safetensors")
        options = ["-o", f"backbone={NARROW}:w.safetensors", "-o", "size=32", "-o", "strength=1.0"]
        options += ["--shots", 2, "--bank", folder / "bank", "--json"]
        made = answer(run("fit", "vgg-probe", written_toys, *options, "--out", folder / "fitted"))
    finally:
        os.chdir(before)
    assert made["model"] == f"{NARROW}:w.safetensors"
    return folder


def test_weights_of_a_backbone_are_found_from_every_folder_and_name_the_answer(
    run: Run, toys: Path, probed: Path
) -> None:
    name = f"{NARROW}:{probed / 'w.safetensors'}"
    head = heads.load(probed / "fitted")
    assert heads.describe(head.head)["backbone"] == name
    assert answer(run("predict", probed / "fitted", asked(toys), "--json"))["model"] == name
    found = answer(run("evaluate", probed / "fitted", toys, "--json"))
    assert (found["model"], found["n"]) == (name, 6)
    ((network, _),) = head.provenance["networks"]
    assert network == NARROW


@pytest.mark.parametrize("weights", ["others", None])
def test_a_head_whose_backbone_has_other_weights_or_none_is_refused(
    run: Run, toys: Path, probed: Path, tmp_path: Path, weights: str | None
) -> None:
    """Not answered with features that it has never learned from; another file with the same weights is as good."""
    file = tmp_path / "w.safetensors"
    shutil.copy(probed / "w.safetensors", file)
    saved = heads.load(probed / "fitted")
    moved = heads.restore("vgg-probe", heads.describe(saved.head) | {"backbone": f"{NARROW}:{file}"})
    heads.save(tmp_path / "moved", moved, saved.state, saved.classes(), provenance=saved.provenance)
    assert run("predict", tmp_path / "moved", asked(toys)).exit_code == 0
    if weights is None:
        file.unlink()
        said = [f"{tmp_path / 'moved'}: {NARROW}:{file}: there is no file {file}"]
    else:
        save_file(image_network(f"{NARROW}:random", seed=1).state_dict(), file)
        digests = [
            load_backbone(f"{NARROW}:{path}").weights_digest[:8] for path in (probed / file.name, file)
        ]
        said = [f"{NARROW} (weights {digests[0]}), but {NARROW}:{file} has the weights {digests[1]}"]
    shutil.copy(probed / "fitted" / "split.json", tmp_path / "moved")
    for result in (
        run("predict", tmp_path / "moved", asked(toys)),
        run("evaluate", tmp_path / "moved", toys),
    ):
        message = complaint(result)
        assert all(part in message for part in said), message


def test_a_head_that_does_not_say_what_its_backbone_was_is_refused(
    run: Run, toys: Path, probed: Path, tmp_path: Path
) -> None:
    shutil.copytree(probed / "fitted", tmp_path / "fitted")
    edit(tmp_path / "fitted", networks=[])
    message = complaint(run("predict", tmp_path / "fitted", asked(toys)))
    assert "a name and a digest for each of its networks (1) as provenance.networks, and has []" in message


def test_a_head_with_a_network_of_its_own_is_named_by_that(run: Run, toys: Path, tmp_path: Path) -> None:
    options = ["architecture=vgg11_bn", "width=0.0625", "size=32", "hidden=4", "epochs=1"]
    chosen = [part for option in options for part in ("-o", option)]
    result = run("evaluate", "vgg-scratch", toys, "--shots", 1, *chosen, "--json")
    assert answer(result)["model"] == "vgg-scratch"
    assert heads.answering_network(find("tsn")(), "event-tiny", "tsn") == "timm:resnet18"
    assert heads.answering_network(find("prototype")(), "event-tiny", "prototype") == "event-tiny"
