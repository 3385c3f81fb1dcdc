"""The voxel phantom: its contract, its masses, its messages."""

from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.phantoms import Anatomy, MarrowSite, Organ, VoxelPhantom

WATER = SimpleNamespace(name="water", density_g_cm3=1.0, mass_fractions={"H": 0.112, "O": 0.888})
BONE = SimpleNamespace(name="bone", density_g_cm3=1.92, mass_fractions={"Ca": 1.0})


def make(**changes):
    index = np.zeros((4, 5, 6), np.uint8)
    index[1:3, 2:4, 1:3] = 1
    values = {
        "material_index": index,
        "materials": [WATER, BONE],
        "spacing_mm": (1.0, 2.0, 5.0),
        "origin_mm": (-2.5, -4.0, -7.5),
    }
    values.update(changes)
    return VoxelPhantom(**values)


def test_geometry_is_that_of_voxel_centres():
    phantom = make()
    assert phantom.shape == (4, 5, 6)
    assert phantom.voxel_volume_cm3 == pytest.approx(0.01)
    assert phantom.corner_mm == pytest.approx((-3.0, -5.0, -10.0))
    assert phantom.size_mm == pytest.approx((6.0, 10.0, 20.0))
    assert phantom.z_range_mm == pytest.approx((-10.0, 10.0))


def test_regions_default_to_materials():
    phantom = make()
    assert np.array_equal(phantom.region_index, phantom.material_index)
    assert phantom.region_volumes_cm3() == pytest.approx([1.12, 0.08])
    assert phantom.region_masses_g() == pytest.approx([1.12, 0.08 * 1.92])


def test_masses_are_those_of_the_decoded_density():
    density = np.full((4, 5, 6), 0.33333, np.float32)
    phantom = make(material_index=np.zeros((4, 5, 6), int), density_g_cm3=density)
    assert phantom.density_steps().max() == round(0.33333 * 4096)
    assert phantom.region_masses_g()[0] == pytest.approx(1.2 * round(0.33333 * 4096) / 4096, rel=1e-12)


def test_a_region_may_hold_several_materials_and_densities():
    region = np.full((4, 5, 6), 7)
    region[0] = 1022
    density = np.where(make().material_index == 1, 1.92, 0.5)
    masses = make(region_index=region, density_g_cm3=density).region_masses_g()
    assert masses.shape == (1023,)
    assert masses[1022] == pytest.approx(0.3 * 0.5)
    assert masses.sum() == pytest.approx(1.12 * 0.5 + 0.08 * 1.92)


def test_it_cannot_be_changed():
    index = np.zeros((2, 2, 2), np.uint8)
    phantom = make(material_index=index)
    index[0, 0, 0] = 1
    assert phantom.material_index.max() == 0
    with pytest.raises(AttributeError):
        phantom.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        phantom.region_index[0, 0, 0] = 3


