"""The bank on disk keeps what the bank in memory keeps, and finds out what is no longer what was written."""

import errno
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from neuroclip.bank import Bank, DiskBank, default_folder, entries, shelf
from neuroclip.errors import BankError
from neuroclip.recording import Recording
from neuroclip.representations import EventCounts, Joint, Representation

DTYPES = ["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool"]


@dataclass(frozen=True)
class Kept(Representation):
    """A tensor that differs between recordings, of any type and shape; notes what it computes."""

    padding: ClassVar[int | None] = 0
    computed: ClassVar[list] = []

    dtype: str = "float32"
    shape: tuple[int, ...] = (3, 4)
    mapping: bool = False
    backbone: str | None = "m"

    def compute(self, recording, backbones):
        self.computed.append(len(recording))
        values = torch.randint(-9, 9, self.shape, generator=torch.Generator().manual_seed(len(recording)))
        tensor = values.to(getattr(torch, self.dtype))
        if len(self.shape) == 2:
            tensor = tensor.T.contiguous().T  # other strides, the same values
        return {"a": tensor, "b": torch.tensor([True]), "c": tensor.double()} if self.mapping else tensor

    def stack(self, computed):
        if self.mapping:
            return {name: super(Kept, self).stack([x[name] for x in computed]) for name in computed[0]}
        return super().stack(computed)


@dataclass(frozen=True)
class Ragged(Kept):
    """As many timesteps as the recording has events."""

    def compute(self, recording, backbones):
        return torch.arange(2 * len(recording), dtype=torch.int16).reshape(-1, 2)


class Weights:
    def __init__(self, digest="weights"):
        self.digest = digest


def model(name):
    return Weights()


@pytest.fixture(autouse=True)
def nothing_computed():
    Kept.computed.clear()


@pytest.fixture
def recordings(make_recording):
    return [make_recording(n) for n in range(1, 7)]


def computed():
    """Return what was computed since the last call."""
    done = sorted(Kept.computed)
    Kept.computed.clear()
    return done


def only(pattern, folder):
    (path,) = folder.glob(pattern)
    return path


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 4), (), (5,), (0, 2), (2, 0, 3)], ids=str)
def test_disk_and_memory_give_the_same_whatever_the_type_and_shape(tmp_path, recordings, dtype, shape):
    kept = Kept(dtype, shape)
    expected = Bank().get(kept, recordings, model)
    for _ in range(2):
        x = DiskBank(tmp_path).get(kept, recordings, model)
        assert x.dtype == expected.dtype
        assert torch.equal(x, expected)
    assert len(Kept.computed) == 12  # six for each bank, and none when it was opened again


def test_a_mapping_of_tensors_is_kept_as_one(tmp_path, recordings):
    kept = Kept("bfloat16", (3,), mapping=True)
    expected = Bank().get(kept, recordings, model)
    for _ in range(2):
        x = DiskBank(tmp_path).get(kept, recordings, model)
        assert list(x) == ["a", "b", "c"]
        assert all(
            torch.equal(x[name], expected[name]) and x[name].dtype == expected[name].dtype for name in x
        )
    assert len(Kept.computed) == 12


def test_what_is_no_tensor_is_the_authors_mistake_and_nothing_is_left(tmp_path, make_recording):
    class Text(Kept):
        def compute(self, recording, backbones):
            return "no tensor" if len(recording) == 2 else torch.ones(1)

    with pytest.raises(TypeError, match="not str"):
        DiskBank(tmp_path).fill(Text(), [make_recording(n) for n in (1, 2)], model)
    assert all(path.stat().st_size == 0 for path in tmp_path.glob("*/*.*l*"))


def test_other_weights_and_options_are_kept_apart(tmp_path, recordings):
    for kept, digest in ((Kept(), "one"), (Kept(), "two"), (Kept("int8"), "one"), (Kept(), "one")):
        DiskBank(tmp_path).fill(kept, recordings[:1], lambda name, digest=digest: Weights(digest))
    assert len(Kept.computed) == 3
    shelves = DiskBank(tmp_path).shelves()
    assert [len(shelf) for shelf in shelves] == [1, 1, 1]
    assert sorted(shelf.about["weights"]["m"] for shelf in shelves) == ["one", "one", "two"]


