"""Writers of the formats that are read: short, slow and independent of the readers."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from neuroclip import formats
from neuroclip.errors import OptionError


class Writers:
    """Each takes a list of (t, x, y, on) and gives the bytes of a file."""

    @staticmethod
    def atis(events):
        return b"".join(bytes([x, y]) + (on << 23 | t).to_bytes(3, "big") for t, x, y, on in events)

    @staticmethod
    def aedat2(events):
        return Writers.dvs128(events)

    @staticmethod
    def dvs128(events, header=b"#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n"):
        words = ((127 - y) << 8 | (127 - x) << 1 | (not on) for t, x, y, on in events)
        times = (t % 2**32 for t, *_ in events)
        return header + b"".join(
            w.to_bytes(4, "big") + t.to_bytes(4, "big") for w, t in zip(words, times, strict=True)
        )

    @staticmethod
    def davis240(events, header=b"#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n"):
        words = ((179 - y) << 22 | (239 - x) << 12 | on << 11 for t, x, y, on in events)
        return header + b"".join(
            w.to_bytes(4, "big") + t.to_bytes(4, "big") for w, (t, *_) in zip(words, events, strict=True)
        )

    @staticmethod
    def text(events, line="{t} {x} {y} {on}\n"):
        return "".join(line.format(t=t, x=x, y=y, on=on) for t, x, y, on in events).encode()


ELSEWHERE = {"aedat3": ("test_aedat3.py", "aedat3_file"), "rosbag": ("test_rosbag.py", "packet_bag")}
"""Writers that stand beside the tests of their format."""


@pytest.fixture(scope="session")
def writers():
    return Writers()


@pytest.fixture
def write(tmp_path):
    """Write bytes to a file with this name; gives its path."""

    def write_file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write_file


@pytest.fixture
def sample_of(tmp_path, writers, make_recording):
    """Write a small good file of a format; gives its path. Skips where an extra is missing."""

    def make(name):
        loaded = formats.load(name)
        path = tmp_path / f"sample{loaded.suffixes[0]}"
        recording = make_recording(events=300, width=60, height=40, span_us=300_000, seed=5)
        columns = [tuple(int(v) for v in event) for event in recording.events.tolist()]
        if loaded.writes:
            try:
                formats.write(recording, path, format=name)
            except OptionError as error:
                pytest.skip(str(error))
        elif name in ELSEWHERE:
            file, function = ELSEWHERE[name]
            spec = spec_from_file_location(f"writer_of_{name}", Path(__file__).with_name(file))
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            path.write_bytes(getattr(module, function)(columns))
        elif hasattr(writers, name):
            path.write_bytes(getattr(writers, name)(columns))
        else:
            pytest.skip(f"nothing here writes {name}")
        return path

    return make
