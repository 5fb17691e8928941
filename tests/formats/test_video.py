"""Videos as recordings: their times, their size, and what is said of damaged ones."""

from __future__ import annotations

import csv
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import neuroclip
from neuroclip import formats
from neuroclip.emulation import CLEAN, Footage, emulate_stream
from neuroclip.emulation import footage as footage_module
from neuroclip.emulation.camera import LONGEST_PAUSE_US
from neuroclip.emulation.containers import container_of, cut_off
from neuroclip.errors import OptionError, RecordingError
from neuroclip.formats import video
from neuroclip.recording import EVENT_DTYPE

av = pytest.importorskip("av")

CODECS = {".mp4": "libx264", ".mov": "png", ".mkv": "ffv1", ".avi": "ffv1", ".webm": "libvpx"}
PIXELS = {"libx264": "yuv420p", "png": "gray", "ffv1": "gray", "libvpx": "yuv420p"}


def bar_pictures(number: int = 12, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """A bright bar that moves two pixels to the right from picture to picture."""
    x = np.arange(width)
    return [
        np.tile(np.where((x >= 2 * n) & (x < 2 * n + 8), 200, 60), (height, 1)).astype(np.uint8)
        for n in range(number)
    ]


@pytest.fixture
def make_video(tmp_path):
    """Write pictures with PyAV, each with its time in milliseconds: `make_video("a.mkv", pictures, times_ms)`."""

    def make(name, pictures=None, times_ms=None, **options) -> Path:
        pictures = bar_pictures() if pictures is None else pictures
        times_ms = [40 * n for n in range(len(pictures))] if times_ms is None else times_ms
        path = tmp_path / name
        codec = CODECS[path.suffix]
        with av.open(str(path), "w", options=options) as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = pictures[0].shape
            stream.pix_fmt = PIXELS[codec]
            stream.codec_context.time_base = Fraction(1, 25 if path.suffix == ".avi" else 1000)
            for picture, time_ms in zip(pictures, times_ms, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, "gray")
                frame.pts = time_ms // 40 if path.suffix == ".avi" else time_ms
                frame.time_base = stream.codec_context.time_base
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


def events_of(path, **options):
    """Return all that is good, and the error that follows, if one does."""
    parts, error = [], None
    try:
        for piece in video.Video().pieces(path, **options):
            assert piece.size is not None
            parts.append(piece.events)
    except RecordingError as caught:
        error = caught
    return np.concatenate(parts) if parts else np.empty(0, EVENT_DTYPE), error


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_a_video_is_known_by_its_content_and_read_as_a_recording(make_video, suffix):
    path = make_video(f"a{suffix}")
    wrong = path.rename(path.with_name("a.bin"))
    recording = neuroclip.read(wrong)
    assert (recording.width, recording.height) == (64, 48)
    assert len(recording) > 1000
    assert recording.events["t"][0] > 0
    assert recording.video == wrong
    assert 0.4 < recording.events["on"].mean() < 0.6


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".mov"])
def test_pictures_and_times_come_out_as_they_were_written(make_video, suffix):
    pictures = [np.random.default_rng(n).integers(0, 256, (48, 64)).astype(np.uint8) for n in range(5)]
    read = list(Footage(make_video(f"a{suffix}", pictures)))
    assert [t for _, t in read] == [0, 40_000, 80_000, 120_000, 160_000]
    for (seen, _), written in zip(read, pictures, strict=True):
        assert np.array_equal(seen, written)


def test_times_alone_are_those_of_the_pictures_and_grey_has_three_equal_colours(make_video):
    footage = Footage(make_video("a.mkv", times_ms=[0, 7, 50, 51, 100, 200, 300, 301, 302, 400, 500, 600]))
    assert footage.times() == [t for _, t in footage]
    pairs = list(zip(footage, Footage(footage.path, colour=True), strict=True))
    assert len(pairs) == 12
    for (grey, time), (colour, same) in pairs:
        assert time == same
        assert np.abs(colour.astype(int) - grey[..., None]).max() <= 1


