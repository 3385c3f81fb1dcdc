"""Runs a study: calibrations, histories that are shared where they can be, noise, ratios."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from ctdose._version import __version__
from ctdose.calibration.calibrate import Calibration
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam
from ctdose.dosimetry.organ_dose import BodyDose, body_dose
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.phantom_checks import body_name
from ctdose.imaging.noise import Paths
from ctdose.kernels.tables import F64
from ctdose.results.assemble import batches_of, exam_scale, irradiated_mm
from ctdose.results.result import Batches
from ctdose.simulation.ct_beam import CTBeam
from ctdose.simulation.exam_tables import PlannedBeam
from ctdose.study.criteria import at_criterion, effective_mas, factors
from ctdose.study.groups import Scan, share_histories
from ctdose.study.image_noise import Noise, mean_noise, noise_on, why_no_image
from ctdose.study.quantities import quantities_of
from ctdose.study.result import CRITERIA, MemberResult, StudyResult

if TYPE_CHECKING:
    from ctdose.api import PreparedExam
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.study.prepared import PreparedStudy

Progress = Callable[[str, int, int], None]
Emitted = tuple[tuple[tuple[CTBeam, Calibration], ...], ...]
"""By acquisition, then by beam."""
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
    """

    dose: BodyDose
    batches: Batches
    group: int


def run_study(ready: PreparedStudy, *, threads: int, progress: Progress | None = None) -> StudyResult:
    """Run a study.

    Parameters
    ----------
    ready : PreparedStudy
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Called with the stage, the batches done and those wanted.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C: a part of a study is none.
    """
    begin = time.perf_counter()
    emitted = _calibrate(ready, threads, progress)
    runs = [_run_body(ready, b, emitted, threads, progress) for b in range(len(ready.exams[0].phantoms))]
    noise, notes = _noise(ready, emitted, progress)
    return _result(ready, emitted, runs, noise, notes, time.perf_counter() - begin)


def _calibrate(ready: PreparedStudy, threads: int, progress: Progress | None) -> list[Emitted]:
    """Beams and calibrations of each member; equal ones come from the cache."""
    found = []
    for exam in ready.exams:
        scanner, off_focal = exam.resolved.scanner, exam.exam.simulation.off_focal
        plans = next(iter(exam.resolved.plans.values()))
        of_member = []
        for plan in plans:
            beams = []
            for choice in plan.beams:
                calibration = calibrate_chosen_beam(
                    scanner,
                    choice,
                    plan.ctdi_phantom_cm,
                    off_focal=off_focal,
                    threads=threads,
                    progress=_stage(progress, f"calibration {choice.label}"),
                )
                beams.append((build_chosen_beam(scanner, choice, off_focal=off_focal), calibration))
            of_member.append(tuple(beams))
        found.append(tuple(of_member))
    return found


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, wanted: progress(stage, done, wanted)


def _run_body(
    ready: PreparedStudy,
    number: int,
    emitted: Sequence[Emitted],
    threads: int,
    progress: Progress | None,
) -> list[BodyRun]:
    """All members on one body."""
    scans = []
    for member, exam in enumerate(ready.exams):
        plans = exam.resolved.plans[body_name(exam.phantoms[number])]
        beams = tuple(tuple(beam for beam, _ in of_plan) for of_plan in emitted[member])
        table = exam.resolved.scanner.sha256 if exam.exam.table else ""
        scans.append(Scan(member, tuple(exam.exam.acquisitions), plans, beams, table))
    groups = share_histories(scans)
    found: dict[int, BodyRun] = {}
    for g, group in enumerate(groups):
        phantom = ready.exams[group[0].member].phantoms[number]
        stage = body_name(phantom) if len(groups) == 1 else f"{body_name(phantom)} {g + 1} of {len(groups)}"
        planned = [_planned(scan, emitted[scan.member]) for scan in group]
        dosed = _run_group(ready, phantom, group, planned, emitted, threads, _stage(progress, stage))
        for scan, (dose, batches) in zip(group, dosed, strict=True):
            found[scan.member] = BodyRun(dose, batches, g)
    return [found[member] for member in range(len(scans))]


