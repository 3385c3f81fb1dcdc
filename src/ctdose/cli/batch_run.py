"""One run of `ctdose batch`: the folder, the exams, what is said at the end, the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.batch_exams import BatchExams
from ctdose.cli.batch_table import SUMMARY
from ctdose.cli.connected import connected
from ctdose.cli.interrupt import Interrupt
from ctdose.cli.messages import say
from ctdose.cli.output_lock import locked
from ctdose.cli.wanted import Wanted
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.batch.run import Outcome


@dataclass(frozen=True)
class WantedBatch:
    """What the command line asks of a batch: of each run, and of the whole."""

    run: Wanted
    template: str | None
    overwrite: bool
    reuse: bool
    others: tuple[Path, ...]
    parquet: bool


def run_batch(source: Path, folder: Path, wanted: WantedBatch) -> int:
    """Run all exams and write their results and the summary.

    Returns
    -------
    int
        Exit code: 0 if each exam has its result, 2 if every one is wrong, else 1.

    Raises
    ------
    CtdoseError
        The manifest is wrong as a whole, the folder cannot be written, or the cluster is not there; nothing was
        written.
    """
    from ctdose.batch.listing import list_batch
    from ctdose.batch.run import Options

    items = list_batch(source, wanted.template)
    for item in items:
        if item.fault:
            say(item.fault)
    options = Options(wanted.run.dose_map, wanted.reuse, wanted.overwrite, wanted.run.changes, wanted.others)
    with Interrupt() as interrupt, connected(wanted.run) as connection:
        _make(folder)
        with locked(folder / SUMMARY):
            exams = BatchExams(items, folder, wanted.run, options, interrupt, connection)
            outcomes = exams.run(parquet=wanted.parquet)
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
