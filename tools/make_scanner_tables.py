"""Write the tables of docs/scanners.md: what the model of each scanner gives, beside what its file states.

    python tools/make_scanner_tables.py

Simulates the CTDI measurement of every beam of every scanner, some minutes on two cores. The tables stand between
two comments of the document; so does the table of keys of a scanner's file; the rest of it is left as it is.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ctdose.calibration.ctdi import ctdi_tables, simulate_ctdi
from ctdose.calibration.measurement_keys import MEASUREMENT_KEYS
from ctdose.scanner.keys import SCANNER_KEYS
from ctdose.scanner.library import load_scanner, scanner_names
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import build_ct_beam, tube_output

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scanners.md"
MARKS = {
    "tables": ("<!-- tables: tools/make_scanner_tables.py -->", "<!-- end of tables -->"),
    "keys": ("<!-- keys: ctdose scanner keys --markdown -->", "<!-- end of keys -->"),
    "measurement keys": (
        "<!-- keys: ctdose scanner keys --measurements --markdown -->",
        "<!-- end of measurement keys -->",
    ),
}
PRECISION = 5e-3  # relative standard error of CTDI_w
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
    centre_to_periphery: float
    filter: str | None = None

    @property
    def place(self) -> str:
        """Bowtie, phantom and additional filter in words."""
        return f"{self.bowtie}, {self.phantom_cm} cm" + (f", {self.filter}" if self.filter else "")


def simulated(scanner: Scanner, kv: float, bowtie: str, phantom_cm: int, filter: str | None) -> Row:
    """Simulate CTDI_w of the model's own output: the tube's spectrum is in photons per mAs."""
    assert scanner.output is not None
    nominal = scanner.output.reference_collimation_mm
    beam = build_ct_beam(scanner, kv, bowtie, nominal, filter=filter)
    tables, composites = ctdi_tables(beam, phantom_cm)
    found = simulate_ctdi(tables, composites, nominal, relative_standard_error=PRECISION, threads=2)
    photons_per_mas = beam.emitted * float(np.sum(tube_output(scanner, kv, filter).weights)) * SR_CM2
    stated = scanner.ctdi_w_mgy_per_100mas(kv, bowtie, phantom_cm, None, filter)
    model, ratio = 100.0 * photons_per_mas * found.weighted, found.center / found.periphery
    return Row(scanner.scanner, bowtie, phantom_cm, kv, stated, model, ratio, filter)


def rows_of(scanner: Scanner) -> list[Row]:
    """All voltages of each table of a scanner's output."""
    assert scanner.output is not None
    rows = []
    for t in scanner.output.tables:
        for kv in scanner.tube.voltages_kv:
            rows.append(simulated(scanner, kv, t.bowtie, t.ctdi_phantom_cm, t.filter))
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def tables(rows: list[Row]) -> str:
    """Give the tables as Markdown."""
    names = dict.fromkeys(row.scanner for row in rows)
    return "\n".join(_table(name, [row for row in rows if row.scanner == name]) for name in names)


def _table(name: str, rows: list[Row]) -> str:
    at_120 = {r.place: r for r in rows if r.kv == 120}
    heads = ("bowtie, phantom", "kV", "stated", "model", "model / stated")
    heads += ("stated, to 120 kV", "model, to 120 kV", "centre / periphery")
    head = f"| {' | '.join(heads)} |"
    lines = [f"### {name}", "", head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for r in rows:
        base = at_120[r.place]
        assert r.stated is not None
        assert base.stated is not None
        cells = (
            r.place,
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
    parser.add_argument("--json", type=Path, help="write the model's values there instead")
    parser.add_argument("--keys", action="store_true", help="the tables of keys only")
    parser.add_argument("--only", nargs="*", default=scanner_names())
    given = parser.parse_args()
    if given.keys:
        put("keys", SCANNER_KEYS.table("markdown"))
        put("measurement keys", MEASUREMENT_KEYS.table("markdown"))
        return
    rows = [row for name in given.only for row in rows_of(load_scanner(name))]
    if given.json:
        values = {f"{r.scanner}|{r.place}|{r.kv:g}": r.model for r in rows}
        given.json.write_text(json.dumps(values, indent=1))
        return
    put("tables", tables(rows))
    put("keys", SCANNER_KEYS.table("markdown"))
    put("measurement keys", MEASUREMENT_KEYS.table("markdown"))


def put(place: str, new: str) -> None:
    """Write what is generated between its two comments."""
    begin, end = MARKS[place]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(begin)[0], text.split(end)[1]
    DOCUMENT.write_text(f"{before}{begin}\n{new}{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
