"""The Python interface: load an exam, simulate it, keep the result."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctdose._version import __version__
from ctdose.exam.library import load_exam
from ctdose.exam.phantom_checks import body_name
from ctdose.exam.resolved import ResolvedExam, resolve, with_options
from ctdose.scanner.library import load_scanner

if TYPE_CHECKING:
    from ctdose.calibration.calibrate import Calibration
    from ctdose.exam.model import Exam
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.results.exam_change import AcquisitionChange
    from ctdose.results.result import BodyResult, Result
    from ctdose.results.what_if import WhatIf
    from ctdose.scanner.model import Scanner
    from ctdose.simulation.ct_beam import CTBeam
    from ctdose.simulation.sums import Sums

Progress = Callable[[str, int, int], None]
"""Called with the stage (``calibration 120 kV body``, ``adult-male``), the batches done and those wanted."""


@dataclass(frozen=True)
class PreparedExam:
    """An exam with its bodies loaded and its plans made, ready to run.

    Attributes
    ----------
    exam : Exam
    phantoms : tuple of VoxelPhantom
        On the scanner's table, if the exam wants it.
    resolved : ResolvedExam
    """

    exam: Exam
    phantoms: tuple[VoxelPhantom, ...]
    resolved: ResolvedExam


def prepare(exam: Exam | str | Path, *, bodies: Sequence[VoxelPhantom] | None = None) -> PreparedExam:
    """Load the scanner and the bodies of an exam and check that all fits; nothing is simulated.

    Parameters
    ----------
    exam : Exam, name or path
    bodies : sequence of VoxelPhantom, optional
        Those of the exam's phantom, without a table, where they are loaded already.

    Returns
    -------
    PreparedExam

    Raises
    ------
    CtdoseError
        Every fault of the exam, one line each.
    """
    from ctdose.phantoms.library import load_bodies

    checked = load_exam(exam) if isinstance(exam, (str, Path)) else exam
    scanner = load_scanner(checked.scanner, checked.folder)
    if bodies is None:
        bodies = load_bodies(checked.phantom_source, checked.simulation.voxel_mm, folder=checked.folder)
    phantoms = tuple(bodies)
    resolved = resolve(checked, scanner, phantoms)  # of the bodies alone: a table moves no isocentre
    return PreparedExam(checked, _on_table(checked, scanner, phantoms), resolved)


def _on_table(exam: Exam, scanner: Scanner, phantoms: Sequence[VoxelPhantom]) -> tuple[VoxelPhantom, ...]:
    """Put the scanner's table under each body, if the exam wants it."""
    if not exam.table or scanner.table is None:
        return tuple(phantoms)
    from ctdose.phantoms.couch import add_couch

    shape = scanner.table.shape()
    return tuple(add_couch(phantom, shape) for phantom in phantoms)


