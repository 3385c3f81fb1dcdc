"""Runs the batches of one body: threads that pull batch numbers and call the kernel without the GIL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BATCH_HISTORIES, Tables
from ctdose.simulation.sums import Sums

Progress = Callable[[int, int], None]
"""Called on the main thread with the batches that are done and those asked for."""

POLL_SECONDS = 0.1


def batches_for(histories: int) -> int:
    """Whole batches that hold at least so many histories.

    Raises
    ------
    ValueError
        If `histories` is not positive.
    """
    if histories <= 0:
        raise ValueError(f"histories={histories} (must be positive). For example 10_000_000.")
    return -(-histories // BATCH_HISTORIES)


class BatchRunner:
    """Runs batches of one set of tables on threads and collects their sums.

    A batch is never broken off: a stop (Ctrl-C) drains those that run, and what is done stays valid.

    Parameters
    ----------
    tables : Tables
    acquisitions : int
    reference : bool
        Use the reference kernel: the same bits, slower.
    """

    def __init__(self, tables: Tables, acquisitions: int = 1, *, reference: bool = False) -> None:
        self._tables = tables
        self._reference = reference
        self._shape = (acquisitions, tables.run.rows + tables.run.composites)
        voxels = tables.voxels.word.size if tables.run.with_voxels else 0
        self._voxels = np.zeros(2 * voxels, np.int64)
        self._done: dict[int, Any] = {}
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failure: BaseException | None = None

    def run(self, batches: Iterable[int], threads: int = 1, progress: Progress | None = None) -> Sums:
        """Simulate the batches; returns what is done when the last one ends or Ctrl-C stops it.

        Parameters
        ----------
        batches : iterable of int
            Batch numbers: history h belongs to batch h // 2^16.
        threads : int
        progress : callable, optional

        Raises
        ------
        CtdoseError
            If a tally overflows or the phantom's attenuation exceeds the majorant.
        KeyboardInterrupt
            If it was interrupted before one batch was done.
        """
        from ctdose.simulation.compiled import entry

        entry(self._reference)  # compiled or read from the cache once, before the threads ask for it
        wanted = sorted(batches)
        waiting = iter(wanted)
        workers = [
            threading.Thread(target=self._work, args=(waiting,), daemon=True) for _ in range(max(1, threads))
        ]
        for worker in workers:
            worker.start()
        self._wait(workers, len(wanted), progress)
        if self._failure is not None:
            raise self._failure
        if not self._done:
            raise KeyboardInterrupt
        return self._collect()

    def _wait(self, workers: list[threading.Thread], total: int, progress: Progress | None) -> None:
        while any(worker.is_alive() for worker in workers):
            try:
                for worker in workers:
                    worker.join(POLL_SECONDS)
                if progress is not None:
                    progress(len(self._done), total)
            except KeyboardInterrupt:
                self._stop.set()

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C stopped the run."""
        return self._stop.is_set()

    def _work(self, waiting: Any) -> None:
        from ctdose.kernels.cpu import make_tallies, make_workspace
        from ctdose.simulation.compiled import entry

        try:
            kernel = entry(self._reference)
            workspace = make_workspace(self._tables.run.rows, self._tables.run.composites)
            while not self._stop.is_set():
                with self._lock:
                    batch = next(waiting, None)
                if batch is None:
                    return
                tallies = make_tallies(*self._shape, self._voxels)
                begin = time.perf_counter()
                kernel(
                    self._tables, workspace, tallies, batch * BATCH_HISTORIES, (batch + 1) * BATCH_HISTORIES
                )
                with self._lock:
                    self._seconds += time.perf_counter() - begin
                    self._done[batch] = tallies
        except BaseException as failure:  # handed to the main thread, which raises it
            self._failure = failure
            self._stop.set()

    def _collect(self) -> Sums:
        from ctdose.kernels.tally import COUNT_MAJORANT_EXCEEDED, COUNT_OVERFLOW

        numbers = sorted(self._done)
        counters = np.stack([self._done[n].counters for n in numbers])
        if counters[:, COUNT_OVERFLOW].any():
            raise CtdoseError(
                "a tally reached 2^62 (too many histories in one voxel). Run fewer histories and add runs."
            )
        if counters[:, COUNT_MAJORANT_EXCEEDED].any():
            raise CtdoseError(
                "mu exceeded the majorant (a fault of ctdose, the result would be wrong). Please report it."
            )
        kept = bool(self._tables.run.with_voxels)
        shape = tuple(int(n) for n in self._tables.voxels.shape[::-1])
        return Sums(
            batches=np.array(numbers, np.int64),
            rows=np.stack([self._done[n].rows for n in numbers]),
            voxels=self._voxels.reshape(*shape, 2) if kept else None,
            counters=counters,
            transport_seconds=self._seconds,
        )
