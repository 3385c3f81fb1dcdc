"""Read a file of measurements, and find what only several of its keys together show to be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ctdose.calibration.measurement_checks import (
    check_beams,
    check_collimation,
    check_material,
    check_profiles,
    check_table,
)
from ctdose.calibration.measurements import Measurements
from ctdose.calibration.reference_beam import WIDEST_DIRECT_MM
from ctdose.errors import CtdoseError
from ctdose.faults import Fault, FileFaults, KeyPath
from ctdose.scanner.checks import cross_check
from ctdose.scanner.library import load_scanner
from ctdose.scanner.model import Scanner
from ctdose.schema_faults import check_file
from ctdose.yaml_reader import Document, read_yaml


class MeasurementError(FileFaults):
    """What is wrong in a file of measurements, one line for each fault."""


@dataclass(frozen=True)
class MeasurementFile:
    """A file of measurements that was read and checked.

    Attributes
    ----------
    measurements : Measurements
    base : Scanner
        The base scanner with the geometry and collimations of the file.
    collimation_mm : float
        Nominal, of all CTDI.
    document : Document
        For the lines of later faults.
    """

    measurements: Measurements
    base: Scanner
    collimation_mm: float
    document: Document

    def fault(self, path: KeyPath, value: object, why: str, right: str) -> Fault:
        """Make a fault that names its line."""
        return Fault(path, value, why, right, self.document.line(path))


def read_measurements(path: str | Path) -> MeasurementFile:
    """Read and check a file of measurements.

    Raises
    ------
    MeasurementError
        What is wrong in the file, one line each.
    ScannerError
        What is wrong in the file of the base scanner.
    """
    document = read_yaml(path, MeasurementError)
    measurements = check_file(Measurements, document, MeasurementError)
    base = _base(measurements, document)
    faults = cross_check(base, document)
    collimation_mm = measurements.collimation_mm or _usual_collimation_mm(base)
    found = [
        *check_material(measurements),
        *check_table(measurements, base),
        *check_collimation(measurements, base, collimation_mm),
        *check_beams(measurements, base),
        *check_profiles(measurements, base),
    ]
    faults += [Fault(place, value, why, right, document.line(place)) for place, value, why, right in found]
    if faults:
        raise MeasurementError(document.file, faults)
    return MeasurementFile(measurements, base, collimation_mm, document)


def _base(measurements: Measurements, document: Document) -> Scanner:
    try:
        base = load_scanner(measurements.base, Path(document.file).parent)
    except FileFaults:
        raise
    except CtdoseError as error:
        right = str(error).partition("). ")[2]
        path: KeyPath = ("base",)
        why = "neither a scanner of the library nor a file"
        fault = Fault(path, measurements.base, why, right, document.line(path))
        raise MeasurementError(document.file, [fault]) from None
    update = {"output": None if measurements.collimations else base.output}
    for name in ("geometry", "collimations"):
        if getattr(measurements, name) is not None:
            update[name] = getattr(measurements, name)
    return base.model_copy(update=update)


def _usual_collimation_mm(base: Scanner) -> float:
    """That of the output if it is narrow enough to be measured directly, else the widest that is."""
    if base.output is not None and base.output.reference_collimation_mm <= WIDEST_DIRECT_MM:
        return base.output.reference_collimation_mm
    return max((nt for nt in base.collimations_mm if nt <= WIDEST_DIRECT_MM), default=0.0)
