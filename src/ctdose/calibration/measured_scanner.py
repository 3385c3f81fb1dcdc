"""The scanner file that follows from a fit: the base scanner with what was measured in place of what it assumed."""

from __future__ import annotations

import numpy as np

from ctdose.calibration.ctdi import CENTER_WEIGHT, PERIPHERY_WEIGHT
from ctdose.calibration.measurements import BeamReadings, Measurements
from ctdose.calibration.readings import ABSOLUTE
from ctdose.calibration.source_fit import KNOWN, SourceFit
from ctdose.calibration.source_model import SourceModel
from ctdose.kernels.tables import F64
from ctdose.scanner.model import Scanner
from ctdose.scanner.output import Output, OutputTable

DIGITS = 6


def measured_scanner(
    measurements: Measurements, fit: SourceFit, model: SourceModel, file: str, *, collimation_mm: float
) -> Scanner:
    """Give the scanner that is written.

    Parameters
    ----------
    measurements : Measurements
    fit : SourceFit
    model : SourceModel
    file : str
        Name of the file of measurements, for the sources.
    collimation_mm : float
        Of the output tables.

    Returns
    -------
    Scanner
        Its output states CTDI_w of the measured bowties and voltages only: what was measured where centre and periphery
        were (plus what the table under the phantom took), else what the fit gives where another reading in mGy was
        made at that voltage.
    """
    from_file = f"{file}, {measurements.date}"
    bowties = {
        name: bowtie.model_copy(update=_bowtie_source(name, measurements, fit, from_file))
        for name, bowtie in fit.scanner.bowties.items()
    }
    voltages = sorted({*fit.scanner.tube.voltages_kv, *(b.tube_voltage_kv for b in measurements.beams)})
    filtration = {m: _rounded(t) for m, t in fit.scanner.inherent_filtration_mm.items()}
    scanner = fit.scanner.model_copy(
        update={
            "scanner": measurements.scanner,
            "description": measurements.description or f"Fitted to measurements ({from_file})",
            "inherent_filtration_mm": filtration,
            "bowties": bowties,
            "tube": fit.scanner.tube.model_copy(update={"voltages_kv": voltages}),
            "output": _output(measurements, fit, model, from_file, collimation_mm),
        }
    )
    return Scanner.model_validate(scanner.model_dump())


def _bowtie_source(
    name: str, measurements: Measurements, fit: SourceFit, from_file: str
) -> dict[str, object]:
    own = [(p, share) for p, share in zip(fit.parameters, fit.said, strict=True) if p.bowtie == name]
    base = f"that of {measurements.base}"
    bowtie = fit.scanner.bowties[name]
    was = f" ({bowtie.source})" if bowtie.source else ""
    if not own:
        return {"source": f"Not measured ({from_file}): {base}{was}", "verified": False}
    unknown = [p.name.partition(": ")[2] for p, share in own if share < KNOWN]
    source = f"Fit to measurements ({from_file})"
    if not any(p.role == "centre" for p, _ in own):
        source += f"; thickness on the central ray: {base}"
    if unknown:
        source += f"; not or only partly determined: {', '.join(unknown)}, held near {measurements.base}{was}"
    rounded: dict[str, object] = {
        key: _rounded(getattr(bowtie, key))
        for key in ("centre_mm", "rise_mm", "angle_rad", "p")
        if getattr(bowtie, key) is not None
    }
    if bowtie.table_deg_mm is not None:
        rounded["table_deg_mm"] = [[_rounded(v) for v in row] for row in bowtie.table_deg_mm]
    return {"source": source, "verified": not unknown, **rounded}


def _output(
    measurements: Measurements, fit: SourceFit, model: SourceModel, from_file: str, collimation_mm: float
) -> Output | None:
    """Tables of CTDI_w; None if nothing was measured in mGy."""
    rows: dict[tuple[str, int], dict[float, float]] = {}
    fitted, readings = [], [r for r in fit.readings if r.kind in ABSOLUTE]
    worst = 0.0
    for bowtie, size in _places(measurements, fit):
        for kv in sorted({r.tube_voltage_kv for r in readings if r.bowtie == bowtie}):
            value = measured_ctdi_w(measurements, bowtie, kv, size)
            if value is not None:
                value /= 1.0 - model.table_takes(fit.scanner, bowtie, kv, size)
            else:
                value, relative = fitted_ctdi_w(fit, model.without_table(), bowtie, kv, size)
                worst = max(worst, relative)
                fitted.append(f"{bowtie} {size} cm {kv:g} kV")
            rows.setdefault((bowtie, size), {})[kv] = _rounded(value)
    if not rows:
        return None
    measured = sum(len(table) for table in rows.values()) > len(fitted)
    source = f"Measured CTDI_w ({from_file})" if measured else f"Measurements ({from_file})"
    if model.in_air:
        sizes = " and ".join(f"{size} cm" for size in sorted(model.in_air))
        source += f"; what the table of {measurements.base} took under {sizes} was added"
    if fitted:
        source += f"; CTDI_w of the fitted source, not measured: {', '.join(fitted)}"
    return Output(
        reference_collimation_mm=collimation_mm,
        relative_systematic_error=_rounded(min(1.0, _output_error(measurements, worst))),
        tables=[
            OutputTable(
                bowtie=bowtie,
                ctdi_phantom_cm=16 if size == 16 else 32,
                ctdi_w_mgy_per_100mas=[[kv, v] for kv, v in table.items()],
            )
            for (bowtie, size), table in rows.items()
        ],
        source=source,
        verified=not fitted,
    )


