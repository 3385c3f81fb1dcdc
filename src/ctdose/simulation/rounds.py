"""A run in rounds, until the rows that were named are known well enough.

Whether to go on is decided at the end of a round alone, and the size of the next one is a function of the tallies: so
the outcome depends on neither threads nor time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ctdose.simulation.runner import BatchRunner, Progress
from ctdose.simulation.sums import Sums

FIRST_ROUND = 8  # batches: half a million histories
LARGEST_GROWTH = 4.0  # an estimate from few histories is not trusted further
MARGIN = 1.05  # more histories than the estimate asks for, so that seldom a last small round is needed

Excess = Callable[[Sums], float]
"""Largest relative standard error over the wanted one; infinite while a row is empty."""


def expected_batches(done: int, excess: float, most: int) -> int:
    """Batches that will be enough, judged by those done: `done` if they are, else more, and at most `most`."""
    if excess <= 1.0:
        return done
    wanted = most if math.isinf(excess) else math.ceil(min(float(most), done * MARGIN * excess**2))
    return min(max(wanted, done + 1), most)


def run_rounds(
    runner: BatchRunner, excess: Excess, most: int, threads: int, progress: Progress | None = None
) -> Sums:
    """Run batches 0, 1, 2 ... until `excess` is at most 1, `most` batches are done, or Ctrl-C.

    Parameters
    ----------
    runner : BatchRunner
        That has run nothing yet.
    excess : callable
    most : int
        Batches at most.
    threads : int
    progress : callable, optional
        Told the batches done and those expected to be needed.

    Returns
    -------
    Sums
    """
    done, expected = 0, min(FIRST_ROUND, most)
    while True:
        end = min(expected, math.ceil(max(done * LARGEST_GROWTH, FIRST_ROUND)), most)
        foreseen = expected

        def report(batches: int, _: int) -> None:
            if progress is not None:
                progress(batches, foreseen)  # noqa: B023 (called within this round only)

        sums = runner.run(range(done, end), threads, report)
        done = end
        expected = expected_batches(done, excess(sums), most)
        if runner.interrupted or expected <= done:
            return sums
