"""Open beams and spectra: what a user may give, and one line for what may not be given."""

from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource, beam_axes, check_spectrum


def test_one_energy():
    for given in (60, 60.0, np.float32(60), np.int64(60)):
        energies, weights = check_spectrum(given)
        assert energies.tolist() == [60.0]
        assert weights.tolist() == [1.0]


def test_lines_are_normalised_and_those_without_weight_left_out():
    energies, weights = check_spectrum(([20, 30, 40, 500], [1, 0, 3, 0]))
    assert energies.tolist() == [20.0, 40.0]
    assert weights.tolist() == [0.25, 0.75]
    assert check_spectrum((np.array([20.0]), np.array([7])))[1].tolist() == [1.0]
    assert check_spectrum(np.array([[20.0, 30.0], [1.0, 1.0]]))[1].tolist() == [0.5, 0.5]


def test_a_spectrum_object():
    spectrum = SimpleNamespace(energies_kev=np.array([50.0, 60.0]), weights=np.array([1.0, 1.0]))
    assert check_spectrum(spectrum)[1].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("spectrum", "error", "text"),
    [
        (0.99, ValueError, r"spectrum reaches from 0\.99 to 0\.99 keV \(outside 1 to 150 keV\)\. "),
        (151, ValueError, r"outside 1 to 150 keV"),
        (([60.0, 200.0], [1, 1]), ValueError, r"from 60 to 200 keV"),
        (float("nan"), ValueError, r"an energy is not finite"),
        (float("inf"), ValueError, r"an energy is not finite"),
        (([60.0], [float("nan")]), ValueError, r"a weight is negative or not finite"),
        (([60.0, 70.0], [1.0, -1.0]), ValueError, r"a weight is negative or not finite"),
        (([60.0], [0.0]), ValueError, r"all weights are 0"),
        (([60.0, 70.0], [1.0]), ValueError, r"differ in length"),
        (([], []), ValueError, r"differ in length"),
        (([[60.0]], [[1.0]]), ValueError, r"differ in length"),
        (([60.0], [1.0], [2.0]), ValueError, r"one energy or a pair, not 3 things"),
        ("60", TypeError, r"spectrum='60' \(not numbers\)\. "),
        (None, TypeError, r"spectrum=None \(not numbers\)\. "),
        (True, TypeError, r"spectrum=True \(not numbers\)\. "),
        ((["a"], [1.0]), TypeError, r"spectrum \(not numbers\)\. "),
    ],
)
def test_wrong_spectra(spectrum, error, text):
    with pytest.raises(error, match=text):
        check_spectrum(spectrum)
    with pytest.raises(error, match=text):
        ParallelBeam((0, 0, 1), (0, 0, -100), (10, 10), spectrum)
    with pytest.raises(error, match=text):
        PointSource((0, 0, -100), (0, 0, 0), (0.1, 0.1), spectrum)
    with pytest.raises(error, match=text):
        RotatingSource(600, (0.1, 0.1), spectrum)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (((0, 0, 0), (0, 0, 0), (1, 1)), ValueError, r"direction=\(0, 0, 0\) \(has no direction\)"),
        (((0, 0), (0, 0, 0), (1, 1)), ValueError, r"direction=\(0, 0\) \(must be three finite numbers\)"),
        (((0, 0, float("nan")), (0, 0, 0), (1, 1)), ValueError, r"must be three finite numbers"),
        (("up", (0, 0, 0), (1, 1)), TypeError, r"direction='up' \(not a sequence of numbers\)"),
        ((3.0, (0, 0, 0), (1, 1)), TypeError, r"direction=3\.0 \(not a sequence of numbers\)"),
        (((0, 0, 1), (0, 0, float("inf")), (1, 1)), ValueError, r"centre_mm="),
        (((0, 0, 1), (0, 0, 0), (-1, 1)), ValueError, r"field_mm=\(-1, 1\) \(must be two widths >= 0\)"),
        (((0, 0, 1), (0, 0, 0), (1, 1, 1)), ValueError, r"field_mm=\(1, 1, 1\)"),
        (((0, 0, 1), (0, 0, 0), 10.0), TypeError, r"field_mm=10\.0 \(not a sequence of numbers\)"),
    ],
)
def test_wrong_parallel_beams(arguments, error, text):
    with pytest.raises(error, match=text):
        ParallelBeam(*arguments, 60.0)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (((0, 0, 0), (0, 0, 0), (0.1, 0.1)), ValueError, r"aim_mm equals position_mm"),
        (
            ((0, 0, 0), (0, 0, 1), (0.0, 0.1)),
            ValueError,
            r"half_angles_rad=\(0\.0, 0\.1\) \(must lie between",
        ),
        (((0, 0, 0), (0, 0, 1), (0.1, np.pi / 2)), ValueError, r"must lie between 0 and pi/2"),
        (((0, 0, 0), (0, 0, 1), (0.1, float("nan"))), ValueError, r"must lie between 0 and pi/2"),
        (((0, 0, 0), (0, 0, 1), (0.1,)), ValueError, r"half_angles_rad"),
        (((0, 0, 0), (0, 0, 1), 0.1), TypeError, r"half_angles_rad=0\.1 \(not a sequence of numbers\)"),
        (((0, 0, 0), (0, 0, 1), None), ValueError, r"exactly one is needed"),
    ],
)
def test_wrong_point_sources(arguments, error, text):
    with pytest.raises(error, match=text):
        PointSource(*arguments, 60.0)


@pytest.mark.parametrize(
    "limits", [((0.1, -0.1), (0, 1)), ((0, 1),), ((0, 1), (0, float("inf"))), ((0, 0), (0, 1))]
)
def test_wrong_field_limits(limits):
    with pytest.raises(ValueError, match=r"field_limits=.*\(must be two intervals\)"):
        PointSource((0, 0, 0), (0, 0, 1), None, 60.0, field_limits=limits)
    with pytest.raises(ValueError, match=r"exactly one is needed"):
        PointSource((0, 0, 0), (0, 0, 1), (0.1, 0.1), 60.0, field_limits=((-1, 1), (-1, 1)))


@pytest.mark.parametrize("radius", [0.0, -600.0, float("nan"), float("inf")])
def test_wrong_rotating_sources(radius):
    with pytest.raises(ValueError, match=r"radius_mm=.*\(must be positive\)"):
        RotatingSource(radius, (0.1, 0.1), 60.0)


@pytest.mark.parametrize(
    "direction", [(0, 1, 0), (0, -2, 0), (1, 0, 0), (0, 0, 3), (0, 0, -1), (1, 2, -3), (0, 1e-12, 1)]
)
def test_axes_of_a_beam_are_orthonormal(direction):
    axes = beam_axes(direction)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert axes[0] @ direction > 0
    if direction[:2] not in ((0, 0), (0, 1e-12)):
        assert axes[1][2] == 0.0  # across lies in the transverse plane
        assert axes[2][2] > 0  # along points towards z
    else:
        assert axes[1].tolist() == [1.0, 0.0, 0.0]
