"""Telling Ctrl-C from a KeyboardInterrupt that a head raises by itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def presses() -> Generator[list[int]]:
    """Give a list that is empty until somebody presses Ctrl-C, which does what it did before.

    Outside the main thread, and where the signal is ignored as in a worker, it stays empty.
    """
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield pressed
        return

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
