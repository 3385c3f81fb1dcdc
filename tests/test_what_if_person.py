"""Another current or range of a stylized adult from the views of one run, against direct runs of it."""

import numpy as np
import pytest

import ctdose
from ctdose.api import what_if
from ctdose.calibration import ctdi_case
from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.results.exam_change import AcquisitionChange, changed_exam

pytestmark = pytest.mark.slow  # six runs of 2 million histories

LOW, HIGH = 400.0, 620.0
EXAM = {
    "exam": "Thorax",
    "phantom": "adult-male",
    "scanner": "generic-64",
    "acquisitions": [
        {
            "name": "thorax",
            "mode": "helical",
            "tube_voltage_kv": 120,
            "bowtie": "body",
            "collimation_mm": 40,
            "pitch": 1.0,
            "rotation_time_s": 0.5,
            "scan_range": [LOW, HIGH],
            "tube_current_ma": 200,
        }
    ],
    "simulation": {"voxel_mm": 8, "histories": 2_000_000, "seed": 1},
}
KNOWN = 0.03
"""Organs whose dose is less well known are left out: their errors are not normally distributed."""


def changes(random):
    """Modulations, ranges on and off the edges of views, a current; at random, two of them at once."""

    def table():
        current = random.uniform(50.0, 400.0, (3, 5)).round(1).tolist()
        angles = [0.0, 72.0, 144.0, 216.0, 288.0]
        return {"z_mm": [LOW, 0.5 * (LOW + HIGH), HIGH], "angle_deg": angles, "tube_current_ma": current}

    def ends():
        low, high = random.uniform(LOW + 5.0, 470.0), random.uniform(530.0, HIGH - 5.0)
        return round(float(low), 1), round(float(high), 1)

    yield AcquisitionChange(modulation=table())
    yield AcquisitionChange(scan_range=ends())
    yield AcquisitionChange(modulation=table(), scan_range=ends())
    yield AcquisitionChange(modulation=["longitudinal", "angular", "organ"], tube_current_ma=77.0)
    yield AcquisitionChange(modulation=["angular"], scan_range=ends())


@pytest.fixture(scope="module")
def calibrated():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctdi_case, "_cached", lambda _: SimulatedCTDI(1e-12, 2e-12, 1.7e-12, 1e-3, 10**7))
        yield


def z_scores(found, direct):
    """Of the organs in the beam; how much the change moved them, likewise."""
    z, moved = [], []
    for row in found.rows:
        organ = direct.organs.get(row.quantity)
        if organ is None or organ.relative_standard_error > KNOWN:
            continue
        sigma = np.hypot(row.standard_error, organ.standard_error_mgy)
        z.append((row.dose - organ.absorbed_dose_mgy) / sigma)
        moved.append((row.simulated_dose - organ.absorbed_dose_mgy) / sigma)
    return z, moved


@pytest.mark.usefixtures("calibrated")
def test_random_changes_are_the_direct_runs(statistics):
    """Largest z and chi-square of all organs; of those beyond 2 standard errors no more than chance leaves there."""
    from scipy.special import bdtrc, chdtrc

    result = ctdose.simulate(ctdose.load_exam(EXAM), threads=2, dose_map=False)
    scores = []
    for number, change in enumerate(changes(np.random.default_rng(8))):
        exam = changed_exam(result, [change]).with_simulation(seed=20 + number)
        direct = ctdose.simulate(exam, threads=2, dose_map=False)
        z, moved = z_scores(what_if(result, [change]), direct)
        assert len(z) >= 8
        assert np.abs(moved).max() > 5.0  # the change is one that the test can see
        scores += z
    beyond = int((np.abs(scores) > 2.0).sum())
    level = statistics.level(3 * len(scores))
    assert np.abs(scores).max() < statistics.z_limit(level)
    assert chdtrc(len(scores), float(np.square(scores).sum())) > statistics.LEVEL / 3.0
    assert beyond == 0 or bdtrc(beyond - 1, len(scores), 0.0455) > statistics.LEVEL / 3.0
