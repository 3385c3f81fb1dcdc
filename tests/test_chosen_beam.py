"""The calibration of the second tube: that of the first, and the photons that its smaller fan lets through."""

from dataclasses import replace
from pathlib import Path

import pytest

from ctdose.calibration import calibrate as calibration
from ctdose.calibration.chosen_beam import build_chosen_beam, calibrate_chosen_beam, calibration_choice
from ctdose.calibration.ctdi import ctdi_tables, simulate_ctdi
from ctdose.exam.beam_choice import BeamChoice, ctdi_w_of
from ctdose.scanner.library import load_scanner

MACHINE = load_scanner(str(Path(__file__).parent / "data" / "scanners" / "two-tubes.yaml"))
FIRST = BeamChoice(120, "body", 40)
SECOND = replace(FIRST, tube="B")
PRECISION = 0.01


@pytest.fixture(scope="module")
def calibrated():
    """Both tubes, to 1 %: that takes seconds."""
    exact = calibration.calibrate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            calibration, "calibrate", lambda *a, **k: exact(*a, **{**k, "relative_standard_error": PRECISION})
        )
        yield [calibrate_chosen_beam(MACHINE, choice, 32, threads=2) for choice in (FIRST, SECOND)]


def test_both_tubes_share_a_calibration_and_its_error(calibrated):
    first, second = calibrated
    assert first.calibration_id == second.calibration_id
    assert first.relative_standard_error == second.relative_standard_error
    assert first.ctdi_w_mgy_per_100mas == second.ctdi_w_mgy_per_100mas == ctdi_w_of(MACHINE, SECOND, 32)
    assert calibration_choice(FIRST) == calibration_choice(SECOND)


def test_a_smaller_fan_emits_fewer_photons_and_gives_the_same_ctdi_w(calibrated):
    first, second = calibrated
    beam = build_chosen_beam(MACHINE, SECOND)
    assert beam.row.fan[0] == pytest.approx(
        -0.314159, rel=1e-5
    )  # half of 36 deg: 334 mm hold the 32 cm phantom
    assert 0.8 < second.photons_per_mas / first.photons_per_mas < 1.0
    tables, composites = ctdi_tables(beam, 32)
    simulated = simulate_ctdi(tables, composites, 40, relative_standard_error=PRECISION, threads=2)
    error = (first.relative_standard_error**2 + simulated.relative_standard_error**2) ** 0.5
    ratio = 100 * second.photons_per_mas * simulated.weighted / second.ctdi_w_mgy_per_100mas
    assert abs(ratio - 1) < 4 * error
