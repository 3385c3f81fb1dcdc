"""A run in rounds, until the rows that were named are known well enough.

Whether to go on is decided at the end of a round alone, and the size of the next one is a function of the tallies: so
the outcome depends on neither threads nor time, and a run that is taken up again ends the same rounds as one that was
never interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ctdose.simulation.ledger import Ledger
from ctdose.simulation.runner import Progress
from ctdose.simulation.sums import Sums

FIRST_ROUND = 8  # batches: half a million histories
LARGEST_GROWTH = 4.0  # an estimate from few histories is not trusted further
MARGIN = 1.05  # more histories than the estimate asks for, so that seldom a last small round is needed

Excess = Callable[[Sums], float]
"""Largest relative standard error over the wanted one, from the rows alone; infinite while a row is empty."""


def expected_batches(done: int, excess: float, most: int) -> int:
    """Batches that will be enough, judged by those done: `done` if they are, else more, and at most `most`."""
    if excess <= 1.0:
        return done
    wanted = most if math.isinf(excess) else math.ceil(min(float(most), done * MARGIN * excess**2))
    return min(max(wanted, done + 1), most)


def run_rounds(ledger: Ledger, excess: Excess, most: int, progress: Progress | None = None) -> int | None:
    """Run batches 0, 1, 2 ... until `excess` is at most 1, `most` batches are done, or Ctrl-C.

    Parameters
    ----------
    ledger : Ledger
        What it holds already is not run again, and counts in no round before its own.
    excess : callable
    most : int
        Batches at most.
    progress : callable, optional
        Told the batches done and those expected to be needed.

    Returns
    -------
    int or None
        The batches that were needed; None if the run was interrupted before that was known.
    """
    done, expected = 0, min(FIRST_ROUND, most)
    while True:
        end = min(expected, math.ceil(max(done * LARGEST_GROWTH, FIRST_ROUND)), most)
        foreseen, begun = expected, done

        def report(batches: int, _: int) -> None:
            if progress is not None:
                progress(begun + batches, foreseen)  # noqa: B023 (called within this round only)

        sums = ledger.fill(range(done, end), report)
        if sums is None or ledger.missing(range(done, end)):
            return None
        done = end
        expected = expected_batches(done, excess(sums.rows_of(range(done))), most)
        if expected <= done:
            return done
        if ledger.interrupted:
            return None
