"""A small exam whose runs are broken off, and what two results must have in common to the bit."""

from __future__ import annotations

import textwrap

import numpy as np

from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.results.result import Result
from ctdose.results.result_tree import result_tree

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


class StopAfter:
    """A progress report that presses Ctrl-C once a stage has run so many batches."""

    def __init__(self, batches: int, stage: str = "water-cylinder") -> None:
        self._batches, self._stage = batches, stage
        self._first: int | None = None

    def __call__(self, stage: str, done: int, wanted: int) -> None:
        if stage != self._stage:
            return
        if self._first is None:
            self._first = done
        if done - self._first >= self._batches:
            raise KeyboardInterrupt
