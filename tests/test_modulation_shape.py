"""What the current is proportional to: closed answers in ellipses, sectors worked by hand."""

import numpy as np
import pytest

from ctdose.exam.modulation_attenuation import ANGLES_DEG, AttenuationProfile
from ctdose.exam.modulation_keys import ModulationOptions, OrganModulation
from ctdose.exam.modulation_shape import CurrentShape, organ_factor
from ctdose.exam.modulation_table import CurrentTable

MU = 0.2
TEN = np.full(36, 10.0)


def profile(half_x_cm, half_y_cm, slices=20):
    """Ellipses of water, half axes [slices] in cm, in slices of 5 mm from z = 0."""
    a, b = (np.broadcast_to(np.asarray(half, float), (slices,)) for half in (half_x_cm, half_y_cm))
    s, c = np.sin(np.deg2rad(ANGLES_DEG)), np.cos(np.deg2rad(ANGLES_DEG))
    chord = 2.0 / np.sqrt((s / a[:, None]) ** 2 + (c / b[:, None]) ** 2)
    return AttenuationProfile(5.0 * np.arange(slices + 1), 60.0, MU, 2 * np.sqrt(a * b), MU * chord)


def shape(options, of=None, planned=(0.0, 100.0), reference=20.0, table=None, level=100.0):
    return CurrentShape(options, planned, of, reference, table, level)


def around(one, z=50.0):
    return one.relative(np.full(36, z), ANGLES_DEG, TEN)


def test_a_circle_is_not_modulated_by_angle():
    one = shape(ModulationOptions(angular_strength=0.5), profile(15.0, 15.0))
    assert around(one) == pytest.approx(np.ones(36), rel=1e-12)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_an_ellipse_is_modulated_by_its_closed_form(strength):
    # exp(strength mu (chord(phi) - chord(0))): laterally over anterior exp(strength mu 2 (a - b)).
    one = shape(ModulationOptions(angular_strength=strength), profile(18.0, 11.0))
    factor = around(one)
    s, c = np.sin(np.deg2rad(ANGLES_DEG)), np.cos(np.deg2rad(ANGLES_DEG))
    chord = 2.0 / np.sqrt((s / 18.0) ** 2 + (c / 11.0) ** 2)
    assert factor / factor[0] == pytest.approx(np.exp(strength * MU * (chord - chord[0])), rel=1e-9)
    assert factor.mean() == pytest.approx(1.0, rel=1e-12)
    assert factor[:18] == pytest.approx(factor[18:], rel=1e-12)  # opposite rays are the same line


def test_the_root_of_the_attenuation_is_the_least_noise_at_equal_mas():
    # Noise of a homogeneous object's centre: sum over angles of exp(P)/mA. Gies et al. (1999): the root is best.
    of = profile(18.0, 11.0)
    attenuation = np.exp(of.central[0])

    def noise(strength):
        return (attenuation / around(shape(ModulationOptions(angular_strength=strength), of))).sum()

    assert noise(0.5) < min(noise(0.45), noise(0.55), attenuation.sum())


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_along_z_it_follows_the_diameter(strength):
    half = np.linspace(8.0, 16.0, 20)
    one = shape(ModulationOptions(longitudinal_strength=strength), profile(half, half), reference=24.0)
    z = 2.5 + 5.0 * np.arange(20)
    factor = one.relative(z, np.zeros(20), TEN[:20])
    assert factor == pytest.approx(np.exp(strength * MU * (2 * half - 24.0)), rel=1e-9)


def test_beyond_the_planned_range_the_last_current_is_held():
    half = np.linspace(8.0, 16.0, 20)
    one = shape(ModulationOptions(longitudinal_strength=1.0), profile(half, half), planned=(20.0, 60.0))
    factor = one.relative(np.array([-100.0, 0.0, 20.0, 60.0, 61.0, 90.0]), np.zeros(6), TEN[:6])
    assert factor[0] == factor[1] == factor[2]
    assert factor[3] == factor[4] == factor[5]
    assert factor[3] > factor[2]


def test_both_together_are_the_product():
    of = profile(np.linspace(10.0, 18.0, 20), 11.0)
    both, one, other = (
        around(shape(ModulationOptions(**keys), of))
        for keys in (
            {"longitudinal_strength": 0.8, "angular_strength": 0.5},
            {"longitudinal_strength": 0.8},
            {"angular_strength": 0.5},
        )
    )
    assert both == pytest.approx(one * other, rel=1e-12)


def test_a_sector_without_compensation():
    organ = OrganModulation(sector_deg=120, relative_current=0.25, compensation=False)
    factor = organ_factor(organ, ANGLES_DEG, TEN)
    front = (ANGLES_DEG < 60) | (ANGLES_DEG > 300)
    assert factor[front].tolist() == [0.25] * 12
    assert factor[~front].tolist() == [1.0] * 24


def test_a_sector_with_compensation_by_hand():
    # A third of the turn at a quarter leaves (1 - 0.25/3) for the other two thirds: 1.375.
    factor = around(shape(ModulationOptions(organ=OrganModulation()), None))
    assert sorted(set(np.round(factor, 12))) == pytest.approx([0.25, 1.375])
    assert factor.mean() == pytest.approx(1.0, rel=1e-12)


def test_a_stretch_across_the_edge_of_a_sector_has_its_share():
    organ = OrganModulation(sector_deg=90, relative_current=0.2, centre_deg=10, compensation=False)
    # From -35 to 55 deg. A stretch of 10 deg about 55 is half inside: (0.2 + 1)/2. About -35.0: the same.
    places = np.array([55.0, 325.0, 58.0, 10.0, 190.0, 415.0])
    assert organ_factor(organ, places, TEN[:6]) == pytest.approx([0.6, 0.6, 0.84, 0.2, 1.0, 0.6])


def test_a_wide_sector_reaches_behind():
    organ = OrganModulation(sector_deg=350, relative_current=0.01, compensation=False)
    assert organ_factor(organ, np.array([180.0]), np.array([10.0])) == pytest.approx([1.0])
    assert organ_factor(organ, np.array([180.0]), np.array([20.0])) == pytest.approx([0.505])
    assert organ_factor(organ, ANGLES_DEG, TEN).mean() == pytest.approx((10 + 3.5) / 360)


def test_compensation_keeps_the_mean_of_every_rotation_with_angular_modulation_too():
    options = ModulationOptions(
        angular_strength=0.5, organ=OrganModulation(sector_deg=180, relative_current=0.5)
    )
    one = shape(options, profile(np.linspace(10.0, 18.0, 20), 11.0))
    for z in (5.0, 50.0, 95.0):
        assert around(one, z).mean() == pytest.approx(1.0, rel=1e-12)
    bare = options.model_copy(
        update={"organ": OrganModulation(sector_deg=180, relative_current=0.5, compensation=False)}
    )
    assert around(shape(bare, one.profile)).mean() < 0.95


def test_a_table_is_taken_over_its_level():
    table = CurrentTable(np.array([0.0, 100.0]), np.array([0.0]), np.array([[100.0], [300.0]]))
    one = shape(ModulationOptions(z_mm=[0.0, 100.0]), table=table, level=200.0)
    assert one.relative(np.array([0.0, 50.0, 100.0]), np.zeros(3), TEN[:3]) == pytest.approx([0.5, 1.0, 1.5])
    assert one.varies_along_z
    assert not one.varies_around
