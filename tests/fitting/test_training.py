"""Trainings that are interrupted."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch

from neuroclip.classes import Classes
from neuroclip.errors import HeadError
from neuroclip.fitting import training
from neuroclip.heads import Checkpoint, Head
from neuroclip.representations import ClipTimesteps

CLASSES = Classes(("a", "b"))
SEEN: list[int] = []


@dataclass(frozen=True)
class Slow(Head):
    """Adds up what it is shown, epoch by epoch; stops dead after `dies`."""

    epochs: int = 6
    dies: int = 99

    @property
    def representation(self) -> ClipTimesteps:
        return ClipTimesteps()

    def train(self, x, y, classes, *, seed, resume=None) -> Iterator[Checkpoint]:
        start = resume.position if resume else 0
        total = resume.resume["total"].clone() if resume else torch.zeros(())
        for epoch in range(start, self.epochs):
            if epoch >= self.dies:
                raise KeyboardInterrupt
            SEEN.append(epoch)
            total = total + x.sum() * (epoch + seed)
            yield Checkpoint({"sum": total}, {"total": total}, epoch + 1, self.epochs)

    def logits(self, state, x, classes):
        return x[:, :2] + state["sum"]


@pytest.fixture(autouse=True)
def _save_always(monkeypatch):
    monkeypatch.setattr(training, "SAVE_SECONDS", 0.0)
    SEEN.clear()


def train(head, folder=None, job="job", **more):
    return training.train(
        head, torch.ones(3, 2), torch.tensor([0, 1, 0]), CLASSES, seed=1, job=job, folder=folder, **more
    )


def test_an_interrupted_training_goes_on_and_ends_at_the_same_state(tmp_path):
    whole = train(Slow())
    SEEN.clear()
    with pytest.raises(KeyboardInterrupt):
        train(Slow(dies=4), tmp_path)
    told = []
    again = train(Slow(), tmp_path, progress=lambda position, total: told.append((position, total)))
    assert torch.equal(whole.state["sum"], again.state["sum"])
    assert SEEN == [0, 1, 2, 3, 4, 5]
    assert told == [(5, 6), (6, 6)]


def test_a_checkpoint_of_another_job_or_a_damaged_one_is_not_used(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(Slow(dies=4), tmp_path)
    assert training.load_checkpoint(tmp_path, "job") is not None
    assert training.load_checkpoint(tmp_path, "another") is None
    (path,) = tmp_path.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    assert training.load_checkpoint(tmp_path, "job") is None
    SEEN.clear()
    train(Slow(), tmp_path)
    assert SEEN == [0, 1, 2, 3, 4, 5]


def test_finished_leaves_nothing_behind(tmp_path):
    train(Slow(), tmp_path)
    training.finished(tmp_path)
    assert not any(tmp_path.iterdir())


def test_every_checkpoint_is_scored_once_also_after_an_interruption(tmp_path):
    def score(checkpoint):
        return checkpoint.position / 8

    with pytest.raises(KeyboardInterrupt):
        train(Slow(dies=4), tmp_path, score=score)
    SEEN.clear()
    assert train(Slow(), tmp_path, score=score).scores == (1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8)
    assert SEEN == [4, 5]


def test_seconds_are_those_of_the_head_before_an_interruption_and_after(tmp_path, monkeypatch):
    """A clock that goes on a second for every epoch, and a minute for every score."""
    now = [0.0]
    monkeypatch.setattr(training.time, "perf_counter", lambda: now[0] + len(SEEN))

    def score(checkpoint):
        now[0] += 60
        return 0.0

    assert train(Slow(), score=score).seconds == 6
    SEEN.clear()
    with pytest.raises(KeyboardInterrupt):
        train(Slow(dies=4), tmp_path, score=score)
    now[0] += 3600
    assert train(Slow(), tmp_path, score=score).seconds == 6
    assert SEEN == [0, 1, 2, 3, 4, 5]


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HeadError, match="a checkpoint cannot be written"):
        train(Slow(), tmp_path / "file")


def test_no_checkpoint_is_an_error():
    with pytest.raises(HeadError, match="gave no checkpoint"):
        train(Slow(epochs=0))
