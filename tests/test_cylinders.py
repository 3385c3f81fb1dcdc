"""Cylinders: right area for every voxel size, centred, symmetric."""

import math

import numpy as np
import pytest

from ctdose.phantoms.cylinders import CYLINDER, build_cylinder
from ctdose.physics.materials import Material


@pytest.mark.parametrize("voxel_mm", [1.0, 2.0, 3.0, 4.7])
@pytest.mark.parametrize("diameter_mm", [100.0, 320.0])
def test_mass_is_that_of_the_cylinder(diameter_mm, voxel_mm):
    phantom = build_cylinder("water", diameter_mm=diameter_mm, length_mm=150.0, voxel_mm=voxel_mm)
    expected = math.pi / 4.0 * (diameter_mm / 10.0) ** 2 * 15.0
    assert phantom.region_masses_g()[CYLINDER] == pytest.approx(expected, rel=0.02 * voxel_mm / 2.0)


def test_it_is_centred_and_symmetric():
    phantom = build_cylinder("pmma", diameter_mm=200.0, length_mm=101.0, voxel_mm=2.0)
    index = phantom.material_index
    for axis in (0, 1, 2):
        assert np.array_equal(index, np.flip(index, axis))
    low = np.array(phantom.corner_mm)
    assert low + np.array(phantom.size_mm) == pytest.approx(-low)
    assert phantom.size_mm[2] == pytest.approx(101.0)
    assert phantom.name == "pmma-cylinder"


def test_any_material_will_do():
    steel = Material.from_mass_fractions("steel", {"Fe": 1.0}, density_g_cm3=7.9)
    phantom = build_cylinder(steel, diameter_mm=20.0, length_mm=20.0, voxel_mm=1.0, name="rod")
    assert phantom.materials[1] == steel
    assert phantom.name == "rod"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"diameter_mm": 0.0}, ValueError, "diameter_mm=0"),
        ({"length_mm": float("nan")}, ValueError, "length_mm=nan"),
        ({"voxel_mm": -1.0}, ValueError, "voxel_mm=-1"),
        ({"voxel_mm": 400.0}, ValueError, "poor fit"),
        ({"voxel_mm": "2"}, TypeError, "not a number"),
    ],
)
def test_wrong_arguments_are_named(changes, error, message):
    with pytest.raises(error, match=message):
        build_cylinder(**changes)
