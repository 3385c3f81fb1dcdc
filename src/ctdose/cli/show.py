"""`ctdose show`: the tables of a result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.errors import CtdoseError


def show(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file that `ctdose run` wrote.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The organ table as CSV.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every organ of every body.")] = False,
) -> None:
    """Show the tables of a result.

    \b
    Examples:
      ctdose show chest.h5
      ctdose show chest.h5 --csv > chest.csv
    """
    from ctdose.cli.summary import print_result
    from ctdose.results.result_file import load_result

    if as_json and as_csv:
        raise CtdoseError("--json (with --csv: two forms at once). Give one of them.")
    print_result(load_result(result))
