"""Which variants of a study can share their histories on a body: those whose source is at the same places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.modulation_pieces import cut_pieces
from ctdose.exam.plan import Plan
from ctdose.exam.view_pieces import ViewPiece
from ctdose.simulation.ct_beam import CTBeam

DIGITS = 6


@dataclass(frozen=True)
class Scan:
    """A member of a study on one body.

    Parameters
    ----------
    member : int
    acquisitions : tuple of Acquisition
    plans : tuple of Plan
    beams : tuple of tuple of CTBeam
        By acquisition.
    table : str
        Of the scanner under the body; empty without one.
    """

    member: int
    acquisitions: tuple[Acquisition, ...]
    plans: tuple[Plan, ...]
    beams: tuple[tuple[CTBeam, ...], ...]
    table: str = ""


def share_histories(scans: Sequence[Scan]) -> list[list[Scan]]:
    """Put the scans that can share histories together, their pieces cut alike and in one order.

    Two scans share if each beam has the same opening, focus and axis, and the source is at the same places; what it
    emits there, and how much, may differ. Where the current of one is modulated, the pieces of all are cut as finely.

    Returns
    -------
    list of lists of Scan
        In the order in which their first members come.
    """
    coarse: dict[tuple[object, ...], list[Scan]] = {}
    for scan in scans:
        coarse.setdefault(_geometry(scan), []).append(scan)
    found = []
    for together in coarse.values():
        fine: dict[tuple[object, ...], list[Scan]] = {}
        for scan in _cut_alike(together):
            fine.setdefault(_places(scan), []).append(scan)
        found += list(fine.values())
    return sorted(found, key=lambda group: group[0].member)


def _geometry(scan: Scan) -> tuple[object, ...]:
    """What has to be equal but for the pieces."""
    parts: list[object] = [scan.table]
    for plan, beams in zip(scan.plans, scan.beams, strict=True):
        ends = (plan.z_start_mm, plan.z_end_mm, plan.irradiated_start_mm, plan.irradiated_end_mm)
        parts.append(tuple(round(end, DIGITS) for end in (*ends, *plan.isocentre_xy_mm)))
        for row in (strip.row for beam in beams for strip in beam.strips):
            parts.append((row.kind, row.fan, row.tan_cone, row.radius, row.tilt_rad, row.spot))
    return tuple(parts)


def _cut_alike(scans: Sequence[Scan]) -> list[Scan]:
    cut = []
    options = [[each.modulation_options for each in scan.acquisitions] for scan in scans]
    for scan in scans:
        plans = []
        for a, plan in enumerate(scan.plans):
            here = [of_scan[a] for of_scan in options]
            along = any(
                o.longitudinal_strength is not None or o.angular_strength is not None or o.has_table
                for o in here
            )
            around = any(o.angular_strength is not None or o.organ is not None or o.has_table for o in here)
            pieces = cut_pieces(plan.pieces, (plan.z_start_mm, plan.z_end_mm), along_z=along, around=around)
            plans.append(replace(plan, pieces=tuple(sorted(pieces, key=_place))))
        cut.append(replace(scan, plans=tuple(plans)))
    return cut


def _place(piece: ViewPiece) -> tuple[object, ...]:
    """Where the source is in a piece, without how much it emits."""
    ends = (piece.z_start_mm, piece.z_end_mm, piece.angle_start_rad, piece.angle_span_rad, *piece.blades)
    return (piece.beam, *(round(end, DIGITS) + 0.0 for end in ends), piece.angle_is_random)


def _places(scan: Scan) -> tuple[object, ...]:
    return tuple(tuple(_place(piece) for piece in plan.pieces) for plan in scan.plans)
