"""Whether a code's source lay elsewhere along z in case 5, judged by the organs of the report.

The beam is 1 cm wide; an organ beside it has some 2 % more energy for each mm that the beam comes nearer. If a code's
results differ from ours in proportion to that gradient, its source was displaced; a difference common to all organs is
one of physics or normalization. Both are fitted, code by code, by weighted least squares.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ctdose.simulation.open_beams import PointSource
from ctdose.validation.job import Job
from ctdose.validation.reference import load_reference
from ctdose.validation.row import Row

TABLE = Path("validation", "case5_gradient.json")  # below the documentation's folder
STEP_MM = 5.0
HISTORIES = 20_000_000
CODE_SIGMA_PERCENT = 0.2  # of the codes' own results, about
CODES = ("EGSnrc", "Geant4", "MCNP", "PENELOPE")

Gradients = Mapping[tuple[str, str, str, str], float]
"""Energy imparted gained for a source displaced by 1 mm towards the head, %, by the row's key."""


def measure_gradients(jobs: Sequence[Job], *, scale: float, seed: int, threads: int) -> dict:
    """Run each fixed-source job with the source at +5 and -5 mm along z.

    Returns
    -------
    Gradients
    """
    gradients = {}
    for job in jobs:
        ahead, behind = (
            _displaced(job, step).run(scale=scale, seed=seed, threads=threads) for step in (STEP_MM, -STEP_MM)
        )
        for a, b in zip(ahead, behind):
            gradients[a.key] = 100.0 * (a.ours - b.ours) / (a.ours + b.ours) / STEP_MM
    return gradients


def _displaced(job: Job, step_mm: float) -> Job:
    def moved(point: tuple[float, float, float]) -> tuple[float, float, float]:
        return point[0], point[1], point[2] + step_mm

    assert isinstance(job.source, PointSource)
    source = replace(job.source, position_mm=moved(job.source.position_mm), aim_mm=moved(job.source.aim_mm))
    return replace(job, source=source, histories=HISTORIES)


@dataclass(frozen=True)
class Displacement:
    """A fit of one code's results.

    Parameters
    ----------
    code : str
    shift_mm, shift_error_mm : float
        By which its source lay nearer to the head than ours, negative: to the feet.
    offset_percent, offset_error_percent : float
        Of ours from the code's results in all organs.
    chi_square, chi_square_unshifted : float
        Of the fit, and of one without a shift.
    rows : int
    """

    code: str
    shift_mm: float
    shift_error_mm: float
    offset_percent: float
    offset_error_percent: float
    chi_square: float
    chi_square_unshifted: float
    rows: int


def fit_displacement(rows: Sequence[Row], gradients: Gradients, code: str) -> Displacement:
    """Fit a common offset and a displaced source to ours over a code's results."""
    reference = load_reference().rows
    used = [row for row in rows if row.key in gradients]
    difference = np.array([100.0 * (r.ours / reference[r.key].codes[code] - 1.0) for r in used])
    weight = 1.0 / np.array([r.sigma_percent**2 + CODE_SIGMA_PERCENT**2 for r in used])
    matrix = np.stack([np.ones(len(used)), -np.array([gradients[r.key] for r in used])], axis=1)
    covariance = np.linalg.inv(matrix.T @ (weight[:, None] * matrix))
    fitted = covariance @ (matrix.T @ (weight * difference))
    error = np.sqrt(np.diag(covariance))
    common = np.average(difference, weights=weight)
    return Displacement(
        code,
        float(fitted[1]),
        float(error[1]),
        float(fitted[0]),
        float(error[0]),
        float((weight * (difference - matrix @ fitted) ** 2).sum()),
        float((weight * (difference - common) ** 2).sum()),
        len(used),
    )


def with_source_moved_back(rows: Sequence[Row], gradients: Gradients, fit: Displacement) -> list[Row]:
    """The same estimates, one code corrected for its displaced source where the gradient is known."""
    reference = load_reference().rows
    corrected = []
    for row in rows:
        codes = dict(reference[row.key].codes)
        if fit.code in codes and row.key in gradients:
            codes[fit.code] /= 1.0 + gradients[row.key] / 100.0 * fit.shift_mm
        corrected.append(Row.of(replace(reference[row.key], codes=codes), row.ours, row.sigma))
    return corrected


def codes_as_rows(rows: Sequence[Row], code: str) -> list[Row]:
    """A code's own results in place of ours, where it has them."""
    reference = load_reference().rows
    return [
        Row.of(reference[r.key], reference[r.key].codes[code], r.sigma)
        for r in rows
        if code in reference[r.key].codes
    ]


def save_gradients(docs: Path, gradients: Gradients) -> None:
    """Write the gradients below the documentation's folder."""
    lines = [json.dumps([*key, round(value, 3)]) for key, value in gradients.items()]
    (docs / TABLE).parent.mkdir(parents=True, exist_ok=True)
    (docs / TABLE).write_text("[\n " + ",\n ".join(lines) + "\n]\n", encoding="utf-8")


def load_gradients(docs: Path) -> dict:
    """Read the gradients; empty if there are none."""
    path = docs / TABLE
    if not path.is_file():
        return {}
    return {(c, b, a, v): value for c, b, a, v, value in json.loads(path.read_text(encoding="utf-8"))}
