"""`ctdose what-if`: doses of another range, modulation or current, from the views of a result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ctdose.cli.table import print_table
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.results.what_if import WhatIf, WhatIfRow

HEADINGS = ("", "dose", "in the run", "ratio")
NO_MAP = "No dose map: the views keep doses of organs and tissues, not of voxels"
CUT = "A range ends inside a view's bin: its views count in proportion to the length (interpolated)"


def what_if(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="A file that `ctdose run` wrote.")],
    scan_range: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="LOW HIGH", help="Another scan range, mm, inside what was simulated."),
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="Another scan range: a region, such as heart.")
    ] = None,
    modulation: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS|FILE", help="none, longitudinal,angular,..., or a YAML file with the key's value."
        ),
    ] = None,
    tube_current_ma: Annotated[
        float | None, typer.Option(metavar="MA", help="Another tube current: the mean over the beam-on.")
    ] = None,
    acquisition: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which acquisition, if there are several.")
    ] = None,
    csv_wanted: Annotated[bool, typer.Option("--csv", help="The table as CSV.")] = False,
) -> None:
    """Say what doses another range, modulation or current gives, without a new run.

    \b
    Examples:
      ctdose what-if chest.h5 --region heart
      ctdose what-if chest.h5 --modulation longitudinal,angular
      ctdose what-if chest.h5 --tube-current-ma 120 --csv
    """
    from ctdose.api import load_result
    from ctdose.api import what_if as compute
    from ctdose.results.exam_change import AcquisitionChange
    from ctdose.results.tables import to_csv, to_tsv

    if scan_range is not None and region is not None:
        raise CtdoseError("--scan-range (with --region: two ranges at once). Give one of them.")
    if (scan_range, region, modulation, tube_current_ma) == (None,) * 4:
        raise CtdoseError(
            "what-if (nothing is changed). Give --scan-range, --region, --modulation or another."
        )
    change = AcquisitionChange(acquisition, scan_range or region, _modulation(modulation), tube_current_ma)
    found = compute(load_result(result), [change])
    if csv_wanted:
        print(to_csv(found.rows).replace("\r\n", "\n"), end="")
        return
    if sys.stdout.isatty():
        print_table(HEADINGS, [_cells(row) for row in found.rows], numbers=(1, 2, 3))
        print("\n".join(_lines(found)))
        return
    print("".join(f"# {line}\n" for line in _lines(found)), end="")
    print(to_tsv(found.rows), end="")


def _modulation(text: str | None) -> Any:
    """The value of the key `modulation`: words, or what a file holds."""
    from ctdose.yaml_reader import read_yaml

    if text is None:
        return None
    if Path(text).suffix or Path(text).is_file():
        data = read_yaml(text).data
        return data["modulation"] if isinstance(data, dict) and set(data) == {"modulation"} else data
    return [] if text == "none" else [word.strip() for word in text.split(",")]


def _lines(found: WhatIf) -> list[str]:
    lines = [
        "Re-weighted from the views of the run; errors are statistical, the ratio's smaller than the doses'"
    ]
    lines += [f"{name} on {body}: {mas:.4g} mAs" for (name, body), mas in found.total_mas.items()]
    return [*lines, *([CUT] if found.interpolated else []), NO_MAP]


def _cells(row: WhatIfRow) -> tuple[str, ...]:
    from ctdose.results.number_text import with_error

    dose = f"{with_error(row.dose, row.standard_error)} {row.unit}"
    ratio = "" if row.ratio != row.ratio else with_error(row.ratio, row.ratio_standard_error)
    return row.quantity, dose, f"{row.simulated_dose:.4g}", ratio
