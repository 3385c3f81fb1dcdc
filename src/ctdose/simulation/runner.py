"""Runs the batches of one body: threads that pull batch numbers and call the kernel without the GIL."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ctdose.kernels.tables import BATCH_HISTORIES, Tables
from ctdose.simulation.batch_tallies import BatchTallies
from ctdose.simulation.sums import Sums

Progress = Callable[[int, int], None]
"""Called on the main thread with the batches that are done and those asked for."""

POLL_SECONDS = 0.05


def batches_for(histories: int) -> int:
    """Whole batches that hold at least so many histories.

    Raises
    ------
    TypeError
        If `histories` is not a whole number.
    ValueError
        If it is not positive.
    """
    if isinstance(histories, bool) or not hasattr(histories, "__index__"):
        raise TypeError(f"histories={histories!r} (not a whole number). For example 10_000_000.")
    if histories <= 0:
        raise ValueError(f"histories={histories} (must be positive). For example 10_000_000.")
    return -(-histories // BATCH_HISTORIES)


def check_threads(threads: int) -> int:
    """Return the number of threads.

    Raises
    ------
    ValueError
        If it is not positive.
    """
    if threads < 1:
        raise ValueError(f"threads={threads} (must be positive). For example 2.")
    return threads


class BatchRunner:
    """Runs batches of one set of tables on threads and collects their sums.

    A batch is never broken off: a stop (Ctrl-C) drains those that run, and what is done stays valid.

    Parameters
    ----------
    tables : Tables
    acquisitions : int
    reference : bool
        Use the reference kernel: the same bits, slower.
    bins : sequence of int, optional
        The acquisition of each bin of views, ascending, each acquisition at least once: the tables' blocks of rows
        are these bins. What a batch leaves in them is added up by acquisition; what the run leaves is kept too
        (`Sums.views`). Default: a block is an acquisition, no views are kept.
    tallies : BatchTallies, optional
        Add to these, as other runners may at the same time. Default: its own.

    Attributes
    ----------
    seconds : float
        In the kernel, summed over threads.

    Raises
    ------
    ValueError
        If the bins do not fit, or the tables are for several variants.
    """

    def __init__(
        self,
        tables: Tables,
        acquisitions: int = 1,
        *,
        reference: bool = False,
        bins: Sequence[int] | None = None,
        tallies: BatchTallies | None = None,
    ) -> None:
        import numba

        self._tables = tables
        self._reference = reference or bool(numba.config.DISABLE_JIT)  # interpreted, 256 lanes cost 256 times
        self._variants = tables.weights.piece.shape[0]
        self._tallies = tallies or BatchTallies(tables, acquisitions, bins)
        self.seconds = 0.0
        self._seconds_to_begin = math.inf
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failure: BaseException | None = None

    def run(
        self,
        batches: Iterable[int],
        threads: int = 1,
        progress: Progress | None = None,
        *,
        seconds: float = math.inf,
    ) -> Sums:
        """Simulate the batches; returns what is done when the last one ends or Ctrl-C stops it.

        Parameters
        ----------
        batches : iterable of int
            Batch numbers: history h belongs to batch h // 2^16.
        threads : int
        progress : callable, optional
        seconds : float
            Begin no batch later than so long after the first one: the rest is left out, and what is done is a
            cut as at the end of all.

        Raises
        ------
        ValueError
            If there are no batches, one comes twice, or `threads` is not positive.
        CtdoseError
            If a tally overflows or the phantom's attenuation exceeds the majorant.
        KeyboardInterrupt
            If it was interrupted before one batch was done.
        """
        self.simulate(batches, threads, progress, seconds=seconds)
        if not self._tallies.done:
            raise KeyboardInterrupt
        return self._tallies.sums()

    def simulate(
        self,
        batches: Iterable[int],
        threads: int = 1,
        progress: Progress | None = None,
        *,
        seconds: float = math.inf,
    ) -> None:
        """The same without the sums, which the tallies then hold; nothing is raised if it was interrupted."""
        wanted, threads = self._check_batches(batches), check_threads(threads)
        self._seconds_to_begin = seconds
        self._simulate(wanted, threads, progress)
        if self._failure is not None:
            raise self._failure

    def _simulate(self, wanted: list[int], threads: int, progress: Progress | None) -> None:
        """Run the batches until the last one ends or a stop; what fails is left in `_failure`."""
        import numba

        from ctdose.simulation.compiled import entry

        if numba.config.DISABLE_JIT:  # plain Python adds to the shared voxel map in two steps
            threads = 1
        # Compiled before the clock runs.
        entry(self._reference)(self._tables, self._make_workspace(), self._tallies.make(), 0, 0)
        waiting = self._in_time(wanted)
        workers = [threading.Thread(target=self._work, args=(waiting,), daemon=True) for _ in range(threads)]
        for worker in workers:
            worker.start()
        self._wait(workers, len(wanted), progress)

    def _in_time(self, wanted: list[int]) -> Iterator[int]:
        """The batches until the time to begin one is over; at least the first."""
        deadline = math.inf
        for number in wanted:
            if time.monotonic() >= deadline:
                return
            yield number
            if math.isinf(deadline):
                deadline = time.monotonic() + self._seconds_to_begin

    def _check_batches(self, batches: Iterable[int]) -> list[int]:
        wanted = sorted(batches)
        if not wanted:
            raise ValueError("batches (there are none). Give at least one batch number.")
        if wanted[0] < 0:
            raise ValueError(f"batches={wanted[0]} (must not be negative). Number them from 0.")
        if len(set(wanted)) < len(wanted) or not self._tallies.done.keys().isdisjoint(wanted):
            raise ValueError("batches (one comes twice, which would count it twice). Give each number once.")
        return wanted

    def _wait(self, workers: list[threading.Thread], total: int, progress: Progress | None) -> None:
        """Report until the last worker has ended; what interrupts lets the running batches end first."""
        alive = True
        while alive:
            try:
                alive = any(worker.is_alive() for worker in workers)
                for worker in workers:
                    worker.join(POLL_SECONDS / len(workers))
                if progress is not None:
                    progress(len(self._tallies.done), total)
            except BaseException as interruption:
                self._stop.set()
                progress = None
                if not isinstance(interruption, KeyboardInterrupt):
                    self._failure = self._failure or interruption

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C stopped the run."""
        return self._stop.is_set()

    def _work(self, waiting: Any) -> None:
        """Simulate batch after batch until there is none or a stop; the body of one thread."""
        from ctdose.simulation.compiled import entry

        try:
            kernel, workspace = entry(self._reference), self._make_workspace()
            collected = self._tallies.collected()
            while not self._stop.is_set() and (batch := self._next(waiting)) is not None:
                tallies = self._tallies.make()
                begin = time.perf_counter()
                if collected is not None:
                    tallies = tallies._replace(rows=collected.rows)
                first = batch * BATCH_HISTORIES
                kernel(self._tables, workspace, tallies, first, first + BATCH_HISTORIES)
                if collected is not None:
                    tallies = tallies._replace(rows=collected.take_batch())
                self._note(batch, tallies, time.perf_counter() - begin)
            if collected is not None:
                with self._tallies.lock:
                    self._tallies.views += collected.rows
        except BaseException as failure:  # handed to the main thread, which raises it
            self._failure = failure
            self._stop.set()

    def _note(self, batch: int, tallies: Any, seconds: float) -> None:
        """Keep what a batch has left."""
        with self._tallies.lock:
            self.seconds += seconds
            self._tallies.seconds += seconds
            self._tallies.done[batch] = tallies

    def _next(self, waiting: Iterator[int]) -> int | None:
        with self._lock:
            return next(waiting, None)

    def _make_workspace(self) -> Any:
        """Working memory of one thread."""
        from ctdose.kernels.cpu import make_workspace

        return make_workspace(self._tables.run.rows, self._tables.run.composites, self._variants)
