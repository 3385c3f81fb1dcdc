"""A small exam whose runs are broken off, and what two results must have in common to the bit."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np

from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.exam.model import Exam
from ctdose.execution.checkpoint import Checkpoint
from ctdose.execution.exam_run import run_exam
from ctdose.execution.prepared import prepare
from ctdose.results.part_file import load_part
from ctdose.results.result import Result
from ctdose.results.result_tree import result_tree
from ctdose.simulation.local_threads import LocalThreads

EXAM = """\
exam: Water
phantom: water-cylinder
scanner: generic-64
acquisitions:
  - {name: middle, mode: axial, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, table_increment_mm: 40,
     rotation_time_s: 0.5, scan_range: [-40, 40], tube_current_ma: 200}
simulation: {histories: 500_000, voxel_mm: 20}
"""
BATCH = 65536

# The calibration, minutes of simulation, is replaced by a number.
COMMAND = textwrap.dedent("""
    import sys
    from ctdose.calibration import ctdi_case
    from ctdose.calibration.ctdi import SimulatedCTDI
    ctdi_case._cached = lambda identity: SimulatedCTDI(1e-12, 2e-12, 1.7e-12, 1e-3, 10**7)
    from ctdose.cli.main import main
    sys.exit(main())
""")


def calibrate_by_number(monkeypatch) -> None:
    """Replace the simulated calibration."""
    from ctdose.calibration import ctdi_case

    found = SimulatedCTDI(1e-12, 2e-12, 1.7e-12, 1e-3, 10**7)
    monkeypatch.setattr(ctdi_case, "_cached", lambda identity: found)


def assert_same_bits(one: Result, other: Result) -> None:
    """Every number, map, tally and text of two results is equal, but for date and duration."""
    first, second = result_tree(one), result_tree(other)
    for tree in (first, second):
        for name in ("created_utc", "seconds"):
            del tree.attributes["/"][name]
    assert first.attributes.keys() == second.attributes.keys()
    for path, attributes in first.attributes.items():
        for name, value in attributes.items():
            assert np.array_equal(value, second.attributes[path][name]), f"{path} {name}"
    assert first.datasets.keys() == second.datasets.keys()
    for path, data in first.datasets.items():
        found = second.datasets[path]
        same = data == found if isinstance(data, str) else data.tobytes() == found.tobytes()
        assert same, path


class Few(LocalThreads):
    """Threads that are interrupted after so many batches, the last ones first: any cut has to do."""

    def __init__(self, count: int) -> None:
        super().__init__(1)
        self._count = count

    def run(self, job, batches, progress=None):
        yield from super().run(job, batches[-self._count :], progress)
        self.interrupted = True


def break_off(exam: Exam, place: Path, count: int) -> Result:
    """Run so many batches more of what the checkpoint at a place does not hold."""
    ready = prepare(exam)
    checkpoint = Checkpoint(place, ready, load_part(place) if place.exists() else None)
    result = run_exam(ready, Few(count), checkpoint=checkpoint)
    checkpoint.write()
    return result
