"""An exam with everything filled in: what is simulated, and where each value came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.axis_check import check_axis
from ctdose.exam.dynamic_collimation import blade_margin_mm
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.mode_lines import mode_lines
from ctdose.exam.model import Exam
from ctdose.exam.modulation_text import modulation_lines
from ctdose.exam.phantom_checks import Body, body_name, check_against_phantom
from ctdose.exam.plan import Plan, plan_exam
from ctdose.faults import KeyPath
from ctdose.scanner.model import Scanner
from ctdose.schema import extra_of
from ctdose.yaml_writer import write_yaml


@dataclass(frozen=True)
class ResolvedExam:
    """An exam joined with its scanner and bodies.

    Parameters
    ----------
    exam : Exam
        What was asked for.
    scanner : Scanner
        The machine.
    plans : dict of str to tuple of Plan
        By the name of the body; one plan for each acquisition.
    exam_sha256 : str
        Hash of all values of the exam, defaults included, and of its scanner; layout and comments do not matter.
    """

    exam: Exam
    scanner: Scanner
    plans: dict[str, tuple[Plan, ...]]
    exam_sha256: str

    def to_yaml(self) -> str:
        """Write the exam as YAML that can be run again, each value marked: user, default, scanner or command line.

        What follows from the values is appended as comments: ranges, mAs, times on each body.
        """
        values, origins = _values(self.exam, self.scanner)
        return write_yaml(values, origins) + "".join(_plan_lines(self.exam, self.scanner, self.plans))


def resolve(exam: Exam, scanner: Scanner, bodies: Iterable[Body]) -> ResolvedExam:
    """Join an exam with its scanner and the bodies of its phantom.

    Parameters
    ----------
    exam : Exam
        From `load_exam`.
    scanner : Scanner
        From `load_scanner(exam.scanner, exam.folder)`.
    bodies : iterable of Body
        The bodies of the phantom, for example `VoxelPhantom` objects.

    Returns
    -------
    ResolvedExam

    Raises
    ------
    ExamError
        The scan ranges or the position of the axis do not fit the bodies.
    CtdoseError
        The scanner lacks what the exam asks for.
    """
    all_bodies = list(bodies)
    check_against_phantom(exam, all_bodies)
    check_axis(exam, scanner, all_bodies)
    plans = {body_name(body): plan_exam(exam, scanner, body) for body in all_bodies}
    return ResolvedExam(exam, scanner, plans, exam_sha256(exam, scanner))


def with_options(resolved: ResolvedExam, exam: Exam) -> ResolvedExam:
    """Join the same plans with an exam that differs in its simulation options only (`Exam.with_simulation`)."""
    return replace(resolved, exam=exam, exam_sha256=exam_sha256(exam, resolved.scanner))


def exam_sha256(exam: Exam, scanner: Scanner) -> str:
    """Hash of all values of an exam and of its scanner; file names count by their last part only."""
    data = exam.model_dump(mode="json")
    data["phantom"] = exam.phantom_label
    data["scanner"] = scanner.sha256
    data["table"] = (
        data["table"] or None
    )  # an exam without a table keeps the hash it had before there were any
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _values(exam: Exam, scanner: Scanner) -> tuple[dict[str, Any], dict[KeyPath, str]]:
    values = exam.model_dump(mode="json", exclude_none=True)
    values["phantom"], values["scanner"] = exam.phantom_label, Path(exam.scanner).name
    acquisitions = enumerate(exam.acquisitions)
    values["acquisitions"] = [
        _acquisition_values(item, scanner, values["acquisitions"][i]) for i, item in acquisitions
    ]
    origins = {path: exam.origin(path) for path in _leaves(values, ())}
    for i, item in enumerate(exam.acquisitions):
        if item.ctdi_phantom_cm is None:
            origins[("acquisitions", i, "ctdi_phantom_cm")] = "scanner"
    for name in ("phantom", "scanner"):
        if not isinstance(getattr(exam, name), str):
            continue
        path = Path(getattr(exam, name))
        found = next((p for p in ([exam.folder / path] if exam.folder else []) + [path] if isfile(p)), None)
        if found is not None:
            origins[(name,)] += f", sha256 {hashlib.sha256(found.read_bytes()).hexdigest()}"
    return values, origins


def _acquisition_values(item: Acquisition, scanner: Scanner, values: dict[str, Any]) -> dict[str, Any]:
    """Keep what has an effect in the acquisition's mode, so that the YAML can be read again."""
    fields = Acquisition.model_fields
    kept = {n: v for n, v in values.items() if item.mode in (extra_of(fields[n])["modes"] or [item.mode])}
    if item.start_angle_deg == "averaged":
        kept.pop("rotation_direction", None)
    if item.ecg is not None and item.mode == "axial":
        kept.pop("rotations")
        kept["ecg"] = {name: kept["ecg"][name] for name in ("heart_rate_per_min", "window_percent")}
    options = item.modulation_options
    kept["modulation"] = (
        list(kept["modulation"] or [])
        if options.empty
        else options.model_dump(mode="json", exclude_none=True)
    )
    kept["ctdi_phantom_cm"] = resolve_exposure(item, scanner).ctdi_phantom_cm
    order = list(fields)
    return {name: kept[name] for name in sorted(kept, key=order.index)}