@pytest.mark.parametrize("kept", [Kept("bfloat16"), Kept("bool"), Ragged()], ids=repr)
def test_a_large_stack_is_a_mapped_file_that_leaves_nothing_behind(tmp_path, recordings, monkeypatch, kept):
    monkeypatch.setattr(shelf, "_IN_MEMORY", 0)
    wanted = [*recordings, recordings[2]]
    expected = Bank().get(kept, wanted, model)
    bank = DiskBank(tmp_path)
    x = bank.get(kept, wanted, model)
    files = sorted(path.suffix for path in tmp_path.rglob("*.*"))
    assert torch.equal(x, expected)
    assert files == [".data", ".json", ".jsonl"]
    x.zero_()  # changing what came out does not change the bank
    assert torch.equal(bank.get(kept, wanted, model), expected)


def test_every_cut_of_the_index_or_the_data_serves_whole_entries_only(tmp_path, recordings):
    """Whatever a crash leaves of the files: what is served is right, and only what is missing is computed."""
    kept = Kept(shape=(2,))
    expected = DiskBank(tmp_path).get(kept, recordings, model)
    computed()
    index, data = only("*/*.jsonl", tmp_path), only("*/*.data", tmp_path)
    lines, raw = index.read_bytes(), data.read_bytes()

    def reopened():
        x = DiskBank(tmp_path).get(kept, recordings, model)
        for path in index.parent.glob("*l"):
            if path != index:  # what was computed again
                path.with_suffix(".data").unlink()
                path.unlink()
        return x

    for cut in range(0, len(lines), 7):
        index.write_bytes(lines[:cut])
        assert torch.equal(reopened(), expected)
        assert len(computed()) == 6 - lines[:cut].count(b"\n")
    index.write_bytes(lines)
    for cut in range(len(raw)):
        data.write_bytes(raw[:cut])
        assert torch.equal(reopened(), expected)
        assert len(computed()) == 6 - cut // 8


@pytest.mark.parametrize(
    "line",
    [
        b"\0" * 40,
        b"{}",
        b"[1]",
        b"7",
        b'{"drop": 3}',
        b'{"drop": ["a"]}',
        b"\xff{",
        b'{"digest": 1}',
        b'{"digest": 1, "tensors": [], "offset": 1e999, "size": 0, "crc32": 0}',
    ],
)
def test_a_line_that_is_none_is_passed_over(tmp_path, recordings, line):
    DiskBank(tmp_path).fill(Kept(), recordings, model)
    index = only("*/*.jsonl", tmp_path)
    first, rest = index.read_bytes().split(b"\n", 1)
    strange = json.loads(first) | {"tensors": [[None, "system", [3, 4]]]}
    too_long = json.loads(first) | {"tensors": [[None, "float32", [3, 5]]]}
    negative = json.loads(first) | {"tensors": [[None, "float32", [-3, -4]]]}
    nameless = json.loads(first) | {"tensors": [[["a"], "float32", [3, 4]]]}
    others = [json.dumps(other).encode() for other in (strange, too_long, negative, nameless)]
    index.write_bytes(b"\n".join([first, line, *others, rest]))
    assert len(DiskBank(tmp_path).shelves()[0]) == 6
    assert DiskBank(tmp_path).shelves()[0].damaged() == {}


def test_damage_is_found_named_and_never_served(tmp_path, recordings):
    expected = DiskBank(tmp_path).get(Kept(), recordings, model)
    computed()
    data = only("*/*.data", tmp_path)
    raw = bytearray(data.read_bytes())
    raw[3 * 48 + 5] ^= 1
    data.write_bytes(raw)
    (damaged,) = DiskBank(tmp_path).shelves()
    assert [entry.offset for entry in damaged.damaged().values()] == [144]
    assert list(damaged.damaged()) == [recordings[3].digest]
    assert torch.equal(DiskBank(tmp_path).get(Kept(), recordings, model), expected)
    assert computed() == [4]
    # It was dropped and computed again: nothing is damaged any more, whoever looks.
    assert DiskBank(tmp_path).shelves()[0].damaged() == {}
    assert torch.equal(DiskBank(tmp_path).get(Kept(), recordings, model), expected)
    assert computed() == []


def swapped(lines):
    one, two = lines[0]["digest"], lines[1]["digest"]
    return [lines[0] | {"digest": two}, lines[1] | {"digest": one}, *lines[2:]]


