"""Runs batches of a job in this process, with a cut now and then at which its sums are whole."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ctdose.simulation.job import Job
from ctdose.simulation.runner import Progress
from ctdose.simulation.sums import Sums


class LocalThreads:
    """Threads of this process, or its GPU.

    Parameters
    ----------
    threads : int
    device : str
        ``cpu`` or ``cuda``.
    seconds : float
        Give what is done about so often; by default only at the end.

    Attributes
    ----------
    interrupted : bool
        Whether Ctrl-C stopped it.
    """

    def __init__(self, threads: int, device: str = "cpu", *, seconds: float = math.inf) -> None:
        self.threads, self.device = threads, device
        self.interrupted = False
        self._seconds = seconds

    def run(self, job: Job, batches: list[int], progress: Progress | None = None) -> Iterator[Sums]:
        """Give the sums of the batches, part after part; see `ledger.Executor`."""
        left, total = sorted(batches), len(batches)
        while left and not self.interrupted:
            before = total - len(left)

            def report(done: int, _: int, before: int = before) -> None:
                if progress is not None:
                    progress(before + done, total)

            try:
                if before:  # a stop while the part before was kept
                    report(0, total)
                runner = job.make_runner(self.device)
                part = runner.run(left, self.threads, report, seconds=self._seconds)
            except KeyboardInterrupt:  # before one batch was done
                self.interrupted = True
                return
            self.interrupted = runner.interrupted
            done = set(part.batches.tolist())
            left = [number for number in left if number not in done]
            yield part
