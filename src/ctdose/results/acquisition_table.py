"""The acquisitions of a result as a table: dose indices on each body."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.results.result import Result


@dataclass(frozen=True)
class AcquisitionRow:
    """One acquisition on one body.

    Attributes
    ----------
    acquisition, body, mode : str
    ctdi_phantom_cm : int
        16 or 32: what CTDI_vol and DLP are stated for.
    ctdi_vol_mgy, dlp_mgy_cm : float
    water_equivalent_diameter_cm, ssde_mgy : float or None
        None where they are not defined.
    ssde_note : str
        Whose factor it is, or why there is none.
    planned_length_mm, irradiated_length_mm, total_mas : float
    """

    acquisition: str
    body: str
    mode: str
    ctdi_phantom_cm: int
    ctdi_vol_mgy: float
    dlp_mgy_cm: float
    water_equivalent_diameter_cm: float | None
    ssde_mgy: float | None
    ssde_note: str
    planned_length_mm: float
    irradiated_length_mm: float
    total_mas: float


def acquisition_rows(result: Result) -> list[AcquisitionRow]:
    """One row for each acquisition and body, in the order of the exam; indices of 16 and 32 cm are never added."""
    return [
        AcquisitionRow(
            acquisition=acquisition.name,
            body=name,
            mode=acquisition.mode,
            ctdi_phantom_cm=acquisition.ctdi_phantom_cm,
            ctdi_vol_mgy=acquisition.ctdi_vol_mgy,
            dlp_mgy_cm=on_body.dlp_mgy_cm,
            water_equivalent_diameter_cm=on_body.water_equivalent_diameter_cm,
            ssde_mgy=on_body.ssde_mgy,
            ssde_note="" if on_body.size is None else on_body.size.note,
            planned_length_mm=on_body.planned_mm[1] - on_body.planned_mm[0],
            irradiated_length_mm=on_body.irradiated_mm[1] - on_body.irradiated_mm[0],
            total_mas=on_body.total_mas,
        )
        for acquisition in result.acquisitions
        for name, on_body in acquisition.on_body.items()
    ]
