"""A result as plain data for JSON: every number, its unit in its name; no maps."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from ctdose.dosimetry.organ_dose import OrganDose
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.body_result import BodyResult
from ctdose.results.dlp_comparison import dlp_comparisons
from ctdose.results.organ_table import organ_rows, relative_systematic_error
from ctdose.results.report_lines import why_no_effective_dose
from ctdose.results.result import Result
from ctdose.results.result_tree import SIZE_ATTRIBUTES
from ctdose.results.uncertainty_table import uncertainty_json


def as_json(result: Result) -> dict[str, Any]:
    """A result as dicts, lists, numbers and texts.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict
        What is not known is None: JSON has no NaN. Maps, spectra and batches are in the HDF5 file only.
    """
    dose = result.effective_dose
    return _plain(
        {
            "exam": result.exam,
            "exam_sha256": result.exam_sha256,
            "created_utc": result.created_utc,
            "versions": dict(result.versions),
            "histories": result.histories,
            "seed": result.seed,
            "complete": result.complete,
            "seconds": result.seconds,
            "effective_dose": asdict(dose) if dose is not None else None,
            "effective_dose_note": why_no_effective_dose(result) if dose is None else "",
            "relative_systematic_error": relative_systematic_error(result),
            "uncertainty": uncertainty_json(result),
            "dlp_mgy_cm_by_ctdi_phantom_cm": {str(k): v for k, v in result.dlp_mgy_cm.items()},
            "effective_dose_over_dlp": [asdict(each) for each in dlp_comparisons(result)],
            "acquisitions": [_acquisition(each) for each in result.acquisitions],
            "organs": [asdict(row) for row in organ_rows(result, everything=True)],
            "bodies": {name: _body(body) for name, body in result.bodies.items()},
        }
    )


def _acquisition(acquisition: AcquisitionResult) -> dict[str, Any]:
    left_out = {"spectrum_kev", "spectrum_weight", "on_body", "beams"}
    own = {name: value for name, value in vars(acquisition).items() if name not in left_out}
    for name in ("dlp_mgy_cm", *SIZE_ATTRIBUTES, "planned_length_mm", "irradiated_length_mm"):
        own[name] = getattr(acquisition, name)
    own["beams"] = [asdict(beam) for beam in acquisition.beams]
    own["bodies"] = {name: _on_body(on_body) for name, on_body in acquisition.on_body.items()}
    return own


def _on_body(on_body: OnBody) -> dict[str, Any]:
    own = {key: value for key, value in vars(on_body).items() if key not in ("pieces", "size")}
    own |= {name: getattr(on_body, name) for name in SIZE_ATTRIBUTES}
    own["ssde_note"] = "" if on_body.size is None else on_body.size.note
    return own


def _body(body: BodyResult) -> dict[str, Any]:
    def organs(table: dict[str, OrganDose]) -> dict[str, Any]:
        return {name: asdict(organ) for name, organ in table.items()}

    return {
        "histories": body.histories,
        "sex": body.sex,
        "reference_person": body.reference_person,
        "phantom_sha256": body.grid.phantom_sha256,
        "groups": dict(body.groups),
        "weighted_dose": {
            name: {"value_msv": dose, "standard_error_msv": error, **_beside(body, name)}
            for name, (dose, error) in body.dose.weighted_msv.items()
        },
        "organs": organs(body.dose.organs),
        "tissues": organs(body.dose.tissues),
    }


def _beside(body: BodyResult, name: str) -> dict[str, Any]:
    """Systematic parts and over-ranging's share of a weighted dose, as far as they are known."""
    parts = body.dose.weighted_systematic.get(name)
    share, error = body.dose.weighted_over_ranging.get(name, (None, None))
    return {
        "systematic_error_msv": None if parts is None else parts.combined,
        "systematic": None if parts is None else asdict(parts),
        "over_ranging_fraction": share,
        "over_ranging_fraction_standard_error": error,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
