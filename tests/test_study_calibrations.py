"""Calibrations of the members of a study, and what their errors leave in the ratios; CTDI replaced by numbers."""

import math

import pytest

from ctdose.calibration.chosen_beam import calibrate_chosen_beam
from ctdose.study.calibrations import calibrate_members
from ctdose.study.library import load_study
from ctdose.study.prepared import prepare_study
from known_ctdi import CTDI, RATIO_ERROR, know_ctdi

BASE = {
    "exam": "Water",
    "phantom": "water-cylinder",
    "scanner": "generic-128",
    "acquisitions": [
        {
            "name": "middle",
            "mode": "axial",
            "tube_voltage_kv": 120,
            "bowtie": "body",
            "collimation_mm": 19.2,
            "table_increment_mm": 19.2,
            "rotation_time_s": 0.5,
            "scan_range": [-40, 40],
            "tube_current_ma": 100,
        }
    ],
    "simulation": {"voxel_mm": 20},
}
CHANGES = {
    "80 kV": {"tube_voltage_kv": 80},
    "twice": {"tube_current_ma": 200},
    "tin": {"filter": "tin-0.6"},
    "80 kV tin": {"tube_voltage_kv": 80, "filter": "tin-0.6"},
    "head": {"bowtie": "head"},
}


@pytest.fixture(scope="module")
def calibrated():
    """By name: error of the ratio, and the calibration; and the study."""
    variants = [{"name": name, "change": change} for name, change in CHANGES.items()]
    ready = prepare_study(load_study({"study": "Water", "base": BASE, "variants": variants}))
    with pytest.MonkeyPatch.context() as patch:
        know_ctdi(patch)
        found = calibrate_members(ready.exams, ready.imaged, 1, None)
    own = {
        name: (error, emitted[0][0][1])
        for name, error, emitted in zip(ready.names, found.ratio_errors, found.emitted, strict=True)
    }
    return own, ready


def test_the_base_is_calibrated_as_in_any_other_run(calibrated, monkeypatch):
    """And a beam of another CTDI phantom, which cannot share histories with it."""
    found, ready = calibrated
    know_ctdi(monkeypatch)
    for i, name in ((0, "base"), (5, "head")):
        exam = ready.exams[i]
        plan = exam.resolved.plans["water-cylinder"][0]
        alone = calibrate_chosen_beam(exam.resolved.scanner, plan.beams[0], plan.ctdi_phantom_cm)
        assert found[name][1] == alone
    assert found["twice"][1] == found["base"][1]


def test_errors_of_ratios_are_those_of_what_both_do_not_share(calibrated):
    found, _ = calibrated
    errors = {name: error for name, (error, _) in found.items()}
    assert errors["base"] == errors["twice"] == 0.0
    for name in ("80 kV", "tin", "80 kV tin"):
        assert errors[name] == pytest.approx(RATIO_ERROR)
    assert errors["head"] == pytest.approx(math.sqrt(2.0) * CTDI.relative_standard_error)


def test_an_identity_says_what_a_calibration_depends_on(calibrated):
    found, _ = calibrated
    identities = {calibration.calibration_id for _, calibration in found.values()}
    assert len(identities) == len(found) - 1  # twice is calibrated as the base
    assert found["80 kV"][1].histories == 2 * 10**8
    assert found["80 kV"][1].relative_standard_error == pytest.approx(math.hypot(1e-3, RATIO_ERROR))


def test_with_two_acquisitions_shares_of_the_photons_count(monkeypatch):
    """A second acquisition that stays at 120 kV, with as much current: its part of the ratio has no error."""
    acquisitions = [*BASE["acquisitions"], {**BASE["acquisitions"][0], "name": "again"}]
    know_ctdi(monkeypatch)
    change = {"acquisitions.0.tube_voltage_kv": 80}
    study = {
        "study": "Water",
        "base": {**BASE, "acquisitions": acquisitions},
        "variants": [{"name": "80 kV", "change": change}],
    }
    ready = prepare_study(load_study(study))
    found = calibrate_members(ready.exams, ready.imaged, 1, None)
    (_, low), (_, high) = (of_plan[0] for of_plan in found.emitted[1])
    share = low.photons_per_mas / (low.photons_per_mas + high.photons_per_mas)
    assert found.ratio_errors[1] == pytest.approx(share * RATIO_ERROR)
