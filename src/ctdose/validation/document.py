"""docs/validation.md, written from the published table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ctdose.validation.displacement import (
    CODES,
    Gradients,
    codes_as_rows,
    fit_displacement,
    with_source_moved_back,
)
from ctdose.validation.published import PublishedCase
from ctdose.validation.reference import load_reference
from ctdose.validation.row import Row, Summary, summarize

PAGE = Path("validation.md")
DISPLACED_CODE = "MCNP"
TITLES = {
    "1": "half-value layers: air kerma behind aluminium",
    "2": "radiography and tomosynthesis: a box of soft tissue",
    "4.1": "CT: discs of a PMMA cylinder",
    "4.2": "CT: rods in a PMMA cylinder",
    "5": "CT: organs of a voxel torso",
}
HEAD = """# Validation

<!-- Written by `python -m ctdose.validation publish`: change that, not this page. -->

ctdose against AAPM Report 195, in which four Monte Carlo codes (EGSnrc, Geant4, MCNP, PENELOPE) computed the same
cases. Your own run: `ctdose validate`.

Reference: {citation}. The figures are transcribed second-hand.

Each row gives ctdose's estimate with its standard error σ, mean, smallest and largest result of the codes, and the
difference from their mean. A row is accepted if |difference| ≤ max(half the codes' range, 1 %) + 2σ. A case is accepted
if all its rows are, σ ≤ 0.25 % in every row above a tenth of the largest of its case and beam and ≤ 1 % in the others,
the median of |difference| ≤ 0.5 %, and the mean of the signed differences within ±0.3 %.

Energy imparted is scored by the collision-kerma estimator, air kerma by the fluence and the report's own μ_en.
Electrons deposit where they are born. Compton scattering is Doppler broadened, as in the report's codes; without, 0.1 %
less energy is imparted in the beam, and up to 0.4 % less out of it.

"""
CONTRADICTIONS = """## Where the report contradicts itself

The rods of case 4.2 see, averaged over a turn, the same from a rotating source as from fixed sources all around, and
the rod at the axis sees the same from every angle. The report's rows for the rotating source (two codes only) differ
from the mean of its own rows for the fixed angles by up to 2 %. There a row is accepted as well if it lies within
1 % + 2σ of the mean for the fixed angles; "plainly" says whether it would be without.

"""


DISPLACED = """## A displaced source in case 5

In case 5 the beam is 1 cm wide, and an organ beside it has some 2 % more energy for each mm that the beam comes nearer.
So the organs tell where along z a code had its source. Fitted to ctdose over each code (a common offset, and a shift
times the organs' gradients, which ctdose computes by moving its source; {rows} rows):

"""
DISPLACED_END = """
MCNP's source lay {shift:.2f} mm nearer to the feet than ours, about half a voxel: beside the beam that is 1 to 2 % of
an organ's energy, and a quarter of it is in the mean of the codes. Hence the second line for case 5 in the summary: the
same with MCNP's results divided by 1 + shift × gradient. How far the codes themselves are from their mean:

"""


def _table(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    text += ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(text) + "\n"


def _yes(ok: bool) -> str:
    return "yes" if ok else "**no**"


def _summary_line(summary: Summary) -> list[str]:
    return [
        summary.case,
        TITLES[summary.case],
        f"{summary.rows}",
        f"{summary.outside}",
        f"{summary.imprecise}",
        f"{summary.median_percent:.2f}",
        f"{summary.mean_percent:+.2f}",
        _yes(summary.ok),
    ]


def _row_line(row: Row) -> list[str]:
    numbers = [f"{value:.5g}" for value in (row.ours, row.mean, row.low, row.high)]
    return [
        row.beam,
        row.angle,
        row.volume,
        f"{numbers[0]} ± {row.sigma:.2g}",
        *numbers[1:],
        f"{row.difference_percent:+.2f}",
        f"{row.allowed_percent:.2f}",
        _yes(row.ok),
    ]


def _contradiction_line(row: Row) -> list[str]:
    return [
        row.beam,
        row.volume,
        f"{row.mean:.5g}",
        f"{row.symmetric_mean:.5g}",
        f"{row.ours:.5g}",
        f"{row.difference_percent:+.2f}",
        f"{row.symmetric_difference_percent:+.2f}",
        _yes(row.ok_plainly),
    ]


def _case_section(each: PublishedCase) -> str:
    facts = each.facts
    unit = "keV cm²/g per mm² and history" if each.case == "1" else "eV per history"
    histories = sum(facts["histories"].values())
    head = (
        f"## Case {each.case}: {TITLES[each.case]}\n\n"
        f"{facts['date']}, ctdose {facts['ctdose_version']}, {facts['physics']}, seed {facts['seed']}, "
        f"{histories / 1e6:.0f} million histories in {len(facts['histories'])} runs, {facts['seconds']} s on "
        f"{facts['machine']}; kernel `{facts['kernel_sha256'][:16]}`. Unit: {unit}.\n\n"
    )
    columns = [
        "beam",
        "angle",
        "volume",
        "ctdose",
        "mean",
        "min",
        "max",
        "difference %",
        "allowed %",
        "accepted",
    ]
    return head + _table(columns, map(_row_line, each.rows))


def _displacement_section(rows: Sequence[Row], gradients: Gradients) -> str:
    fits = [fit_displacement(rows, gradients, code) for code in CODES]
    columns = ["code", "source's shift, mm", "ctdose over code, %", "χ²", "χ² without shift"]
    lines = [
        [
            f.code,
            f"{f.shift_mm:+.2f} ± {f.shift_error_mm:.2f}",
            f"{f.offset_percent:+.2f} ± {f.offset_error_percent:.2f}",
            f"{f.chi_square:.0f}",
            f"{f.chi_square_unshifted:.0f}",
        ]
        for f in fits
    ]
    shift = -next(f.shift_mm for f in fits if f.code == DISPLACED_CODE)
    head = DISPLACED.format(rows=fits[0].rows)
    spread = _table(["code", "rows", "median %", "mean %"], [_spread_line(rows, code) for code in CODES])
    return head + _table(columns, lines) + DISPLACED_END.format(shift=shift) + spread + "\n"


def _spread_line(rows: Sequence[Row], code: str) -> list[str]:
    (own,) = summarize(codes_as_rows(rows, code))
    return [code, f"{own.rows}", f"{own.median_percent:.2f}", f"{own.mean_percent:+.2f}"]


def _summary_section(rows: Sequence[Row], gradients: Gradients) -> str:
    lines = [_summary_line(summary) for summary in summarize(rows)]
    if gradients:
        torso = [row for row in rows if row.case == "5"]
        fit = fit_displacement(torso, gradients, DISPLACED_CODE)
        (moved,) = summarize(with_source_moved_back(torso, gradients, fit))
        lines.append([f"5, {DISPLACED_CODE} moved back", *_summary_line(moved)[1:]])
    columns = ["case", "", "rows", "not accepted", "σ too large", "median %", "mean %", "accepted"]
    return "## Summary\n\n" + _table(columns, lines) + "\n"


def write_document(docs: Path, cases: Sequence[PublishedCase], gradients: Gradients) -> None:
    """Write the page from the cases of the published table and the gradients of case 5."""
    rows = [row for each in cases for row in each.rows]
    parts = [HEAD.format(citation=load_reference().citation), _summary_section(rows, gradients)]
    contradicted = [row for row in rows if row.symmetric_mean is not None]
    if contradicted:
        columns = [
            "beam",
            "volume",
            "rotating",
            "fixed",
            "ctdose",
            "from rotating %",
            "from fixed %",
            "plainly",
        ]
        parts.append(CONTRADICTIONS + _table(columns, map(_contradiction_line, contradicted)) + "\n")
    if gradients:
        parts.append(_displacement_section([row for row in rows if row.case == "5"], gradients))
    parts.append("\n".join(_case_section(each) for each in cases))
    (docs / PAGE).write_text("".join(parts), encoding="utf-8")
