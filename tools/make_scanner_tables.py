"""Write the tables of docs/scanners.md: what the model of each scanner gives, beside what its file states.

    python tools/make_scanner_tables.py

Simulates the CTDI measurement of every beam of every scanner (a quarter of an hour on two cores; --batches for more
or less). The tables stand between two comments of the document; the rest of it is left as it is.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdose.calibration.ctdi import _estimates, _whole_round, ctdi_tables
from ctdose.dosimetry.units import MGY_PER_KEV_PER_G
from ctdose.phantoms.ctdi import CHAMBER_LENGTH_MM
from ctdose.scanner.library import load_scanner, scanner_names
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import build_ct_beam, tube_output

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scanners.md"
BEGIN, END = "<!-- tables: tools/make_scanner_tables.py -->", "<!-- end of tables -->"
SR_CM2 = 1e4  # cm2 at 1 m of one steradian


@dataclass(frozen=True)
class Row:
    """One beam in one CTDI phantom; mGy per 100 mAs."""

    scanner: str
    bowtie: str
    phantom_cm: int
    kv: float
    stated: float | None
    model: float
    model_error: float
    centre_to_periphery: float


def simulated(scanner: Scanner, kv: float, bowtie: str, phantom_cm: int, batches: int) -> Row:
    """Simulate CTDI_w of the model's own output: the tube's spectrum is in photons per mAs."""
    assert scanner.output is not None
    nominal = scanner.output.reference_collimation_mm
    beam = build_ct_beam(scanner, kv, bowtie, nominal)
    tables, composites = ctdi_tables(beam, phantom_cm)
    values, errors = _estimates(_whole_round(tables, range(batches), 2, None), tables, composites)
    photons_per_mas = beam.emitted * float(np.sum(tube_output(scanner, kv).weights)) * SR_CM2
    mgy = 100.0 * photons_per_mas * MGY_PER_KEV_PER_G * CHAMBER_LENGTH_MM / min(nominal, CHAMBER_LENGTH_MM)
    stated = scanner.ctdi_w_mgy_per_100mas(kv, bowtie, phantom_cm)
    error = float(errors[2]) * mgy
    ratio = float(values[0] / values[1])
    return Row(scanner.scanner, bowtie, phantom_cm, kv, stated, float(values[2]) * mgy, error, ratio)


def rows_of(scanner: Scanner, batches: int) -> list[Row]:
    """All voltages of each table of a scanner's output without an additional filter."""
    assert scanner.output is not None
    places = [(t.bowtie, t.ctdi_phantom_cm) for t in scanner.output.tables if t.filter is None]
    rows = []
    for bowtie, cm in places:
        for kv in scanner.tube.voltages_kv:
            rows.append(simulated(scanner, kv, bowtie, cm, batches))
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def tables(rows: list[Row]) -> str:
    """Give the tables as Markdown."""
    return "\n".join(_table(name, [row for row in rows if row.scanner == name]) for name in scanner_names())


def _table(name: str, rows: list[Row]) -> str:
    at_120 = {(r.bowtie, r.phantom_cm): r for r in rows if r.kv == 120}
    heads = ("bowtie, phantom", "kV", "stated", "model", "model / stated")
    heads += ("stated, to 120 kV", "model, to 120 kV", "centre / periphery")
    head = f"| {' | '.join(heads)} |"
    lines = [f"### {name}", "", head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for r in rows:
        base = at_120[r.bowtie, r.phantom_cm]
        assert r.stated is not None
        assert base.stated is not None
        cells = (
            f"{r.bowtie}, {r.phantom_cm} cm",
            f"{r.kv:g}",
            f"{r.stated:.4g}",
            f"{r.model:.4g}",
            f"{r.model / r.stated:.2f}",
            f"{r.stated / base.stated:.3f}",
            f"{r.model / base.model:.3f}",
            f"{r.centre_to_periphery:.3f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the tables into the document, or --json FILE."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=24, help="of 65536 photons, for each beam")
    parser.add_argument("--json", type=Path, help="write the model's values there instead")
    parser.add_argument("--only", nargs="*", default=scanner_names())
    given = parser.parse_args()
    rows = [row for name in given.only for row in rows_of(load_scanner(name), given.batches)]
    if given.json:
        values = {f"{r.scanner}|{r.bowtie}|{r.phantom_cm}|{r.kv:g}": r.model for r in rows}
        given.json.write_text(json.dumps(values, indent=1))
        return
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{tables(rows)}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
