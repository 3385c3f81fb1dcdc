"""The bodies of one exam, one after the other: simulated, or as far as they came when the run was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from ctdose.dosimetry.precision import largest_relative_error, refuse_no_dose
from ctdose.errors import CtdoseError
from ctdose.execution.body_setup import BodySetup
from ctdose.execution.calibrated import Progress, stage_of
from ctdose.execution.checkpoint import Checkpoint
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.results.result import BodyResult
from ctdose.simulation.ledger import Executor, Ledger, keep_nothing
from ctdose.simulation.rounds import run_rounds
from ctdose.simulation.sums import Sums

Breakable = Callable[[], AbstractContextManager[None]]
"""Made around work that can be done again: a stop breaks it off at once, by a KeyboardInterrupt."""

MOST_VOXELS_AT_A_STOP = 2_000_000
"""Of all bodies: maps of so many are made and packed in a fifth of a second."""


@dataclass
class BodyRuns:
    """Runs one body after the other, and makes their results.

    Parameters
    ----------
    executor : Executor
    checkpoint : Checkpoint or None
    progress : Progress or None
    breakable : Breakable or None
        None: whoever stops the run has time.
    voxels : int
        Of all bodies.

    Attributes
    ----------
    stopped : bool
        Whether the run was stopped, and nothing more is to be simulated.
    complete : bool
        Whether all that was asked for is in.
    """

    executor: Executor
    checkpoint: Checkpoint | None
    progress: Progress | None
    breakable: Breakable | None
    voxels: int
    stopped: bool = False
    complete: bool = True

    def body(self, setup: BodySetup) -> BodyResult | None:
        """Simulate what is missing of a body; its result, or None if nothing of it is done."""
        sums = None
        if not self._broken_off(lambda: setup.job):
            sums, whole = self._simulated(setup)
            self.stopped = self.stopped or self.executor.interrupted
        else:
            whole, sums = False, self._stored(setup.name)
        self.complete = self.complete and whole
        return None if sums is None else self._result(setup, sums)

    def _stored(self, name: str) -> Sums | None:
        return None if self.checkpoint is None else self.checkpoint.sums(name, with_map=not self.maps_stay)

    @property
    def maps_stay(self) -> bool:
        """Whether the dose maps of a stopped run are left to its checkpoint, which is on the disk then."""
        return (
            self.stopped
            and self.breakable is not None
            and self.voxels > MOST_VOXELS_AT_A_STOP
            and self.checkpoint is not None
            and self.checkpoint.try_to_write()
        )

    def _result(self, setup: BodySetup, sums: Sums) -> BodyResult:
        made: list[BodyResult] = []
        if not self.maps_stay and not self._broken_off(lambda: made.append(setup.result(sums))):
            return made[0]
        return setup.result(sums, with_map=not self.maps_stay)

    def _broken_off(self, work: Callable[[], object]) -> bool:
        """Do what may be broken off; whether it was, now or before."""
        if self.stopped and self.breakable is not None:
            return True
        try:
            with self.breakable() if self.breakable else nullcontext():
                work()
        except KeyboardInterrupt:
            if self.breakable is None:
                raise
            self.stopped = True
        return self.stopped and self.breakable is not None

    def _simulated(self, setup: BodySetup) -> tuple[Sums | None, bool]:
        """Sums of all that is done of a body, and whether that is all that was asked for."""
        start = None if self.checkpoint is None else self.checkpoint.start(setup.job)
        keep = keep_nothing if self.checkpoint is None else self.checkpoint.keep
        ledger = Ledger(setup.job, self.executor, start, keep)
        most = range(setup.most_batches)
        refuse_surplus(ledger, most, self.checkpoint)
        report = stage_of(self.progress, setup.name)
        target = setup.ready.exam.simulation.target_relative_standard_error
        if target is None:
            return ledger.fill(most, report), not ledger.missing(most)
        needed = run_rounds(ledger, _excess(setup, target), len(most), report)
        if needed is not None:
            refuse_surplus(ledger, range(needed), self.checkpoint)
        return ledger.sums, needed is not None


def _excess(setup: BodySetup, target: float) -> Callable[[Sums], float]:
    def excess(sums: Sums) -> float:
        if sums.batches.size < setup.most_batches:
            refuse_no_dose(setup.phantom, sums)
        return largest_relative_error(sums, setup.concerned)[1] / target

    return excess


def refuse_surplus(ledger: Ledger, batches: Iterable[int], checkpoint: Checkpoint | None) -> None:
    """Refuse what cannot be taken away again: the map holds the sums of all batches together.

    Raises
    ------
    CtdoseError
        The checkpoint holds other batches.
    """
    asked = list(batches)
    surplus = ledger.surplus(asked)
    if surplus and checkpoint is not None:
        raise CtdoseError(
            f"{checkpoint.path} (holds {surplus * BATCH_HISTORIES:,} histories on {ledger.job.body} beyond the "
            f"{len(asked) * BATCH_HISTORIES:,} that are asked for). Ask for more. Else: {checkpoint.advice}"
        )
