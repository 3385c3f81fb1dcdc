"""Checks of the key `noise` that its model cannot make: the detector's material, and its threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdose.faults import Fault
from ctdose.study.faults import StudyError

if TYPE_CHECKING:
    from ctdose.study.model import Study
    from ctdose.study.prepared import PreparedStudy
    from ctdose.yaml_reader import Document


def check_material(study: Study, document: Document) -> None:
    """Refuse a detector of an unknown material.

    Raises
    ------
    StudyError
    """
    from ctdose.physics.catalogue import find

    material = study.noise.detector_material
    if material is None:
        return
    try:
        find(material)
    except ValueError as error:
        path, right = ("noise", "detector_material"), str(error).partition("). ")[2]
        fault = Fault(path, material, "unknown material", right, document.line(path))
        raise StudyError(document.file, [fault]) from None


def check_threshold(ready: PreparedStudy) -> None:
    """Refuse a threshold that no photon of a variant reaches.

    Raises
    ------
    StudyError
    """
    keys = ready.file.study.noise
    if keys.detector != "photon-counting":
        return
    for name, exam in zip(ready.names, ready.exams, strict=True):
        plan = next(iter(exam.resolved.plans.values()))[ready.imaged]
        voltage = plan.beams[0].tube_voltage_kv
        if keys.threshold_kev >= voltage:
            why = f"no photon reaches it at {voltage:g} kV; variant {name}"
            right = f"Write less than {voltage:g}, usually 20 to 30."
            raise ready.file.error(("noise", "threshold_kev"), keys.threshold_kev, why, right)
