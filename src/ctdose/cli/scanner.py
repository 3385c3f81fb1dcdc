"""`ctdose scanner`: the scanners that come with ctdose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ctdose.cli.keys import AsMarkdown, AsSchema, print_keys
from ctdose.cli.messages import say
from ctdose.cli.scanner_calibrate import calibrate
from ctdose.cli.scanner_equilibrium import equilibrium
from ctdose.cli.table import print_table

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Scanners: those that come with ctdose.")

app.command("calibrate", short_help="Fit a scanner's source to measurements, and write its file.")(calibrate)
app.command("equilibrium", short_help="Dose in the middle of a long scan (AAPM Report 111).")(equilibrium)


@app.command("list")
def list_scanners() -> None:
    """List the scanners that come with ctdose.

    \b
    Example:
      ctdose scanner list
    """
    from ctdose.scanner.library import load_scanner, scanner_names

    rows = []
    for name in scanner_names():
        scanner = load_scanner(name)
        voltages = ", ".join(f"{kv:g}" for kv in scanner.tube.voltages_kv)
        collimations = ", ".join(f"{mm:g}" for mm in scanner.collimations_mm)
        rows.append((name, scanner.description, voltages, ", ".join(scanner.bowties), collimations))
    print_table(("name", "description", "tube_voltage_kv", "bowtie", "collimation_mm"), rows)


@app.command("show", short_help="Show a scanner: its YAML, and what follows from it.")
def show_scanner(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A name of `ctdose scanner list`, or a file, which is checked."),
    ],
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw spectra, bowties and output (.png, .pdf, .svg)."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier picture.")] = False,
) -> None:
    """Print a scanner as commented YAML, ready to be copied and edited.

    Below it, as comments: field and penumbra, collimations, half-value layers and mean energies for every tube
    voltage and filter, CTDI_w, the table.

    \b
    Examples:
      ctdose scanner show generic-64 > my-ct.yaml
      ctdose scanner show my-ct.yaml --plot my-ct.png
    """
    from ctdose.cli.output_file import check_picture_path
    from ctdose.results.scanner_text import with_description
    from ctdose.scanner.library import load_scanner, scanner_names, scanner_text

    if plot is not None:
        check_picture_path(plot, overwrite=overwrite)
    scanner = load_scanner(name)
    known = name in scanner_names()
    text = scanner_text(name) if known else Path(name).read_text(encoding="utf-8-sig")
    print(with_description(text, scanner), end="")
    if plot is not None:
        from ctdose.results.scanner_plot import plot_scanner

        plot_scanner(scanner, plot)
        say(f"Wrote {plot}.")


@app.command("keys", short_help="Print the keys of a scanner's file.")
def show_keys(
    schema: AsSchema = False,
    markdown: AsMarkdown = False,
    measurements: Annotated[
        bool, typer.Option("--measurements", help="Those of a file for `ctdose scanner calibrate`.")
    ] = False,
) -> None:
    """Print every key of a scanner's file: type, unit, default, range, meaning.

    \b
    Examples:
      ctdose scanner keys
      ctdose scanner keys --schema > ctdose-scanner.schema.json
      ctdose scanner keys --measurements
    """
    from ctdose.calibration.measurement_keys import MEASUREMENT_KEYS
    from ctdose.scanner.keys import SCANNER_KEYS

    print_keys(MEASUREMENT_KEYS if measurements else SCANNER_KEYS, schema=schema, markdown=markdown)
