"""The summary of a batch on the disk, written anew as its exams end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctdose.cli.messages import say
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.batch.wide_table import Cell

SUMMARY = "summary"
LARGEST_SHARE = 0.05  # of the time, spent on writing: thousands of rows, each time anew


class BatchTable:
    """Writes the summary: after each exam, in a large batch seldomer, and at the end.

    Parameters
    ----------
    folder : Path
    rows : callable
        Gives the rows so far.
    parquet : bool
        Write it as Parquet too.
    """

    def __init__(
        self, folder: Path, rows: Callable[[], Sequence[Mapping[str, Cell]]], *, parquet: bool
    ) -> None:
        self._folder, self._rows, self._parquet = folder, rows, parquet
        self._next = 0.0
        self._unwritten = False
        self._fault: CtdoseError | None = None

    def add(self, *, stored: bool) -> None:
        """There is another row: write if it is time to.

        Parameters
        ----------
        stored : bool
            Whether its exam has a result. Then a table that is open in another program, which may lock it, is no reason
            to stop the others.

        Raises
        ------
        CtdoseError
            The table cannot be written, and the exam's result could not be either.
        """
        self._unwritten = True
        if time.monotonic() < self._next:
            return
        before = self._fault
        self.end()
        if self._fault is None:
            return
        if not stored:
            raise self._fault
        self._unwritten = True
        if before is None:
            say(f"{self._fault} The exams go on.")

    def end(self) -> None:
        """Write all rows, unless that was tried since the last was added; see `check`."""
        if self._unwritten:
            self._unwritten, self._fault = False, None
            try:
                self._write()
            except CtdoseError as fault:
                self._fault = fault

    def check(self) -> None:
        """Say that the table is not what it should be.

        Raises
        ------
        CtdoseError
            It could not be written the last time.
        """
        if self._fault is not None:
            raise CtdoseError(f"{self._fault} The results are there: the same command writes it again.")

    def _write(self) -> None:
        from ctdose.batch.wide_table import wide_csv, wide_parquet
        from ctdose.results.hdf5_write import write_file

        begin, rows = time.monotonic(), self._rows()
        write_file(self._folder / f"{SUMMARY}.csv", wide_csv(rows), overwrite=True)
        if self._parquet:
            write_file(self._folder / f"{SUMMARY}.parquet", wide_parquet(rows), overwrite=True)
        end = time.monotonic()
        self._next = end + (end - begin) / LARGEST_SHARE
