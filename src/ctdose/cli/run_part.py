"""`ctdose run --batches`: some batches of a run, for one task of a job array; `ctdose merge` joins them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.connected import connected
from ctdose.cli.interrupt import Interrupt, Stopped, unveiled
from ctdose.cli.messages import say
from ctdose.cli.output_file import check_place
from ctdose.cli.output_lock import locked
from ctdose.cli.resume import stored_part
from ctdose.cli.wanted import Wanted, default_output
from ctdose.cli.watched import Watched
from ctdose.errors import CtdoseError
from ctdose.results.part_layout import PART_SUFFIX

if TYPE_CHECKING:
    from ctdose.exam.model import Exam
    from ctdose.execution.checkpoint import Checkpoint
    from ctdose.execution.prepared import PreparedExam

RIGHT = "Write A:B for the batches from A to B-1, or I/N for the I-th of N equal shares."


@dataclass(frozen=True)
class Share:
    """Batches of each body: `first` to `second` - 1, or (`of_all`) the `first`-th of `second` equal shares, from 1."""

    first: int
    second: int
    of_all: bool

    @property
    def word(self) -> str:
        """For the name of a file."""
        return f"{self.first}of{self.second}" if self.of_all else f"{self.first}-{self.second}"

    def batches(self, total: int) -> range:
        """The batches, where each body has so many.

        Raises
        ------
        CtdoseError
            There are not so many.
        """
        if self.of_all:
            found = range(
                (self.first - 1) * total // self.second,
                self.first * total // self.second,
            )
            if not found:
                why = f"each body has {total} batches, so that this share is empty"
                raise CtdoseError(f"batches={self.first}/{self.second} ({why}). Make fewer shares.")
            return found
        if self.second > total:
            why = f"each body has {total} batches of 65536 histories"
            raise CtdoseError(
                f"batches={self.first}:{self.second} ({why}). End at {total}, or ask for more --histories."
            )
        return range(self.first, self.second)


def parse_share(text: str) -> Share:
    """Read ``A:B`` or ``I/N``.

    Raises
    ------
    CtdoseError
        Something else, or an empty range.
    """
    found = re.fullmatch(r"(\d{1,9})([:/])(\d{1,9})", text.strip(), re.ASCII)
    if found is None:
        raise CtdoseError(f"batches={text} (not A:B or I/N). {RIGHT}")
    first, second = int(found[1]), int(found[3])
    if found[2] == ":" and first >= second:
        raise CtdoseError(f"batches={text} (empty). {RIGHT}")
    if found[2] == "/" and not 1 <= first <= second:
        raise CtdoseError(f"batches={text} (shares are numbered from 1 to N). {RIGHT}")
    return Share(first, second, found[2] == "/")


def run_part(source: str, output: Path | None, wanted: Wanted, share: Share) -> int:
    """Simulate some batches of an exam and write them as a part; goes on from one that is there.

    Returns
    -------
    int
        The exit code: 1 if it was interrupted.

    Raises
    ------
    CtdoseError
        The exam or the file is wrong; nothing was written.
    """
    exam = wanted.exam(source)
    if exam.simulation.target_relative_standard_error is not None:
        raise CtdoseError(
            "--batches (a target decides itself how many batches it needs). Give --histories without a target."
        )
    path = output or default_output(source, f".{share.word}{PART_SUFFIX}")
    check_place("output", path)
    with locked(path), Interrupt() as interrupt:
        try:
            with unveiled():
                return _run(exam, path, wanted, share, interrupt)
        except Stopped as stop:
            left = f"The same command goes on from {path}." if path.exists() else "Nothing was written."
            raise Stopped(left, stop.by) from None


def _run(exam: Exam, path: Path, wanted: Wanted, share: Share, interrupt: Interrupt) -> int:
    from ctdose.execution.body_setup import batches_of_body
    from ctdose.execution.identity import exam_identity
    from ctdose.execution.prepared import prepare

    stored = stored_part(path, fresh=wanted.fresh)
    ready = prepare(exam)
    total = batches_of_body(ready)
    batches = share.batches(total)
    checkpoint = wanted.checkpoint(path, ready, stored)
    checkpoint.check(exam_identity(ready, dose_map=wanted.dose_map))
    if checkpoint.histories:
        say(f"Going on from {path}: {checkpoint.histories:,} histories are done.")
    complete = _simulate(ready, batches, checkpoint, wanted, interrupt)
    if not complete:
        say(f"Stopped by {interrupt.by}: the same command goes on from {path}.")
    say(
        f"Wrote {path}: {checkpoint.histories:,} histories, of batches {batches[0]}:{batches[-1] + 1} of {total}."
    )
    return 0 if complete else 1


def _simulate(
    ready: PreparedExam, batches: range, checkpoint: Checkpoint, wanted: Wanted, interrupt: Interrupt
) -> bool:
    """Simulate what is missing of the batches; whether all of them are done."""
    from ctdose.execution.exam_run import run_batches

    with (
        connected(wanted) as connection,
        Watched(ready, checkpoint, interrupt, wanted, connection) as watched,
    ):
        return run_batches(
            ready,
            watched.executor,
            batches,
            threads=watched.threads,
            dose_map=wanted.dose_map,
            checkpoint=checkpoint,
            progress=watched.progress,
            breakable=interrupt.breakable,
        )