def test_variable_frame_rates_keep_their_times_from_the_first_picture_on(make_video):
    times_ms = [170, 180, 203, 1000, 1001, 1500, 2750, 2760, 2799, 2805, 2900, 2901]
    path = make_video("a.mkv", times_ms=times_ms)
    assert [t for _, t in Footage(path)] == [(t - 170) * 1000 for t in times_ms]
    recording = neuroclip.read(path)
    clean = np.concatenate(list(emulate_stream(Footage(path), CLEAN)))
    for events in (recording.events, clean):
        assert events["t"][0] >= 0
        assert events["t"][-1] <= (times_ms[-1] - 170) * 1000
    # the leading edge stands at pixel 2 n + 8 when picture n is shown
    shown = np.interp((clean["x"][clean["on"]] - 8) / 2, range(12), (np.array(times_ms) - 170) * 1000)
    step = np.max(np.diff(times_ms)) * 1000
    assert np.abs(clean["t"][clean["on"]] - shown).max() <= step


def test_black_is_0_and_white_255_whatever_range_the_file_has(make_video):
    pictures = [np.full((48, 64), grey, np.uint8) for grey in (0, 255, 128, 0)]
    for suffix in (".mp4", ".mkv"):
        greys = [picture.mean() for picture, _ in Footage(make_video(f"a{suffix}", pictures))]
        assert greys == pytest.approx([0, 255, 128, 0], abs=2)


def test_large_videos_are_scaled_to_346_pixels_with_their_shape_kept(make_video):
    pictures = bar_pictures(4, 800, 400)
    recording = neuroclip.read(make_video("a.mkv", pictures))
    assert (recording.width, recording.height) == (346, 173)
    tall = make_video("b.mkv", [np.ascontiguousarray(picture.T) for picture in pictures])
    assert neuroclip.read(tall).height == 346
    (picture, _), *_ = Footage(tall, (20, 30))
    assert picture.shape == (30, 20)


def test_a_video_that_is_to_be_turned_is_turned(make_video):
    """Phones write upright video sideways, with a matrix in the track's header."""
    corner = np.zeros((48, 64), np.uint8)
    corner[:24, :32] = 255  # top left
    path = make_video("a.mov", [corner] * 3)
    data = bytearray(path.read_bytes())
    one, minus, zero = (n.to_bytes(4, "big", signed=True) for n in (1 << 16, -(1 << 16), 0))
    at = data.index(b"tkhd") + 4 + 40
    assert data[at : at + 4] == one
    # clockwise by a quarter: (x, y) goes to (-y, x)
    data[at : at + 36] = zero + one + zero + minus + zero + zero + zero + zero + (1 << 30).to_bytes(4, "big")
    path.write_bytes(data)
    (picture, _), *_ = Footage(path)
    assert picture.shape == (64, 48)
    assert picture[:32, 24:].min() > 200  # top right
    assert picture[:, :24].max() < 50


def test_pieces_are_the_same_events_however_small(make_video, monkeypatch):
    path = make_video("a.mkv")
    whole, _ = events_of(path)
    monkeypatch.setattr(video, "PIECE_EVENTS", 100)
    pieces = list(video.Video().pieces(path))
    assert len(pieces) == 11
    assert {piece.size for piece in pieces} == {(64, 48)}
    assert np.concatenate([piece.events for piece in pieces]).tobytes() == whole.tobytes()


def test_a_size_that_is_asked_for_is_what_the_video_is_scaled_to(make_video):
    path = make_video("a.mkv")
    small = neuroclip.read(path, size=(32, 24))
    assert (small.width, small.height) == (32, 24)
    emulated = np.concatenate(list(emulate_stream(Footage(path, (32, 24)))))
    assert small.events.tobytes() == emulated.tobytes()
    assert neuroclip.read(path, size=(64, 48)).digest == neuroclip.read(path).digest


def test_reading_it_again_gives_the_same_digest(make_video):
    path = make_video("a.mp4")
    assert neuroclip.read(path).digest == neuroclip.read(path).digest


@pytest.mark.parametrize(
    ("suffix", "options"), [(".mp4", {"movflags": "faststart"}), (".avi", {}), (".mkv", {})]
)
def test_a_video_that_is_cut_off_gives_a_prefix_and_then_an_error(make_video, tmp_path, suffix, options):
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (48, 64)).astype(np.uint8) for _ in range(6)]
    path = make_video(f"a{suffix}", pictures, **options)
    data, (whole, none) = path.read_bytes(), events_of(path)
    assert none is None
    short, most = tmp_path / f"short{suffix}", 0
    cuts = {1, 7, 8, 12, 40, len(data) - 1, *np.linspace(30, len(data) - 2, 25).astype(int).tolist()}
    for cut in sorted(cuts):
        short.write_bytes(data[:cut])
        events, error = events_of(short)
        assert error is not None, cut
        assert whole[: len(events)].tobytes() == events.tobytes(), cut
        most = max(most, len(events))
        with pytest.raises(RecordingError, match=f"short{suffix}"):
            neuroclip.read(short)
    assert most > 0.4 * len(whole)


