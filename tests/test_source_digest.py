"""What was computed by code of others is computed again when that code has changed."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from neuroclip import formats, source_digest
from neuroclip.bank import Bank, DiskBank
from neuroclip.formats import RecordingFile
from neuroclip.recording import Recording
from neuroclip.representations import ClipTimesteps, Joint, TernaryFrames

SUM = """
from dataclasses import dataclass
import torch
from neuroclip.representations import Representation

@dataclass(frozen=True)
class Sum(Representation):
    def compute(self, recording, backbones):
        return torch.tensor(float(len(recording)) + MORE)
"""


def without_backbones(name: str) -> None:
    raise AssertionError(name)


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`write_module(name, text)` writes a module, and imports it as a process that begins would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(name: str, text: str) -> ModuleType:
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        source_digest.digest_of_package.cache_clear()
        return __import__(name)

    return write


@pytest.mark.parametrize("joint", [False, True])
def test_a_strangers_representation_is_computed_again_after_an_edit(
    joint: bool, write_module, tmp_path: Path, make_recording
) -> None:
    recording: Recording = make_recording(events=5)

    def computed(more: int) -> float:
        own = write_module("their_sums", f"{SUM}\nMORE = {more}\n").Sum()
        bank, asked = DiskBank(tmp_path / "bank"), Joint(sums=own) if joint else own
        found = bank.get(asked, [recording], without_backbones)
        return float(found["sums"] if joint else found)

    assert computed(0) == 5
    assert computed(7) == 12
    assert computed(0) == 5
    assert len(DiskBank(tmp_path / "bank").shelves()) == 2  # the first was found again


def test_a_class_typed_into_a_notebook_goes_by_its_functions(
    monkeypatch: pytest.MonkeyPatch, make_recording
) -> None:
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    bank = Bank()

    def computed(more: int) -> float:
        cell = {"__name__": "__main__"}
        exec(SUM.replace("MORE", str(more)), cell)
        return float(bank.get(cell["Sum"](), [make_recording(events=5)], without_backbones))  # type: ignore[operator]

    assert [computed(0), computed(7), computed(0)] == [5, 12, 5]


def test_what_a_class_in_a_notebook_uses_beside_it_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    text = "POWER = {}\ndef helped(n):\n    return n {} 2\n" + SUM.replace("MORE", "helped(POWER)").replace(
        "class Sum(Representation):", "class Sum(Representation):\n    scale = {}\n    words = {{'a', 'b'}}"
    )

    def code(*values: object) -> dict[str, str]:
        cell = {"__name__": "__main__"}
        exec(text.format(*values), cell)
        return cell["Sum"]().code()  # type: ignore[operator]

    first = code(1, "+", 1)
    assert code(1, "+", 1) == first
    assert all(code(*other) != first for other in [(2, "+", 1), (1, "*", 1), (1, "+", 2)])


def test_ours_go_by_the_number_that_the_bank_has_for_them() -> None:
    assert ClipTimesteps().code() == Joint(a=TernaryFrames(), b=ClipTimesteps()).code() == {}


def test_a_file_is_another_one_to_a_format_that_was_edited(
    write_module, tmp_path: Path, make_recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    formats.write(make_recording(events=5), path)
    ours = RecordingFile(path).digest
    text = "from neuroclip.formats.numpy import Numpy\nclass Theirs(Numpy):\n    name = 'theirs'\n    shift = {}\n"

    def digest(shift: int) -> str:
        theirs = write_module("their_format", text.format(shift)).Theirs()
        monkeypatch.setattr(formats.files, "format_of", lambda *_: theirs)
        return RecordingFile(path).digest

    assert digest(0) == digest(0) != digest(1)
    assert digest(0) != ours
