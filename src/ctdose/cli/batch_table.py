"""The summary of a batch on the disk, written anew as its exams end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

    def add(self) -> None:
        """There is another row: write if it is time to.

        Raises
        ------
        CtdoseError
            The table cannot be written.
        """
        self._unwritten = True
        if time.monotonic() >= self._next:
            self.write()

    def write(self) -> None:
        """Write all rows, unless that was tried since the last was added.

        Raises
        ------
        CtdoseError
            The table cannot be written.
        """
        from ctdose.batch.wide_table import wide_csv, wide_parquet
        from ctdose.results.hdf5_write import write_file

        if not self._unwritten:
            return
        self._unwritten = False
        begin, rows = time.monotonic(), self._rows()
        write_file(self._folder / f"{SUMMARY}.csv", wide_csv(rows), overwrite=True)
        if self._parquet:
            write_file(self._folder / f"{SUMMARY}.parquet", wide_parquet(rows), overwrite=True)
        end = time.monotonic()
        self._next = end + (end - begin) / LARGEST_SHARE
