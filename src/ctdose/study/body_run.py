"""All members of a study on one body: those that can share their histories do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdose.dosimetry.organ_dose import BodyDose, body_dose
from ctdose.exam.phantom_checks import body_name
from ctdose.results.assemble import batches_of, exam_scale, irradiated_mm
from ctdose.results.result import Batches
from ctdose.simulation.exam_tables import PlannedBeam
from ctdose.study.calibrations import Emitted, Progress, stage_of
from ctdose.study.groups import Scan, share_histories

if TYPE_CHECKING:
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.study.prepared import PreparedStudy

FEWEST_BATCHES = 8
"""Of a body: fewer give no error of a ratio that could be trusted."""


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


def run_body(
    ready: PreparedStudy, number: int, emitted: Sequence[Emitted], threads: int, progress: Progress | None
) -> list[BodyRun]:
    """Simulate all members on one body.

    Parameters
    ----------
    ready : PreparedStudy
    number : int
        Of the body.
    emitted : sequence
        By member.
    threads : int
    progress : callable or None

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C: a part of a body's histories is none.
    """
    scans = [_scan(ready, member, number, emitted[member]) for member in range(len(ready.exams))]
    groups = share_histories(scans)
    found: dict[int, BodyRun] = {}
    for g, group in enumerate(groups):
        phantom = ready.exams[group[0].member].phantoms[number]
        stage = body_name(phantom) if len(groups) == 1 else f"{body_name(phantom)} {g + 1} of {len(groups)}"
        dosed = _run_group(ready, phantom, group, emitted, threads, stage_of(progress, stage))
        for scan, (dose, batches) in zip(group, dosed, strict=True):
            found[scan.member] = BodyRun(dose, batches, g)
    return [found[member] for member in range(len(scans))]


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
    threads: int,
    report: Callable[[int, int], None] | None,
) -> list[tuple[BodyDose, Batches]]:
    """Doses of the members that share histories, each with its batches."""
    from ctdose.dosimetry.body_rows import build_body_rows
    from ctdose.dosimetry.small_organs import small_organs
    from ctdose.simulation.runner import BatchRunner, batches_for
    from ctdose.simulation.seed import random_key
    from ctdose.simulation.transport_tables import Physics
    from ctdose.simulation.variant_tables import build_variant_tables
    from ctdose.simulation.variants import sums_of_variants

    options, rows = ready.exams[0].exam.simulation, build_body_rows(phantom)
    planned = [_planned(scan, emitted[scan.member]) for scan in group]
    tables = build_variant_tables(
        phantom,
        planned,
        key=random_key(ready.seed, "exam", body_name(phantom)),
        physics=Physics(options.estimator, options.cutoff_kev, options.doppler),
        responses=rows.responses,
        composites=rows.composites,
        raised=small_organs(phantom, irradiated_mm(group[0].plans)),
    )
    bodies = len(ready.exams[0].phantoms)
    batches = max(FEWEST_BATCHES, batches_for(-(-ready.histories // bodies)))
    runner = BatchRunner(tables, len(group[0].plans))
    sums = runner.run(range(batches), threads, report)
    if runner.interrupted:
        raise KeyboardInterrupt
    found = []
    for scan, beams, own in zip(group, planned, sums_of_variants(sums, len(group)), strict=True):
        scale = exam_scale(beams, [c for of_plan in emitted[scan.member] for _, c in of_plan])
        dose = body_dose(phantom, rows, own, scale, irradiated_mm(scan.plans))
        found.append((dose, batches_of(rows, own, scale)))
    return found


def _planned(scan: Scan, emitted: Emitted) -> list[PlannedBeam]:
    return [
        PlannedBeam(plan, beam, calibration.photons_per_mas, b)
        for plan, of_plan in zip(scan.plans, emitted, strict=True)
        for b, (beam, calibration) in enumerate(of_plan)
    ]
