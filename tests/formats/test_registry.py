"""Formats come through entry points, and a bad plugin is a row that says so."""

import subprocess
import sys

import pytest

from neuroclip import formats
from neuroclip.errors import OptionError, RecordingError


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Install a package that offers formats: its entry points, and the text of its module."""

    def install(package, entries, module="", name="module"):
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[neuroclip.formats]\n" + entries)
        (tmp_path / f"{name}.py").write_text(module)
        monkeypatch.syspath_prepend(tmp_path)

    return install


OTHER = """
from neuroclip.formats import Piece, Format
from neuroclip.recording import make_events

class Other(Format):
    name, suffixes, description = "other", (".other",), "for a test"
    def detect(self, path, head):
        return head.startswith(b"OTHER")
    def pieces(self, path):
        yield Piece(make_events([1], [2], [3], [1]), (7, 7))
"""


def rows():
    return {(row.name, row.package): row for row in formats.installed()}


def test_ours_come_through_entry_points():
    assert {row.name for row in formats.installed() if row.status == "ok"} >= {
        "aedat2",
        "atis",
        "numpy",
        "text",
    }
    for format in formats.load_all():
        assert format.description
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in format.suffixes)


def test_a_strangers_format_reads_and_is_found_in_folders(plugin, tmp_path):
    plugin("stranger", "other = stranger_other:Other", OTHER, "stranger_other")
    path = tmp_path / "files" / "a.other"
    path.parent.mkdir()
    path.write_bytes(b"OTHER")
    assert formats.find([path.parent]) == [path]
    recording = formats.read(path)
    assert (recording.width, len(recording)) == (7, 1)


def test_broken_and_clashing_formats_are_rows_and_stop_nothing(plugin, tmp_path):
    plugin("nowhere", "lost = no_such_module_anywhere:Format")
    plugin(
        "thief", "atis = thief_module:Atis", "raise SystemError('never imported by listing')", "thief_module"
    )
    found = rows()
    assert found["lost", "nowhere"].status == "broken"
    assert "no_such_module_anywhere" in found["lost", "nowhere"].reason
    clashes = [row for row in found.values() if row.name == "atis"]
    assert {row.status for row in clashes} == {"clash"}
    assert "thief" in " ".join(row.reason for row in clashes)
    assert {f.name for f in formats.load_all()} >= {"numpy", "text"}
    with pytest.raises(OptionError, match="claimed by"):
        formats.load("atis")


def test_a_format_that_cannot_be_imported_is_an_error_only_for_who_asks(plugin):
    plugin("raiser", "raiser = raiser_module:Format\nnoformat = raiser_fine:x", "1 / 0", "raiser_module")
    (path := __import__("pathlib").Path(sys.path[0]) / "raiser_fine.py").write_text("x = 3")
    assert path.exists()
    with pytest.raises(OptionError, match="ZeroDivisionError"):
        formats.load("raiser")
    with pytest.raises(OptionError, match="no subclass"):
        formats.load("noformat")
    assert "raiser" not in {f.name for f in formats.load_all()}


def test_listing_imports_no_format_and_no_torch():
    code = (
        "import sys; from neuroclip import formats; formats.installed(); "
        "loaded = {'torch', 'faery', 'neuroclip.formats.atis'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_folders_are_searched_for_recordings_alone(write, writers, tmp_path):
    events = [(i, 0, 0, 1) for i in range(20)]
    for name in ("b/2.bin", "b/1.bin", "a/x.txt", "a/c.CSV", "z.npy"):
        write(name, writers.text(events))
    for name in ("labels.csv", "README.txt", "a/.hidden.bin", ".git/x.bin", "a/picture.png"):
        write(name, b"file,label\n")
    found = formats.find([tmp_path])
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "a/c.CSV",
        "a/x.txt",
        "b/1.bin",
        "b/2.bin",
        "z.npy",
    ]


def test_files_stay_in_the_order_given_even_if_missing_and_empty_folders_stay(write, tmp_path):
    (tmp_path / "empty").mkdir()
    given = [tmp_path / "z.bin", tmp_path / "empty", tmp_path / "a.anything"]
    assert formats.find(given) == given


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_a_strangers_format_takes_no_file_that_ours_knows_too(plugin, tmp_path, name, make_recording):
    shared = (
        OTHER.replace('b"OTHER"', 'b"PK"').replace('(".other",)', '(".npz",)').replace('"other"', f'"{name}"')
    )
    plugin(name, f"{name} = {name}_zip:Other", shared, f"{name}_zip")
    folder = tmp_path / "files"
    folder.mkdir()
    recording = make_recording(events=3, width=34, height=34)
    for file in ("a.npz", "a.unknown"):
        path = formats.write(recording, folder / file, format="numpy") or folder / file
        assert formats.examine(path).format == "numpy"
    path.write_bytes(b"PK, and nothing of NumPy")
    assert formats.examine(path).format == name


@pytest.mark.parametrize("name", ["a-first", "z-last"])
def test_a_strangers_format_does_not_take_over_what_a_suffix_means(plugin, tmp_path, name, make_recording):
    """It is found by its content, whatever it is called; a suffix alone means what it did."""
    module = f"{name.replace('-', '_')}_format"
    shared = OTHER.replace('(".other",), "for a test"', '(".csv",), "for a test"\n    shares_suffixes = True')
    shared += "    def write(self, path, recording):\n        path.write_bytes(b'OTHER')\n"
    plugin(name, f"{name} = {module}:Other", shared.replace('"other"', f'"{name}"'), module)
    path = tmp_path / "files" / "a.csv"
    formats.write(make_recording(events=3, width=34, height=34), path)
    assert formats.examine(path).format == "text"
    path.write_text("OTHER 1 1 1 1\n")
    assert formats.examine(path).format == name
    path.write_text("nobody knows this\n")
    with pytest.raises(RecordingError) as caught:
        formats.read(path)
    assert "line 1" in str(caught.value)  # as text says it
