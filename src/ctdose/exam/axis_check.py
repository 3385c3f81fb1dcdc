"""Check that the rotation axis goes through the patient, or passes near enough for the fan to reach him."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ctdose.exam.faults import Report
from ctdose.exam.model import Exam
from ctdose.exam.phantom_checks import Body, body_name
from ctdose.exam.plan import centre_xy_mm, isocentre_xy_mm
from ctdose.scanner.model import Scanner
from ctdose.yaml_reader import Document


def field_radius_mm(scanner: Scanner) -> float:
    """Radius of the circle round the axis that the fan covers from every side, mm: R sin(fan angle / 2)."""
    half_fan = math.radians(scanner.geometry.fan_angle_deg) / 2.0
    return scanner.geometry.source_isocentre_distance_mm * math.sin(half_fan)


def check_axis(exam: Exam, scanner: Scanner, bodies: Iterable[Body]) -> None:
    """Check that the middle of each body is in the scan field.

    Beyond it no gantry has room for a body, and the tube would pass through it.

    Raises
    ------
    ExamError
        It is not: one line for each body.
    """
    name = "off_centre_mm" if exam.isocentre_mm is None else "isocentre_mm"
    report = Report(exam._document or Document(None, {}, exam.file))
    most = field_radius_mm(scanner)
    for body in bodies:
        (x, y), centre = isocentre_xy_mm(exam, body), centre_xy_mm(body)
        away = math.hypot(x - centre[0], y - centre[1])
        if away > most:
            why = f"the axis passes the middle of {body_name(body)} {away:.0f} mm away"
            right = f"Keep within the scan field of {scanner.scanner}: {most:.0f} mm round the axis."
            report.add((name,), list(getattr(exam, name) or ()), why, right)
    report.raise_if_any()
