"""`ctdose show`: the tables of a result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli.show_forms import check_options, print_form
from ctdose.errors import CtdoseError


def show(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A file that `ctdose run` or `compare` wrote.")
    ],
    json_wanted: Annotated[bool, typer.Option("--json", help="Everything but the maps, as JSON.")] = False,
    csv_wanted: Annotated[bool, typer.Option("--csv", help="The organ table as CSV.")] = False,
    acquisitions: Annotated[
        bool, typer.Option("--acquisitions", help="The dose indices of each acquisition on each body.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Every organ, in the mean and in each body.")
    ] = False,
    uncertainty: Annotated[
        bool, typer.Option("--uncertainty", help="What each input adds to the error of each dose.")
    ] = False,
    profile: Annotated[
        str | None,
        typer.Option(metavar="ORGAN", help="What each position of the beam gives to an organ, along z."),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(metavar="FILE.md", help="Write the RECORDS checklist (AAPM TG-268) of the result."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier FILE.md.")] = False,
) -> None:
    """Show the tables of a result: in a pipe tab-separated, after lines that begin with #.

    \b
    Examples:
      ctdose show chest.h5
      ctdose show chest.h5 --csv > chest.csv
      ctdose show chest.h5 --acquisitions --csv > indices.csv
      ctdose show chest.h5 --uncertainty
      ctdose show chest.h5 --profile lungs --csv > lungs.csv
      ctdose show chest-voltage.h5                         what ctdose compare wrote
      ctdose show chest.h5 --records chest-records.md
    """
    from ctdose.cli.records import check_records_path, write_records
    from ctdose.cli.show_study import is_study, show_study
    from ctdose.results.result_file import load_result

    given = {
        "--records": records is not None,
        "--uncertainty": uncertainty,
        "--profile": profile is not None,
        "--acquisitions": acquisitions,
        "--json": json_wanted,
        "--csv": csv_wanted,
        "--all": everything,
    }
    check_options(given)
    if records is not None:
        check_records_path(records, overwrite=overwrite)
    elif overwrite:
        raise CtdoseError("--overwrite (nothing is written without --records FILE.md). Leave it out.")
    if is_study(result):
        others = {name: there for name, there in given.items() if name != "--csv"}
        show_study(result, csv=csv_wanted, others=others)
    elif records is not None:
        write_records(load_result(result), records)
    else:
        print_form(load_result(result), given, profile)
