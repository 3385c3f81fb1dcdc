"""Tables on standard output: aligned on a terminal, tab-separated in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

Cells = Sequence[str]


def print_table(
    headings: Cells, rows: Sequence[Cells], *, title: str = "", numbers: Sequence[int] = ()
) -> None:
    """Print a table.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequences of str
    title : str
        On a terminal only.
    numbers : sequence of int
        Columns that are aligned to the right.
    """
    if sys.stdout.isatty():
        _aligned(headings, rows, title, numbers)
        return
    for row in (headings, *rows):
        print("\t".join(cell.replace("\t", " ") for cell in row))


def _aligned(headings: Cells, rows: Sequence[Cells], title: str, numbers: Sequence[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for i, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if i in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
