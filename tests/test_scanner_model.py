"""What follows from a scanner's file."""

import math

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.scanner.heel import axis_mean
from ctdose.scanner.library import check_scanner, load_scanner
from ctdose.yaml_reader import parse_yaml

SCANNER = load_scanner("generic-64")


def test_bowtie_formula():
    # Half of the rise at u = 1.
    assert SCANNER.bowtie_thickness_mm("body", np.array([0.0, 0.205, -0.205])) == pytest.approx(
        [0.94, 18.69, 18.69]
    )
    assert SCANNER.bowtie_thickness_mm("head", np.array([[0.0], [0.167]])).shape == (2, 1)
    assert SCANNER.bowtie_material("head") == "aluminium"


@pytest.mark.reference
@pytest.mark.parametrize(("bowtie", "file"), [("head", "xcist_small.txt"), ("body", "xcist_medium.txt")])
def test_bowties_follow_the_profiles_they_were_fitted_to(bowtie, file, reference):
    angle, aluminium_cm = np.loadtxt(reference / "bowtie" / file)[:, :2].T
    difference = SCANNER.bowtie_thickness_mm(bowtie, angle) - 10 * aluminium_cm
    assert np.sqrt(np.mean(difference**2)) < 0.05 * 10 * np.mean(aluminium_cm)


def test_bowtie_table_is_symmetric_unless_it_has_negative_angles():
    text = SCANNER.to_yaml()
    formula = "    centre_mm: 0.94\n    rise_mm: 35.5\n    angle_rad: 0.205\n    p: 4.29\n"
    assert formula in text
    one = check_scanner(
        parse_yaml(text.replace(formula, "    table_deg_mm: [[0, 1], [10, 3]]\n").encode(), "f")
    )
    both = check_scanner(
        parse_yaml(text.replace(formula, "    table_deg_mm: [[-10, 5], [0, 1], [10, 3]]\n").encode(), "f")
    )
    angles = np.deg2rad([-5.0, 5.0, 40.0])
    assert one.bowtie_thickness_mm("body", angles) == pytest.approx([2, 2, 3])
    assert both.bowtie_thickness_mm("body", angles) == pytest.approx([3, 2, 3])


def test_over_ranging_and_beam_width():
    assert SCANNER.over_ranging_mm(1.0, 40) == pytest.approx(64)
    assert SCANNER.beam_width_mm(20) == 22.5
    with pytest.raises(
        CtdoseError, match=r"collimation_mm=38.4 \(unknown to generic-64\)\. It has: 40, 20, 10, 5"
    ):
        SCANNER.beam_width_mm(38.4)


def test_over_ranging_lies_in_the_measured_ranges_of_16_row_scanners():
    # van der Molen and Geleijns 2007: 0.93 to 4.04 rotations, 32 to 58 mm in chest protocols.
    assert 32 <= SCANNER.over_ranging_mm(1.0, 24) <= 58
    for pitch in (0.5, 1.5):
        assert 0.93 <= SCANNER.over_ranging_mm(pitch, 24) / (pitch * 24) <= 4.04


def test_output_at_the_entries_and_between():
    assert SCANNER.ctdi_w_mgy_per_100mas(120, "body", 32) == pytest.approx(7.8)
    assert SCANNER.ctdi_w_mgy_per_100mas(120, "head", 16) == pytest.approx(16.7)
    # The table is kV^2.6; so is what lies between its entries.
    assert SCANNER.ctdi_w_mgy_per_100mas(110, "body", 32) == pytest.approx(7.8 * (110 / 120) ** 2.6, rel=2e-3)
    for kv in (80, 100, 140):
        assert SCANNER.ctdi_w_mgy_per_100mas(kv, "head", 16) == pytest.approx(
            16.7 * (kv / 120) ** 2.6, rel=2e-3
        )


def test_output_scales_with_the_free_in_air_index():
    wide, narrow = (SCANNER.ctdi_w_mgy_per_100mas(120, "body", 32, nominal) for nominal in (40, 5))
    assert wide == pytest.approx(7.8)
    # Beam width over nT, times the mean of heel effect and inverse square over the beam width.
    of_widths = (7.5 / 5) / (42.5 / 40)
    assert narrow / wide == pytest.approx(
        of_widths * axis_mean(SCANNER, 120, 5) / axis_mean(SCANNER, 120, 40)
    )
    assert narrow / wide == pytest.approx(of_widths, rel=0.006)


def test_output_that_is_not_stated():
    assert SCANNER.ctdi_w_mgy_per_100mas(120, "head", 32) is None
    with pytest.raises(CtdoseError, match=r"tube_voltage_kv=150 \(outside the output table"):
        SCANNER.ctdi_w_mgy_per_100mas(150, "body", 32)
    with pytest.raises(CtdoseError, match="bowtie=x"):
        SCANNER.bowtie_material("x")


def test_systematic_error_and_filtration():
    assert SCANNER.output_relative_systematic_error == 0.18
    assert SCANNER.filtration_mm() == {"aluminium": 7.0}
    assert SCANNER.geometry.fan_angle_deg / 2 == pytest.approx(math.degrees(0.48), abs=0.1)


def test_the_hash_follows_the_values_not_the_layout():
    text = SCANNER.to_yaml()
    assert check_scanner(parse_yaml(("# note\n" + text).encode(), "f")).sha256 == SCANNER.sha256
    assert (
        check_scanner(parse_yaml(text.replace("b_mm: 12", "b_mm: 13").encode(), "f")).sha256 != SCANNER.sha256
    )
