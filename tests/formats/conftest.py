"""Writers of the formats that are read: short, slow and independent of the readers."""

from __future__ import annotations

import pytest


class Writers:
    """Each takes a list of (t, x, y, on) and gives the bytes of a file."""

    @staticmethod
    def atis(events):
        return b"".join(bytes([x, y]) + (on << 23 | t).to_bytes(3, "big") for t, x, y, on in events)

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
