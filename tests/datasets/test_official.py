"""The official splits of UCF-101 and HMDB-51, from stand-ins with the layout of their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from neuroclip.datasets import make_split, open_dataset
from neuroclip.errors import DatasetError

PUSHUPS = "HandstandPushups"
UCF = {
    "trainlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\n"
    "HandstandPushups/v_HandStandPushups_g08_c01.avi 37\r\n",
    "testlist01.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\r\n"
    "HandstandPushups/v_HandStandPushups_g01_c01.avi\r\n",
    "trainlist02.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi 1\n"
    "HandstandPushups/v_HandStandPushups_g01_c01.avi 37\n",
    "testlist02.txt": "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi\n"
    "HandstandPushups/v_HandStandPushups_g08_c01.avi\n",
    "classInd.txt": "1 ApplyEyeMakeup\n37 HandstandPushups\n",
}
HMDB = {
    "brush_hair_test_split1.txt": "April_09_goo_0.avi 1 \nApril_09_goo_1.avi 2 \nApril_09_goo_2.avi 0 \n",
    "clap_test_split1.txt": "#20_Rhythm_clap_u.avi 2 \nclap_me.avi 1 \n",
    "brush_hair_test_split3.txt": "April_09_goo_0.avi 0 \nApril_09_goo_1.avi 1 \nApril_09_goo_2.avi 2 \n",
    "clap_test_split3.txt": "#20_Rhythm_clap_u.avi 1 \nclap_me.avi 2 \n",
}


def write(files: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, newline="")


@pytest.fixture
def ucf(tmp_path: Path) -> Path:
    """Empty files where the videos are: only their names count."""
    for label, name in (("ApplyEyeMakeup", "ApplyEyeMakeup"), (PUSHUPS, "HandStandPushups")):
        (tmp_path / "UCF-101" / label).mkdir(parents=True)
        for group in ("g01", "g08"):
            (tmp_path / "UCF-101" / label / f"v_{name}_{group}_c01.avi").touch()
    return tmp_path / "UCF-101"


@pytest.fixture
def hmdb(tmp_path: Path) -> Path:
    for name in (
        *(f"brush_hair/April_09_goo_{i}" for i in range(3)),
        "clap/#20_Rhythm_clap_u",
        "clap/clap_me",
    ):
        path = tmp_path / "hmdb51_org" / f"{name}.avi"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "hmdb51_org"


def parts(root: Path, known: str) -> dict[str, list[str]]:
    dataset = open_dataset(root, known=known)
    assert dataset.name == known.partition(":")[0]
    return {part: [item.name for item in dataset.part(part)] for part in ("train", "test", None)}  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["../ucfTrainTestlist", "ucfTrainTestlist", "..", "."])
def test_ucf101_is_parted_by_its_lists_wherever_they_lie(ucf: Path, place: str) -> None:
    lists = (ucf / place).resolve()
    if lists.exists():
        for name, text in UCF.items():
            (lists / name).write_text(text, newline="")
    else:
        write(UCF, lists)
    one, two = (
        [f"ApplyEyeMakeup/v_ApplyEyeMakeup_{group}_c01.avi", f"{PUSHUPS}/v_HandStandPushups_{group}_c01.avi"]
        for group in ("g08", "g01")
    )
    assert parts(ucf, "ucf101:1") == {"train": one, "test": two, None: []}
    assert parts(ucf, "ucf101:2") == {"train": two, "test": one, None: []}
    assert parts(ucf, "ucf101") == {"train": [], "test": [], None: sorted(one + two)}


def test_hmdb51_leaves_out_what_is_marked_with_0(hmdb: Path) -> None:
    write(HMDB, hmdb.parent / "testTrainMulti_7030_splits")
    assert parts(hmdb, "hmdb51:1") == {
        "train": ["brush_hair/April_09_goo_0.avi", "clap/clap_me.avi"],
        "test": ["brush_hair/April_09_goo_1.avi", "clap/#20_Rhythm_clap_u.avi"],
        None: [],
    }
    assert parts(hmdb, "hmdb51:3") == {
        "train": ["brush_hair/April_09_goo_1.avi", "clap/#20_Rhythm_clap_u.avi"],
        "test": ["brush_hair/April_09_goo_2.avi", "clap/clap_me.avi"],
        None: [],
    }


def test_shots_are_drawn_from_the_official_training_part_only(hmdb: Path) -> None:
    write(HMDB, hmdb.parent / "lists")
    split = make_split(open_dataset(hmdb, known="hmdb51:1"), shots=None, seed=0)
    assert split.train == ("brush_hair/April_09_goo_0.avi", "clap/clap_me.avi")
    assert split.test == ("brush_hair/April_09_goo_1.avi", "clap/#20_Rhythm_clap_u.avi")


def test_emulated_recordings_and_other_spellings_stand_for_the_videos(ucf: Path) -> None:
    """Some copies of UCF-101 write v_HandstandPushups, and the lists v_HandStandPushups."""
    write(UCF, ucf.parent / "ucfTrainTestlist")
    for path in [*ucf.rglob("*.avi")]:
        path.rename(path.with_name(path.name.replace("StandP", "standP")).with_suffix(".aedat4"))
    assert parts(ucf, "ucf101:1")["train"] == [
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.aedat4",
        f"{PUSHUPS}/v_HandstandPushups_g08_c01.aedat4",
    ]


def test_missing_lists_are_said_with_where_they_are_published(ucf: Path, hmdb: Path) -> None:
    with pytest.raises(
        DatasetError,
        match=r"split 3 of UCF-101 \(trainlist03\.txt and testlist03\.txt.*https://www\.crcv\.ucf",
    ):
        open_dataset(ucf, known="ucf101:3")
    with pytest.raises(DatasetError, match=r"brush_hair_test_split2\.txt.*published at https://serre-lab"):
        open_dataset(hmdb, known="hmdb51:2")
    write(UCF, ucf.parent / "ucfTrainTestlist")
    with pytest.raises(
        DatasetError, match=r"ucfTrainTestlist/trainlist03\.txt: cannot be read: No such file"
    ):
        open_dataset(ucf, known="ucf101:3")


def test_files_that_are_missing_or_not_listed_are_named(ucf: Path) -> None:
    write(UCF, ucf.parent / "ucfTrainTestlist")
    (ucf / PUSHUPS / "v_HandStandPushups_g08_c01.avi").rename(ucf / PUSHUPS / "mine.avi")
    with pytest.raises(DatasetError, match=r"HandstandPushups/mine\.avi is not in the lists of UCF-101 in "):
        open_dataset(ucf, known="ucf101:1")
    (ucf / PUSHUPS / "mine.avi").unlink()
    with pytest.raises(
        DatasetError,
        match=r"1 of the 4 files in the lists of UCF-101 are not there, the first is HandstandPushups/v_HandStand",
    ):
        open_dataset(ucf, known="ucf101:1")


def test_classes_may_be_missing(ucf: Path) -> None:
    lists = {name: text + "Archery/v_Archery_g08_c01.avi 3\n" for name, text in UCF.items()}
    write(lists, ucf.parent / "ucfTrainTestlist")
    assert len(open_dataset(ucf, known="ucf101:1").items) == 4


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("ucf101:4", "ucf101:4: UCF-101 has the official splits 1 to 3, not '4'"),
        ("ucf101:", "not ''"),
        ("ucf101:-1", "not '-1'"),
        ("nmnist:1", "nmnist:1: N-MNIST has no numbered splits, only hmdb51 and ucf101 have; say 'nmnist'"),
        ("ucf:1", "no known data set named 'ucf'"),
    ],
)
def test_a_split_that_there_is_not_is_said_with_those_there_are(ucf: Path, known: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        open_dataset(ucf, known=known)


def test_a_set_that_names_its_parts_itself_is_not_parted_again(
    ucf: Path, put: Callable[..., Path], tmp_path: Path
) -> None:
    write(UCF, tmp_path / "ucfTrainTestlist")
    root = put(*(f"{half}/{c}/1.bin" for half in ("Train", "Test") for c in ("Archery", PUSHUPS)))
    with pytest.raises(DatasetError, match="the set says itself which part a recording is in"):
        open_dataset(root, known="ucf101:1")


@pytest.mark.parametrize(
    ("root", "name", "text", "said"),
    [
        ("ucf", "testlist01.txt", "\nv_x.avi\n", r"testlist01\.txt, line 2: 'v_x\.avi' is no CLASS/FILE"),
        ("hmdb", "clap_test_split1.txt", "a.avi 3\n", r"split1\.txt, line 1: expected a file and 0, 1 or 2"),
        ("hmdb", "clap_test_split1.txt", "a.avi\n", "line 1: expected a file and 0, 1 or 2"),
    ],
)
def test_a_wrong_line_is_named(
    request: pytest.FixtureRequest, tmp_path: Path, root: str, name: str, text: str, said: str
) -> None:
    folder: Path = request.getfixturevalue(root)
    write((UCF if root == "ucf" else HMDB) | {name: text}, tmp_path / "lists")
    with pytest.raises(DatasetError, match=said):
        open_dataset(folder, known="ucf101:1" if root == "ucf" else "hmdb51:1")
