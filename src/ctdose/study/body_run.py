"""All members of a study on one body: those that can share their histories do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdose.calibration.calibrate import Calibration
from ctdose.dosimetry.organ_dose import BodyDose, body_dose
from ctdose.exam.phantom_checks import body_name
from ctdose.execution.calibrated import Progress, stage_of
from ctdose.results.assemble import batches_of, exam_scale, irradiated_mm
from ctdose.results.result import Batches
from ctdose.simulation.exam_tables import PlannedBeam
from ctdose.study.calibrations import Emitted
from ctdose.study.groups import Scan, share_histories

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.simulation.sums import Sums
    from ctdose.study.prepared import PreparedStudy

Groups = list[list[Scan]]
"""Of one body: in each, the members that share their histories."""


@dataclass(frozen=True)
class BodyRun:
    """A member on one body.

    Parameters
    ----------
    dose : BodyDose
    batches : Batches
    group : int
        Members of one group share their histories.
    """

    dose: BodyDose
    batches: Batches
    group: int


def groups_on_body(ready: PreparedStudy, number: int, emitted: Sequence[Emitted]) -> Groups:
    """Put the members together that share histories on a body; `emitted` by member."""
    return share_histories([_scan(ready, m, number, of_member) for m, of_member in enumerate(emitted)])


def simulate_body(
    ready: PreparedStudy,
    number: int,
    groups: Groups,
    emitted: Sequence[Emitted],
    batches: range,
    threads: int,
    progress: Progress | None,
) -> list[Sums]:
    """Simulate batches of each group on one body.

    Parameters
    ----------
    ready : PreparedStudy
    number : int
        Of the body.
    groups : list of lists of Scan
        From `groups_on_body`.
    emitted : sequence
        By member.
    batches : range
        Their numbers, of every group.
    threads : int
    progress : callable or None

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C: a part of these batches is none.
    """
    found = []
    for g, group in enumerate(groups):
        phantom = ready.exams[group[0].member].phantoms[number]
        stage = body_name(phantom) if len(groups) == 1 else f"{body_name(phantom)} {g + 1} of {len(groups)}"
        found.append(_run_group(ready, phantom, group, emitted, batches, threads, stage_of(progress, stage)))
    return found


def runs_of_body(
    ready: PreparedStudy, number: int, groups: Groups, emitted: Sequence[Emitted], sums: Sequence[Sums]
) -> list[BodyRun]:
    """Doses of all members on one body, from the sums of each group."""
    from ctdose.dosimetry.body_rows import build_body_rows
    from ctdose.simulation.variants import sums_of_variants

    found: dict[int, BodyRun] = {}
    for g, (group, shared) in enumerate(zip(groups, sums, strict=True)):
        phantom = ready.exams[group[0].member].phantoms[number]
        rows = build_body_rows(phantom)
        for scan, own in zip(group, sums_of_variants(shared, len(group)), strict=True):
            beams, calibrations = _planned(scan, emitted[scan.member])
            scale = exam_scale(beams, calibrations)
            dose = body_dose(phantom, rows, own, scale, irradiated_mm(scan.plans))
            found[scan.member] = BodyRun(dose, batches_of(rows, own, scale), g)
    return [found[member] for member in range(len(emitted))]


def _scan(ready: PreparedStudy, member: int, number: int, emitted: Emitted) -> Scan:
    exam = ready.exams[member]
    plans = exam.resolved.plans[body_name(exam.phantoms[number])]
    beams = tuple(tuple(beam for beam, _ in of_plan) for of_plan in emitted)
    table = exam.resolved.scanner.sha256 if exam.exam.table else ""
    return Scan(member, tuple(exam.exam.acquisitions), plans, beams, table)


def _run_group(
    ready: PreparedStudy,
    phantom: VoxelPhantom,
    group: Sequence[Scan],
    emitted: Sequence[Emitted],
    batches: range,
    threads: int,
    report: Callable[[int, int], None] | None,
) -> Sums:
    """Histories of the members that share them."""
    from ctdose.dosimetry.body_rows import build_body_rows
    from ctdose.dosimetry.small_organs import small_organs
    from ctdose.simulation.runner import BatchRunner
    from ctdose.simulation.seed import random_key
    from ctdose.simulation.transport_tables import Physics
    from ctdose.simulation.variant_tables import build_variant_tables

    plans = group[0].plans
    options, rows = ready.exams[0].exam.simulation, build_body_rows(phantom)
    tables = build_variant_tables(
        phantom,
        [_planned(scan, emitted[scan.member])[0] for scan in group],
        key=random_key(ready.seed, "exam", body_name(phantom)),
        physics=Physics(options.estimator, options.cutoff_kev, options.doppler),
        responses=rows.responses,
        composites=rows.composites,
        raised=small_organs(phantom, irradiated_mm(plans)),
    )
    runner = BatchRunner(tables, len(plans))
    sums = runner.run(batches, threads, report)
    if runner.interrupted:
        raise KeyboardInterrupt
    return sums


def _planned(scan: Scan, emitted: Emitted) -> tuple[list[PlannedBeam], list[Calibration]]:
    """Beams of all acquisitions in one list, and their calibrations."""
    beams = [
        PlannedBeam(plan, beam, calibration.photons_per_mas, b)
        for plan, of_plan in zip(scan.plans, emitted, strict=True)
        for b, (beam, calibration) in enumerate(of_plan)
    ]
    return beams, [calibration for of_plan in emitted for _, calibration in of_plan]
