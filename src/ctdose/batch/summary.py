"""A row of the summary of a batch: one exam with its dose indices, effective dose and organ doses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields

from ctdose.batch.wide_table import Cell
from ctdose.dosimetry.sensitivity import load_limits
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.model import Exam
from ctdose.results.acquisition_result import AcquisitionResult
from ctdose.results.diff_settings import RUN_SHA256
from ctdose.results.result import Result


def failed_row(name: str, status: str, fault: str) -> dict[str, Cell]:
    """The row of an exam without a result."""
    return {"name": name, "status": status, "fault": fault}


def summary_row(name: str, status: str, file: str, result: Result, exam: Exam) -> dict[str, Cell]:
    """The row of a result.

    Parameters
    ----------
    name, status : str
    file : str
        Of the result, seen from the table.
    result : Result
    exam : Exam
        Of the result: whether it states CTDI_vol decides what CTDI_vol's error is.

    Returns
    -------
    dict
        Doses with their statistical standard error and the systematic error that the inputs imply, `NAME_mgy`,
        `NAME_standard_error_mgy`, `NAME_systematic_error_mgy`; organs averaged over the bodies.
    """
    row: dict[str, Cell] = {"name": name, "status": status, "fault": "", "file": file, "exam": result.exam}
    row |= {"exam_sha256": result.exam_sha256, RUN_SHA256: result.versions.get(RUN_SHA256, "")}
    row |= {"bodies": ", ".join(result.bodies), "histories": result.histories, "seed": result.seed}
    for number, (of, asked) in enumerate(zip(result.acquisitions, exam.acquisitions, strict=True), 1):
        row |= dict(_acquisition_cells(f"acquisition_{number}", of, _output_error(of, asked)))
    for phantom_cm, dlp in sorted(result.dlp_mgy_cm.items()):
        row[f"dlp_{phantom_cm}cm_mgy_cm"] = dlp
    if result.effective_dose is not None:
        dose = result.effective_dose
        row |= {f"effective_dose_{each.name}": getattr(dose, each.name) for each in fields(dose)}
    for organ_name, organ in result.organs.items():
        row[f"{organ_name}_mgy"] = organ.absorbed_dose_mgy
        row[f"{organ_name}_standard_error_mgy"] = organ.standard_error_mgy
        row[f"{organ_name}_systematic_error_mgy"] = organ.systematic_error_mgy
    return row


def _acquisition_cells(
    start: str, of: AcquisitionResult, relative_error: float
) -> Iterator[tuple[str, Cell]]:
    """Dose indices, and the error of each that its CTDI_vol implies."""
    yield f"{start}_name", of.name
    yield f"{start}_ctdi_phantom_cm", of.ctdi_phantom_cm
    for name, value in (
        ("ctdi_vol_mgy", of.ctdi_vol_mgy),
        ("dlp_mgy_cm", of.dlp_mgy_cm),
        ("ssde_mgy", of.ssde_mgy),
    ):
        index, _, unit = name.partition("_m")
        yield f"{start}_{name}", value
        yield f"{start}_{index}_systematic_error_m{unit}", None if value is None else value * relative_error
    yield f"{start}_water_equivalent_diameter_cm", of.water_equivalent_diameter_cm


def _output_error(of: AcquisitionResult, asked: Acquisition) -> float:
    """Relative systematic error of CTDI_vol: as in the doses, of the displayed value, or of the scanner's output."""
    if asked.ctdi_vol_mgy is not None:
        return load_limits().displayed_ctdi_vol / math.sqrt(3.0)  # uniform within the tolerance
    return of.output_relative_systematic_error
