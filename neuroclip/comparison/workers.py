"""Cells measured one after the other, or by several processes side by side, of which any may die."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import Any

import torch

from neuroclip.comparison.cells import Cell, failed, finish_cell
from neuroclip.comparison.plan import Place
from neuroclip.comparison.setting import Setting
from neuroclip.errors import ComparisonError

Wanted = tuple[Place, Cell]


def _proxy(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


# Prompt sets and known sets have such, and a process is handed them.
ForkingPickler.register(MappingProxyType, lambda proxy: (_proxy, (dict(proxy),)))


def measured(setting: Setting, wanted: Sequence[Wanted], jobs: int = 0) -> Generator[Cell]:
    """Yield cells as they are finished, each kept on disk by then.

    Each job has a process of its own, and its share of the threads. Where one dies, its cell is a failed one, and
    another process takes its place. Without jobs, this process measures, and dies with a head that is killed.
    """
    if not jobs or not wanted:
        for place, cell in wanted:
            yield finish_cell(setting, place, cell)
        return
    jobs = min(jobs, len(wanted))
    threads = max(1, torch.get_num_threads() // jobs)
    waiting, workers = deque(wanted), [_Worker(setting, threads) for _ in range(jobs)]
    try:
        for worker in workers:
            worker.begin(*waiting.popleft())
        while busy := [worker for worker in workers if worker.at is not None]:
            for ready in wait([worker.connection for worker in busy]):
                i, worker = next((i, w) for i, w in enumerate(workers) if w.connection is ready)
                assert worker.at is not None
                _, cell = worker.at
                try:
                    yield worker.finished()
                except (EOFError, OSError):  # it is gone, and its end of the pipe with it
                    yield failed(setting, cell, worker.died())
                    worker.end()
                    if waiting:
                        worker = workers[i] = _Worker(setting, threads)
                if waiting:
                    worker.begin(*waiting.popleft())
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A process that measures one cell after the other; `at` is the cell that it is busy with."""

    def __init__(self, setting: Setting, threads: int) -> None:
        self._untold: Setting | None = setting
        context = get_context("spawn")  # threads of torch do not survive a fork
        self.connection, theirs = context.Pipe()
        self.at: Wanted | None = None
        self._process = context.Process(target=_work, args=(theirs, threads))
        self._process.start()
        theirs.close()  # so that this end says when the other is gone

    def begin(self, place: Place, cell: Cell) -> None:
        """Hand it a cell."""
        self.at = (place, cell)
        with suppress(OSError):  # it died before: `finished` finds that out
            if self._untold is not None:  # not when it is made: that waits until it has started
                self.connection.send(self._untold)
                self._untold = None
            self.connection.send(self.at)

    def finished(self) -> Cell:
        """Return the cell that it has measured.

        Raises:
            EOFError, OSError: It has died.
        """
        done: Cell = self.connection.recv()
        self.at = None
        return done

    def died(self) -> ComparisonError:
        """Say how it ended."""
        self.at = None
        self._process.join()
        return ComparisonError(ending(self._process.exitcode or 0))

    def end(self) -> None:
        """End it, whatever it is doing: what it had finished is on disk."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def ending(status: int) -> str:
    """Say how a process ended, by its exit status."""
    if status < 0:
        return f"the process was ended (out of memory?), status {status}: fewer --jobs need less memory"
    return f"the process ended itself, status {status}: the head, or what it calls, ended the program"


def _work(connection: Connection[Any, Any], threads: int) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started this one says when to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    try:
        setting: Setting = connection.recv()
        while True:
            place, cell = connection.recv()
            connection.send(finish_cell(setting, place, cell))
    except (EOFError, OSError):
        return


def _end_with_parent() -> None:
    """Wait until the process that started this one is gone, and end: nobody would hear what it says."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
