import numpy as np
import pytest
import torch

from neuroclip.errors import OptionError
from neuroclip.representations import paint

# One pixel each: nothing, one ON, one OFF, both once, two ON and one OFF, one ON and two OFF, two of both.
ON = [0, 1, 0, 1, 2, 1, 2]
OFF = [0, 0, 1, 1, 1, 2, 2]

# Worked out by hand from the conventions.
GOLDEN = {
    ("paper", 1): [127, 255, 0, 255, 255, 255, 255],
    ("reference-code", 1): [127, 0, 255, 0, 0, 0, 0],
    ("paper", 2): [127, 127, 127, 127, 255, 0, 255],
    ("reference-code", 2): [127, 127, 127, 127, 0, 255, 0],
    ("paper", 3): [127] * 7,
}


@pytest.mark.parametrize(("polarity", "min_count"), GOLDEN)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_the_conventions_are_painted_as_worked_out_by_hand(polarity, min_count, dtype):
    golden = GOLDEN[polarity, min_count]
    on, off = np.array(ON, dtype).reshape(1, 7, 1), np.array(OFF, dtype).reshape(1, 7, 1)
    painted = paint(on, off, polarity=polarity, min_count=min_count)
    assert painted.dtype == np.uint8
    assert painted.shape == (1, 7, 1)
    assert painted.ravel().tolist() == golden
    tensor = paint(torch.from_numpy(on), torch.from_numpy(off), polarity=polarity, min_count=min_count)
    assert tensor.dtype == torch.uint8
    assert tensor.flatten().tolist() == golden
    assert on.ravel().tolist() == ON, "the counts stay as they were"


def test_the_two_conventions_are_mirror_images():
    on, off = np.random.default_rng(0).integers(0, 4, (2, 5, 6, 7))
    paper, code = (paint(on, off, polarity=p) for p in ("paper", "reference-code"))
    assert np.array_equal(code, np.select([paper == 255, paper == 0], [0, 255], 127))


def test_marks_can_be_painted_too():
    assert paint(np.array([True, False]), np.array([True, True])).tolist() == [255, 0]


@pytest.mark.parametrize("options", [{"polarity": "papre"}, {"min_count": 0}])
def test_conventions_that_do_not_exist_are_refused(options):
    with pytest.raises(OptionError):
        paint(np.zeros(1), np.zeros(1), **options)
