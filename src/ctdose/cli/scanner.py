"""`ctdose scanner`: the scanners that come with ctdose."""

from __future__ import annotations

from typing import Annotated

import typer

from ctdose.cli.scanner_equilibrium import equilibrium
from ctdose.cli.table import print_table

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Scanners: those that come with ctdose.")

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


@app.command("show", short_help="Print a scanner as YAML, ready to be edited.")
def show_scanner(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A name of `ctdose scanner list`, or a file, which is checked."),
    ],
) -> None:
    """Print a scanner as commented YAML, ready to be copied and edited.

    \b
    Examples:
      ctdose scanner show generic-64 > my-ct.yaml
      ctdose scanner show my-ct.yaml
    """
    from pathlib import Path

    from ctdose.scanner.library import load_scanner, scanner_names, scanner_text

    if name in scanner_names():
        print(scanner_text(name), end="")
        return
    load_scanner(name)
    print(Path(name).read_text(encoding="utf-8-sig"), end="")
