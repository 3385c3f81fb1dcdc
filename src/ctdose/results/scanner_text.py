"""What follows from a scanner's file, as comment lines that may stand below it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ctdose.scanner.beam_quality import beam_quality, couch_attenuation
from ctdose.scanner.model import Scanner

MARK = "# What follows from this file"
USUAL_KV = 120.0
TIGHT_PITCH = 1.0


def with_description(text: str, scanner: Scanner) -> str:
    """Put the description below a scanner's YAML, in place of an earlier one.

    Parameters
    ----------
    text : str
        The file, which stays as it is.
    scanner : Scanner
        What was read from it.
    """
    body = text.partition(f"\n{MARK}")[0].rstrip("\n")
    lines = "".join(f"# {line}".rstrip() + "\n" for line in description(scanner))
    return f"{body}\n\n{MARK} (by ctdose scanner show; not read):\n{lines}"


def description(scanner: Scanner) -> Iterator[str]:
    """Give geometry, collimations, beam quality, output and table, line by line."""
    yield from _geometry(scanner)
    yield ""
    yield from _collimations(scanner)
    yield ""
    yield from _qualities(scanner)
    yield ""
    yield from _output(scanner)
    if scanner.table is not None:
        yield ""
        yield from _couch(scanner)


def usual_kv(scanner: Scanner) -> float:
    """The tube voltage nearest to 120 kV."""
    return min(scanner.tube.voltages_kv, key=lambda kv: abs(kv - USUAL_KV))


def usual_bowtie(scanner: Scanner) -> str:
    """The bowtie of the 32 cm phantom that comes first, else the first."""
    large = [name for name, bowtie in scanner.bowties.items() if bowtie.ctdi_phantom_cm == 32]
    return (large or list(scanner.bowties))[0]


def _geometry(scanner: Scanner) -> Iterator[str]:
    g = scanner.geometry
    field = 2.0 * g.source_isocentre_distance_mm * math.sin(math.radians(g.fan_angle_deg / 2.0))
    where = f"fan of {g.fan_angle_deg:g} deg at {g.source_isocentre_distance_mm:g} mm"
    yield f"{where}: a field of {field:.0f} mm about the axis"
    for name, spot in scanner.focal_spots.items():
        line = (
            f"focal spot {name}: {spot.width_mm:g} x {spot.length_mm:g} mm (across the fan x along the axis)"
        )
        blades = g.source_collimator_distance_mm
        if blades is not None:
            wide = spot.length_mm * (g.source_isocentre_distance_mm - blades) / blades
            line += f", penumbra {wide:.2f} mm along z at the axis"
        yield line
    if scanner.second_tube:
        second = scanner.second_tube
        field = 2.0 * g.source_isocentre_distance_mm * math.sin(math.radians(second.fan_angle_deg / 2.0))
        yield f"second tube at {second.angle_offset_deg:g} deg, a field of {field:.0f} mm"


def _collimations(scanner: Scanner) -> Iterator[str]:
    rows = [
        (
            f"{beam.nominal_mm:g}",
            f"{beam.beam_width_mm:g}",
            f"{beam.beam_width_mm / beam.nominal_mm:.3f}",
            f"{scanner.over_ranging_mm(TIGHT_PITCH, beam.nominal_mm):.1f}",
        )
        for beam in scanner.collimations.beams
    ]
    yield from _table(("nT (mm)", "beam width (mm)", "width / nT", "over-ranging at pitch 1 (mm)"), rows)
    if scanner.over_ranging.dynamic_collimation:
        yield "(over-ranging: travel with the beam on; its blades open and close at the ends)"


def _qualities(scanner: Scanner) -> Iterator[str]:
    bowtie = usual_bowtie(scanner)
    yield f"on the central ray, behind the {bowtie} filter; air kerma of the model, free in air on the axis:"
    rows = []
    for name in (None, *scanner.filters):
        for kv in scanner.tube.voltages_kv:
            q, plain = beam_quality(scanner, kv, bowtie, name), beam_quality(scanner, kv, bowtie)
            share = q.air_kerma_mgy_per_100mas / plain.air_kerma_mgy_per_100mas
            cells = (q.hvl_mm, q.second_hvl_mm, q.mean_energy_kev)
            kerma = f"{q.air_kerma_mgy_per_100mas:.3g}"
            rows.append((f"{kv:g}", name or "-", *(f"{x:.2f}" for x in cells), kerma, f"{share:.3f}"))
    headings = ("kV", "filter", "HVL1 (mm Al)", "HVL2 (mm Al)", "mean (keV)", "mGy/100 mAs", "to no filter")
    yield from _table(headings, rows)


def _output(scanner: Scanner) -> Iterator[str]:
    if scanner.output is None:
        yield "no output is stated: no absolute doses"
        return
    reference = scanner.output.reference_collimation_mm
    error = 100.0 * scanner.output.relative_systematic_error
    yield f"CTDI_w, mGy per 100 mAs, stated at {reference:g} mm (± {error:.2g} %):"
    tables = scanner.output.tables
    names = [f"{t.bowtie} {t.ctdi_phantom_cm} cm" + (f" {t.filter}" if t.filter else "") for t in tables]
    rows = []
    for kv in scanner.tube.voltages_kv:
        cells = []
        for t in tables:
            covered = t.ctdi_w_mgy_per_100mas[0][0] <= kv <= t.ctdi_w_mgy_per_100mas[-1][0]
            args = (kv, t.bowtie, t.ctdi_phantom_cm, None, t.filter)
            cells.append(f"{scanner.ctdi_w_mgy_per_100mas(*args):.4g}" if covered else "-")
        rows.append((f"{kv:g}", *cells))
    yield from _table(("kV", *names), rows)
    without = [name for name in scanner.filters if all(t.filter != name for t in tables)]
    if without:
        names_of = ", ".join(without)
        yield f"behind {names_of} none is stated: it follows from the model, about as the column 'to no filter' says"
    yield from _centre_to_periphery(scanner)


def _centre_to_periphery(scanner: Scanner) -> Iterator[str]:
    """What calibrations in the cache say, at the usual tube voltage; nothing is simulated for it."""
    from ctdose.calibration.calibrate import calibrate, is_calibrated

    assert scanner.output is not None
    kv = usual_kv(scanner)
    for t in scanner.output.tables:
        covered = t.ctdi_w_mgy_per_100mas[0][0] <= kv <= t.ctdi_w_mgy_per_100mas[-1][0]
        if t.filter is not None or not covered:
            continue
        beam, size = (scanner, kv, t.bowtie), t.ctdi_phantom_cm
        if is_calibrated(*beam, ctdi_phantom_cm=size):
            found = calibrate(*beam, scanner.output.reference_collimation_mm, ctdi_phantom_cm=size)
            yield (
                f"centre over periphery, {t.bowtie} {size} cm, {kv:g} kV: {found.center_to_periphery:.3f} "
                "(simulated in an earlier calibration)"
            )


def _couch(scanner: Scanner) -> Iterator[str]:
    assert scanner.table is not None
    kv, bowtie = usual_kv(scanner), usual_bowtie(scanner)
    taken = couch_attenuation(scanner, kv, bowtie, scanner.table.shape())
    yield (
        f"table: {scanner.table.areal_density_g_cm2:.2f} g/cm2 straight down, takes up {taken:.0%} of the air kerma "
        f"from below at {kv:g} kV"
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    for row in (headings, *rows):
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
