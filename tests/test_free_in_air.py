"""CTDI free in air: simulated, from the beam's tables, and from the beam width; the definition of wide beams."""

import numpy as np
import pytest
import yaml

from ctdose.calibration.free_in_air import (
    ctdi_free_in_air_mgy,
    integration_length_mm,
    simulate_free_in_air,
)
from ctdose.calibration.reference_beam import ctdi_collimation_mm
from ctdose.errors import CtdoseError
from ctdose.scanner.library import check_scanner, load_scanner
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.yaml_reader import parse_yaml

GENERIC = load_scanner("generic-64")


def scanner_of(beams, reference_mm):
    """The generic scanner with other collimations (nominal, beam width) and a steeper anode for wide beams."""
    data = yaml.safe_load(GENERIC.to_yaml())
    data["collimations"]["beams"] = [{"nominal_mm": n, "beam_width_mm": w} for n, w in beams]
    data["output"]["reference_collimation_mm"] = reference_mm
    data["geometry"]["anode_angle_deg"] = 12
    return check_scanner(parse_yaml(yaml.safe_dump(data).encode(), "wide.yaml"))


BEAMS = [(160, 163), (80, 82.5), (40, 42.5), (20, 22.5), (16, 18.5)]
WIDE = scanner_of(BEAMS, 160)


def test_a_wide_beam_by_hand():
    # Stated: 7.8 mGy/100 mAs at nT 160, beam 163 mm. At 20 mm, beam 22.5 mm: free in air 163/160 = 1.01875 and 1.125:
    # 7.8 * 1.125 / 1.01875 = 8.61350 mGy; and back: 8.61350 * 1.01875 / 1.125 = 7.8.
    assert WIDE.ctdi_w_mgy_per_100mas(120, "body", 32, 20) == pytest.approx(8.61350, rel=1e-5)
    assert WIDE.ctdi_w_mgy_per_100mas(120, "body", 32, 160) == pytest.approx(7.8)


@pytest.mark.parametrize(("collimation_mm", "length_mm"), [(5, 100), (60, 100), (80, 120), (160, 200)])
def test_the_length_of_integration(collimation_mm, length_mm):
    assert integration_length_mm(collimation_mm) == length_mm


@pytest.mark.parametrize(
    ("beams", "stated_mm", "simulated_mm"),
    [(BEAMS, 40, 40), (BEAMS, 20, 20), (BEAMS, 80, 20), (BEAMS, 160, 20), ([(160, 163), (32, 34)], 160, 32)],
)
def test_a_wide_beam_is_simulated_by_its_reference(beams, stated_mm, simulated_mm):
    assert ctdi_collimation_mm(scanner_of(beams, stated_mm)) == simulated_mm


def test_a_scanner_with_wide_beams_alone_is_refused():
    with pytest.raises(CtdoseError, match=r"reference_collimation_mm=160 .* Add a collimation of 20 mm"):
        ctdi_collimation_mm(scanner_of([(160, 163), (80, 83)], 160))


@pytest.mark.parametrize("collimation_mm", [20, 160])
def test_the_simulated_profile(collimation_mm, statistics):
    """As wide as the beam; its integral that of the tables less what half a metre of air takes (1.2 %)."""
    beam = build_ct_beam(WIDE, 120, "body", collimation_mm)
    found = simulate_free_in_air(beam, collimation_mm, histories=300_000)
    half = WIDE.beam_width_mm(collimation_mm) / 2.0
    outside = np.abs(found.z_mm) > half + 5.0
    inside = np.abs(found.z_mm) < half - 5.0
    assert found.air_kerma_mgy[outside].mean() < 0.005 * found.air_kerma_mgy[inside].mean()
    ratio = found.ctdi_mgy / ctdi_free_in_air_mgy(beam, collimation_mm)
    error = found.ctdi_standard_error_mgy / found.ctdi_mgy
    assert abs(ratio - 0.9875) < 0.003 + statistics.z_limit(statistics.level(2)) * error


@pytest.mark.parametrize(("collimation_mm", "tolerance"), [(20, 0.001), (80, 0.003), (160, 0.01)])
def test_the_beam_width_stands_for_the_integral(collimation_mm, tolerance):
    """Width over nT leaves out that the blades' edges are farther from the focal spot, and the shape of the heel."""

    def per_tube_photon(nt):
        beam = build_ct_beam(WIDE, 120, "body", nt)
        return ctdi_free_in_air_mgy(beam, nt) * beam.emitted

    ratio = per_tube_photon(collimation_mm) / per_tube_photon(40)
    widths = WIDE.beam_width_mm(collimation_mm) / collimation_mm / (WIDE.beam_width_mm(40) / 40)
    assert ratio == pytest.approx(widths, rel=tolerance)
