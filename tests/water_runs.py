"""An exam of a water cylinder that takes a second, and the number that stands for its calibration."""

from __future__ import annotations

import pytest

from ctdose.calibration import ctdi_case
from ctdose.calibration.ctdi import SimulatedCTDI

EXAM = """\
exam: Water cylinder
phantom: water-cylinder
scanner: generic-64
acquisitions:
  - name: middle
    mode: axial
    tube_voltage_kv: 120
    bowtie: body
    collimation_mm: 40
    table_increment_mm: 40
    rotation_time_s: 0.5
    scan_range: [-40, 40]
    tube_current_ma: 200
simulation:
  histories: 131072
  voxel_mm: 10
"""
CALIBRATION = SimulatedCTDI(9e-13, 1.7e-12, 1.4e-12, 1e-3, 10**8)
"""About that of generic-64, whose simulation takes seconds."""


def calibrate_by_number(patch: pytest.MonkeyPatch) -> None:
    """Replace the simulated calibration of every beam."""
    patch.setattr(ctdi_case, "_cached", lambda identity: CALIBRATION)
