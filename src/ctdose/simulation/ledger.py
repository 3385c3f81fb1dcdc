"""What is done of a job so far, and running what is missing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np

from ctdose.simulation.job import Job
from ctdose.simulation.runner import Progress
from ctdose.simulation.sums import Sums

Keep = Callable[[Job, Sums], None]
"""Told all that is done of a job whenever there is more: a checkpoint, for instance."""


class Executor(Protocol):
    """Runs batches of a job: on threads of this process (`LocalThreads`), on a cluster.

    Attributes
    ----------
    interrupted : bool
        Whether something (Ctrl-C) stopped it before all was done. Then it starts nothing more.
    """

    interrupted: bool

    def run(self, job: Job, batches: list[int], progress: Progress | None) -> Iterator[Sums]:
        """Give the sums of parts of the batches as they are done, each batch in exactly one part.

        Ends without the rest if it is interrupted. `progress` is told the batches done and wanted, of these.
        """
        ...


def keep_nothing(job: Job, sums: Sums) -> None:
    """Keep no checkpoint."""


class Ledger:
    """The batches of one job that are done, and their sums.

    Parameters
    ----------
    job : Job
    executor : Executor
    start : Sums, optional
        Done already, in an earlier run of the same job.
    keep : callable, optional
        Told all that is done, on the main thread, between two parts.

    Attributes
    ----------
    sums : Sums or None
        Of all batches that are done; None while there are none.
    """

    def __init__(
        self, job: Job, executor: Executor, start: Sums | None = None, keep: Keep = keep_nothing
    ) -> None:
        self.job, self.sums = job, start
        self._executor, self._keep = executor, keep

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped."""
        return self._executor.interrupted

    def fill(self, batches: Iterable[int], progress: Progress | None = None) -> Sums | None:
        """Run those of the batches that are not done yet.

        Parameters
        ----------
        batches : iterable of int
        progress : callable, optional
            Told how many of these batches are done, earlier ones included, and how many there are.

        Returns
        -------
        Sums or None
            Of all that is done, these and others; None if it was interrupted before anything was.
        """
        wanted = list(batches)
        missing = self.missing(wanted)
        before = len(wanted) - len(missing)

        def report(done: int, _: int) -> None:
            if progress is not None:
                progress(before + done, len(wanted))

        if missing and not self.interrupted:
            for part in self._executor.run(self.job, missing, report):
                self.sums = part if self.sums is None else self.sums.absorb(part)
                self._keep(self.job, self.sums)
        return self.sums

    def missing(self, batches: Iterable[int]) -> list[int]:
        """Those of the batches that are not done, ascending."""
        done = set() if self.sums is None else set(self.sums.batches.tolist())
        return sorted(set(batches) - done)

    def surplus(self, batches: Iterable[int]) -> int:
        """How many batches are done that are not among these."""
        if self.sums is None:
            return 0
        return int(np.isin(self.sums.batches, np.fromiter(batches, np.int64), invert=True).sum())
