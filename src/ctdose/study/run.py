"""Runs a study: calibrations, histories that are shared where they can be, noise, ratios."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from ctdose._version import __version__
from ctdose.exam.phantom_checks import body_name
from ctdose.execution.calibrated import Progress
from ctdose.kernels.tables import BATCH_HISTORIES
from ctdose.study.body_run import BodyRun
from ctdose.study.calibrations import Calibrated, calibrate_members
from ctdose.study.image_noise import Noise
from ctdose.study.member_noise import noise_of_members
from ctdose.study.member_result import member_result
from ctdose.study.quantities import quantities_of
from ctdose.study.result import StudyResult
from ctdose.study.rounds import simulate_members

if TYPE_CHECKING:
    from ctdose.study.prepared import PreparedStudy


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
    calibrated = calibrate_members(ready.exams, ready.imaged, threads, progress)
    runs = simulate_members(ready, calibrated.emitted, threads, progress)
    noise, notes = noise_of_members(ready, calibrated.emitted, progress)
    return _result(ready, calibrated, runs, noise, notes, time.perf_counter() - begin)


def _result(
    ready: PreparedStudy,
    calibrated: Calibrated,
    runs: Sequence[Sequence[BodyRun]],
    noise: Sequence[Noise],
    notes: tuple[str, ...],
    seconds: float,
) -> StudyResult:
    """Put together; `runs` by body, then by member."""
    from ctdose.yaml_writer import write_yaml

    base, study = ready.exams[0], ready.file.study
    found = quantities_of(base.phantoms, [[run.dose for run in of_body] for of_body in runs])
    batch_doses = {
        body_name(phantom): np.stack([found.batch_doses(phantom, run.batches) for run in of_body])
        for phantom, of_body in zip(base.phantoms, runs, strict=True)
    }
    members = tuple(member_result(ready, m, calibrated, noise, run.group) for m, run in enumerate(runs[0]))
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
        acquisition=base.exam.acquisitions[ready.imaged].name,
        noise_notes=notes,
        histories=_histories(runs),
        seed=ready.seed,
        study_yaml=write_yaml(study.model_dump(mode="json", exclude_none=True), {}),
        base_yaml=base.resolved.to_yaml(),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=_versions(),
        seconds=seconds,
    )


def _histories(runs: Sequence[Sequence[BodyRun]]) -> int:
    """Of all bodies and of their groups."""
    batches = [{run.group: run.batches.numbers.size for run in of_body} for of_body in runs]
    return BATCH_HISTORIES * sum(sum(of_group.values()) for of_group in batches)


def _versions() -> dict[str, str]:
    from ctdose.physics.version import physics_version
    from ctdose.simulation.compiled import kernel_sha256

    return {
        "ctdose_version": __version__,
        "kernel_sha256": kernel_sha256(),
        "physics_data": physics_version(),
    }
