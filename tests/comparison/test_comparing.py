"""Many heads on the same recordings: what is kept, what fails, and what interruptions cost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from neuroclip import formats, registry, source_digest
from neuroclip.classes import load_prompts
from neuroclip.comparison import cells, speed, workers
from neuroclip.comparison.comparing import compare
from neuroclip.comparison.document import check, read_document
from neuroclip.comparison.plan import Entry, Plan
from neuroclip.comparison.setting import Setting
from neuroclip.comparison.wishes import Wishes
from neuroclip.corruptions.kinds import parse
from neuroclip.datasets import Dataset, open_dataset
from neuroclip.errors import ComparisonError, DatasetError, OptionError
from neuroclip.fitting import training
from neuroclip.heads import load
from neuroclip.testing import TOY_CLASSES, toy_recordings

STRANGE = '''
import os, signal
from dataclasses import dataclass
from neuroclip.heads import Checkpoint, Head
from neuroclip.representations import ClipTimesteps

@dataclass(frozen=True)
class Strange(Head):
    """Does what it is told."""

    does: str = "die"

    @property
    def representation(self):
        return ClipTimesteps(2)

    def fit(self, x, y, classes, *, seed):
        if self.does == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.does == "quit":
            raise SystemExit("enough")
        if self.does == "break":
            raise KeyboardInterrupt
        if self.does == "eat":
            raise MemoryError
        if self.does == "stumble":
            raise ValueError("over a stone")
        return {"nothing": x.sum() * 0}

    def logits(self, state, x, classes):
        return x[:, 0, :3] * float("nan")

SEEN = []

@dataclass(frozen=True)
class Patient(Strange):
    """Takes five epochs, and is stopped before the fourth, once."""

    def train(self, x, y, classes, *, seed, resume=None):
        for epoch in range(resume.position if resume else 0, 5):
            if epoch == 3 and 3 not in SEEN:
                SEEN.append(epoch)
                signal.raise_signal(signal.SIGINT)
            SEEN.append(epoch)
            yield Checkpoint({"epochs": x.new_tensor(epoch)}, {"nothing": x.new_zeros(1)}, epoch + 1, 5)

    def logits(self, state, x, classes):
        return x[:, 0, :3] + state["epochs"]
'''


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Three classes, 4 recordings each to learn from and 2 to measure on."""
    root = tmp_path_factory.mktemp("toys")
    for half, number, seed in (("Train", 4, 0), ("Test", 2, 1)):
        for label in TOY_CLASSES:
            folder = root / half / label
            folder.mkdir(parents=True)
            for i, recording in enumerate(toy_recordings(label, number, seed=seed)):
                formats.write(recording, folder / f"{i}.npz")
    return open_dataset(root).sized()


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bank")


