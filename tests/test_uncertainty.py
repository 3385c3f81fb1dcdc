"""The systematic part of a dose: combination by hand, and nothing from inputs that an irradiation does not have."""

import math
from dataclasses import replace

import numpy as np
import pytest

import view_exams as exams
from ctdose.dosimetry.sensitivity import KINDS, load_limits, place_of, sensitivities
from ctdose.dosimetry.systematic_parts import SystematicParts, mean_parts
from ctdose.dosimetry.uncertainty import (
    AcquisitionInputs,
    BeamError,
    acquisition_shares,
    output_parts,
    range_parts,
    with_uncertainty,
)

BEAM, HELIX, box, planned_of, run = exams.BEAM, exams.HELIX, exams.box, exams.planned_of, exams.run

STILL = {
    "name": "s",
    "mode": "stationary",
    "rotations": 2,
    "rotation_time_s": 0.5,
    "scan_range": [0, 40],
    **BEAM,
}


def inputs_of(plan, *, identity="a", error=0.001, output=0.18, stated=False):
    return AcquisitionInputs(plan, (BeamError(identity, error, 1.0),), output, stated)


def test_parts_combine_in_quadrature():
    parts = SystematicParts(
        calibration=0.1, output=0.4, filtration=0.8, bowtie=0.4, range_lower=0.2, centring=0.4
    )
    # 0.01 + 0.16 + 0.64 + 0.16 + 0.04 + 0.16 = 1.17
    assert parts.combined == pytest.approx(math.sqrt(1.17))
    assert replace(parts, range_lower=math.nan).combined == pytest.approx(math.sqrt(1.13))


def test_parts_of_several_bodies_add_linearly():
    one, other = SystematicParts(output=1.0, centring=3.0), SystematicParts(output=3.0, centring=0.0)
    mean = mean_parts([one, other])
    assert mean == SystematicParts(output=2.0, centring=1.5)
    assert mean.combined == pytest.approx(2.5)
    assert mean_parts([one, None]) is None
    assert mean_parts([]) is None


def test_acquisitions_err_together_calibrations_apart():
    a, b, c = (
        inputs_of(None, identity="x", error=0.01),
        inputs_of(None, identity="x", error=0.01, stated=True),
        inputs_of(None, identity="y", error=0.03),
    )
    found = output_parts([a, b, c], np.array([0.5, 0.3, 0.2]))
    # x: (0.5 + 0.3) 0.01 = 0.008; y: 0.2 * 0.03 = 0.006; together 0.01.
    assert found["calibration"] == pytest.approx(0.01)
    assert found["output"] == pytest.approx((0.5 + 0.2) * 0.18)
    assert found["displayed_ctdi_vol"] == pytest.approx(0.3 * 0.20 / math.sqrt(3.0))


def test_two_beams_share_by_their_photons():
    beams = (BeamError("x", 0.02, 3.0), BeamError("y", 0.04, 1.0))
    found = output_parts([AcquisitionInputs(None, beams, 0.1, False)], np.array([1.0]))
    assert found["calibration"] == pytest.approx(math.hypot(0.75 * 0.02, 0.25 * 0.04))


def test_shares_of_acquisitions():
    shares = acquisition_shares(np.array([[1.0, 0.0], [3.0, 0.0]]))
    assert shares.tolist() == [[0.25, 0.75], [0.5, 0.5]]


@pytest.fixture(scope="module")
def helix():
    phantom = box()
    planned = planned_of(phantom, HELIX)
    return planned[0].plan, *run(phantom, planned, batches=2)[:2]


def test_every_part_of_an_organ_by_hand(helix):
    plan, dose, views = helix
    shares = {f"organ:{name}": np.ones(1) for name in dose.organs}
    found = with_uncertainty(dose, [inputs_of(plan)], shares, views, person=True).organs["high"]
    value, parts = found.absorbed_dose_mgy, found.systematic
    known = sensitivities("high", found.mass_in_range_fraction)
    assert parts.calibration == pytest.approx(0.001 * value)
    assert parts.output == pytest.approx(0.18 * value)
    assert parts.displayed_ctdi_vol == 0.0
    for kind in KINDS:
        assert getattr(parts, kind) == pytest.approx(known[kind] / math.sqrt(3.0) * value)
    row = views.row_of("high")
    for end in ("lower", "upper"):
        assert getattr(parts, f"range_{end}") == pytest.approx(
            range_parts(views, [plan])[f"range_{end}"][row]
        )
    assert parts.range_upper > 10.0 * parts.range_lower > 0.0
    assert found.systematic_error_mgy == pytest.approx(math.sqrt(sum(v**2 for v in parts.values())))


def test_a_stated_ctdi_vol_takes_the_place_of_the_output(helix):
    plan, dose, views = helix
    shares = {f"organ:{name}": np.ones(1) for name in dose.organs}
    found = with_uncertainty(dose, [inputs_of(plan, stated=True)], shares, views, person=True)
    organ = found.organs["low"]
    assert organ.systematic.output == 0.0
    assert organ.systematic.displayed_ctdi_vol == pytest.approx(
        0.2 / math.sqrt(3.0) * organ.absorbed_dose_mgy
    )


def test_what_is_not_known_is_said_so_and_not_zero(helix):
    """No person: no sensitivities. No views: no range part, unless the scan has no ends."""
    plan, dose, _ = helix
    shares = {f"organ:{name}": np.ones(1) for name in dose.organs}
    parts = with_uncertainty(dose, [inputs_of(plan)], shares, None, person=False).organs["low"].systematic
    assert all(math.isnan(getattr(parts, name)) for name in (*KINDS, "range_lower", "range_upper"))
    assert parts.combined == pytest.approx(math.hypot(parts.calibration, parts.output))
    still = planned_of(box(), STILL)[0].plan
    parts = with_uncertainty(dose, [inputs_of(still)], shares, None, person=True).organs["low"].systematic
    assert (parts.range_lower, parts.range_upper) == (0.0, 0.0)


def test_sensitivities_by_organ_and_class():
    assert [place_of(share) for share in (1.0, 0.5, 0.49, 0.05, 0.01)] == [
        *("in_range", "in_range", "partly_in_range", "partly_in_range", "outside")
    ]
    assert sensitivities("lungs", 1.0) != sensitivities("unheard_of", 1.0)
    assert sensitivities("lungs", 0.2) == sensitivities("unheard_of", 0.2)
    assert sensitivities("red_bone_marrow", 0.2) == sensitivities("red_bone_marrow", 0.9)
    for name in ("lungs", "liver", "brain", "breasts", "red_bone_marrow", "effective_dose"):
        assert all(0.0 < value < 0.2 for value in sensitivities(name, 1.0).values())


def test_limits_have_a_coverage_factor():
    limits = load_limits()
    assert limits.coverage_factor == 2.0
    assert (limits.scan_range_mm, limits.centring_mm) == (10.0, 10.0)
