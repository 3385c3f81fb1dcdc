"""A fitted equivalent source as tables and sentences: each reading, each parameter, and what was not determined."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ctdose.calibration.calibrate_source import SourceCalibration
from ctdose.calibration.measured_scanner import measured_ctdi_w
from ctdose.calibration.readings import HVL, SECOND_HVL, UNITS
from ctdose.calibration.source_fit import KNOWN, PARTLY
from ctdose.results.number_text import with_error

READING_HEADINGS = ("reading", "unit", "measured", "fitted", "difference_sigma")
PARAMETER_HEADINGS = ("parameter", "unit", "fitted", "base", "determined_by")
SHAPE_ROLES = ("angle", "rise", "p", "table")


def reading_rows(calibration: SourceCalibration) -> list[tuple[str, ...]]:
    """Rows of `READING_HEADINGS`: measured with one sigma of reading and simulation, fitted, their difference."""
    fit = calibration.fit
    return [
        (r.label, UNITS[r.kind], with_error(r.value, float(error)), f"{value:.4g}", f"{sigma:+.2f}")
        for r, error, value, sigma in zip(fit.readings, fit.error, fit.fitted, fit.sigma, strict=True)
    ]


def parameter_rows(calibration: SourceCalibration) -> list[tuple[str, ...]]:
    """Rows of `PARAMETER_HEADINGS`: fitted with one sigma, what the base scanner says, and who determines it."""
    fit = calibration.fit
    rows: list[tuple[str, ...]] = []
    for i, (parameter, said) in enumerate(zip(fit.parameters, fit.said, strict=True)):
        if parameter.role == "scale":
            continue
        base = "-" if parameter.role == "output" else f"{parameter.shown(parameter.start):.4g}"
        value = with_error(*fit.value_and_error(i))
        by = _determined(float(said)) + (", at its limit" if fit.at_limit(i) else "")
        rows.append((parameter.name, parameter.unit or "-", value, base, by))
    return rows


def _determined(said: float) -> str:
    if said >= KNOWN:
        return "measurements"
    return f"partly ({said:.0%}), else base" if said >= PARTLY else f"base (seen to {said:.0%})"


def fit_line(calibration: SourceCalibration) -> str:
    """How well it fits, in one line."""
    fit = calibration.fit
    freedom = max(0.0, fit.degrees_of_freedom)
    line = f"chi-squared {fit.chi_squared:.1f} for {freedom:.1f} degrees of freedom (p = {fit.p_value:.2g})"
    return line if freedom >= 0.5 else f"{line}: nothing left over that could contradict"


def undetermined(calibration: SourceCalibration) -> list[str]:
    """What the measurements cannot determine, and what stands there instead, one sentence each."""
    return [
        *_filtration(calibration),
        *_centres(calibration),
        *_shapes(calibration),
        *_directions(calibration),
        *_incomplete(calibration),
        *_beyond_profiles(calibration),
        *_on_table(calibration),
        *_output(calibration),
    ]


def _filtration(calibration: SourceCalibration) -> Iterator[str]:
    base = calibration.file.measurements.base
    said = float(calibration.fit.said[0])
    layers = {r.kind for r in calibration.fit.readings} & {HVL, SECOND_HVL}
    if not layers:
        yield (
            f"No half-value layer was measured: the filtration follows {said:.0%} from the other readings, "
            f"else it is that of {base}."
        )
    others = [
        f"{t:g} mm {m}"
        for m, t in calibration.file.base.inherent_filtration_mm.items()
        if m != calibration.file.measurements.filtration_material
    ]
    if others:
        yield f"Flat filters beside the fitted one are those of {base}: {', '.join(others)}."


def _centres(calibration: SourceCalibration) -> Iterator[str]:
    base = calibration.file.measurements.base
    free = {p.bowtie for p in calibration.fit.parameters if p.role == "centre"}
    fixed = [b for b in dict.fromkeys(r.bowtie for r in calibration.fit.readings) if b not in free]
    if fixed:
        yield (
            f"Thickness of {_bowties(fixed)} on the central ray cannot be told from flat filtration: it is that of "
            f"{base}, and the fitted filtration goes with it."
        )


def _shapes(calibration: SourceCalibration) -> Iterator[str]:
    fit, base = calibration.fit, calibration.file.measurements.base
    none = [
        n
        for n in fit.scanner.bowties
        if not any(p.bowtie == n and p.role in SHAPE_ROLES for p in fit.parameters)
    ]
    if none:
        yield f"No profile and no CTDI in a phantom behind {_bowties(none)}: its shape is that of {base}."
    for name in fit.scanner.bowties:
        weak = [
            p.name.partition(": ")[2]
            for p, said in zip(fit.parameters, fit.said, strict=True)
            if p.bowtie == name and said < PARTLY
        ]
        if weak:
            yield f"Bowtie {name}: the readings say next to nothing about {', '.join(weak)}; held near {base}."


def _directions(calibration: SourceCalibration) -> Iterator[str]:
    for names in calibration.fit.degenerate:
        if len(names) > 1:
            yield (
                f"Only a combination of these is seen; along the other the source stays as near to "
                f"{calibration.file.measurements.base} as it can: {'; '.join(names)}."
            )


def _incomplete(calibration: SourceCalibration) -> Iterator[str]:
    for beam in calibration.file.measurements.beams:
        for r in beam.ctdi:
            for key, what in (("centre_mgy_per_100mas", "centre"), ("periphery_mgy_per_100mas", "periphery")):
                if getattr(r, key) is None:
                    yield (
                        f"No {what} value of {beam.bowtie} at {beam.tube_voltage_kv:g} kV in {r.phantom_cm} cm: no "
                        "ratio that would show the bowtie, and its CTDI_w is that of the fit."
                    )


def _beyond_profiles(calibration: SourceCalibration) -> Iterator[str]:
    half = calibration.file.base.geometry.fan_angle_deg / 2.0
    for name in calibration.fit.scanner.bowties:
        seen = [abs(r.fan_angle_rad) for r in calibration.fit.readings if r.profile >= 0 and r.bowtie == name]
        last = float(np.rad2deg(max(seen, default=np.pi)))
        if last < half - 1.0:
            as_table = any(p.bowtie == name and p.role == "table" for p in calibration.fit.parameters)
            shape = f"the shape of {calibration.file.measurements.base}" if as_table else "the fitted curve"
            ends = f"it ends at {last:.3g} deg, the fan at {half:.3g} deg"
            yield f"Profile of {name}: {ends}; between them the bowtie follows {shape}."


def _on_table(calibration: SourceCalibration) -> Iterator[str]:
    """What the table under the phantoms was taken to be; measured CTDI_w cannot say it."""
    model, file = calibration.model, calibration.file
    for size in sorted(model.in_air):
        beams = [b for b in file.measurements.beams if any(r.phantom_cm == size for r in b.ctdi)]
        shares = [
            model.table_takes(calibration.fit.scanner, b.bowtie, b.tube_voltage_kv, size) for b in beams
        ]
        low, high = (f"{100.0 * share:.1f}" for share in (min(shares), max(shares)))
        span = low if low == high else f"{low} to {high}"
        yield (
            f"The phantom of {size} cm lay on a table, taken to be that of {file.measurements.base}: it takes {span} % "
            "of CTDI_w, which the scanner's file states without it."
        )


def _output(calibration: SourceCalibration) -> Iterator[str]:
    scanner, measurements = calibration.scanner, calibration.file.measurements
    if scanner.output is None:
        yield "Nothing was measured in mGy: the scanner states no output, and gives no absolute doses."
        return
    stated = {t.bowtie for t in scanner.output.tables}
    without = [name for name in scanner.bowties if name not in stated]
    if without:
        yield f"No output of {_bowties(without)} was measured: exams that need it are refused."
    for t in scanner.output.tables:
        known = [row[0] for row in t.ctdi_w_mgy_per_100mas]
        outside = [kv for kv in scanner.tube.voltages_kv if not known[0] <= kv <= known[-1]]
        where = f"{t.bowtie} in {t.ctdi_phantom_cm} cm"
        if outside:
            yield f"No output of {where} at {_list(outside)} kV: exams that need it are refused."
        fitted = [
            kv for kv in known if measured_ctdi_w(measurements, t.bowtie, kv, t.ctdi_phantom_cm) is None
        ]
        if fitted:
            error = scanner.output.relative_systematic_error
            yield (
                f"CTDI_w of {where} at {_list(fitted)} kV was not measured: it is that of the fitted source, and the "
                f"output has a systematic error of {error:.2g}."
            )


def _bowties(names: list[str]) -> str:
    return ("bowtie " if len(names) == 1 else "bowties ") + ", ".join(names)


def _list(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
