"""The result of an exam from those of its bodies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import yaml

from ctdose._version import __version__
from ctdose.dosimetry.effective_dose import effective_dose
from ctdose.exam.phantom_checks import body_name
from ctdose.execution.calibrated import EmittedBeams
from ctdose.execution.prepared import PreparedExam
from ctdose.imaging.size_specific import size_specific
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.version import physics_version
from ctdose.results.assemble import assemble_acquisition
from ctdose.results.result import AcquisitionResult, BodyResult, Result
from ctdose.scanner.model import Scanner
from ctdose.simulation.compiled import kernel_sha256


def assemble_result(
    ready: PreparedExam,
    bodies: Mapping[str, BodyResult],
    emitted: EmittedBeams,
    *,
    complete: bool,
    device: str = "cpu",
    seconds: float = 0.0,
) -> Result:
    """Join bodies, dose indices and provenance.

    Parameters
    ----------
    ready : PreparedExam
    bodies : mapping of str to BodyResult
        Those that were simulated, at least one, in the order of the exam.
    emitted : list of list of (CTBeam, Calibration)
    complete : bool
        Whether all histories that were asked for are in.
    device : str
    seconds : float
    """
    phantoms = {body_name(p): p for p in ready.phantoms if body_name(p) in bodies}
    whole = len(phantoms) == len(ready.phantoms)
    doses = [body.dose for body in bodies.values()]
    return Result(
        exam=ready.exam.exam,
        bodies=dict(bodies),
        acquisitions=_acquisitions(ready, phantoms, emitted),
        effective_dose=effective_dose(list(phantoms.values()), doses) if whole else None,
        histories=sum(body.histories for body in bodies.values()),
        seed=ready.exam.simulation.seed,
        complete=complete,
        exam_yaml=ready.resolved.to_yaml(),
        scanner_yaml=scanner_yaml(ready.resolved.scanner),
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


def _acquisitions(
    ready: PreparedExam, phantoms: Mapping[str, VoxelPhantom], emitted: EmittedBeams
) -> tuple[AcquisitionResult, ...]:
    acquisitions = []
    for i, of_acquisition in enumerate(emitted):
        plans = {name: ready.resolved.plans[name][i] for name in phantoms}
        spectrum = of_acquisition[0][0].central_spectrum
        outputs = [calibration.ctdi_w_mgy_per_100mas for _, calibration in of_acquisition]
        sizes = {name: size_specific(phantoms[name], plan, spectrum, outputs) for name, plan in plans.items()}
        acquisitions.append(assemble_acquisition(plans, of_acquisition, sizes))
    return tuple(acquisitions)


def scanner_yaml(scanner: Scanner) -> str:
    """A scanner as a result keeps it."""
    return yaml.safe_dump(
        scanner.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True
    )