def test_fingerprint_sees_every_part():
    index = make().material_index
    changed = [
        make(spacing_mm=(1.0, 2.0, 4.0)),
        make(origin_mm=(0.0, 0.0, 0.0)),
        make(region_index=index + 1),
        make(materials=[WATER, WATER]),
        make(density_g_cm3=np.ones(index.shape)),
        make(material_index=1 - index),
        make(organs=[Organ(1, "bone")]),
        make(anatomy=Anatomy("me", "male", False)),
    ]
    prints = {phantom.sha256() for phantom in [make(), *changed]}
    assert len(prints) == 1 + len(changed)
    assert make().sha256() == make(name="other").sha256()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"material_index": np.zeros((2, 2))}, ValueError, "2 dimensions"),
        ({"material_index": np.zeros((2, 2, 2))}, TypeError, "dtype float64"),
        ({"material_index": np.zeros((0, 2, 2), int)}, ValueError, "empty"),
        ({"material_index": np.full((2, 2, 2), 2)}, ValueError, "material_index=2"),
        ({"material_index": np.full((2, 2, 2), -1)}, ValueError, "material_index=-1"),
        ({"materials": []}, ValueError, "0 entries"),
        ({"materials": "water"}, TypeError, "not a list"),
        ({"materials": ["water", "bone"]}, TypeError, "not a Material"),
        ({"spacing_mm": (1, 1)}, TypeError, "three numbers"),
        ({"spacing_mm": (1, 1, 0)}, ValueError, "must be positive"),
        ({"origin_mm": (0, 0, float("nan"))}, ValueError, "not finite"),
        ({"origin_mm": 3}, TypeError, "three numbers"),
        ({"region_index": np.zeros((4, 5, 5), int)}, ValueError, "shape"),
        ({"region_index": np.full((4, 5, 6), 1023)}, ValueError, "region_index=1023"),
        ({"region_index": np.full((4, 5, 6), -1)}, ValueError, "region_index=-1"),
        ({"region_index": np.zeros((4, 5, 6))}, TypeError, "dtype"),
        ({"density_g_cm3": np.ones((4, 5, 5))}, ValueError, "shape"),
        ({"density_g_cm3": np.full((4, 5, 6), 4.0)}, ValueError, "four times"),
        ({"density_g_cm3": np.full((4, 5, 6), -1.0)}, ValueError, "negative"),
        ({"density_g_cm3": np.full((4, 5, 6), np.nan)}, ValueError, "non-finite"),
        ({"density_g_cm3": np.full((4, 5, 6), "1")}, TypeError, "dtype"),
        ({"organs": [3]}, TypeError, "not an Organ"),
        ({"organs": [Organ(1, "a"), Organ(1, "b")]}, ValueError, "organ_id=1"),
        ({"organs": [Organ(1, "a"), Organ(2, "a")]}, ValueError, "name='a'"),
        ({"anatomy": "male"}, TypeError, "not an Anatomy"),
        ({"name": ""}, TypeError, "not a name"),
        ({"name": "a\x1b[2Jb"}, ValueError, "control character"),
        ({"name": "a\nb"}, ValueError, "control character"),
    ],
)
def test_wrong_arguments_are_named(changes, error, message):
    with pytest.raises(error, match=message) as caught:
        make(**changes)
    assert "\n" not in str(caught.value)


def test_density_just_below_four_times_fits_the_voxel_word():
    phantom = make(material_index=np.zeros((1, 1, 1), int), density_g_cm3=np.full((1, 1, 1), 3.9997))
    assert phantom.density_steps().max() == 16383


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1023, "a"), "organ_id=1023"),
        ((1, "a", "lungs"), "Nearest: lung"),
        ((1, "a", None, None, 0.0), "reference_mass_g=0"),
        ((1, "a", None, None, 1.0, -1.0), "omitted_mass_g"),
    ],
)
def test_wrong_organs_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Organ(*arguments)


def test_anatomy_checks_and_freezes():
    site = MarrowSite(3, "ribs_spongiosa", 4400, 188.8, 29.8)
    anatomy = Anatomy("a", "female", True, groups={"lungs": ["l", "r"]}, marrow_sites=[site])
    assert anatomy.groups["lungs"] == ("l", "r")
    with pytest.raises(TypeError):
        anatomy.groups["x"] = ()
    with pytest.raises(ValueError, match="not ascending"):
        Anatomy("a", "female", True, scan_ranges_mm={"chest": (2.0, 1.0)})
    with pytest.raises(ValueError, match="sex='x'"):
        Anatomy("a", "x", True)
    with pytest.raises(ValueError, match="region=-2"):
        MarrowSite(-2, "ribs", 4400, 1.0, 1.0)


def test_organ_lookup_lists_the_nearest():
    phantom = make(organs=[Organ(0, "water"), Organ(1, "left_lung")])
    assert phantom.organ("left_lung").organ_id == 1
    with pytest.raises(ValueError, match="Nearest: left_lung"):
        phantom.organ("leftlung")
