"""One run of `ctdose batch`: the folder, progress of the whole and of the exam that runs, the summary."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.interrupt import Interrupt, Stopped
from ctdose.cli.messages import say
from ctdose.cli.output_lock import locked
from ctdose.cli.rates import clock
from ctdose.cli.watched import Watched
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.batch.listing import Item
    from ctdose.batch.run import Outcome
    from ctdose.execution.prepared import PreparedExam
    from ctdose.results.result import Result

SUMMARY = "summary"
ADVICE = "Delete it, or name the exam otherwise."


@dataclass(frozen=True)
class Wanted:
    """What the command line asks of a batch; None leaves the exams as they are."""

    template: str | None
    histories: int | None
    target: float | None
    threads: int | None
    seed: int | None
    device: str
    overwrite: bool
    reuse: bool
    dose_map: bool
    parquet: bool
    checkpoint_seconds: float


def run_batch(source: Path, folder: Path, wanted: Wanted) -> int:
    """Run all exams and write their results and the summary.

    Returns
    -------
    int
        Exit code: 0 if each exam has its result, 2 if every one is wrong, else 1.

    Raises
    ------
    CtdoseError
        The manifest is wrong as a whole, or the folder cannot be written; nothing was written.
    """
    from ctdose.batch.listing import list_batch

    items = list_batch(source, wanted.template)
    for item in items:
        if item.fault:
            say(item.fault)
    _make(folder)
    with locked(folder / SUMMARY), Interrupt() as interrupt:
        outcomes = _Batch(items, folder, wanted, interrupt).run()
    say(_last_line(outcomes, len(items)))
    good = sum(outcome.status in _good() for outcome in outcomes)
    if good == len(items):
        return 0
    return 2 if not good and all(item.fault for item in items) else 1


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        right = "Give the name of a folder, in one that exists, with -o."
        raise CtdoseError(f"output={folder} (cannot be made: {error.strerror}). {right}") from None


class _Batch:
    """The exams of a batch, and what has become of them so far."""

    def __init__(self, items: Sequence[Item], folder: Path, wanted: Wanted, interrupt: Interrupt) -> None:
        from ctdose.batch.store import Store

        self._items, self._folder, self._wanted = items, folder, wanted
        self._interrupt = interrupt
        self._store = Store(folder)
        self._outcomes: list[Outcome] = []
        self._seconds: list[float] = []

    def run(self) -> list[Outcome]:
        """Run until the last exam, or Ctrl-C; the summary is written after each."""
        from ctdose.batch.run import STOPPED

        for number, item in enumerate(self._items, 1):
            try:
                outcome = self._one(number, item)
            except Stopped:
                break
            self._outcomes.append(outcome)
            self._write()
            if outcome.status == STOPPED:
                break
        else:
            return self._outcomes
        say(f"Stopped by {self._interrupt.by}: the same command goes on.")
        return self._outcomes

    def _one(self, number: int, item: Item) -> Outcome:
        from ctdose.batch.run import SIMULATED, Options, run_item

        wanted, begin = self._wanted, time.monotonic()
        changes = {
            "histories": wanted.histories,
            "seed": wanted.seed,
            "target_relative_standard_error": wanted.target,
        }
        self._interrupt.keeping = False
        self._interrupt.check()
        if not item.fault:
            say(f"{number} of {len(self._items)}: {item.name}{self._time_left(number - 1)}")
        options = Options(wanted.dose_map, wanted.reuse, wanted.overwrite, changes)
        outcome = run_item(item, self._store, options, self._simulate)
        if outcome.status == SIMULATED:
            self._seconds.append(time.monotonic() - begin)
        if outcome.fault and not item.fault:
            say(outcome.fault)
        elif not item.fault:
            say(f"{item.name}: {outcome.status}.")
        return outcome

    def _time_left(self, done: int) -> str:
        """From the mean time of those that were simulated."""
        if not self._seconds:
            return " …"
        left = sum(not item.fault for item in self._items[done:])
        return f", about {clock(left * sum(self._seconds) / len(self._seconds))} left …"

    def _simulate(self, ready: PreparedExam, place: Path) -> Result | None:
        from ctdose.execution.checkpoint import Checkpoint
        from ctdose.execution.exam_run import run_exam
        from ctdose.results.part_file import load_part

        wanted = self._wanted
        checkpoint = Checkpoint(
            place,
            ready,
            load_part(place) if place.exists() else None,
            seconds=wanted.checkpoint_seconds,
            device=wanted.device,
            advice=ADVICE,
            notice=say,
        )
        with Watched(ready, checkpoint, self._interrupt, wanted.threads, wanted.device) as watched:
            result = run_exam(
                ready,
                watched.executor,
                threads=watched.threads,
                dose_map=wanted.dose_map,
                device=wanted.device,
                checkpoint=checkpoint,
                progress=watched.progress,
            )
        self._interrupt.keeping = True
        if result.complete:
            return result
        checkpoint.write()
        return None

    def _write(self) -> None:
        from ctdose.batch.wide_table import wide_csv, wide_parquet
        from ctdose.results.hdf5_write import write_file

        rows = [outcome.row for outcome in self._outcomes]
        write_file(self._folder / f"{SUMMARY}.csv", wide_csv(rows), overwrite=True)
        if self._wanted.parquet:
            write_file(self._folder / f"{SUMMARY}.parquet", wide_parquet(rows), overwrite=True)


def _good() -> tuple[str, ...]:
    from ctdose.batch.run import COPIED, SIMULATED, THERE

    return SIMULATED, COPIED, THERE


def _last_line(outcomes: Sequence[Outcome], total: int) -> str:
    from ctdose.batch.run import COPIED, FAILED, SIMULATED, THERE

    counts = Counter(outcome.status for outcome in outcomes)
    parts = [
        f"{counts[SIMULATED]} simulated",
        f"{counts[COPIED]} equal to another",
        f"{counts[THERE]} there already",
        f"{counts[FAILED]} failed",
    ]
    begun = sum(counts[status] for status in (SIMULATED, COPIED, THERE, FAILED))
    if begun < total:
        parts.append(f"{total - begun} not done")
    return f"{total} exam{'s' * (total != 1)}: {', '.join(parts)}."