@pytest.fixture
def setting(toys: Dataset, bank: Path, tmp_path: Path) -> Callable[..., Setting]:
    """`setting(entry, ..., shots=(0, 2), seeds=(0, 1), folder="out")`."""

    def make(*entries: Entry, folder: str = "out", **plan: Any) -> Setting:
        options = {"shots": (0, 2), "seeds": (0, 1), "test": "test", **plan}
        return Setting(
            dataset=toys,
            model="event-tiny",
            precision="fp32",
            device="cpu",
            prompts=load_prompts(),
            bank=bank,
            plan=Plan(entries=entries or ENTRIES, **options),
            folder=tmp_path / folder,
        )

    return make


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head `strange` is installed."""
    info = tmp_path / "strange_heads-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strange-heads\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(
        "[neuroclip.heads]\nstrange = strange_heads:Strange\npatient = strange_heads:Patient\n"
    )
    (tmp_path / "strange_heads.py").write_text(STRANGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._entry_points.cache_clear()
    monkeypatch.delitem(sys.modules, "strange_heads", raising=False)
    source_digest.digest_of_package.cache_clear()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads of torch do not survive a fork."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


ENTRIES = (Entry("zero-shot", "zero-shot", {"steps": 2}), Entry("means", "prototype", {"steps": 2}))
TIMES = ("created", "fit_seconds", "threads", "bytes_on_disk")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
QUICK = Wishes(speed=False, samples=2)


def timeless(document: Any) -> Any:
    """Everything but times, which no two runs share, and the room that they take."""
    if isinstance(document, dict):
        return {k: timeless(v) for k, v in document.items() if k not in TIMES}
    return [timeless(one) for one in document] if isinstance(document, list) else document


def of(document: dict[str, Any], head: str) -> list[dict[str, Any]]:
    return [cell for cell in document["cells"] if cell["head"] == head]


def finished_in(setting: Setting) -> dict[Path, int]:
    """Which cells there are, and when each was written."""
    return {path: path.stat().st_mtime_ns for path in setting.folder.rglob("cell.json")}


def test_every_head_has_the_same_shots_and_the_same_test_part(setting: Callable[..., Setting]) -> None:
    document = compare(setting(shots=(0, 1, 3), test="pooled"), QUICK)
    assert document == read_document(setting().folder)
    for place in ((shots, seed) for shots in (0, 1, 3) for seed in (0, 1)):
        splits = [cell["split"] for cell in document["cells"] if (cell["shots"], cell["seed"]) == place]
        assert len(set(splits)) == 1
    names = {seed: test["names"] for seed, test in document["tests"].items()}
    assert [len(one) for one in names.values()] == [9, 9]  # 2 of each class, and 4 - 3
    assert names["0"] != names["1"]
    means = of(document, "means")
    assert [cell["status"] for cell in means] == ["skipped"] * 2 + ["ok"] * 4
    right = sum(
        a == b for a, b in zip(means[2]["predictions"], document["tests"]["0"]["labels"], strict=True)
    )
    assert means[2]["accuracy"] == right / 9
    (row,) = [row for row in document["summary"] if (row["head"], row["shots"]) == ("means", 3)]
    assert row["accuracy"] == pytest.approx((means[4]["accuracy"] + means[5]["accuracy"]) / 2)
    (pair,) = [row for row in document["pairs"] if row["shots"] == 3]
    zero = [cell["accuracy"] for cell in of(document, "zero-shot")[4:]]
    assert pair["difference"] == pytest.approx(sum(zero) / 2 - row["accuracy"])


def test_what_is_finished_is_not_done_again_and_what_changed_is(
    setting: Callable[..., Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compare(setting(), QUICK)
    done: list[str] = []
    measure = cells.measure
    monkeypatch.setattr(
        cells, "measure", lambda task, head, *a, **k: done.append(head) or measure(task, head, *a, **k)
    )
    assert timeless(compare(setting(), QUICK)) == timeless(first)
    assert done == []
    more = compare(setting(ENTRIES[0], Entry("means", "prototype", {"steps": 3}), seeds=(0, 1, 2)), QUICK)
    assert len(done) == 2 + 3  # a seed more of zero-shot at 0 and 2 shots, other means at 2
    assert of(more, "zero-shot")[0] == of(first, "zero-shot")[0]
    found = compare(setting(ENTRIES[0], corruptions=parse("drop=1")), QUICK)
    assert len(done) == 5  # damage more is measured of the heads that were kept
    fresh = compare(setting(ENTRIES[0], folder="fresh", corruptions=parse("drop=1")), QUICK)
    assert [c["robustness"] for c in found["cells"]] == [c["robustness"] for c in fresh["cells"]]
    del done[5:]
    compare(setting(ENTRIES[0], corruptions=parse("drop=0")), QUICK)
    both = compare(setting(ENTRIES[0], corruptions=parse("drop=1/0")), QUICK)["cells"][0]["robustness"]
    assert [row["level"] for row in both] == [1, 0]
    assert len(done) == 5  # as is damage that is asked for no more, or in another order
    damaged = next(setting().folder.rglob("cells/zero-shot/shots-2/seed-1/cell.json"))
    damaged.write_text(damaged.read_text()[:-20])
    compare(setting(ENTRIES[0], corruptions=parse("drop=1")), QUICK)
    assert len(done) == 5 + 1


@needs_fork
@pytest.mark.usefixtures("one_thread")
def test_a_comparison_that_is_killed_at_any_moment_loses_no_finished_cell(
    setting: Callable[..., Setting],
) -> None:
    """And ends as if nothing had happened."""
    plan = {"shots": (0, 1, 2, 3), "seeds": (0, 1)}
    whole = compare(setting(folder="whole", **plan), QUICK)
    broken, chance, written = setting(folder="broken", **plan), random.Random(5), dict[Path, int]()
    for more in (0, 1, 2, 3):
        child = os.fork()
        if not child:
            try:
                compare(broken, QUICK)
            finally:
                os._exit(0)
        enough = time.monotonic() + 30
        while len(finished_in(broken)) < len(written) + more and time.monotonic() < enough:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert finished_in(broken).items() >= written.items()
        written = finished_in(broken)
    assert len(written) >= 6
    assert timeless(compare(broken, QUICK)) == timeless(whole)
    assert finished_in(broken).items() >= written.items()
    assert len(finished_in(broken)) == 8 + 6
    assert not list(broken.folder.rglob("cells/**/*.part"))


@needs_fork
@pytest.mark.usefixtures("strange", "one_thread")
@pytest.mark.parametrize("jobs", [1, 2])
def test_jobs_say_the_same_as_none_and_go_on_when_one_dies(
    setting: Callable[..., Setting], monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    one = compare(setting(folder="one"), QUICK)
    # Spawned ones would import torch, three times in all: what they are handed goes through a pipe all the same.
    monkeypatch.setattr(workers, "get_context", lambda kind: multiprocessing.get_context("fork"))
    two = compare(setting(Entry("deadly", "strange"), *ENTRIES), replace(QUICK, jobs=jobs))
    for entry in ENTRIES:
        assert timeless(of(two, entry.title)) == timeless(of(one, entry.title))
    killed = [cell for cell in of(two, "deadly") if cell["shots"]]
    assert [cell["status"] for cell in killed] == ["failed", "failed"]
    assert "the process was ended (out of memory?)" in killed[0]["error"]
    assert not multiprocessing.active_children()


def test_a_head_goes_to_its_cell_when_that_of_another_plan_takes_its_place(
    setting: Callable[..., Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    measure = cells.measure
    monkeypatch.setattr(cells, "measure", lambda *a, **k: done.append(a) or measure(*a, **k))
    entry, damage = ENTRIES[1], parse("drop=0.5")

    def saved() -> str:
        return load(setting().folder / "heads" / entry.slug).provenance["job"]

    (one,) = compare(setting(entry, shots=(1,), seeds=(0,)), QUICK)["cells"]
    assert (saved(), len(done)) == (one["digest"], 1)
    more = compare(setting(entry, shots=(1, 2), seeds=(0,)), QUICK)["cells"]
    assert (saved(), len(done)) == (more[1]["digest"], 2)
    compare(setting(entry, shots=(1, 2), seeds=(0,), corruptions=damage), QUICK)
    assert len(done) == 2  # both heads are at hand
    compare(setting(entry, shots=(1,), seeds=(0,)), QUICK)
    assert (saved(), len(done)) == (one["digest"], 2)
    assert more[0] == one


def test_a_process_that_ends_itself_is_not_said_to_lack_memory() -> None:
    assert "memory" not in workers.ending(3)
    assert workers.ending(3).startswith("the process ended itself, status 3: the head, or what it calls")
    assert "out of memory?" in workers.ending(-9)


@pytest.mark.usefixtures("strange")
def test_a_head_that_fails_stops_no_other(
    setting: Callable[..., Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {
        "quit": "the head ended the program: SystemExit: enough",
        "break": "the head ended the program: KeyboardInterrupt (see",
        "eat": "MemoryError: out of memory",
        "stumble": "ValueError: over a stone",
        "nan": "gives scores that are no numbers",
    }
    strange = [Entry(does, "strange", {"does": does}) for does in wrong]
    others = [
        Entry("lif-adaptor", "lif-adaptor"),
        Entry("misspelt", "prototype", {"stepps": 2}),
        Entry("mirrored", "prototype", error="a mirrored recording is another"),
        Entry("blind", "i3d-flow", {"steps": 2}),
    ]
    wrong |= {
        "lif-adaptor": "No head named 'lif-adaptor'",
        "misspelt": "no option 'stepps'",
        "mirrored": "is another",
        "blind": "needs the paired video",
    }
    document = compare(setting(*strange, *ENTRIES, *others, seeds=(0,)), QUICK)
    for title, error in wrong.items():
        assert document["heads"][title]["status"] == "failed"
        assert error in document["heads"][title]["error"]
        assert "\n" not in document["heads"][title]["error"]
        assert of(document, title)[-1]["status"] == "failed"
    assert document["heads"]["means"]["status"] == "ok"
    logs = {path.relative_to(setting().folder).parts[1] for path in setting().folder.rglob("error.log")}
    assert logs == {"quit", "break", "eat", "stumble"}
    log = setting().folder / "cells" / "stumble" / "shots-2" / "seed-0" / "error.log"
    assert "Traceback" in log.read_text()
    assert "error.log" in document["heads"]["stumble"]["error"]
    monkeypatch.setattr(sys.modules["strange_heads"].Strange, "fit", lambda self, x, y, classes, seed: {})
    monkeypatch.setattr(
        sys.modules["strange_heads"].Strange, "logits", lambda self, state, x, classes: x[:, 0, :3]
    )
    again = compare(setting(*strange[:4], *ENTRIES, seeds=(0,)), QUICK)
    assert {head["status"] for head in again["heads"].values()} == {"ok"}
    assert not log.exists()


@pytest.mark.usefixtures("strange")
def test_a_training_that_is_interrupted_goes_on_where_it_was(
    setting: Callable[..., Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SAVE_SECONDS", 0.0)
    plan = {"shots": (2,), "seeds": (0,)}
    # Begun in the background by a shell, the tests would ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            compare(setting(Entry("patient", "patient"), **plan), QUICK)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [path.name for path in setting().folder.rglob("cells/**/*.*") if path.is_file()] == [
        "checkpoint.safetensors"
    ]
    compare(setting(Entry("patient", "patient"), **plan), QUICK)
    assert sys.modules["strange_heads"].SEEN == [0, 1, 2, 3, 3, 4]
    assert [path.name for path in setting().folder.rglob("cells/**/*.*") if path.is_file()] == ["cell.json"]


def test_damaged_recordings_are_measured_beside_the_others(setting: Callable[..., Setting]) -> None:
    (cell,) = compare(
        setting(ENTRIES[1], shots=(2,), seeds=(1,), corruptions=parse("drop=0/1,scale=0.5")), QUICK
    )["cells"]
    intact, nothing, small = cell["robustness"]
    assert (intact["accuracy"], intact["n"], intact["error"]) == (cell["accuracy"], 6, None)
    assert (nothing["accuracy"], nothing["n"]) == (None, 0)
    assert "6 of 6" in nothing["error"]
    assert (small["kind"], small["level"], small["n"]) == ("scale", 0.5, 6)


def test_the_published_protocol_shows_its_number_beside_the_honest_one(
    setting: Callable[..., Setting],
) -> None:
    adapter = Entry("relu", "relu-adapter", {"steps": 2, "epochs": 4})
    plan = {"shots": (2,), "seeds": (0,)}
    (cell,) = compare(setting(adapter, protocol="as-published", **plan), QUICK)["cells"]
    published = cell["published"]
    assert published["honest"] == cell["accuracy"]
    assert published["gap"] == published["accuracy"] - published["honest"] >= 0
    assert len(cell["timesteps"]) == 2
    assert cell["timesteps"][-1] == cell["accuracy"]  # its logits are the mean over timesteps
    (honest,) = compare(setting(adapter, folder="honest", **plan), QUICK)["cells"]
    assert honest["published"] is None
    assert honest["predictions"] == cell["predictions"]


def test_the_head_of_the_most_shots_is_saved_with_what_it_has_seen(setting: Callable[..., Setting]) -> None:
    from neuroclip import heads

    document = compare(setting(), QUICK)
    saved = heads.load(setting().folder / "heads" / "means")
    assert len(saved.provenance["seen"]) == 6
    assert saved.provenance["split"]["seed"] == 0
    assert document["heads"]["means"]["bytes_on_disk"] > 0
    first, second = document["samples"]
    assert first["label"] != second["label"]
    assert first["frames"][0].startswith("data:image/png;base64,")
    (asked,) = [i for i, name in enumerate(document["tests"]["0"]["names"]) if name == first["recording"]]
    said = TOY_CLASSES.index(first["answers"]["means"]["prediction"])
    assert document["data"]["classes"][of(document, "means")[-2]["predictions"][asked]] == TOY_CLASSES[said]


def test_all_shots_are_a_number_of_shots_like_others(setting: Callable[..., Setting]) -> None:
    document = compare(setting(shots=(1, 4), seeds=(0,), whole=4), QUICK)
    assert document["plan"]["whole"] == 4
    with pytest.raises(OptionError, match="give --test test"):
        compare(setting(shots=(1, 4), seeds=(0,), whole=4, test="pooled"), QUICK)


def test_more_shots_than_there_are_cost_their_own_cells_alone(setting: Callable[..., Setting]) -> None:
    document = compare(setting(shots=(1, 5), seeds=(0,), test="pooled"), QUICK)
    alone = compare(setting(shots=(1,), seeds=(0,), test="pooled", folder="alone"), QUICK)
    assert document["plan"]["shots"] == [1, 5]
    assert document["plan"]["reserve"] == 1
    assert document["tests"] == alone["tests"]
    for title in ("zero-shot", "means"):
        one, five = of(document, title)
        assert timeless(one) == timeless(of(alone, title)[0])
        assert five["status"] == "failed"
        assert "has 4 recordings to draw from, but needs 5: 5 shots" in five["error"]
        assert (setting().folder / "heads" / one["head"] / "head.json").is_file()
    with pytest.raises(DatasetError, match="needs 5"):
        compare(setting(shots=(5, 6), seeds=(0,)), QUICK)


@pytest.mark.usefixtures("strange")
def test_a_head_whose_code_changed_is_measured_again(
    setting: Callable[..., Setting], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again() -> float:
        for name in [name for name in sys.modules if name.partition(".")[0] == "strange_heads"]:
            monkeypatch.delitem(sys.modules, name)
        source_digest.digest_of_package.cache_clear()  # as another process begins
        plan = setting(Entry("nice", "strange", {"does": "be nice"}), ENTRIES[1], shots=(2,), seeds=(0,))
        nice, means = compare(plan, QUICK)["cells"]
        assert means["status"] == "ok"
        return sum(nice["confidence"])

    module = tmp_path / "strange_heads.py"
    nice = STRANGE.replace('float("nan")', "SCALE")
    module.write_text(nice + "SCALE = 1\n")
    flat = again()
    written = finished_in(setting())
    assert again() == flat
    assert finished_in(setting()) == written
    module.write_text(nice + "SCALE = 100\n")
    assert again() > flat
    assert (
        sum(finished_in(setting())[path] != when for path, when in written.items()) == 1
    )  # not of the means
    # The same as a package, of which another module changes.
    module.unlink()
    module = tmp_path / "strange_heads"
    module.mkdir()
    (module / "__init__.py").write_text(f"from strange_heads.scale import SCALE\n{nice}")
    (module / "scale.py").write_text("SCALE = 1")
    assert again() == flat
    (module / "scale.py").write_text("SCALE = 100 ")
    assert again() > flat


def test_a_saved_head_that_is_not_whole_is_made_again(setting: Callable[..., Setting]) -> None:
    compare(setting(ENTRIES[1], shots=(2,)), QUICK)
    saved = setting().folder / "heads" / "means"
    whole = {path.name: path.read_bytes() for path in saved.iterdir()}
    for damage in (
        lambda: (saved / "state.safetensors").unlink(),
        lambda: (saved / "state.safetensors").write_bytes(whole["state.safetensors"][:-1]),
        lambda: (saved / "split.json").unlink(),
    ):
        written = finished_in(setting())
        damage()
        compare(setting(ENTRIES[1], shots=(2,)), QUICK)
        assert (saved / "state.safetensors").read_bytes() == whole["state.safetensors"]
        assert (saved / "split.json").read_bytes() == whole["split.json"]
        assert sum(finished_in(setting())[path] != when for path, when in written.items()) == 1


def test_speed_counts_for_the_machine_and_the_threads_that_it_was_measured_with(
    setting: Callable[..., Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(setting(ENTRIES[1], shots=(2,), seeds=(0,)), QUICK)
    asked = speed.Question(setting().folder / "heads" / "means", "event-tiny", "fp32", "cpu", ())
    digest = asked.digest
    assert asked.digest == digest
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    assert asked.digest != digest


def test_a_folder_that_cannot_be_written_is_said_first(
    setting: Callable[..., Setting], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ComparisonError, match=r"out: cannot be written .*--out"):
        compare(setting(), QUICK)


def test_titles_have_folders_of_their_own() -> None:
    titles = [
        "lif-adapter",
        "LIF-Adapter",
        "lif-adapter, T = 1",
        "lif adapter T 1",
        "",
        "日本",
        "a" * 99,
        "../..",
    ]
    slugs = [Entry(title, "x").slug for title in titles]
    assert slugs[0] == "lif-adapter"
    assert len({slug.lower() for slug in slugs}) == len(titles)
    assert all(slug and slug.replace("-", "").isalnum() and slug.isascii() for slug in slugs)


def test_a_plan_with_nothing_or_something_twice_is_refused() -> None:
    entry, plan = Entry("a", "zero-shot"), {"shots": (1,), "seeds": (0,), "test": "test"}
    for wrong, word in (
        ({"entries": ()}, "--heads"),
        ({"shots": (1, 1)}, "--shots"),
        ({"seeds": ()}, "--seeds"),
    ):
        with pytest.raises(OptionError, match=word):
            Plan(**{"entries": (entry,), **plan, **wrong})
    with pytest.raises(OptionError, match="'a' comes twice"):
        Plan(entries=(entry, entry), **plan)


def test_a_document_that_is_not_whole_is_refused_by_name(setting: Callable[..., Setting]) -> None:
    """Whatever field is taken away: the sentence names it, and the file."""
    compare(setting(corruptions=parse("drop=0.5")), QUICK)
    path = setting().folder / "comparison.json"
    whole = json.loads(path.read_text())
    # Tables with names of their own, and what only newer documents have.
    free = (
        "options",
        "recall",
        "scores",
        "answers",
        "versions",
        "tests",
        "heads",
        "test_share",
        "whole",
        "recipe",
    )

    def lacking(inside: Any, place: str) -> int:
        """Take away one field after the other, and return how many were missed."""
        missed = 0
        for name in list(inside) if isinstance(inside, dict) else range(min(1, len(inside))):
            value = inside[name]
            if isinstance(name, str) and name not in free and place not in free:
                del inside[name]
                with pytest.raises(ComparisonError, match=rf"here: .*{name}"):
                    check(whole, "here")
                inside[name] = value
                missed += 1
            if isinstance(value, dict | list):
                missed += lacking(value, name if isinstance(name, str) else place)
        return missed

    assert lacking(whole, "") > 60
    check(whole, "here")
    for text, word in (
        ('{"format": 2}', "its format is 2"),
        ("{", "is damaged"),
        ("[NaN]", "NaN"),
        ("[]", "object"),
    ):
        path.write_text(text)
        with pytest.raises(ComparisonError, match=word):
            read_document(path.parent)
    path.unlink()
    with pytest.raises(ComparisonError, match="there is no such file"):
        read_document(path.parent)
