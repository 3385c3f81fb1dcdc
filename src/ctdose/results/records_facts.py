"""What a run can say of itself to the items of the RECORDS checklist."""

from __future__ import annotations

from typing import Any

from ctdose.results.organ_table import organ_rows, relative_systematic_error
from ctdose.results.report_lines import effective_dose_lines
from ctdose.results.result import AcquisitionResult, BodyResult, Result
from ctdose.yaml_reader import parse_yaml

IN_RANGE = 0.5


def records_facts(result: Result) -> dict[str, list[str]]:
    """What a result says to the items of the checklist, by their key, as plain text; of its `subject` nothing.

    Parameters
    ----------
    result : Result

    Raises
    ------
    CtdoseError
        If the exam or the scanner in it is no YAML.
    """
    exam = _mapping(result.exam_yaml, "exam.yaml")
    simulation = exam.get("simulation") or {}
    return {
        "title": [f"Exam: {result.exam}"],
        "code": _versions(result),
        "validation": ["Validation of this study's scanner and phantom: to be added by the author"],
        "timing": [f"{result.seconds:.0f} s in all; the machine is to be added by the author"],
        "source": [*_scanner(result), *(line for each in result.acquisitions for line in _beam(each))],
        "geometry": [_body(body) for body in result.bodies.values()] + [_surroundings(exam)],
        "materials": [_materials(body) for body in result.bodies.values()],
        "transport": [_transport(simulation)],
        "scored": [f"Estimator: {simulation.get('estimator', 'not recorded')}", _maps(result)],
        "normalisation": [_indices(each) for each in result.acquisitions],
        "histories": _histories(result),
        "statistical": [_precision(result)],
        "other_uncertainty": [_systematic(result)],
        "results": [*effective_dose_lines(result), "Organ doses: below"],
        "limitations": _notes(result),
    }


def _mapping(text: str, name: str) -> dict[str, Any]:
    data = parse_yaml(text.encode("utf-8"), name).data
    return data if isinstance(data, dict) else {}


def _versions(result: Result) -> list[str]:
    versions = result.versions
    return [
        f"ctdose {versions.get('ctdose_version', 'not recorded')}, run {result.created_utc}",
        f"kernel {versions.get('kernel_sha256', 'not recorded')[:16]}",
        f"{versions.get('physics_data', 'physics data not recorded')}; device {versions.get('device', 'cpu')}",
        f"exam {result.exam_sha256[:16]}",
    ]


def _scanner(result: Result) -> list[str]:
    scanner = _mapping(result.scanner_yaml, "scanner.yaml")
    sections = [
        key for key, value in scanner.items() if isinstance(value, dict) and value.get("verified") is False
    ]
    lines = [
        f"Scanner: {scanner.get('scanner', 'not recorded')} ({scanner.get('description', 'no description')})"
    ]
    if sections:
        lines.append(f"Assumed, or not read in a source, by its file: {', '.join(sections)}")
    return lines


def _beam(acquisition: AcquisitionResult) -> list[str]:
    behind = {beam.filter for beam in acquisition.beams if beam.filter}
    filters = f", filter {' and '.join(sorted(behind))}" if behind else ""
    return [
        f"{acquisition.name}: {acquisition.mode}, {acquisition.tube_voltage_kv:g} kV, bowtie {acquisition.bowtie}"
        f"{filters}, collimation {acquisition.collimation_mm:g} mm (beam {acquisition.beam_width_mm:g} mm), "
        f"HVL {acquisition.hvl_mm_al:.3g} mm Al, mean energy {acquisition.mean_energy_kev:.3g} keV on the central ray"
    ]


def _body(body: BodyResult) -> str:
    z, y, x = body.grid.organ_index.shape
    size = " x ".join(f"{length:g}" for length in body.grid.spacing_mm)
    person = "reference person" if body.reference_person else "no reference person"
    return (
        f"Phantom {body.name} ({body.sex or 'no sex'}, {person}): {x} x {y} x {z} voxels of {size} mm, "
        f"sha256 {body.grid.phantom_sha256[:16]}"
    )


def _surroundings(exam: dict[str, Any]) -> str:
    where = "with the patient table" if exam.get("table") else "without patient table"
    return f"{exam.get('patient_position', 'position not recorded')}, {where}"


def _materials(body: BodyResult) -> str:
    count = len(body.grid.material_names)
    return f"{body.name}: {count} materials (their densities: phantom/materials in the result file)"


def _transport(simulation: dict[str, Any]) -> str:
    words = {None: "not recorded", True: "on", False: "off"}
    doppler, off_focal = (words.get(simulation.get(key), "?") for key in ("doppler", "off_focal"))
    cutoff = simulation.get("cutoff_kev", "not recorded")
    return f"Cut-off {cutoff} keV; Doppler broadening {doppler}; off-focal radiation {off_focal}"


def _maps(result: Result) -> str:
    kept = any(body.map is not None for body in result.bodies.values())
    return "Dose map kept" if kept else "No dose map kept"


def _indices(acquisition: AcquisitionResult) -> str:
    return (
        f"{acquisition.name}: CTDI_vol {acquisition.ctdi_vol_mgy:.4g} mGy, DLP {acquisition.dlp_mgy_cm:.4g} mGy·cm "
        f"({acquisition.ctdi_phantom_cm} cm phantom); {acquisition.photons_per_mas:.4g} photons per mAs, "
        f"calibration {100.0 * acquisition.calibration_relative_standard_error:.2g} %"
    )


def _histories(result: Result) -> list[str]:
    bodies = ", ".join(f"{body.name} {body.histories:,}" for body in result.bodies.values())
    stopped = [] if result.complete else ["The run was stopped before all histories were simulated"]
    return [f"{result.histories:,} histories ({bodies}), seed {result.seed}", *stopped]


def _precision(result: Result) -> str:
    rows = [
        row
        for row in organ_rows(result)
        if row.mass_in_range_fraction >= IN_RANGE and row.absorbed_dose_mgy > 0.0
    ]
    if not rows:
        return "No organ has half of its mass in the range"
    worst = max(rows, key=lambda row: row.standard_error_mgy / row.absorbed_dose_mgy)
    relative = 100.0 * worst.standard_error_mgy / worst.absorbed_dose_mgy
    return f"Largest standard error of an organ with half of its mass in the range: {relative:.2g} % ({worst.organ})"


def _systematic(result: Result) -> str:
    relative = relative_systematic_error(result)
    if relative != relative:
        return "Not known for this result"
    return f"Output (or stated CTDI_vol), calibration: {100.0 * relative:.2g} %, common to all doses; all inputs: below"


def _notes(result: Result) -> list[str]:
    rows = [row for row in organ_rows(result) if row.absorbed_dose_mgy > 0.0]
    notes = [f"{row.organ}: {row.note}" for row in rows if row.note]
    return notes + [f"{row.organ}: the voxels hold a part of it only" for row in rows if row.partial]