def test_what_is_left_of_a_cut_video_can_be_recovered(make_video):
    path = make_video("a.mp4", movflags="faststart")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.warns(neuroclip.errors.RecordingWarning, match="kept the"):
        recording = neuroclip.read(path, recover=True)
    assert len(recording) > 0


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
@pytest.mark.parametrize("damage", ["zeros", "noise", "flips"])
def test_a_damaged_video_gives_good_events_or_one_error(make_video, suffix, damage):
    path = make_video(f"a{suffix}")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    for seed in range(12):
        random, bad = np.random.default_rng(seed), data.copy()
        start = int(random.integers(8, len(bad)))
        if damage == "flips":
            bad[random.integers(0, len(bad), 4)] ^= (1 << random.integers(0, 8, 4)).astype(np.uint8)
        else:
            bad[start : start + 200] = 0 if damage == "zeros" else random.integers(0, 256)
        path.write_bytes(bad.tobytes())
        events, error = events_of(path)
        assert error is None or "\n" not in str(error)
        assert np.all(np.diff(events["t"]) >= 0)
        if len(events):
            assert events["t"][-1] < 12 * LONGEST_PAUSE_US


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 300,
        b"\0\0\0\x20ftypisom",
        b"RIFF\xff\xff\0\0AVI LIST",
        b"\x1a\x45\xdf\xa3",
        b"words " * 99,
    ],
)
def test_what_is_no_video_is_one_error(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.mp4") as caught:
        neuroclip.read(path, format="video")
    assert "\n" not in str(caught.value)


def test_sound_without_pictures_is_said_to_be_that(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(RecordingError, match="no video in it"):
        neuroclip.read(path)


def test_a_video_in_which_nothing_moves_has_noise_at_most(make_video):
    path = make_video("a.mkv", [np.full((48, 64), 90, np.uint8)] * 3)
    assert len(list(emulate_stream(Footage(path), CLEAN))) == 2
    events, error = events_of(path)
    assert error is None
    assert len(events) < 20


def test_pictures_beyond_belief_are_not_decoded(make_video, monkeypatch):
    path = make_video("a.mkv")
    monkeypatch.setattr(footage_module, "MOST_PIXELS", 64 * 48 - 1)
    with pytest.raises(RecordingError, match="64x48: is it damaged"):
        neuroclip.read(path)


def test_without_pyav_one_sentence_says_what_to_install(make_video, monkeypatch):
    path = make_video("a.mkv")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(OptionError, match=r"pip install 'neuroclip\[video\]'"):
        neuroclip.read(path)
    assert formats.load("video").detect(path, path.read_bytes()[:4096])


def test_importing_the_format_imports_neither_torch_nor_pyav():
    code = "import sys, neuroclip.formats.video; print({'torch', 'av', 'numba', 'cv2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_other_files_are_not_taken_for_videos():
    for head in (
        b"",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"#!AER-DAT2.0",
        b"PK\x03\x04",
        b"% evt 3.0\n",
        b"0 1 2 1\n" * 9,
    ):
        assert container_of(head) is None


@pytest.mark.real
def test_real_videos_are_whole_and_read_to_their_end(real_data):
    with (real_data / "videos" / "labels.csv").open() as file:
        names = [row["file"] for row in csv.DictReader(file)]
    for name in (*names, "street_scenes_bikes.mp4"):
        path = real_data / "videos" / name
        assert cut_off(path) is None
        footage = Footage(path, (40, 30))
        times = np.array([t for _, t in footage])
        assert times[0] == 0
        assert np.all(np.diff(times) > 0)
        assert footage.duration_us is not None
        assert times[-1] == pytest.approx(footage.duration_us, abs=120_000)


@pytest.mark.real
def test_a_real_video_is_a_recording(real_data):
    recording = neuroclip.read(real_data / "videos" / "carphone.mp4")
    assert (recording.width, recording.height) == (193, 144)  # its pixels are not square
    assert 3_900_000 < recording.span_us < 4_004_000
    assert 0.4 < recording.events["on"].mean() < 0.6
