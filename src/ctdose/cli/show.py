"""`ctdose show`: the tables of a result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.errors import CtdoseError


def show(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file that `ctdose run` wrote.")],
    json_wanted: Annotated[bool, typer.Option("--json", help="Everything but the maps, as JSON.")] = False,
    csv_wanted: Annotated[bool, typer.Option("--csv", help="The organ table as CSV.")] = False,
    acquisitions: Annotated[
        bool, typer.Option("--acquisitions", help="The dose indices of each acquisition on each body.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Every organ, in the mean and in each body.")
    ] = False,
) -> None:
    """Show the tables of a result: in a pipe tab-separated, after lines that begin with #.

    \b
    Examples:
      ctdose show chest.h5
      ctdose show chest.h5 --csv > chest.csv
      ctdose show chest.h5 --acquisitions --csv > indices.csv
    """
    from ctdose.cli.summary import print_acquisitions, print_result, table_rows
    from ctdose.results.result_file import load_result
    from ctdose.results.tables import acquisition_rows, as_json, to_csv

    if json_wanted and csv_wanted:
        raise CtdoseError("--json (with --csv: two forms at once). Give one of them.")
    if acquisitions and (json_wanted or everything):
        other = "--json" if json_wanted else "--all"
        raise CtdoseError(f"--acquisitions (with {other}, which does not go with it). Give one of them.")
    loaded = load_result(result)
    if json_wanted:
        import json

        print(json.dumps(as_json(loaded), indent=2, ensure_ascii=False, allow_nan=False))
    elif csv_wanted:
        rows = acquisition_rows(loaded) if acquisitions else table_rows(loaded, everything)
        print(to_csv(rows).replace("\r\n", "\n"), end="")
    elif acquisitions:
        print_acquisitions(loaded)
    else:
        print_result(loaded, everything=everything)
