"""A row of the summary of a batch: one exam with its dose indices, effective dose and organ doses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from ctdose.batch.wide_table import Cell
from ctdose.results.acquisition_result import AcquisitionResult
from ctdose.results.result import Result

RUN_SHA256 = "run_sha256"
"""Among the versions of a result of a batch: the hash of all that its numbers depend on."""


def failed_row(name: str, status: str, fault: str) -> dict[str, Cell]:
    """The row of an exam without a result."""
    return {"name": name, "status": status, "fault": fault}


def summary_row(name: str, status: str, file: str, result: Result) -> dict[str, Cell]:
    """The row of a result.

    Parameters
    ----------
    name, status : str
    file : str
        Of the result, seen from the table.
    result : Result

    Returns
    -------
    dict
        Doses with their statistical standard error and the systematic error that the inputs imply, `NAME_mgy`,
        `NAME_standard_error_mgy`, `NAME_systematic_error_mgy`; organs averaged over the bodies.
    """
    row: dict[str, Cell] = {"name": name, "status": status, "fault": "", "file": file, "exam": result.exam}
    row |= {"exam_sha256": result.exam_sha256, RUN_SHA256: result.versions.get(RUN_SHA256, "")}
    row |= {"bodies": " ".join(result.bodies), "histories": result.histories, "seed": result.seed}
    for number, acquisition in enumerate(result.acquisitions, 1):
        row |= dict(_acquisition_cells(number, acquisition))
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


def _acquisition_cells(number: int, of: AcquisitionResult) -> Iterator[tuple[str, Cell]]:
    """Dose indices, and the relative error that they share: that of the scanner's stated output."""
    start = f"acquisition_{number}"
    yield f"{start}_name", of.name
    yield f"{start}_ctdi_phantom_cm", of.ctdi_phantom_cm
    yield f"{start}_ctdi_vol_mgy", of.ctdi_vol_mgy
    yield f"{start}_dlp_mgy_cm", of.dlp_mgy_cm
    yield f"{start}_ssde_mgy", of.ssde_mgy
    yield f"{start}_water_equivalent_diameter_cm", of.water_equivalent_diameter_cm
    yield f"{start}_output_relative_systematic_error", of.output_relative_systematic_error
