"""From a file of measurements to an equivalent source and its scanner: read, simulate once, fit, refuse a misfit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ctdose.calibration.chamber_response import ChamberResponse, chamber_response
from ctdose.calibration.measured_scanner import measured_scanner, output_phantoms
from ctdose.calibration.measurement_file import MeasurementError, MeasurementFile, read_measurements
from ctdose.calibration.readings import ABSOLUTE, HVL, SECOND_HVL, Reading, predictions, readings_of
from ctdose.calibration.source_fit import SourceFit, fit_source
from ctdose.calibration.source_model import SourceModel
from ctdose.faults import Fault
from ctdose.phantoms.couch_shape import CouchShape
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import build_ct_beam

LEAST_P, MOST_SIGMA = 1e-3, 4.5
THINNEST_MM, THICKEST_MM = 0.01, 100.0
OUTPUT_FACTORS = (0.2, 5.0)  # of readings in mGy over the tungsten model: real tubes lie at 0.8 to 1.3

CaseProgress = Callable[[str, int, int], None]
"""Takes what is simulated, batches done and batches wanted."""


@dataclass(frozen=True)
class SourceCalibration:
    """An equivalent source that was fitted to measurements.

    Attributes
    ----------
    file : MeasurementFile
    fit : SourceFit
    model : SourceModel
    scanner : Scanner
        As it is written.
    """

    file: MeasurementFile
    fit: SourceFit
    model: SourceModel
    scanner: Scanner

    @property
    def misfit(self) -> str:
        """Why the fit cannot be believed; empty if it can."""
        worst = int(np.argmax(np.abs(self.fit.sigma)))
        sigma = float(self.fit.sigma[worst])
        if self.fit.p_value >= LEAST_P and abs(sigma) < MOST_SIGMA:
            return ""
        return (
            f"chi-squared {self.fit.chi_squared:.1f} for {self.fit.degrees_of_freedom:.1f} degrees of freedom; "
            f"{sigma:+.1f} sigma at {self.fit.readings[worst].label}"
        )

    def check_fit(self) -> None:
        """Refuse a source that does not agree with its measurements.

        Raises
        ------
        MeasurementError
            Naming the reading that lies farthest off.
        """
        if not self.misfit:
            return
        reading = self.fit.readings[int(np.argmax(np.abs(self.fit.sigma)))]
        right = "Check it and the base scanner, or state how large the errors really are (relative_errors)."
        if reading.profile >= 0 and self.file.measurements.profiles[reading.profile].shape == "formula":
            right = f"Check it, or fit a thickness at every angle (shape: table). {right}"
        why = f"no source of this model fits: {self.misfit}"
        fault = self.file.fault(reading.path, reading.value, why, right)
        raise MeasurementError(self.file.document.file, [fault])


def calibrate_source(
    path: str | Path, *, threads: int = 1, progress: CaseProgress | None = None
) -> SourceCalibration:
    """Fit the equivalent source of a file of measurements.

    Parameters
    ----------
    path : str or Path
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Of the simulations of the CTDI phantoms, one for each diameter; none if they are in the cache.

    Raises
    ------
    MeasurementError
        What is wrong in the file, one line each.
    """
    file = read_measurements(path)
    base, measurements = file.base, file.measurements
    bare = _bare_model(file)
    readings = readings_of(measurements, base.geometry.source_isocentre_distance_mm)
    outside = [r for r in readings if not r.phantom_cm]
    _refuse(file, [*_impossible_layers(file, bare, outside), *_impossible_output(file, bare, outside)])
    model = _with_phantoms(file, bare, threads, progress)
    _refuse(file, list(_impossible_output(file, model, readings)))
    fit = fit_source(measurements, base, model, readings)
    name = Path(path).name
    scanner = measured_scanner(measurements, fit, model, name, collimation_mm=file.collimation_mm)
    return SourceCalibration(file, fit, model, scanner)


def _bare_model(file: MeasurementFile) -> SourceModel:
    """What the base scanner gives outside of phantoms."""
    base = file.base
    voltages = sorted({b.tube_voltage_kv for b in file.measurements.beams})
    middle = voltages[len(voltages) // 2]  # of the heel effect, which hardly differs between them
    beam = build_ct_beam(base, middle, next(iter(base.bowties)), file.collimation_mm)
    return SourceModel(base.geometry.anode_angle_deg, file.collimation_mm, beam.row)


def _with_phantoms(
    file: MeasurementFile, bare: SourceModel, threads: int, progress: CaseProgress | None
) -> SourceModel:
    """The same with the responses of the CTDI phantoms that are needed; of those on the table also without it."""
    base, on_table = file.base, file.measurements.phantoms_on_table_cm

    def response(size: int, couch: CouchShape | None) -> ChamberResponse:
        case = f"CTDI phantom of {size} cm" + (" on the table" if couch else "")
        report = partial(progress, case) if progress else None
        return chamber_response(
            bare.row, size, file.collimation_mm, couch=couch, threads=threads, progress=report
        )

    couch = base.table.shape() if base.table and on_table else None
    sizes = sorted(output_phantoms(file.measurements, base))
    return replace(
        bare,
        responses={size: response(size, couch if size in on_table else None) for size in sizes},
        in_air={size: response(size, None) for size in sizes if size in on_table},
    )


def _refuse(file: MeasurementFile, faults: list[Fault]) -> None:
    if faults:
        raise MeasurementError(file.document.file, faults)


def _impossible_layers(file: MeasurementFile, model: SourceModel, readings: list[Reading]) -> Iterator[Fault]:
    """Half-value layers that no thickness of the fitted filter gives."""
    material = file.measurements.filtration_material
    ends = []
    for thickness in (THINNEST_MM, THICKEST_MM):
        layers = file.base.inherent_filtration_mm | {material: thickness}
        ends.append(file.base.model_copy(update={"inherent_filtration_mm": layers}))
    for r in readings:
        if r.kind in (HVL, SECOND_HVL):
            low, high = (predictions(model, scanner, [r])[0] for scanner in ends)
            if not low < r.value < high:
                why = f"no filter of {material} gives it at {r.tube_voltage_kv:g} kV"
                right = f"With {THINNEST_MM:g} to {THICKEST_MM:g} mm it is {low:.3g} to {high:.3g} mm Al."
                yield file.fault(r.path, r.value, why, right)


def _impossible_output(file: MeasurementFile, model: SourceModel, readings: list[Reading]) -> Iterator[Fault]:
    """Readings in mGy that are wrong by a factor: another unit, another mAs, another phantom."""
    low, high = OUTPUT_FACTORS
    for r in readings:
        if r.kind in ABSOLUTE:
            expected = predictions(model, file.base, [r])[0]
            if not low < r.value / expected < high:
                why = f"{r.value / expected:.2g} times what {file.base.scanner} would give"
                yield file.fault(
                    r.path, r.value, why, "Give mGy for 100 mAs and one rotation, not summed up."
                )
