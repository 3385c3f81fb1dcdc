"""`ctdose scanner equilibrium`: dose in the middle of a long scan, after AAPM Report 111."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ctdose.cli.table import print_table
from ctdose.cli.typed_numbers import parse_histories, parse_number, parse_threads
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.calibration.equilibrium import Approach
    from ctdose.scanner.model import Scanner

LONGEST_SHOWN_MM = 600.0


def equilibrium(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `ctdose scanner list`, or a file.")],
    tube_voltage_kv: Annotated[
        str, typer.Option("--tube-voltage-kv", metavar="KV", help="Tube voltage.")
    ] = "120",
    bowtie: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Beam-shaping filter. [default: the scanner's body filter]"),
    ] = None,
    collimation_mm: Annotated[
        str | None,
        typer.Option("--collimation-mm", metavar="MM", help="Nominal nT. [default: the scanner's first]"),
    ] = None,
    material: Annotated[str, typer.Option(metavar="NAME", help="pmma, polyethylene, water, …")] = "pmma",
    diameter_mm: Annotated[
        str | None,
        typer.Option(
            "--diameter-mm", metavar="MM", help="Of the phantom. [default: the bowtie's CTDI phantom]"
        ),
    ] = None,
    length_mm: Annotated[str, typer.Option("--length-mm", metavar="MM", help="Of the phantom.")] = "900",
    histories: Annotated[str, typer.Option(metavar="N", help="For example 20M.")] = "20M",
    threads: Annotated[
        str | None, typer.Option(metavar="N", help="The result does not depend on it. [default: all]")
    ] = None,
) -> None:
    """Simulate a long phantom: how the dose in its middle grows with the scan length, h(L), and its limit D_eq.

    AAPM Report 111. The table has h(L) at the centre, 10 mm below the surface, and weighted a third and two thirds; the
    lines before it D_eq per 100 mAs with a feed of nT per rotation, CTDI_100 / CTDI_∞ (which is h(100 mm)) and the
    length at which h reaches 0.98. Errors are one sigma.

    \b
    Examples:
      ctdose scanner equilibrium generic-64
      ctdose scanner equilibrium generic-64 --bowtie head --collimation-mm 10
      ctdose scanner equilibrium generic-64 --material polyethylene --diameter-mm 300
    """
    from ctdose.api import available_threads
    from ctdose.calibration.equilibrium import simulate_equilibrium
    from ctdose.phantoms.long_cylinder import build_long_cylinder
    from ctdose.scanner.library import load_scanner
    from ctdose.simulation.ct_beam import build_ct_beam

    scanner = load_scanner(name)
    kv = parse_number("tube_voltage_kv", tube_voltage_kv, 40, 150, "For example 120.")
    shaper = bowtie or _usual(scanner)
    nominal = scanner.collimations_mm[0]
    if collimation_mm is not None:
        nominal = parse_number("collimation_mm", collimation_mm, 0.1, 400, "For example 40.")
    width = 10.0 * scanner.ctdi_phantom_cm(shaper)
    if diameter_mm is not None:
        width = parse_number("diameter_mm", diameter_mm, 40, 600, "For example 320.")
    length = parse_number("length_mm", length_mm, 450, 2000, "For example 900.")
    workers = available_threads() if threads is None else parse_threads(threads)
    beam, wanted = build_ct_beam(scanner, kv, shaper, nominal), parse_histories(histories)
    try:
        phantom = build_long_cylinder(material, diameter_mm=width, length_mm=length)
    except ValueError as fault:  # the length, or the name of the material, as it was typed
        raise CtdoseError(str(fault)) from None
    approaches = simulate_equilibrium(beam, nominal, phantom, histories=wanted, threads=workers)
    photons = _photons_per_100mas(scanner, kv, shaper, nominal, workers)
    print(
        f"# {scanner.scanner}, {kv:g} kV, {shaper}, nT {nominal:g} mm; {material}, {width:g} x {length:g} mm"
    )
    for each in approaches.values():
        print(f"# {_line(each, photons)}")
    _print_growth(approaches)


def _usual(scanner: Scanner) -> str:
    """The bowtie named ``body``, or the first whose CTDI phantom has 32 cm, or the first."""
    bodies = [name for name in scanner.bowties if scanner.ctdi_phantom_cm(name) == 32]
    return "body" if "body" in scanner.bowties else (bodies or list(scanner.bowties))[0]


def _photons_per_100mas(
    scanner: Scanner, tube_voltage_kv: float, bowtie: str, collimation_mm: float, threads: int
) -> float | None:
    """Absolute output; None if the scanner's file states none."""
    from ctdose.calibration.calibrate import calibrate

    if scanner.ctdi_w_mgy_per_100mas(tube_voltage_kv, bowtie, scanner.ctdi_phantom_cm(bowtie)) is None:
        return None
    found = calibrate(scanner, tube_voltage_kv, bowtie, collimation_mm, threads=threads)
    return 100.0 * found.photons_per_mas


def _line(approach: Approach, photons: float | None) -> str:
    from ctdose.results.number_text import with_error

    parts = []
    if photons is not None:
        dose = photons * approach.equilibrium_mgy
        parts.append(f"D_eq {with_error(dose, dose * approach.relative_standard_error)} mGy per 100 mAs")
    parts.append(f"CTDI_100/CTDI_inf {with_error(*approach.ctdi_100_efficiency)}")
    parts.append(f"h = 0.98 at {approach.equilibrium_length_mm:.0f} mm")
    return f"{approach.position}: {', '.join(parts)}"


def _print_growth(approaches: dict[str, Approach]) -> None:
    lengths = next(iter(approaches.values())).scan_length_mm
    rows = [
        (f"{length:g}", *(f"{each.h[k]:.4f}" for each in approaches.values()))
        for k, length in enumerate(lengths)
        if length <= LONGEST_SHOWN_MM
    ]
    print_table(("scan_length_mm", *approaches), rows, numbers=range(len(approaches) + 1))
