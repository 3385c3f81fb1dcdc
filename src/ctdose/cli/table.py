"""Tables on standard output: aligned on a terminal, tab-separated in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

from ctdose.faults import one_line

Cells = Sequence[str]
BORDERS = 3  # characters between two columns
LONGEST_WORD = 32  # a path or an address may be broken


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
    headings = tuple(map(one_line, headings))  # a name in a file may hold anything
    rows = [tuple(map(one_line, row)) for row in rows]
    if sys.stdout.isatty():
        _aligned(headings, rows, title, numbers)
        return
    for row in (headings, *rows):
        print("\t".join(row))


def _aligned(headings: Cells, rows: Sequence[Cells], title: str, numbers: Sequence[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    widths = column_widths(headings, rows, numbers, console.width - BORDERS * len(headings) - 1)
    console.width = sum(widths) + BORDERS * len(headings) + 1
    table = Table(title=Text(one_line(title)) if title else None, title_justify="left", box=box.SIMPLE_HEAD)
    for i, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        justify: Literal["left", "right"] = "right" if i in numbers else "left"
        table.add_column(Text(heading), justify=justify, overflow="fold", width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def column_widths(
    headings: Cells, rows: Sequence[Cells], numbers: Sequence[int], available: int
) -> list[int]:
    """Widths of the columns of a table: no word and no number is broken, even if the terminal has to break the lines.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequences of str
    numbers : sequence of int
        Columns whose cells stay in one piece.
    available : int
        Characters of a line without what stands between the columns.
    """
    narrow, wide = [], []
    for i, heading in enumerate(headings):
        cells = [row[i] for row in rows]
        pieces = cells if i in numbers else [word for cell in cells for word in cell.split()]
        least = max(map(len, [*heading.split(), *pieces]), default=1)
        wide.append(max(map(len, [heading, *cells])))
        narrow.append(min(least, wide[-1] if i in numbers else LONGEST_WORD))
    spare = available - sum(narrow)
    wanted = sum(wide) - sum(narrow)
    if spare >= wanted:
        return wide
    share = max(spare, 0) / wanted
    return [low + int(share * (high - low)) for low, high in zip(narrow, wide, strict=True)]