@pytest.mark.parametrize(
    ("damage", "number"),
    [
        (lambda lines: [lines[0] | {"tensors": [[None, "int32", [3, 4]]]}, *lines[1:]], 1),
        (lambda lines: [lines[0] | {"tensors": [[None, "float32", [4, 3]]]}, *lines[1:]], 1),
        (lambda lines: [lines[0] | {"tensors": [["a", "float32", [3, 4]]]}, *lines[1:]], 1),
        (
            lambda lines: [lines[0], lines[1] | {"tensors": [[n, "float32", [6]] for n in "ab"]}, *lines[2:]],
            1,
        ),
        (lambda lines: [lines[0] | {"offset": lines[1]["offset"]}, *lines[1:]], 1),
        (swapped, 2),
    ],
    ids=["dtype", "shape", "name", "number", "offset", "digests"],
)
@pytest.mark.parametrize("in_memory", [0, 2**20])
def test_a_damaged_line_is_found_and_its_tensor_never_served(
    tmp_path, recordings, monkeypatch, damage, number, in_memory
):
    monkeypatch.setattr(shelf, "_IN_MEMORY", in_memory)
    expected = DiskBank(tmp_path).get(Kept(), recordings, model)
    index = only("*/*.jsonl", tmp_path)
    lines = damage([json.loads(line) for line in index.read_text().splitlines()])
    index.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert len(DiskBank(tmp_path).shelves()[0].damaged()) == number
    assert torch.equal(DiskBank(tmp_path).get(Kept(), recordings, model), expected)
    assert DiskBank(tmp_path).shelves()[0].damaged() == {}


def test_lines_without_their_bytes_are_found_until_they_are_computed_again(tmp_path, recordings):
    DiskBank(tmp_path).fill(Kept(), recordings, model)
    data = only("*/*.data", tmp_path)
    os.truncate(data, 2 * 48 + 1)
    assert len(DiskBank(tmp_path).shelves()[0].damaged()) == 4
    bank = DiskBank(tmp_path)
    bank.shelves()[0].drop(bank.shelves()[0].damaged().values())
    assert DiskBank(tmp_path).shelves()[0].damaged() == {}
    computed()
    DiskBank(tmp_path).fill(Kept(), recordings, model)
    assert computed() == [3, 4, 5, 6]


def test_a_disk_that_damages_everything_is_an_error_and_no_endless_loop(tmp_path, recordings, monkeypatch):
    never_the_same = iter(range(1000))
    monkeypatch.setattr(entries.zlib, "crc32", lambda data, crc: next(never_the_same))
    with pytest.raises(BankError, match="check the disk"):
        DiskBank(tmp_path).get(Kept(), recordings[:1], model)


def fails_after(room, error=errno.ENOSPC):
    """Return a way to write that has room for so many bytes: what fits of the last ones is written, too."""
    left = [room]

    def write_all(file, data):
        data = memoryview(data).cast("B") if len(data) else memoryview(b"")
        file.write(data[: left[0]])
        if len(data) > left[0]:
            left[0] = 0
            raise OSError(error, os.strerror(error))
        left[0] -= len(data)

    return write_all


@pytest.mark.parametrize(
    "room", [0, 1, 1000, 40 * 48, 40 * 48 + 3000, 34 * 48 + 32 * 125, 60 * 48 + 40 * 125]
)
def test_a_full_disk_says_so_keeps_what_is_finished_and_serves_nothing_torn(
    tmp_path, make_recording, monkeypatch, room
):
    many = [make_recording(n) for n in range(1, 101)]
    bank = DiskBank(tmp_path)
    with monkeypatch.context() as patch:
        writes = fails_after(room)
        patch.setattr(entries, "write_all", writes)
        patch.setattr(shelf, "write_all", writes)
        with pytest.raises(BankError, match=r"disk is full; what was finished is kept.*NEUROCLIP_BANK"):
            bank.fill(Kept(), many, model)
    computed()
    kept = len(DiskBank(tmp_path).shelves()[0])
    assert kept == (0 if room < 32 * 48 + 32 * 120 else 32)
    assert only("*/*.data", tmp_path).stat().st_size == 48 * kept  # the room is given back
    # The same bank goes on where it ended, as does a new one.
    assert torch.equal(bank.get(Kept(), many, model), Bank().get(Kept(), many, model))
    assert len(computed()) == 200 - kept
    assert DiskBank(tmp_path).shelves()[0].damaged() == {}