def _planned(scan: Scan, emitted: Emitted) -> list[PlannedBeam]:
    return [
        PlannedBeam(plan, beam, calibration.photons_per_mas, b)
        for plan, of_plan in zip(scan.plans, emitted, strict=True)
        for b, (beam, calibration) in enumerate(of_plan)
    ]


def _run_group(
    ready: PreparedStudy,
    phantom: VoxelPhantom,
    group: Sequence[Scan],
    planned: Sequence[Sequence[PlannedBeam]],
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

    options = ready.exams[0].exam.simulation
    rows = build_body_rows(phantom)
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
        calibrations = [c for of_plan in emitted[scan.member] for _, c in of_plan]
        scale = exam_scale(beams, calibrations)
        dose = body_dose(phantom, rows, own, scale, irradiated_mm(scan.plans))
        found.append((dose, batches_of(rows, own, scale)))
    return found


def _noise(
    ready: PreparedStudy, emitted: Sequence[Emitted], progress: Progress | None
) -> tuple[list[Noise], tuple[str, ...]]:
    keys, found = ready.file.study.noise, []
    rays: dict[int, dict[tuple[object, ...], Paths]] = {}
    for member, (exam, of_member) in enumerate(zip(ready.exams, emitted, strict=True)):
        if progress is not None:
            progress("image noise", member, len(ready.exams))
        plans = [exam.resolved.plans[body_name(p)][ready.imaged] for p in exam.phantoms]
        why = next((text for text in map(why_no_image, plans) if text), "")
        if why:
            found.append(Noise(why_not=why))
            continue
        slices = [
            noise_on(
                body,
                exam.resolved.scanner,
                plan,
                of_member[ready.imaged][0],
                keys,
                rays.setdefault(id(body), {}),
            )
            for body, plan in zip(exam.phantoms, plans, strict=True)
            if keys.region == "centre" or _has(body, keys.region)
        ]
        found.append(mean_noise(slices))
    notes = dict.fromkeys(
        f"{name}: {noise.why_not}" for name, noise in zip(ready.names, found, strict=True) if noise.why_not
    )
    return found, tuple(notes)


def _has(body: VoxelPhantom, region: str) -> bool:
    groups = body.anatomy.groups if body.anatomy is not None else {}
    return any(organ.name in groups.get(region, (region,)) for organ in body.organs)


@dataclass(frozen=True)
class _Indices:
    """Means over the bodies of the acquisition that makes the images."""

    mas: float
    effective_mas: float
    current: float
    ctdi_vol: float
    dlp: float
    phantom_cm: int


def _indices(exam: PreparedExam, emitted: Emitted, imaged: int) -> _Indices:
    plans = [of_body[imaged] for of_body in exam.resolved.plans.values()]
    outputs = [calibration.ctdi_w_mgy_per_100mas for _, calibration in emitted[imaged]]
    found = [dose_indices(plan, outputs) for plan in plans]
    return _Indices(
        float(np.mean([plan.total_mas for plan in plans])),
        float(np.mean([effective_mas(plan) for plan in plans])),
        float(np.mean([plan.tube_current_ma for plan in plans])),
        float(np.mean([each.ctdi_vol_mgy for each in found])),
        float(np.mean([each.dlp_mgy_cm for each in found])),
        found[0].ctdi_phantom_cm,
    )


def _member(
    ready: PreparedStudy, m: int, emitted: Sequence[Emitted], noise: Sequence[Noise], group: int
) -> MemberResult:
    exam, imaged = ready.exams[m], ready.imaged
    base, own = (_indices(ready.exams[i], emitted[i], imaged) for i in (0, m))
    acquisitions = exam.exam.acquisitions
    plans = list(exam.resolved.plans.values())
    at = {
        name: at_criterion(factor, why, acquisitions, exam.resolved.scanner, plans, imaged)
        for name, (factor, why) in factors(
            (base.effective_mas, own.effective_mas),
            (base.ctdi_vol, own.ctdi_vol),
            (base.phantom_cm, own.phantom_cm),
            (noise[0], noise[m]),
        ).items()
    }
    choice = plans[0][imaged].beams[0]
    return MemberResult(
        name=ready.names[m],
        group=group,
        tube_voltage_kv=choice.tube_voltage_kv,
        bowtie=choice.bowtie,
        filter=choice.filter or "",
        collimation_mm=choice.collimation_mm,
        pitch=acquisitions[imaged].pitch or math.nan,
        tube_current_ma=own.current,
        total_mas=own.mas,
        ctdi_vol_mgy=own.ctdi_vol,
        dlp_mgy_cm=own.dlp,
        ctdi_phantom_cm=own.phantom_cm,
        noise_hu=math.nan if noise[m].why_not else noise[m].noise_hu,
        electronic_noise_hu=math.sqrt(noise[m].electronic_hu2) if not noise[m].why_not else math.nan,
        contrast_hu=noise[m].contrast_hu,
        at={name: at[name] for name in CRITERIA},
        calibration_error=_calibration_error(ready.exams, emitted, m),
        exam_sha256=exam.resolved.exam_sha256,
    )


def _calibration_error(exams: Sequence[PreparedExam], emitted: Sequence[Emitted], member: int) -> float:
    """Relative error of a ratio to the base by the calibrations: what both share drops out.

    The photons of the beams stand for their shares of the dose.
    """
    shares: dict[str, list[float]] = {}
    errors: dict[str, float] = {}
    for side, m in enumerate((0, member)):
        plans = next(iter(exams[m].resolved.plans.values()))
        photons = [
            (calibration, calibration.photons_per_mas * plan.beam_mas(b))
            for plan, of_plan in zip(plans, emitted[m], strict=True)
            for b, (_, calibration) in enumerate(of_plan)
        ]
        total = math.fsum(count for _, count in photons)
        for calibration, count in photons:
            identity = calibration.calibration_id
            shares.setdefault(identity, [0.0, 0.0])[side] += count / total
            errors[identity] = calibration.relative_standard_error
    return math.hypot(*(errors[i] * (own[0] - own[1]) for i, own in shares.items()))


def _result(
    ready: PreparedStudy,
    emitted: Sequence[Emitted],
    runs: Sequence[Sequence[BodyRun]],
    noise: Sequence[Noise],
    notes: tuple[str, ...],
    seconds: float,
) -> StudyResult:
    """Put together; `runs` by body, then by member."""
    from ctdose.physics.version import physics_version
    from ctdose.simulation.compiled import kernel_sha256
    from ctdose.yaml_writer import write_yaml

    phantoms = ready.exams[0].phantoms
    found = quantities_of(phantoms, [[run.dose for run in of_body] for of_body in runs])
    batch_doses: dict[str, F64] = {}
    for phantom, of_body in zip(phantoms, runs, strict=True):
        batch_doses[body_name(phantom)] = np.stack(
            [found.batch_doses(phantom, run.batches) for run in of_body]
        )
    groups = {run.group for of_body in runs for run in of_body}
    per_body = [of_body[0].batches.numbers.size for of_body in runs]
    study = ready.file.study
    members = tuple(_member(ready, m, emitted, noise, runs[0][m].group) for m in range(len(ready.exams)))
    return StudyResult(
        title=study.study,
        members=members,
        bodies=tuple(batch_doses),
        quantities=found.names,
        dose=found.dose,
        standard_error=found.standard_error,
        batch_doses=batch_doses,
        region=study.noise.region,
        detail=study.noise.detail or "",
        acquisition=ready.exams[0].exam.acquisitions[ready.imaged].name,
        noise_notes=notes,
        histories=_histories(per_body, len(groups)),
        seed=ready.seed,
        study_yaml=write_yaml(study.model_dump(mode="json", exclude_none=True), {}),
        base_yaml=ready.exams[0].resolved.to_yaml(),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={
            "ctdose_version": __version__,
            "kernel_sha256": kernel_sha256(),
            "physics_data": physics_version(),
        },
        seconds=seconds,
    )


def _histories(batches_of_bodies: Sequence[int], groups: int) -> int:
    from ctdose.kernels.tables import BATCH_HISTORIES

    return sum(batches_of_bodies) * groups * BATCH_HISTORIES
