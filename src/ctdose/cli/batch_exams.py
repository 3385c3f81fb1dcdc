"""The exams of a batch, one after the other or, on a cluster, some side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.batch_table import BatchTable
from ctdose.cli.display import PlainDisplay
from ctdose.cli.interrupt import Interrupt, Stopped, unveiled
from ctdose.cli.messages import say
from ctdose.cli.rates import clock
from ctdose.cli.wanted import Wanted
from ctdose.cli.watched import Watched
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.batch.listing import Item
    from ctdose.batch.run import Options, Outcome
    from ctdose.batch.wide_table import Cell
    from ctdose.execution.prepared import PreparedExam
    from ctdose.results.part import RunPart
    from ctdose.results.result import Result
    from ctdose.simulation.cluster.connection import Connection

ADVICE = "Delete it, or name the exam otherwise."
SIDE_BY_SIDE = 3
"""Exams that share a cluster: while one is set up or written here, its workers have another. Each takes memory here."""
POLL_SECONDS = 0.1


class BatchExams:
    """The exams of a batch, and what has become of them so far.

    Parameters
    ----------
    items : sequence of Item
    folder : Path
    wanted : Wanted
    options : Options
    interrupt : Interrupt
    connection : Connection, optional
        To a cluster: then the exams share it.
    """

    def __init__(
        self,
        items: Sequence[Item],
        folder: Path,
        wanted: Wanted,
        options: Options,
        interrupt: Interrupt,
        connection: Connection | None = None,
    ) -> None:
        from ctdose.batch.store import Store

        self._items, self._folder, self._wanted, self._options = items, folder, wanted, options
        self._interrupt, self._connection = interrupt, connection
        self._store = Store(folder, options.others)
        self._outcomes: dict[int, Outcome] = {}
        self._began, self._simulated = time.monotonic(), 0

    def run(self, *, parquet: bool = False) -> list[Outcome]:
        """Run until the last exam, or Ctrl-C; the summary is written as they end.

        Raises
        ------
        CtdoseError
            The summary cannot be written: at once if the exam's result could not be either, else at the end.
        """
        from ctdose.batch.run import COPIED, SIMULATED, STOPPED, THERE

        table = BatchTable(self._folder, self._rows, parquet=parquet)
        try:
            for number, outcome in self._in_turn() if self._connection is None else self._side_by_side():
                self._note(number, outcome)
                table.add(stored=outcome.status in (SIMULATED, COPIED, THERE))
                if outcome.status == STOPPED and self._connection is None:
                    break
        finally:
            table.end()
        found = [self._outcomes[number] for number in sorted(self._outcomes)]
        if len(found) < len(self._items) or any(outcome.status == STOPPED for outcome in found):
            say(f"Stopped by {self._interrupt.by}: the same command goes on.")
        table.check()
        return found

    def _note(self, number: int, outcome: Outcome) -> None:
        from ctdose.batch.run import SIMULATED

        self._outcomes[number] = outcome
        self._simulated += outcome.status == SIMULATED

    def _rows(self) -> list[Mapping[str, Cell]]:
        return [self._outcomes[number].row for number in sorted(self._outcomes)]

    def _in_turn(self) -> Iterator[tuple[int, Outcome]]:
        for number in range(len(self._items)):
            self._interrupt.keeping = False
            try:
                outcome = self._one(number)
            except Stopped:
                return
            self._interrupt.keeping = True  # a stop waits until its row is written
            yield number, outcome

    def _side_by_side(self) -> Iterator[tuple[int, Outcome]]:
        """A signal is noted, and each exam ends at its next report."""
        self._interrupt.keeping = True
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            running: dict[Future[Outcome], int] = {
                pool.submit(self._one, n): n for n in range(len(self._items))
            }
            try:
                while running:
                    for future in wait(running, POLL_SECONDS, FIRST_COMPLETED).done:
                        number = running.pop(future)
                        if not isinstance(future.exception(), (Stopped, KeyboardInterrupt)):
                            yield number, future.result()
            except BaseException:
                self._interrupt.stop(self._interrupt.by)
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _one(self, number: int) -> Outcome:
        from ctdose.batch.run import run_item

        item = self._items[number]
        self._interrupt.check()
        if not item.fault:
            say(f"{number + 1} of {len(self._items)}: {item.name}{self._time_left()}")
        with unveiled():
            outcome = run_item(item, self._store, self._options, self._simulate)
        if outcome.fault and not item.fault:
            say(outcome.fault)
        elif not item.fault:
            say(f"{item.name}: {outcome.status}.")
        return outcome

    def _time_left(self) -> str:
        """From the mean time of those that were simulated."""
        if not self._simulated:
            return " …"
        left = sum(not item.fault for n, item in enumerate(self._items) if n not in self._outcomes)
        seconds = left * (time.monotonic() - self._began) / self._simulated
        return f", about {clock(seconds)} left …"

    def _simulate(self, ready: PreparedExam, place: Path, save: Callable[[Result], None]) -> Result | None:
        checkpoint = self._wanted.checkpoint(place, ready, _stored(place), ADVICE)
        name = place.name.removesuffix(".h5.part")
        display = PlainDisplay(name=f"{name}: ") if self._connection else None
        with Watched(ready, checkpoint, self._interrupt, self._wanted, self._connection, display) as watched:
            result = watched.run()
        self._interrupt.keeping = True
        if not result.complete:
            checkpoint.write()
            return None
        try:
            save(result)
        except CtdoseError as fault:
            kept = f" What was simulated is in {place}." if checkpoint.try_to_write() else ""
            raise CtdoseError(f"{fault}{kept}") from None
        return result


def _stored(place: Path) -> RunPart | None:
    """What a checkpoint holds, if there is one."""
    from ctdose.results.part_file import load_part

    if not place.exists():
        return None
    try:
        return load_part(place)
    except CtdoseError as fault:
        raise CtdoseError(f"{fault} Or delete it: then the exam begins anew.") from None
