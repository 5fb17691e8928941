"""`neuroclip bank` on a bank with two representations."""

import json

import pytest

from neuroclip.bank import DiskBank
from neuroclip.representations import Augmented, EventCounts, EventsPerTimestep


@pytest.fixture
def bank(tmp_path, make_recording):
    filled = DiskBank(tmp_path / "bank")
    recordings = [make_recording(seed=seed) for seed in range(5)]
    filled.fill(Augmented(EventsPerTimestep(4), copies=2), recordings, lambda name: None)
    filled.fill(EventCounts(3), recordings[:2], lambda name: None)
    return filled


def damage(bank):
    data = next(bank.folder.glob("*/*.data"))
    data.write_bytes(b"\xff" * 8 + data.read_bytes()[8:])
    return data


def test_info_says_what_is_kept(run, bank):
    done = run("bank", "info", "--bank", bank.folder)
    assert 'Augmented(of=EventsPerTimestep(steps=4, split="events"), copies=2' in done.stdout
    assert 'EventCounts(steps=3, split="events")' in done.stdout
    assert f"MB in {bank.folder}" in done.stdout
    rows = [
        json.loads(line) for line in run("bank", "info", "--bank", bank.folder, "--json").stdout.splitlines()
    ]
    assert sorted(row["entries"] for row in rows) == [2, 5]
    assert all(row["bytes"] > 0 and row["weights"] == {} for row in rows)


def test_info_of_a_bank_that_is_not_there_is_empty(run, tmp_path):
    done = run("bank", "info", "--bank", tmp_path / "nowhere")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, f"0.0 MB in {tmp_path / 'nowhere'}")
    assert not (tmp_path / "nowhere").exists()


def test_info_survives_what_it_does_not_understand(run, bank):
    for about, text in zip(
        bank.folder.glob("*/about.json"), ("{", '{"representation": {"A": 1, "B": [1]}}'), strict=True
    ):
        about.write_text(text)
    assert run("bank", "info", "--bank", bank.folder).exit_code == 0


def test_the_variable_says_where_the_bank_is(run, bank, monkeypatch):
    monkeypatch.setenv("NEUROCLIP_BANK", str(bank.folder))
    assert "EventCounts" in run("bank", "info").stdout


def test_verify_names_what_is_damaged_and_repair_drops_it(run, bank):
    assert run("bank", "verify", "--bank", bank.folder).stdout == "7 entries, 0 damaged\n"
    data = damage(bank)
    done = run("bank", "verify", "--bank", bank.folder)
    assert done.exit_code == 1
    assert str(data) in done.stderr
    assert "1 damaged (--repair drops them)" in done.stdout
    done = run("bank", "verify", "--repair", "--json", "--bank", bank.folder)
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"bank": str(bank.folder), "entries": 7, "damaged": 1, "repaired": True}
    assert run("bank", "verify", "--bank", bank.folder).stdout == "6 entries, 0 damaged\n"


def test_what_another_version_wrote_is_not_called_damaged(run, bank):
    about = next(bank.folder.glob("*/about.json"))
    about.write_text(json.dumps({**json.loads(about.read_text()), "revision": 1}))
    done = run("bank", "verify", "--bank", bank.folder)
    assert done.exit_code == 0
    assert "1 representations are of another version" in done.stderr
    assert run("bank", "clear", "--yes", "--bank", bank.folder).exit_code == 0
    assert bank.shelves() == []


def test_clear_asks_first(run, bank):
    assert run("bank", "clear", "--bank", bank.folder, input="n\n").exit_code == 1
    assert len(bank.shelves()) == 2
    assert run("bank", "clear", "--bank", bank.folder, "--older-than-days", "1", "--yes").exit_code == 0
    assert len(bank.shelves()) == 2
    done = run("bank", "clear", "--bank", bank.folder, "--json", "--yes")
    assert json.loads(done.stdout)["freed_bytes"] > 0
    assert bank.shelves() == []
