"""CTDI_vol along z in modes of several beams, gating and a current that follows the heart: its mean is CTDI_vol."""

from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.exam.beam_choice import ctdi_w_of
from ctdose.exam.ctdi_profile import ctdi_vol_along_z_mgy
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_exam
from ctdose.scanner.library import load_scanner

SCANNER = load_scanner("generic-64")
BODY = SimpleNamespace(
    name="p", anatomy=None, z_range_mm=(-500, 500), corner_mm=(0, 0, -500), size_mm=(400, 400, 1000)
)
HELICAL = {"mode": "helical", "pitch": 0.25, "rotation_time_s": 0.4}
AXIAL = {"mode": "axial", "rotation_time_s": 0.4}
HEART = {"heart_rate_per_min": 60, "window_percent": [60, 80]}
MODES = {
    "kV switching": {**HELICAL, "switched_tube_voltage_kv": 140, "switched_time_fraction": 0.35},
    "gated": {**AXIAL, "table_increment_mm": 35, "ecg": HEART},
    "one rotation": {**AXIAL, "scan_range": [0, 30]},
    "several rotations": {**AXIAL, "table_increment_mm": 30, "rotations": 2.5},
    "ECG": {**HELICAL, "modulation": ["ecg"], "ecg": {**HEART, "low_current_fraction": 0.2}},
}


@pytest.mark.parametrize("keys", MODES.values(), ids=MODES)
def test_the_mean_is_the_acquisitions_ctdi_vol(keys):
    common = {
        "name": "a",
        "bowtie": "body",
        "tube_voltage_kv": 80,
        "collimation_mm": 40,
        "scan_range": [0, 100],
    }
    exam = {"exam": "x", "phantom": "adult-male", "scanner": "generic-64"}
    exam["acquisitions"] = [{**common, "tube_current_ma": 200, **keys}]
    plan = plan_exam(load_exam(exam), SCANNER, BODY)[0]
    outputs = [ctdi_w_of(SCANNER, beam, plan.ctdi_phantom_cm) for beam in plan.beams]
    along_z = ctdi_vol_along_z_mgy(plan, outputs, np.linspace(plan.z_start_mm, plan.z_end_mm, 11))
    wanted = dose_indices(plan, outputs).ctdi_vol_mgy
    assert along_z.mean() == pytest.approx(wanted, rel=1e-6)
    assert len(plan.beams) == 1 or outputs[0] != outputs[1]
