"""Histories of a study: as many as are asked for, or in rounds until the ratios are known well enough.

Whether to go on is decided at the end of a round, when all bodies and all members have the same number of batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError
from ctdose.execution.calibrated import Progress
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.simulation.rounds import FIRST_ROUND, LARGEST_GROWTH, expected_batches
from ctdose.study.body_run import BodyRun, groups_on_body, runs_of_body, simulate_body
from ctdose.study.calibrations import Emitted
from ctdose.study.quantities import quantities_of
from ctdose.study.ratio import ratio_of_bodies, relative_error

if TYPE_CHECKING:
    from ctdose.simulation.sums import Sums
    from ctdose.study.prepared import PreparedStudy

FEWEST_BATCHES = 8
"""Of a body: fewer give no error of a ratio that could be trusted."""


def simulate_members(
    ready: PreparedStudy, emitted: Sequence[Emitted], threads: int, progress: Progress | None
) -> list[list[BodyRun]]:
    """Simulate all members on all bodies.

    Parameters
    ----------
    ready : PreparedStudy
    emitted : sequence
        By member.
    threads : int
        The result does not depend on it.
    progress : callable or None

    Returns
    -------
    list of lists of BodyRun
        By body, then by member.

    Raises
    ------
    CtdoseError
        With a target, after the first round: a member gives no organ any dose.
    KeyboardInterrupt
        Ctrl-C: a part of a study is none.
    """
    from ctdose.simulation.runner import batches_for

    bodies = range(len(ready.exams[0].phantoms))
    groups = [groups_on_body(ready, body, emitted) for body in bodies]
    most = max(FEWEST_BATCHES, batches_for(-(-ready.histories // len(bodies))))
    done, end = 0, most if ready.target_error is None else min(FIRST_ROUND, most)
    sums: list[list[Sums]] = [[] for _ in bodies]
    while True:
        for body in bodies:
            more = simulate_body(ready, body, groups[body], emitted, range(done, end), threads, progress)
            sums[body] = [a + b for a, b in zip(sums[body], more, strict=True)] if done else more
        done = end
        runs = [runs_of_body(ready, body, groups[body], emitted, sums[body]) for body in bodies]
        if ready.target_error is None:
            return runs
        excess = _worst(ready, runs) / ready.target_error
        end = min(expected_batches(done, excess, most), int(done * LARGEST_GROWTH))
        if end <= done:
            return runs
        _refuse_no_dose(ready, runs)


def _refuse_no_dose(ready: PreparedStudy, runs: Sequence[Sequence[BodyRun]]) -> None:
    """Refuse a target where a member has no dose at all: the error of its ratio would never be known."""
    for m, name in enumerate(ready.names):
        organs = [organ for of_body in runs for organ in of_body[m].dose.organs.values()]
        if not any(organ.absorbed_dose_mgy > 0.0 for organ in organs):
            done = sum(of_body[m].batches.numbers.size for of_body in runs) * BATCH_HISTORIES
            why = f"no organ gets any dose from {name} in {done:,} histories, so its ratio has no error to reach"
            raise CtdoseError(f"target_error ({why}). Leave that variant out, or give --histories instead.")


def _worst(ready: PreparedStudy, runs: Sequence[Sequence[BodyRun]]) -> float:
    """Largest relative error of a ratio of the first dose (effective dose, if it is defined) to that of the base."""
    phantoms = ready.exams[0].phantoms
    found = quantities_of(phantoms, [[run.dose for run in of_body] for of_body in runs])
    if not found.names:
        return 0.0
    batches = [
        [found.batch_doses(phantom, run.batches)[:, 0] for run in of_body]
        for phantom, of_body in zip(phantoms, runs, strict=True)
    ]
    ratios = [
        ratio_of_bodies([own[m] for own in batches], [own[0] for own in batches])
        for m in range(1, len(runs[0]))
    ]
    return max((relative_error(*each) for each in ratios), default=0.0)