def _leaves(value: Any, path: KeyPath) -> Iterable[KeyPath]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for i, item in enumerate(value):
            yield from _leaves(item, (*path, i))
    else:
        yield path


def _source_lines(plan: Plan, *, on_table: bool) -> Iterable[str]:
    """What moving blades and a tilt do, and where the model of the source is known to be off by some per cent."""
    passed = sum(plan.open_mas(number) for number in range(len(plan.beams))) / plan.total_mas
    if passed < 1.0:
        low, high = plan.z_start_mm, plan.z_end_mm
        margin = blade_margin_mm(plan.beam_width_along_axis_mm)
        yield (
            f"dynamic collimation: blades stop {100.0 * (1.0 - passed):.1f} % of the photons, those that would pass "
            f"the axis beyond {low - margin:.1f} and {high + margin:.1f} mm"
        )
    tilt = plan.beams[0].gantry_tilt_deg
    if tilt:
        upright = "D_w, SSDE and what modulates by the body go by upright slices"
        yield f"gantry tilted by {tilt:g} deg: z is where the beam's central plane crosses the axis; {upright}"
    if on_table:
        why = "if it was measured on the table, doses are 2 to 4 % too low (docs/scanners.md)"
        yield f"table: the scanner's CTDI_w is taken to hold without one; {why}"


def _plan_lines(exam: Exam, scanner: Scanner, plans: dict[str, tuple[Plan, ...]]) -> Iterable[str]:
    for body, of_body in plans.items():
        for plan, item in zip(of_body, exam.acquisitions, strict=True):
            yield f"# {plan.name} on {body}:\n"
            yield f"#   planned z {plan.z_start_mm:.1f} to {plan.z_end_mm:.1f} mm ({plan.planned_length_mm:.1f} mm), "
            yield f"irradiated {plan.irradiated_start_mm:.1f} to {plan.irradiated_end_mm:.1f} mm "
            yield f"({plan.irradiated_length_mm:.1f} mm)\n"
            yield f"#   {plan.tube_current_ma:.4g} mA, {plan.rotations:.4g} rotations, {plan.beam_on_time_s:.4g} s, "
            yield f"{plan.total_mas:.5g} mAs in all, beam width {plan.beam_width_mm:.4g} mm\n"
            yield from (f"#   {line}\n" for line in mode_lines(plan, item, scanner))
            yield from (f"#   {line}\n" for line in _source_lines(plan, on_table=bool(exam.table)))
            yield from (f"#   {line}\n" for line in modulation_lines(plan))
