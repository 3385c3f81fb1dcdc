"""Runs the batches of one body on a GPU: the tables are copied once, some batches go with each launch."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BATCH_HISTORIES, Tables
from ctdose.simulation.cuda_device import check_cuda, exact_arithmetic, is_simulated, to_device
from ctdose.simulation.runner import BatchRunner, Progress
from ctdose.simulation.view_sums import by_acquisition

BATCHES_PER_LAUNCH = 16  # 10^6 photons; Ctrl-C waits for the end of a launch
BLOCKS, THREADS_PER_BLOCK = 256, 128
SIMULATED_GRID = 64, 1  # the simulator runs blocks one after the other, and with them what should be atomic


class OnDevice(NamedTuple):
    """What every launch is given; `voxels` are the sums of all launches."""

    grid: tuple[int, int]
    tables: Any
    scratch: Any
    voxels: Any


class CudaRunner(BatchRunner):
    """Runs batches of one set of tables on a GPU: the same bits as on the CPU.

    Parameters
    ----------
    tables : Tables
    acquisitions : int
    histories : int
        Of each batch; fewer than all only in tests.
    bins
        As for `BatchRunner`.

    Raises
    ------
    CtdoseError
        If there is no GPU, or no software for it.
    """

    def __init__(
        self,
        tables: Tables,
        acquisitions: int = 1,
        *,
        histories: int = BATCH_HISTORIES,
        bins: Sequence[int] | None = None,
    ) -> None:
        check_cuda()
        super().__init__(tables, acquisitions, bins=bins)
        self._histories = histories

    def _simulate(self, wanted: list[int], threads: int, progress: Progress | None) -> None:
        """Launch from a thread: an interrupt reaches the main thread alone, never between a launch and its sums."""
        worker = threading.Thread(target=self._work, args=(self._in_time(wanted),), daemon=True)
        worker.start()
        self._wait([worker], len(wanted), progress)

    def _work(self, waiting: Any) -> None:
        try:
            given = self._prepare()
            while not self._stop.is_set() and (numbers := list(islice(waiting, BATCHES_PER_LAUNCH))):
                begin = time.perf_counter()
                self._launch(given, numbers)
                self._tallies.seconds += time.perf_counter() - begin
            given.voxels.copy_to_host(self._tallies.voxels)
        except BaseException as failure:  # handed to the main thread, which raises it
            self._failure = failure
            self._stop.set()

    def _prepare(self) -> OnDevice:
        """Fill the GPU's memory and compile the kernel before the clock runs; here shows what the GPU lacks."""
        from ctdose.kernels.cuda import make_scratch

        blocks, size = SIMULATED_GRID if is_simulated() else (BLOCKS, THREADS_PER_BLOCK)
        try:
            scratch = to_device(make_scratch(blocks * size, self._tables.run, self._variants))
            given = OnDevice(
                (blocks, size), to_device(self._tables), scratch, to_device(self._tallies.voxels)
            )
            self._launch(given, [])
        except CtdoseError:
            raise
        except Exception as failure:  # of the driver, the linker, the memory: numba-cuda has many kinds
            said = (str(failure).splitlines() or [""])[0].strip()
            raise CtdoseError(f"device=cuda ({type(failure).__name__}: {said}). Write cpu.") from failure
        return given

    def _launch(self, given: OnDevice, numbers: list[int]) -> None:
        """Simulate some batches and keep their sums; those of the voxels stay on the GPU."""
        from ctdose.kernels.cuda import run_batches
        from ctdose.kernels.tally import COUNTERS, Tallies

        rows = np.zeros((len(numbers), *self._tallies.shape, 2), np.int64)
        counters = np.zeros((len(numbers), COUNTERS), np.int64)
        device_rows, device_counters = to_device(rows), to_device(counters)
        tallies = Tallies(device_rows, given.voxels, device_counters)
        batches = to_device(np.array(numbers, np.int64))
        with exact_arithmetic():
            run_batches[given.grid](given.tables, given.scratch, tallies, batches, self._histories)
        device_rows.copy_to_host(rows)
        device_counters.copy_to_host(counters)
        for i, number in enumerate(numbers):
            own = rows[i] if self._tallies.ends is None else by_acquisition(rows[i], self._tallies.ends)
            self._tallies.done[number] = Tallies(own, self._tallies.voxels, counters[i])
        if self._tallies.ends is not None:
            self._tallies.views += rows.sum(axis=0)


def make_runner(
    device: str, tables: Tables, acquisitions: int, bins: Sequence[int] | None = None
) -> BatchRunner:
    """What runs batches on a device, ``cpu`` or ``cuda``; `bins` as for `BatchRunner`."""
    return (CudaRunner if device == "cuda" else BatchRunner)(tables, acquisitions, bins=bins)
