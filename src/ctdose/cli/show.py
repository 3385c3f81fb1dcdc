"""`ctdose show`: the tables of a result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    from ctdose.cli.budget import print_profile, print_uncertainty
    from ctdose.cli.records import check_records_path, write_records
    from ctdose.cli.show_study import is_study, show_study
    from ctdose.cli.summary import print_acquisitions, print_result, table_rows
    from ctdose.results.result_file import load_result
    from ctdose.results.tables import acquisition_rows, as_json, to_csv

    if json_wanted and csv_wanted:
        raise CtdoseError("--json (with --csv: two forms at once). Give one of them.")
    if acquisitions and (json_wanted or everything):
        other = "--json" if json_wanted else "--all"
        raise CtdoseError(f"--acquisitions (with {other}, which does not go with it). Give one of them.")
    if records is not None:
        given = {
            "--json": json_wanted,
            "--csv": csv_wanted,
            "--acquisitions": acquisitions,
            "--all": everything,
        }
        given |= {"--uncertainty": uncertainty, "--profile": profile is not None}
        for name in (name for name, there in given.items() if there):
            raise CtdoseError(f"--records (with {name}, which does not go with it). Give one of them.")
        check_records_path(records, overwrite=overwrite)
    elif overwrite:
        raise CtdoseError("--overwrite (nothing is written without --records FILE.md). Leave it out.")
    if uncertainty or profile is not None:
        others = {
            "--json": json_wanted,
            "--acquisitions": acquisitions,
            "--profile": bool(profile and uncertainty),
        }
        wrong = [name for name, given in others.items() if given]
        if wrong:
            own = "--uncertainty" if uncertainty else "--profile"
            raise CtdoseError(f"{own} (with {wrong[0]}, which does not go with it). Give one of them.")
    if is_study(result):
        others = {
            "--json": json_wanted,
            "--acquisitions": acquisitions,
            "--all": everything,
            "--uncertainty": uncertainty,
            "--profile": profile is not None,
        }
        show_study(result, csv=csv_wanted, others=others)
        return
    loaded = load_result(result)
    if records is not None:
        write_records(loaded, records)
    elif uncertainty:
        print_uncertainty(loaded, csv=csv_wanted, everything=everything)
    elif profile is not None:
        print_profile(loaded, profile, csv=csv_wanted)
    elif json_wanted:
        import json

        print(json.dumps(as_json(loaded), indent=2, ensure_ascii=False, allow_nan=False))
    elif csv_wanted:
        rows = acquisition_rows(loaded) if acquisitions else table_rows(loaded, everything)
        print(to_csv(rows).replace("\r\n", "\n"), end="")
    elif acquisitions:
        print_acquisitions(loaded)
    else:
        print_result(loaded, everything=everything)
