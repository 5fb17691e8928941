"""What filling a bank promises, in memory and on disk alike."""

import threading
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from neuroclip.bank import Bank, DiskBank
from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import RecordingFile
from neuroclip.representations import EventCounts, EventsPerTimestep, Joint, Representation


@dataclass(frozen=True)
class Noted(Representation):
    """The number of events; notes in which thread it is prepared, and how many are finished together."""

    prepared: ClassVar[list] = []
    finished: ClassVar[list] = []

    def compute(self, recording, backbones):
        return torch.tensor(len(recording))

    def prepare(self, recording):
        self.prepared.append(threading.current_thread())
        if len(recording) == 13:
            raise OptionError("13 is too many")
        return recording

    def finish(self, prepared, backbones):
        assert threading.current_thread() is threading.main_thread()
        self.finished.append(len(prepared))
        return super().finish(prepared, backbones)


@pytest.fixture(autouse=True)
def nothing_noted():
    Noted.prepared.clear()
    Noted.finished.clear()


@pytest.fixture(params=["memory", "disk"])
def bank(request, tmp_path):
    return Bank() if request.param == "memory" else DiskBank(tmp_path / "bank")


@pytest.fixture
def files(tmp_path):
    """A factory: `files(3)` are text files with 1, 2 and 3 events; the number of a `broken` one has no event."""

    def make(number, broken=()):
        for n in range(1, number + 1):
            lines = [] if n in broken else [f"{t} 1 2 1" for t in range(n)]
            (tmp_path / f"{n}.txt").write_text("\n".join(["34 34", *lines, ""]))
        return [RecordingFile(tmp_path / f"{n}.txt", size=(34, 34)) for n in range(1, number + 1)]

    return make


def none(name):
    raise AssertionError("no backbone is needed")


def test_files_and_recordings_are_read_in_their_order(bank, files, make_recording):
    sources = [*files(3), make_recording(7), *files(2)]
    assert bank.get(Noted(), sources, none).tolist() == [1, 2, 3, 7, 1, 2]
    assert len(Noted.prepared) == 4  # equal bytes once


def test_preparing_is_the_threads_work_and_finishing_that_of_the_caller(bank, make_recording):
    bank.fill(Noted(), [make_recording(n) for n in range(14, 114)], none)
    assert threading.main_thread() not in Noted.prepared
    assert sum(Noted.finished) == 100
    assert max(Noted.finished) == 32
    assert len(Noted.finished) == 4


def test_progress_counts_every_source_once_however_it_is_done(bank, files):
    sources = files(4, broken=(2, 4))
    both = Joint(a=Noted(), b=EventsPerTimestep(1))
    counted, bad = [], []

    def note(source, error):
        bad.append(source)

    bank.fill(Noted(), sources[:1], none, progress=counted.append)
    assert sum(counted) == 1
    counted.clear()
    bank.fill(both, sources + sources, none, progress=counted.append, bad=note)
    assert sum(counted) == 8
    assert sorted(source.path.name for source in bad) == ["2.txt", "2.txt", "4.txt", "4.txt"]
    counted.clear()
    bank.get(both, [sources[0], sources[2], sources[0]], none, progress=counted.append)
    assert sum(counted) == 3


def test_a_file_that_cannot_be_read_is_an_error_or_left_out_and_the_others_are_kept(bank, files, tmp_path):
    sources = [*files(40, broken=(38,)), RecordingFile(tmp_path / "gone.txt")]
    with pytest.raises(RecordingError, match=r"gone\.txt"):
        bank.fill(Noted(), sources, none)
    sources = [s for s in sources if s.path.name != "13.txt"]
    with pytest.raises(RecordingError, match=r"38\.txt"):
        bank.fill(Noted(), sources[:-1], none)
    assert len(bank) == 36  # all before it
    bad = []
    bank.fill(Noted(), sources, none, bad=lambda source, error: bad.append((source.path.name, str(error))))
    assert sorted(name for name, _ in bad) == ["38.txt", "gone.txt"]
    assert all(name in error for name, error in bad)
    assert len(bank) == 38


def test_any_other_error_is_raised_and_what_was_finished_is_kept(bank, make_recording):
    with pytest.raises(OptionError, match="13 is"):
        bank.fill(Noted(), [make_recording(n) for n in (*range(20, 60), 13)], none)
    assert len(bank) == 32
    assert threading.active_count() < 10


def test_each_file_is_read_once_for_all_parts_of_a_joint(bank, files, monkeypatch):
    read = []
    load = RecordingFile.load
    monkeypatch.setattr(RecordingFile, "load", lambda self: (read.append(self.path), load(self))[1])
    joint = Joint(a=EventCounts(2), b=EventsPerTimestep(3), c=Joint(a=EventCounts(2)))
    x = bank.get(joint, files(3), none)
    assert len(read) == 3
    assert x["b"].sum(1).tolist() == [1, 2, 3]
    assert torch.equal(x["a"], x["c"]["a"])
    assert len(bank) == 6


def test_threads_do_not_run_far_ahead_of_large_recordings(make_recording, monkeypatch):
    """With 1 MiB each and room for 4 MiB, no more than a batch and a few beyond it are held."""
    from neuroclip.bank import filling

    monkeypatch.setattr(filling, "_BYTES_AHEAD", 4 * 2**20)
    held = []

    class Large(Noted):
        def prepare(self, recording):
            self.prepared.append(1)
            return torch.zeros(2**20, dtype=torch.uint8)

        def finish(self, prepared, backbones):
            self.finished += prepared
            held.append(len(self.prepared) - len(self.finished))
            return [torch.zeros(1) for _ in prepared]

    Bank().fill(Large(), [make_recording(n) for n in range(100, 300)], none)
    assert max(held) <= 32


def test_giving_up_ends_the_threads(bank, make_recording):
    class Interrupted(Noted):
        def finish(self, prepared, backbones):
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        bank.fill(Interrupted(), [make_recording(n) for n in range(20, 220)], none)
    assert threading.active_count() == before
    assert len(Noted.prepared) < 200  # the rest was given up
    assert len(bank) == 0
