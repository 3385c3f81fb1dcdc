"""An acquisition on one body, resolved: where the beam is while it is on, and with how many mAs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctdose.errors import CtdoseError
from ctdose.exam.acquisition import Acquisition
from ctdose.exam.beam_choice import BeamChoice, angle_offset_rad, beams_of
from ctdose.exam.course import course_of
from ctdose.exam.ecg_pieces import PhaseError, follow_heart
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.faults import ExamError, Report
from ctdose.exam.model import Exam
from ctdose.exam.modulation import TubeCurrents, modulated
from ctdose.exam.phantom_checks import Body, body_name
from ctdose.exam.view_pieces import OPEN, ViewPiece, beam_pieces
from ctdose.scanner.model import Scanner
from ctdose.yaml_reader import Document


@dataclass(frozen=True)
class Plan:
    """One acquisition on one body. Positions are z of the beam's central plane unless said otherwise.

    Parameters
    ----------
    name, mode, body : str
        Of the acquisition; name of the body.
    tube_voltage_kv, bowtie, collimation_mm, beam_width_mm :
        Beam; `beam_width_mm` is the full width at half maximum at the isocentre.
    z_start_mm, z_end_mm : float
        Planned range, lower z first, margins included; of a stationary scan nT about the middle of its range.
    planned_length_mm : float
        Its length.
    irradiated_start_mm, irradiated_end_mm, irradiated_length_mm : float
        Helical and localizer: where the central plane travels with the beam on. Axial and stationary: from the
        lower edge of the lowest beam to the upper edge of the highest, at the beam width.
    over_ranging_mm : float
        Irradiated less planned length of a helical scan, half of it at either end; 0 in the other modes.
    rotations : float
        Rotations with the beam on; 0 for a localizer.
    tube_current_ma, mas_per_rotation, effective_mas, total_mas : float
        The current is that of the first tube, a mean over the beam-on; the mAs are those of both tubes together.
        `mas_per_rotation` is None for a localizer, `effective_mas` but for a helical scan.
    feed_mm_per_rotation : float
        Table feed per rotation: pitch · nT, or the table increment between two places; 0 where there is none.
    beam_on_time_s : float
        Time with the beam on.
    dlp_length_mm : float
        The length that turns CTDI_vol into DLP: table travel with the beam on (times the open part of the beam, with
        dynamic collimation), n · Δd, or nT.
    ctdi_phantom_cm : int
        16 or 32: the CTDI phantom in which CTDI_vol and DLP are stated.
    isocentre_xy_mm : tuple of float
        x and y of the rotation axis in the body's coordinates.
    pieces : tuple of ViewPiece
        Where the tube is while it is on, in the order of time; their mAs add up to `total_mas`.
    beams : tuple of BeamChoice
        What the pieces emit; `tube_voltage_kv` and `bowtie` are those of the first.
    modulation : TubeCurrents or None
        How the tube current varies; `tube_current_ma` and what follows from it are then means over the beam-on.
    """

    name: str
    mode: str
    body: str
    tube_voltage_kv: float
    bowtie: str
    collimation_mm: float
    beam_width_mm: float
    z_start_mm: float
    z_end_mm: float
    planned_length_mm: float
    irradiated_start_mm: float
    irradiated_end_mm: float
    irradiated_length_mm: float
    over_ranging_mm: float
    rotations: float
    tube_current_ma: float
    mas_per_rotation: float | None
    effective_mas: float | None
    total_mas: float
    feed_mm_per_rotation: float
    beam_on_time_s: float
    dlp_length_mm: float
    ctdi_phantom_cm: int
    isocentre_xy_mm: tuple[float, float]
    pieces: tuple[ViewPiece, ...]
    beams: tuple[BeamChoice, ...]
    modulation: TubeCurrents | None = None

    @property
    def beam_width_along_axis_mm(self) -> float:
        """Beam width measured along the axis of the table, which a tilted beam crosses at an angle, mm."""
        return self.beam_width_mm / math.cos(math.radians(self.beams[0].gantry_tilt_deg))

    def beam_mas(self, number: int) -> float:
        """Tube current–time product of one of the beams over the whole scan, mAs."""
        if len(self.beams) == 1:
            return self.total_mas
        return math.fsum(piece.mas for piece in self.pieces if piece.beam == number)

    def open_mas(self, number: int) -> float:
        """`beam_mas`, each mAs weighted by the part of the beam that the moving blades leave open."""
        if all(piece.blades == OPEN for piece in self.pieces):
            return self.beam_mas(number)
        return math.fsum(piece.mas * piece.open_share for piece in self.pieces if piece.beam == number)


def plan_exam(exam: Exam, scanner: Scanner, body: Body) -> tuple[Plan, ...]:
    """Resolve all acquisitions of an exam on one body; see `plan_acquisition`.

    Raises
    ------
    ExamError
        A known heart phase does not go with the length of the scan.
    """
    axis = isocentre_xy_mm(exam, body)
    plans = []
    for i, item in enumerate(exam.acquisitions):
        try:
            plans.append(plan_acquisition(item, scanner, body, axis))
        except PhaseError as error:
            report = Report(exam._document or Document(None, {}, exam.file))
            here = ("acquisitions", i, "ecg", "start_phase_percent")
            report.add(here, error.percent, error.why, error.right)
            raise ExamError(report.document.file, report.faults) from None
    return tuple(plans)


def plan_acquisition(
    acquisition: Acquisition, scanner: Scanner, body: Body, isocentre_xy_mm: tuple[float, float] = (0.0, 0.0)
) -> Plan:
    """Resolve one acquisition on one body.

    Parameters
    ----------
    acquisition : Acquisition
        Checked, against the scanner too.
    scanner : Scanner
        The machine.
    body : Body
        One body; `check_against_phantom` has passed.
    isocentre_xy_mm : tuple of float
        x and y of the rotation axis.

    Returns
    -------
    Plan

    Raises
    ------
    CtdoseError
        The body lacks the region, the scanner what the acquisition asks for.
    """
    exposure = resolve_exposure(acquisition, scanner)
    beam_width = scanner.beam_width_mm(acquisition.collimation_mm)
    z_range = planned_range_mm(acquisition, body)
    along_axis = beam_width / math.cos(math.radians(acquisition.gantry_tilt_deg))
    course = course_of(acquisition, scanner, z_range, along_axis, exposure)
    start, end = course.irradiated_mm
    beams = beams_of(acquisition)
    offsets = tuple(angle_offset_rad(scanner, beam) for beam in beams)
    plan = Plan(
        name=acquisition.name,
        mode=acquisition.mode,
        body=body_name(body),
        tube_voltage_kv=acquisition.tube_voltage_kv,
        bowtie=acquisition.bowtie,
        collimation_mm=acquisition.collimation_mm,
        beam_width_mm=beam_width,
        z_start_mm=z_range[0],
        z_end_mm=z_range[1],
        planned_length_mm=z_range[1] - z_range[0],
        irradiated_start_mm=start,
        irradiated_end_mm=end,
        irradiated_length_mm=end - start,
        over_ranging_mm=course.over_ranging_mm,
        rotations=course.rotations,
        tube_current_ma=exposure.tube_current_ma,
        mas_per_rotation=exposure.mas_per_rotation,
        effective_mas=exposure.effective_mas,
        total_mas=exposure.all_tubes_ma * course.seconds,
        feed_mm_per_rotation=course.feed_mm,
        beam_on_time_s=course.seconds,
        dlp_length_mm=course.dlp_length_mm,
        ctdi_phantom_cm=exposure.ctdi_phantom_cm,
        isocentre_xy_mm=isocentre_xy_mm,
        pieces=beam_pieces(course.pieces, exposure.shares, offsets),
        beams=beams,
    )
    return follow_heart(modulated(plan, acquisition, scanner, body), acquisition, scanner)


def planned_range_mm(acquisition: Acquisition, body: Body) -> tuple[float, float]:
    """Planned range of an acquisition on a body, (lower z, upper z) in mm, margins included.

    Raises
    ------
    CtdoseError
        The body has no such region.
    """
    wanted = acquisition.scan_range
    if isinstance(wanted, str):
        regions = body.anatomy.scan_ranges_mm if body.anatomy is not None else {}
        if wanted not in regions:
            known = ", ".join(regions) or "none"
            raise CtdoseError(f"scan_range={wanted} (no region of {body_name(body)}). Known: {known}.")
        low, high = regions[wanted]
    else:
        low, high = wanted
    if acquisition.mode == "stationary":
        middle, half = (low + high) / 2, acquisition.collimation_mm / 2
        return middle - half, middle + half
    return low - acquisition.scan_margin_mm, high + acquisition.scan_margin_mm


def isocentre_xy_mm(exam: Exam, body: Body) -> tuple[float, float]:
    """x and y of the rotation axis in a body's coordinates, mm.

    `isocentre_mm` of the exam; or the body's centre plus `off_centre_mm`.
    """
    if exam.isocentre_mm is not None:
        return exam.isocentre_mm
    x, y = centre_xy_mm(body)
    dx, dy = exam.off_centre_mm or (0.0, 0.0)
    return x + dx, y + dy


def centre_xy_mm(body: Body) -> tuple[float, float]:
    """x and y of a body's centre, mm: the landmark `isocentre` of its anatomy, else the middle of its grid."""
    landmarks = getattr(body.anatomy, "landmarks_mm", {})
    if "isocentre" in landmarks:
        x, y = landmarks["isocentre"][:2]
    else:
        x, y = (corner + size / 2 for corner, size in zip(body.corner_mm[:2], body.size_mm[:2], strict=True))
    return x, y
