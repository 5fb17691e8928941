"""Options are compared on shots alone."""

import importlib.util
import re
from pathlib import Path

import pytest
from neuroclip import formats
from neuroclip.testing import TOY_CLASSES, toy_recordings


@pytest.fixture
def data(tmp_path):
    for half, n in (("Train", 3), ("Test", 1)):
        for name in TOY_CLASSES:
            (tmp_path / half / name).mkdir(parents=True)
            for i, recording in enumerate(toy_recordings(name, n, seed=n)):
                formats.write(recording, tmp_path / half / name / f"{i}.npz")
    return tmp_path


def test_a_row_is_printed_for_each_combination_and_no_test_recording_is_read(data, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("choose", Path(__file__).parents[1] / "choose.py")
    choose = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(choose)
    read = []
    load = formats.RecordingFile.load
    monkeypatch.setattr(formats.RecordingFile, "load", lambda file: read.append(file.path) or load(file))
    monkeypatch.setattr(choose, "DRAWS", 1)
    choose.main(data, "default", "2", "steps=1,2", "epochs=1")
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head == "| steps | epochs | accuracy, % | cross-entropy, nats |"
    assert [row.split(" | ")[:2] for row in rows] == [["| 1", "1"], ["| 2", "1"]]
    assert all(re.search(r"\| \d+\.\d \| \d\.\d{4} \|$", row) for row in rows)
    assert {path.parts[-3] for path in read} == {"Train"}