def test_a_full_disk_while_gathering_a_large_stack_is_said_as_well(tmp_path, recordings, monkeypatch):
    DiskBank(tmp_path).fill(Kept(), recordings, model)
    monkeypatch.setattr(shelf, "_IN_MEMORY", 0)

    def full(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shelf.tempfile, "TemporaryFile", full)
    with pytest.raises(BankError, match="disk is full"):
        DiskBank(tmp_path).get(Kept(), recordings, model)


def test_a_folder_that_cannot_be_written_says_what_to_set(tmp_path, recordings):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(BankError, match="--bank or NEUROCLIP_BANK"):
        DiskBank(tmp_path / "file" / "bank").fill(Kept(), recordings, model)


def test_what_is_kept_can_be_read_where_nothing_can_be_written(tmp_path, recordings, monkeypatch):
    expected = DiskBank(tmp_path).get(Kept(), recordings, model)

    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(shelf.Shard, "__init__", refused)
    assert torch.equal(DiskBank(tmp_path).get(Kept(), recordings, model), expected)
    with pytest.raises(BankError, match="Permission denied"):
        DiskBank(tmp_path).get(Kept("int8"), recordings, model)


def test_what_another_bank_adds_meanwhile_is_not_computed_again(tmp_path, recordings, monkeypatch):
    monkeypatch.setattr(shelf, "_LOOK_AGAIN_S", 0)
    one, other = DiskBank(tmp_path), DiskBank(tmp_path)
    one.fill(Kept(), recordings[:2], model)
    other.fill(Kept(), recordings[:4], model)
    one.fill(Kept(), recordings, model)
    assert computed() == [1, 2, 3, 4, 5, 6]


def test_a_bank_that_is_cleared_under_a_process_is_filled_again(tmp_path, recordings):
    bank = DiskBank(tmp_path)
    expected = bank.get(Kept(), recordings, model)
    assert DiskBank(tmp_path).clear() > 6 * 48
    assert list(tmp_path.iterdir()) == []
    assert torch.equal(bank.get(Kept(), recordings, model), expected)
    assert torch.equal(DiskBank(tmp_path).get(Kept(), recordings, model), expected)
    assert len(computed()) == 12


def test_clearing_removes_what_is_old_and_nothing_that_is_no_bank(tmp_path, recordings):
    bank = DiskBank(tmp_path)
    bank.fill(Kept(), recordings, model)
    bank.fill(Kept("int8"), recordings, model)
    old = bank.shelves()[0].folder
    for path in old.iterdir():
        os.utime(path, (0, 0))
    strange = tmp_path / "holiday"
    strange.mkdir()
    (strange / "about.json").write_text("{}")
    bank.clear(older_than_days=1.0)
    assert not old.exists()
    assert len(bank.shelves()) == 1
    bank.clear()
    assert list(tmp_path.iterdir()) == [strange]
    assert bank.clear() == 0


def test_a_joint_is_kept_part_by_part(tmp_path, recordings):
    joint = Joint(kept=Kept(), counts=EventCounts(2))
    DiskBank(tmp_path).fill(joint, recordings, model)
    x = DiskBank(tmp_path).get(joint, recordings, model)
    assert torch.equal(x["counts"], Bank().get(EventCounts(2), recordings, model))
    assert len(DiskBank(tmp_path).shelves()) == 2
    assert len(Kept.computed) == 6


def test_an_empty_recording_is_kept_as_any_other(tmp_path, make_recording):
    empty: Recording = make_recording(0)
    for _ in range(2):
        assert DiskBank(tmp_path).get(EventCounts(3), [empty], model).sum() == 0


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"NEUROCLIP_BANK": "/there", "XDG_CACHE_HOME": "/x"}, "/there"),
        ("linux", {"NEUROCLIP_BANK": "~/there"}, "/home/me/there"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/neuroclip/bank"),
        ("linux", {}, "/home/me/.cache/neuroclip/bank"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, "/home/me/Library/Caches/neuroclip/bank"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/neuroclip/bank"),
        ("win32", {}, "/home/me/AppData/Local/neuroclip/bank"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the paths are written as elsewhere")
def test_the_folder_is_the_one_that_is_named_or_the_users_cache(monkeypatch, platform, variables, expected):
    for name in ("NEUROCLIP_BANK", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert default_folder() == Path(expected)
    assert DiskBank().folder == Path(expected)
