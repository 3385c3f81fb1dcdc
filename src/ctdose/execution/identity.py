"""What the bits of a run depend on, by name: what two parts of one run must have in common."""

from __future__ import annotations

import hashlib
import json

from ctdose.execution.prepared import PreparedExam

LENGTH_KEYS = ("histories", "target_relative_standard_error")
"""Keys under `simulation` that say only how long to go on."""


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
