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
from ctdose.physics.spectra import heel_profile
from ctdose.scanner.heel import axis_mean
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
    # Stated: 7.8 mGy/100 mAs at nT 160, beam 163 mm. At 20 mm, beam 22.5 mm: width over nT 1.01875 and 1.125; the mean
    # over the width, heel effect and inverse square, 0.95794 and 0.99899:
    # 7.8 * 1.125 * 0.99899 / (1.01875 * 0.95794) = 8.9826.
    means = [axis_mean(WIDE, 120, nt) for nt in (160, 20)]
    assert means == pytest.approx([0.95794, 0.99899], abs=2e-5)
    assert WIDE.ctdi_w_mgy_per_100mas(120, "body", 32, 20) == pytest.approx(8.9826, rel=1e-5)
    assert WIDE.ctdi_w_mgy_per_100mas(120, "body", 32, 160) == pytest.approx(7.8)


@pytest.mark.parametrize("side", ["foot", "head"])
def test_the_mean_over_the_beam_width(side):
    """Integrated afresh: output at the take-off angle, and the inverse square of the distance along the axis."""
    geometry = WIDE.geometry.model_copy(update={"anode_side": side})
    scanner = WIDE.model_copy(update={"geometry": geometry})
    radius = geometry.source_isocentre_distance_mm

    node, weight = np.polynomial.legendre.leggauss(100)
    z = 81.5 * node
    profile = heel_profile(120, 12, scanner.filtration_mm(), 12 + np.degrees(np.arctan(z / radius)))
    mean = (weight * profile * radius**2 / (radius**2 + z**2)).sum() / 2
    assert axis_mean(scanner, 120, 160) == pytest.approx(mean, rel=1e-4)


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
    error = np.hypot.reduce(found.standard_error_mgy[outside]) / outside.sum()  # few photons, far scattered
    assert found.air_kerma_mgy[outside].mean() < 0.005 * found.air_kerma_mgy[inside].mean() + 4.0 * error
    assert error < 0.03 * found.air_kerma_mgy[inside].mean()
    ratio = found.ctdi_mgy / ctdi_free_in_air_mgy(beam, collimation_mm)
    error = found.ctdi_standard_error_mgy / found.ctdi_mgy
    assert abs(ratio - 0.9875) < 0.003 + statistics.z_limit(statistics.level(2)) * error


@pytest.mark.parametrize("collimation_mm", [20, 80, 160])
def test_ctdi_follows_the_photons_free_in_air(collimation_mm):
    """What a mAs emits at another collimation, and what CTDI_w becomes there: both by heel effect and opening."""

    def per_mas(nt):
        beam = build_ct_beam(WIDE, 120, "body", nt)
        return ctdi_free_in_air_mgy(beam, nt) * beam.emitted

    stated = [WIDE.ctdi_w_mgy_per_100mas(120, "body", 32, nt) for nt in (collimation_mm, 40)]
    assert per_mas(collimation_mm) / per_mas(40) == pytest.approx(stated[0] / stated[1], rel=3e-4)
