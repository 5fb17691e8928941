"""Processes that are killed while they fill a bank, and several that fill it at once."""

import multiprocessing
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from neuroclip.bank import Bank, DiskBank
from neuroclip.representations import Representation

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="a process is forked, so that each starts at once"
)
N = 400


@dataclass(frozen=True)
class Logged(Representation):
    """Four kilobytes that differ between recordings; a file notes which were computed."""

    log: str = ""
    pause_s: float = 0.0

    def compute(self, recording, backbones):
        with Path(self.log).open("ab", buffering=0) as file:
            file.write(f"{len(recording)} ".encode())
        time.sleep(self.pause_s)
        return torch.arange(1024) + len(recording)


@pytest.fixture(scope="module")
def recordings(make_recording):
    return [make_recording(n) for n in range(1, N + 1)]


@pytest.fixture(scope="module")
def expected(recordings, tmp_path_factory):
    return Bank().get(Logged(str(tmp_path_factory.mktemp("x") / "log")), recordings, no_backbone)


def no_backbone(name):
    raise AssertionError(name)


def fill(folder, logged, recordings):
    torch.set_num_threads(1)
    DiskBank(folder).fill(logged, recordings, no_backbone)


def start(*arguments):
    process = multiprocessing.get_context("fork").Process(target=fill, args=arguments)
    process.start()
    return process


def computed(logged):
    numbers = [int(n) for n in Path(logged.log).read_text().split()] if Path(logged.log).exists() else []
    Path(logged.log).unlink(missing_ok=True)
    return numbers


def wait_until_computed(logged, number):
    end = time.monotonic() + 60
    while not Path(logged.log).exists() or Path(logged.log).read_text().count(" ") < number:
        assert time.monotonic() < end
        time.sleep(0.001)


def kept(folder, recordings):
    """Return the numbers of the recordings whose entries a new process would find."""
    there = {digest for shelf in DiskBank(folder).shelves() if len(shelf) for digest in shelf._entries}
    return {len(recording) for recording in recordings if recording.digest in there}


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_process_loses_the_batch_in_work_and_nothing_is_done_twice(
    tmp_path, recordings, expected, seed
):
    draw, logged = random.Random(seed), Logged(str(tmp_path / "log"), pause_s=0.0005)
    folder, finished = tmp_path / "bank", set()
    for _ in range(6):
        process = start(folder, logged, recordings)
        wait_until_computed(logged, draw.randint(5, 90))
        time.sleep(draw.uniform(0, 0.01))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        done = computed(logged)
        assert not finished & set(done)  # no finished work is done again
        now = kept(folder, recordings)
        assert finished <= now
        assert len(set(done) - now) <= 32  # one batch
        finished = now
        assert all(not shelf.damaged() for shelf in DiskBank(folder).shelves())
    assert finished
    x = DiskBank(folder).get(logged, recordings, no_backbone)
    assert torch.equal(x, expected)
    assert set(computed(logged)) == set(range(1, N + 1)) - finished


def test_two_processes_fill_one_bank_at_once(tmp_path, recordings, expected):
    logged = Logged(str(tmp_path / "log"))
    half = N // 2
    parts = [recordings, recordings[::-1], recordings[half:] + recordings[:half]]
    processes = [start(tmp_path / "bank", logged, part) for part in parts]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    computed(logged)
    assert torch.equal(DiskBank(tmp_path / "bank").get(logged, recordings, no_backbone), expected)
    assert computed(logged) == []
    (shelf,) = DiskBank(tmp_path / "bank").shelves()
    assert shelf.damaged() == {}
    assert len(shelf) == N


def test_a_forked_process_writes_a_shard_of_its_own(tmp_path, recordings, expected):
    logged = Logged(str(tmp_path / "log"))
    bank = DiskBank(tmp_path / "bank")
    bank.fill(logged, recordings[:10], no_backbone)
    child = multiprocessing.get_context("fork").Process(
        target=bank.fill, args=(logged, recordings[:30], no_backbone)
    )
    child.start()
    bank.fill(logged, recordings[:5] + recordings[30:60], no_backbone)
    child.join()
    assert child.exitcode == 0
    assert torch.equal(DiskBank(tmp_path / "bank").get(logged, recordings[:60], no_backbone), expected[:60])
    assert len(list(tmp_path.glob("bank/*/*.data"))) == 2


def test_an_interrupt_loses_no_more_than_the_batch_in_work(tmp_path, recordings, expected):
    logged = Logged(str(tmp_path / "log"))
    bank, seen = DiskBank(tmp_path / "bank"), []

    def interrupt(n):
        seen.append(n)
        if sum(seen) >= 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bank.fill(logged, recordings, no_backbone, progress=interrupt)
    assert kept(tmp_path / "bank", recordings) == set(range(1, sum(seen) + 1))
    computed(logged)
    assert torch.equal(bank.get(logged, recordings, no_backbone), expected)
    assert len(computed(logged)) == N - sum(seen)
