"""Cross sections against NIST's XCOM, and their mixing."""

import numpy as np
import pytest

from ctdose.physics.cross_sections import element_coefficients, linear_attenuation, mass_coefficients
from ctdose.physics.materials import Material

XCOM_TOTAL = {  # cm2/g at 20, 60 and 100 keV, with coherent scattering
    "water": (0.80973, 0.20590, 0.17072),
    "aluminium": (3.4419, 0.27781, 0.17042),
    "iodine": (25.434, 7.5770, 1.9422),
}


@pytest.mark.parametrize("name", XCOM_TOTAL)
def test_totals_agree_with_xcom(name):
    assert mass_coefficients(Material(name), [20, 60, 100]).total == pytest.approx(XCOM_TOTAL[name], rel=1e-3)


def test_a_mixture_is_the_sum_of_its_elements_by_mass():
    water = Material("water")
    hydrogen, oxygen = (np.array(element_coefficients(z, [30.0])) for z in (1, 8))
    w = water.mass_fractions
    assert np.array(mass_coefficients(water, [30.0])) == pytest.approx(w["H"] * hydrogen + w["O"] * oxygen)


def test_linear_coefficient_follows_the_density():
    water = Material("water")
    assert linear_attenuation(water.with_density(0.5), 60.0) == pytest.approx(0.5 * 0.20590, rel=1e-3)


def test_shape_is_kept():
    energies = np.full((2, 3), 40.0)
    assert mass_coefficients(Material("air"), energies).compton.shape == (2, 3)


@pytest.mark.parametrize(("number", "edge"), [(22, 4.97), (24, 5.99), (29, 8.99), (50, 29.21)])
def test_no_bump_above_the_k_edge(number, edge):
    """The Kissel tables, used nowhere else, have the shape of these elements right; xraylib's spline bends."""
    import xraylib

    energies = np.geomspace(edge, 2.5 * edge, 50)
    kissel = np.array([xraylib.CS_Photo_Total(number, e) for e in energies.tolist()])
    ratio = element_coefficients(number, energies).photoelectric / kissel
    assert ratio == pytest.approx(np.ones(50), abs=0.0175)


def test_replaced_spline_joins_the_rest():
    import xraylib

    for end in (80.0, 150.0):  # above tin's and tungsten's K edges
        number = {80.0: 50, 150.0: 74}[end]
        beside = element_coefficients(number, [end * (1 - 1e-9), end]).photoelectric
        assert beside[0] == pytest.approx(beside[1], rel=1e-6)
        assert beside[1] == pytest.approx(xraylib.CS_Photo(number, end), rel=1e-9)