def available_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def simulate(
    exam: Exam | PreparedExam | str | Path,
    *,
    threads: int | None = None,
    histories: int | None = None,
    seed: int | None = None,
    target_relative_standard_error: float | None = None,
    dose_map: bool = True,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Result:
    """Simulate an exam.

    Parameters
    ----------
    exam : Exam, PreparedExam, name or path
    threads : int, optional
        Default: all processors. The result does not depend on it.
    histories, seed : int, optional
        Instead of those of the exam. Histories are shared evenly among the bodies.
    target_relative_standard_error : float, optional
        Instead of the exam's: each body is simulated until its target organs are known so well.
    dose_map : bool
        Keep dose maps.
    device : str
        ``cpu``, or ``cuda`` for an NVIDIA GPU; the result does not depend on it. The calibration runs on the CPU.
    progress : callable, optional

    Returns
    -------
    Result
        With `complete` False if Ctrl-C ended it early.

    Raises
    ------
    CtdoseError
        If the exam is wrong, or the device is not there.
    """
    from ctdose.simulation.cuda_device import check_device

    check_device(device)
    begin = time.perf_counter()
    ready = exam if isinstance(exam, PreparedExam) else prepare(exam)
    given = {
        "histories": histories,
        "seed": seed,
        "target_relative_standard_error": target_relative_standard_error,
    }
    if any(value is not None for value in given.values()):
        changed = ready.exam.with_simulation(**given)
        ready = PreparedExam(changed, ready.phantoms, with_options(ready.resolved, changed))
    workers = threads or available_threads()
    emitted = _calibrate(ready, workers, progress)
    bodies: dict[str, BodyResult] = {}
    complete = True
    for phantom in ready.phantoms:
        body, whole = _run_body(ready, phantom, emitted, workers, dose_map, device, progress)
        bodies[body_name(phantom)] = body
        complete = complete and whole
        if not whole:
            break
    return _result(ready, bodies, emitted, complete, device, time.perf_counter() - begin)


EmittedBeams = list[list[tuple["CTBeam", "Calibration"]]]
"""By acquisition, then by beam."""


def _calibrate(ready: PreparedExam, threads: int, progress: Progress | None) -> EmittedBeams:
    from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam

    scanner, off_focal = ready.resolved.scanner, ready.exam.simulation.off_focal
    emitted: EmittedBeams = []
    for plan in next(iter(ready.resolved.plans.values())):
        emitted.append([])
        for choice in plan.beams:
            report = _stage(progress, f"calibration {choice.label}")
            calibration = calibrate_chosen_beam(
                scanner, choice, plan.ctdi_phantom_cm, off_focal=off_focal, threads=threads, progress=report
            )
            emitted[-1].append((build_chosen_beam(scanner, choice, off_focal=off_focal), calibration))
    return emitted


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, wanted: progress(stage, done, wanted)


def _run_body(
    ready: PreparedExam,
    phantom: VoxelPhantom,
    emitted: EmittedBeams,
    threads: int,
    dose_map: bool,
    device: str,
    progress: Progress | None,
) -> tuple[BodyResult, bool]:
    from ctdose.dosimetry.body_rows import build_body_rows
    from ctdose.dosimetry.precision import target_regions, target_rows
    from ctdose.dosimetry.small_organs import small_organs
    from ctdose.results.assemble import assemble_body, exam_scale, irradiated_mm
    from ctdose.results.assemble_systematic import acquisition_inputs
    from ctdose.simulation.cuda_runner import make_runner
    from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
    from ctdose.simulation.rounds import run_rounds
    from ctdose.simulation.runner import batches_for
    from ctdose.simulation.seed import random_key
    from ctdose.simulation.transport_tables import Physics
    from ctdose.simulation.view_bins import cut_views

    options = ready.exam.simulation
    name = body_name(phantom)
    plans = ready.resolved.plans[name]
    planned = [
        PlannedBeam(plan, beam, calibration.photons_per_mas, number)
        for plan, of_plan in zip(plans, emitted)
        for number, (beam, calibration) in enumerate(of_plan)
    ]
    calibrations = [calibration for of_plan in emitted for _, calibration in of_plan]
    rows = build_body_rows(phantom)
    precision, concerned = options.target_relative_standard_error, {}
    if precision is not None:
        concerned = target_rows(phantom, rows, irradiated_mm(plans), options.target_organs)
    cut = cut_views(planned)  # the same histories whether views are kept or not
    tables = build_exam_tables(
        phantom,
        planned,
        cut=cut if options.keep_views else cut.by_acquisition(),
        key=random_key(options.seed, "exam", name),
        physics=Physics(options.estimator, options.cutoff_kev, options.doppler),
        responses=rows.responses,
        composites=rows.composites,
        with_voxels=dose_map,
        raised=small_organs(phantom, irradiated_mm(plans), target_regions(phantom, concerned)),
    )
    batches = batches_for(-(-ready.exam.most_histories // len(ready.phantoms)))
    kept = cut.bins.acquisition.tolist() if options.keep_views else None
    runner = make_runner(device, tables, len(plans), kept)
    report = _stage(progress, name)
    if precision is None:
        sums = runner.run(range(batches), threads, report)
    else:
        sums = run_rounds(runner, _excess(concerned, precision), batches, threads, report)
    inputs = acquisition_inputs(ready.exam, planned, calibrations)
    body = assemble_body(phantom, rows, sums, exam_scale(planned, calibrations), inputs, cut.bins)
    return body, not runner.interrupted or sums.batches.size == batches


def _excess(rows: dict[str, int], target: float) -> Callable[[Sums], float]:
    from ctdose.dosimetry.precision import largest_relative_error

    return lambda sums: largest_relative_error(sums, rows)[1] / target


def _result(
    ready: PreparedExam,
    bodies: dict[str, BodyResult],
    emitted: EmittedBeams,
    complete: bool,
    device: str,
    seconds: float,
) -> Result:
    from ctdose.dosimetry.effective_dose import effective_dose
    from ctdose.imaging.size_specific import size_specific
    from ctdose.physics.version import physics_version
    from ctdose.results.assemble import assemble_acquisition
    from ctdose.results.result import Result
    from ctdose.simulation.compiled import kernel_sha256

    phantoms = {body_name(p): p for p in ready.phantoms if body_name(p) in bodies}
    acquisitions = []
    for i, of_acquisition in enumerate(emitted):
        plans = {name: ready.resolved.plans[name][i] for name in bodies}
        spectrum = of_acquisition[0][0].central_spectrum
        outputs = [calibration.ctdi_w_mgy_per_100mas for _, calibration in of_acquisition]
        sizes = {name: size_specific(phantoms[name], plan, spectrum, outputs) for name, plan in plans.items()}
        acquisitions.append(assemble_acquisition(plans, of_acquisition, sizes))
    whole = len(phantoms) == len(ready.phantoms)
    return Result(
        exam=ready.exam.exam,
        bodies=bodies,
        acquisitions=tuple(acquisitions),
        effective_dose=effective_dose(list(phantoms.values()), [b.dose for b in bodies.values()])
        if whole
        else None,
        histories=sum(body.histories for body in bodies.values()),
        seed=ready.exam.simulation.seed,
        complete=complete,
        exam_yaml=ready.resolved.to_yaml(),
        scanner_yaml=_scanner_yaml(ready.resolved.scanner),
        exam_sha256=ready.resolved.exam_sha256,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={
            "ctdose_version": __version__,
            "kernel_sha256": kernel_sha256(),
            "physics_data": physics_version(),
            "device": device,
        },
        seconds=seconds,
    )


def _scanner_yaml(scanner: Any) -> str:
    import yaml

    return yaml.safe_dump(
        scanner.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True
    )


def what_if(result: Result, changes: Sequence[AcquisitionChange]) -> WhatIf:
    """Doses of a changed exam from the views of a result, without a simulation.

    Parameters
    ----------
    result : Result
    changes : sequence of AcquisitionChange
        Other range, modulation or tube current of acquisitions; what is not named stays.

    Returns
    -------
    WhatIf
        With a row for each organ: `dose`, `standard_error`, `ratio` to the dose of the result.

    Raises
    ------
    CtdoseError
        If the views were not kept, the changed exam is wrong, or reaches beyond what was simulated.
    """
    from ctdose.phantoms.library import load_bodies
    from ctdose.results.exam_change import changed_exam, scanner_of
    from ctdose.results.what_if import reweighted

    exam, scanner = changed_exam(result, changes), scanner_of(result)
    phantoms = load_bodies(exam.phantom_source, exam.simulation.voxel_mm, folder=exam.folder)
    resolved = resolve(exam, scanner, phantoms)
    placed = {body_name(phantom): phantom for phantom in _on_table(exam, scanner, phantoms)}
    return reweighted(result, resolved.plans, {name: p.sha256() for name, p in placed.items()})


def load_result(path: str | Path) -> Result:
    """Read a result file, all of it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Result
        Equal to the one that was saved.

    Raises
    ------
    CtdoseError
        If the file is missing, of another kind or of a newer major version, damaged, or refers to anything outside
        itself.
    """
    from ctdose.results.result_file import load_result as load

    return load(path)


__all__ = ["PreparedExam", "available_threads", "load_exam", "load_result", "prepare", "simulate", "what_if"]
