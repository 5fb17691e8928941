"""my-format is found, gives back what was written, and says what is wrong with a file."""

import neuroclip
import numpy as np
import pytest
from my_format import MyFormat
from neuroclip import formats
from neuroclip.testing import toy_recordings


@pytest.fixture
def file(tmp_path):
    neuroclip.write(toy_recordings("apple", 1)[0], tmp_path / "a.my_format")
    return tmp_path / "a.my_format"


def test_it_is_installed():
    assert type(formats.load("my-format")) is MyFormat


def test_what_was_written_comes_back(file):
    (written,), read = toy_recordings("apple", 1), neuroclip.read(file)
    assert np.array_equal(read.events, written.events)
    assert (read.width, read.height) == (written.width, written.height)


def test_it_is_known_by_its_content(file):
    renamed = file.rename(file.with_name("renamed"))
    assert len(neuroclip.read(renamed)) == len(toy_recordings("apple", 1)[0])


def test_the_good_part_of_a_file_that_was_cut_off_can_be_kept(file):
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(neuroclip.NeuroclipError, match="cut off"):
        neuroclip.read(file)
    with pytest.warns(UserWarning, match="cut off"):
        kept = neuroclip.read(file, recover=True)
    assert len(kept) == len(toy_recordings("apple", 1)[0]) - 1


@pytest.mark.parametrize("text", [b"", b"my-format\n", b"my-format 3 x\n"])
def test_another_beginning_is_refused(tmp_path, text):
    (tmp_path / "a.my_format").write_bytes(text)
    with pytest.raises(neuroclip.NeuroclipError, match="my_format"):
        neuroclip.read(tmp_path / "a.my_format")
