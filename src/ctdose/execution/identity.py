"""What the bits of a run depend on: what two parts of one run must have in common, and when a run need not be made."""

from __future__ import annotations

import hashlib
import json

from ctdose._version import __version__
from ctdose.exam.phantom_checks import body_name
from ctdose.execution.prepared import PreparedExam

LENGTH_KEYS = ("histories", "target_relative_standard_error")
"""Keys under `simulation` that say only how long to go on."""

RECORD_KEYS = ("exam", "procedure", "indication", "exam_date", "subject")
"""Keys of an exam that change no number."""


def run_sha256(ready: PreparedExam, *, dose_map: bool) -> str:
    """Hash of all that the numbers of a result depend on.

    Exam without its title and record, histories and target, scanner, bodies, seed, whether maps are kept, kernels,
    physics data, version of ctdose. Two exams of one hash have equal results, but for what `RECORD_KEYS` say.
    """
    from ctdose.physics.version import physics_version
    from ctdose.simulation.compiled import kernel_sha256

    data = ready.exam.model_dump(mode="json")
    for key in RECORD_KEYS:
        del data[key]
    for acquisition in data["acquisitions"]:
        del acquisition["irradiation_event_uid"]
    # The name too: it seeds the random numbers, and a phantom without anatomy has it outside of its hash.
    data["phantom"] = [[body_name(phantom), phantom.sha256()] for phantom in ready.phantoms]
    data["scanner"] = ready.resolved.scanner.sha256
    data["dose_map"] = dose_map
    data["versions"] = [__version__, kernel_sha256(), physics_version()]
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def exam_identity(ready: PreparedExam, *, dose_map: bool) -> dict[str, str]:
    """What the sums of all bodies of an exam depend on, but for the bodies.

    How many histories are asked for does not count, nor how well the dose shall be known: a run may go on. Whether
    there is a target does, because the majorant is raised in its smallest organs.

    Parameters
    ----------
    ready : PreparedExam
    dose_map : bool
    """
    from ctdose.physics.version import physics_version
    from ctdose.simulation.compiled import kernel_sha256

    options = ready.exam.simulation
    data = ready.exam.model_dump(mode="json")
    data["phantom"] = ready.exam.phantom_label
    del data["scanner"], data["simulation"]["seed"]
    for key in LENGTH_KEYS:
        del data["simulation"][key]
    return {
        "exam": hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest(),
        "scanner": ready.resolved.scanner.sha256,
        "seed": str(options.seed),
        "target": "no" if options.target_relative_standard_error is None else "yes",
        "dose map": "kept" if dose_map else "not kept",
        "kernel": kernel_sha256(),
        "physics data": physics_version(),
    }