def fitted_ctdi_w(
    fit: SourceFit, model: SourceModel, bowtie: str, kv: float, phantom_cm: int
) -> tuple[float, float]:
    """CTDI_w that the fitted source gives, mGy per 100 mAs, and its relative error: of the fit and of the simulation.

    The error of the fit contains the spread of the base scanner where the readings say nothing; the derivatives are
    differences over half an error of each parameter.
    """

    def weighted(x: F64) -> tuple[float, float]:
        output = next(
            p.shown(float(v))
            for p, v in zip(fit.parameters, x, strict=True)
            if (p.role, p.place) == ("output", kv)
        )
        value, error = model.ctdi_mgy(fit.source_at(x), bowtie, kv, phantom_cm)
        weights = output * np.array([CENTER_WEIGHT, PERIPHERY_WEIGHT])
        return float(weights @ value), float(np.hypot(*(weights * error)))

    value, simulated = weighted(fit.x)
    slopes = np.zeros(fit.x.size)
    for i, step in enumerate(0.5 * np.sqrt(np.diag(fit.covariance))):
        parameter = fit.parameters[i]
        away = step if fit.x[i] + step < parameter.high else -step
        moved = fit.x.copy()
        moved[i] += away
        slopes[i] = np.log(weighted(moved)[0] / value) / away
    return value, float(np.sqrt(slopes @ fit.covariance @ slopes + (simulated / value) ** 2))


def output_phantoms(measurements: Measurements, base: Scanner) -> set[int]:
    """CTDI phantoms whose response is needed, cm."""
    sizes = {reading.phantom_cm for beam in measurements.beams for reading in beam.ctdi}
    for beam in measurements.beams:
        if _is_absolute(beam) and not any(b.ctdi for b in measurements.beams if b.bowtie == beam.bowtie):
            sizes.add(16 if base.ctdi_phantom_cm(beam.bowtie) == 16 else 32)
    return set(sizes)


def _places(measurements: Measurements, fit: SourceFit) -> list[tuple[str, int]]:
    """Bowtie and phantom of each table: where CTDI was measured, else the bowtie's own if something else in mGy was."""
    found: list[tuple[str, int]] = []
    for name in fit.scanner.bowties:
        beams = [b for b in measurements.beams if b.bowtie == name and _is_absolute(b)]
        sizes = {reading.phantom_cm for b in beams for reading in b.ctdi}
        if beams and not sizes:
            sizes = {16 if fit.scanner.ctdi_phantom_cm(name) == 16 else 32}
        found += [(name, size) for size in sorted(sizes)]
    return found


def _is_absolute(beam: BeamReadings) -> bool:
    return bool(beam.ctdi) or not (
        beam.air_kerma_mgy_per_100mas is None and beam.ctdi_air_mgy_per_100mas is None
    )


def measured_ctdi_w(measurements: Measurements, bowtie: str, kv: float, phantom_cm: int) -> float | None:
    """CTDI_w that was measured, mGy per 100 mAs; None without centre or periphery."""
    for beam in measurements.beams:
        for r in beam.ctdi:
            centre, periphery = r.centre_mgy_per_100mas, r.periphery_mgy_per_100mas
            here = (beam.bowtie, beam.tube_voltage_kv, r.phantom_cm) == (bowtie, kv, phantom_cm)
            if here and centre is not None and periphery is not None:
                return CENTER_WEIGHT * centre + PERIPHERY_WEIGHT * periphery
    return None


def _output_error(measurements: Measurements, of_fitted: float) -> float:
    """One sigma of the least known value: chamber calibration, with that of a reading or, where fitted, of the fit."""
    errors = [measurements.errors_of(beam) for beam in measurements.beams]
    calibration = max(e.chamber_calibration for e in errors)
    return float(np.hypot(calibration, max(of_fitted, *(e.ctdi for e in errors))))


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
