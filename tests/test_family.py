"""The stylized family: newborn to 15 years, both sexes, at their default voxel sizes (adults: test_stylized.py)."""

import math

import numpy as np
import pytest
from scipy import ndimage

from ctdose.phantoms.anatomy import SCAN_REGIONS
from ctdose.phantoms.library import BODIES, FAMILY, load_bodies, load_named
from ctdose.phantoms.stylized import build_person, reference_person
from ctdose.phantoms.stylized.data_files import AGES, SEXES, read_data
from ctdose.phantoms.tissues import REMAINDER_TISSUES, WEIGHTED_TISSUES

CHILDREN = [f"{age}-{sex}" for age in AGES[:-1] for sex in SEXES]
FROM_SITES = {"red_bone_marrow", "bone_surface"}  # by marrow sites, not by an organ of their own
# Thin or tiny parts, which a voxel cannot resolve: within two voxels instead of a share of the mass.
TINY_G = 5.0


class Body:
    """A phantom and what the tests ask of it again and again."""

    def __init__(self, name):
        self.phantom = phantom = load_named(name)
        self.anatomy = phantom.anatomy
        self.organs = {organ.name: organ for organ in phantom.organs}
        region_masses = phantom.region_masses_g()
        self.masses = {name: region_masses[organ.organ_id] for name, organ in self.organs.items()}
        flat, counts = phantom.region_index.ravel(), np.bincount(phantom.region_index.ravel())
        place = np.indices(phantom.shape, np.uint16, sparse=True)
        sums = [np.bincount(flat, np.broadcast_to(axis, phantom.shape).ravel()) for axis in reversed(place)]
        middle = np.array(sums) / np.maximum(counts, 1)
        self.centres = {
            name: middle[:, organ.organ_id] * phantom.spacing_mm[0] + phantom.origin_mm
            for name, organ in self.organs.items()
        }

    def where(self, *names):
        return np.isin(self.phantom.region_index, [self.organs[name].organ_id for name in names])


@pytest.fixture(scope="module", params=CHILDREN)
def body(request):
    return Body(request.param)


def test_every_organ_has_its_reference_mass(body):
    for name, organ in body.organs.items():
        if math.isnan(organ.reference_mass_g):
            continue
        voxels = 2.0 * body.phantom.voxel_volume_cm3
        share = 0.03 if organ.reference_mass_g > 20.0 else 0.05
        allowed = share * organ.reference_mass_g if organ.reference_mass_g > TINY_G else voxels
        assert body.masses[name] == pytest.approx(organ.reference_mass_g, abs=allowed), name


def test_the_body_weighs_what_it_should(body):
    person = reference_person(body.anatomy.age, body.anatomy.sex)
    arms = math.fsum(amount.arms_g for amount in person.amounts.values())
    (male, female, _), sex = FAMILY[body.anatomy.age], body.anatomy.sex
    assert (body.anatomy.weight_kg, body.anatomy.height_cm) == (male if sex == "male" else female)
    present = sum(body.masses.values())
    assert present + arms == pytest.approx(1000.0 * body.anatomy.weight_kg, rel=0.003)
    assert 0.06 < arms / (1000.0 * body.anatomy.weight_kg) < 0.11


def test_every_region_is_an_organ_and_every_tissue_is_there(body):
    present = set(np.unique(body.phantom.region_index).tolist())
    assert present == {0} | {organ.organ_id for organ in body.organs.values()}
    other = "uterus" if body.anatomy.sex == "male" else "prostate"
    expected = set(WEIGHTED_TISSUES) | set(REMAINDER_TISSUES) - {other}
    assert {o.icrp103_tissue for o in body.organs.values()} - {None} | FROM_SITES == expected


def test_every_organ_of_the_adult_is_there(body):
    adult = {o.name: o for o in load_bodies(f"adult-{body.anatomy.sex}", 8.0)[0].organs}
    assert adult.keys() - body.organs.keys() == set()
    for name, organ in adult.items():
        ours = body.organs[name]
        assert (ours.organ_id, ours.icrp103_tissue) == (organ.organ_id, organ.icrp103_tissue), name


def test_nothing_lies_outside_the_skin(body):
    inside = body.phantom.region_index != 0
    surface = inside & ~ndimage.binary_erosion(inside)
    assert np.array_equal(surface, body.where("skin"))
    _, pieces = ndimage.label(inside, np.ones((3, 3, 3)))
    assert pieces == 1


def test_left_is_left(body):
    centres, width = body.centres, body.phantom.size_mm[0]
    for name, (x, _, _) in centres.items():
        if name.startswith(("left_", "right_")) and "colon" not in name:
            assert (x > 0) == name.startswith("left_"), name
    assert centres["liver"][0] < -0.08 * width
    assert centres["gall_bladder_contents"][0] < -0.05 * width
    assert centres["stomach_wall"][0] > 0.05 * width
    assert centres["spleen"][0] > 0.15 * width
    assert centres["right_colon_wall"][0] < -0.08 * width
    assert centres["left_colon_wall"][0] > 0.08 * width
    z, _, x = np.nonzero(body.where("heart_wall", "heart_contents"))
    apex = x[z <= np.quantile(z, 0.05)].mean() * body.phantom.spacing_mm[0] + body.phantom.origin_mm[0]
    assert apex > centres["heart_wall"][0] > 0.0


def test_order_from_head_to_foot_and_front_to_back(body):
    order = ["brain", "left_eye", "tongue", "thyroid", "thymus", "heart_wall", "spleen", "left_kidney"]
    order += ["small_intestine_wall", "bladder_wall", "femora_upper_cortical", "ankles_feet_cortical"]
    heights = [body.centres[name][2] for name in order]
    assert heights == sorted(heights, reverse=True)
    y = {name: centre[1] for name, centre in body.centres.items()}
    assert y["left_eye_lens"] < y["left_eye"] < y["brain"]
    assert y["sternum_spongiosa"] < y["heart_wall"] < y["thoracic_spine_spongiosa"]
    assert y["bladder_wall"] < y["sacrum_spongiosa"]
    assert y["left_breast_glandular"] < y["left_lung"]


def test_the_brain_is_in_the_skull_and_the_lungs_in_the_ribs(body):
    brain = body.where("brain")
    around = ndimage.binary_dilation(brain) & ~brain
    skull = body.where("cranium_spongiosa", "cranium_cortical")
    assert np.count_nonzero(around & skull) > 0.9 * np.count_nonzero(around)
    ribs, lungs = (np.nonzero(body.where(*names)) for names in (RIBS, ("left_lung", "right_lung")))
    assert ribs[2].min() < lungs[2].min()
    assert lungs[2].max() < ribs[2].max()
    assert lungs[1].max() < ribs[1].max()


RIBS = ("ribs_spongiosa", "ribs_cortical")


def largest_section(phantom):
    """Circumference, breadth and length, cm, of the largest section of the head above the eyes.

    They are those of the ellipse that has the section's second moments, which no staircase of voxels widens.
    """
    marks, step = phantom.anatomy.landmarks_mm, phantom.spacing_mm[0]
    z = phantom.origin_mm[2] + phantom.spacing_mm[2] * np.arange(phantom.shape[0])
    found = []
    for section in phantom.region_index[(z > marks["eyes_top"][2]) & (z < marks["vertex"][2])]:
        b, a = (0.2 * step * axis.std() for axis in np.nonzero(section))
        h = ((a - b) / (a + b)) ** 2  # Ramanujan's second formula
        found.append((math.pi * (a + b) * (1.0 + 3.0 * h / (10.0 + math.sqrt(4.0 - 3.0 * h))), 2 * a, 2 * b))
    return max(found)


# World Health Organization, Child Growth Standards (2007), head circumference for age, medians in cm
WHO_CM = {"newborn-male": 34.5, "newborn-female": 33.9, "1y-male": 46.1, "1y-female": 44.9, "5y-male": 50.7}


def test_the_head_is_as_large_around_as_published(body):
    published = read_data("child_proportions")["head_circumference_cm"]
    age, sex = body.anatomy.age, body.anatomy.sex
    cm = {each: published[each][AGES.index(age)] for each in SEXES}
    mean = sum(cm.values()) / 2.0  # one body for both sexes
    around, breadth, length = largest_section(body.phantom)
    assert around == pytest.approx(mean if age in ("newborn", "1y") else cm[sex], rel=0.01)
    assert around == pytest.approx(WHO_CM.get(f"{age}-{sex}", around), rel=0.035)
    assert 0.73 < breadth / length < 0.80


@pytest.mark.parametrize(("sex", "cm"), [("male", 57.2), ("female", 55.2)])  # an English study, second-hand
def test_heads_of_adults_are_between_those_of_icrp_110_and_published(sex, cm):
    around, _, _ = largest_section(load_named(f"adult-{sex}"))
    assert cm < around < 60.0


def test_walls_enclose_contents(body):
    for organ in ("heart", "stomach", "bladder", "right_colon", "left_colon"):
        contents = body.where(f"{organ}_contents")
        around = ndimage.binary_dilation(contents) & ~contents
        share = np.count_nonzero(around & body.where(f"{organ}_wall")) / np.count_nonzero(around)
        # The newborn's walls are thinner than a voxel: 7 g around 40 cm3 of stomach contents.
        assert share > (0.45 if body.masses[f"{organ}_wall"] < 25.0 else 0.75), organ


def test_height_and_scan_regions(body):
    z = {name: place[2] for name, place in body.anatomy.landmarks_mm.items()}
    assert z["vertex"] - z["sole"] == pytest.approx(10.0 * body.anatomy.height_cm, rel=0.02)
    order = ["sole", "ischium", "iliac_crest", "lung_base", "liver_dome", "sternal_notch", "lung_apex"]
    order += ["skull_base", "vertex"]
    assert [z[name] for name in order] == sorted(z[name] for name in order)
    assert z["cervical_spine_base"] < z["teeth_top"] < z["eyes_top"] < z["vertex"]
    assert z["bladder_base"] < z["lumbar_spine_base"] < z["lumbar_spine_top"] < z["kidney_top"] + 40.0
    assert z["liver_base"] < z["heart_apex"] < z["heart_top"] < z["sternal_notch"] < z["cervical_spine_top"]
    low, high = body.phantom.z_range_mm
    for word in SCAN_REGIONS:
        start, end = body.anatomy.scan_ranges_mm[word]
        assert low <= start < end <= high


def test_marrow_is_that_of_the_whole_skeleton(body):
    data, sites = read_data("child_marrow"), body.anatomy.marrow_sites
    marrow = sum(s.active_marrow_g + s.omitted_active_marrow_g for s in sites)
    age, sex = body.anatomy.age, body.anatomy.sex
    assert marrow == pytest.approx(data["active_marrow_g"][sex][AGES.index(age)], rel=1e-4)
    for site in sites:
        if site.region > 0:
            assert site.active_marrow_g < 0.8 * body.masses[site.name], site.name
            assert site.endosteum_g < body.masses[site.name], site.name
    assert {s.name for s in sites if s.active_marrow_g + s.omitted_active_marrow_g > 0} <= set(
        data["percent"]
    )


def test_children_have_large_heads():
    shares = []
    for age in AGES:
        marks = load_named(f"{age}-male", 8.0 if age == "adult" else None).anatomy.landmarks_mm
        shares.append((marks["vertex"][2] - marks["skull_base"][2]) / (marks["vertex"][2] - marks["sole"][2]))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 2 * shares[-1]


@pytest.mark.parametrize("name", ["newborn-female", "1y-male", "15y-female"])
def test_arms_down_is_the_whole_person(name):
    age, sex = name.split("-")
    person = reference_person(age, sex)
    phantom = build_person(person, voxel_mm=2.5 if age == "newborn" else 4.0, arms="down")
    assert phantom.region_masses_g()[1:].sum() == pytest.approx(1000.0 * person.weight_kg, rel=0.002)
    assert all(organ.omitted_mass_g == 0.0 for organ in phantom.organs)
    assert all(site.region > 0 for site in phantom.anatomy.marrow_sites)


@pytest.mark.parametrize("age", AGES[:-1])
def test_any_voxel_size(age):
    for sex, voxel_mm in (("male", 10.0), ("female", 5.0)):
        phantom = build_person(reference_person(age, sex), voxel_mm=voxel_mm)
        masses = phantom.region_masses_g()
        for organ in phantom.organs:
            if organ.reference_mass_g > 20.0:
                allowed = max(0.03 * organ.reference_mass_g, 2.5 * phantom.voxel_volume_cm3)
                assert masses[organ.organ_id] == pytest.approx(organ.reference_mass_g, abs=allowed), (
                    organ.name
                )


def test_bodies_of_an_age():
    assert {"newborn", "1y", "5y", "10y", "15y", "adult"} == BODIES.keys()
    assert [phantom.name for phantom in load_bodies("10y", 8.0)] == ["10y-male", "10y-female"]
    data = read_data("child_masses")
    assert {age: row[2] for age, row in FAMILY.items()} == data["voxel_mm"]


def test_masses_agree_with_the_table_of_icrp_89(reference):
    """Sixteen organs of every age, from another transcription than ours."""
    path = reference / "stylized" / "icrp89_organ_masses_g.csv"
    rows = [line.split(",") for line in path.read_text().splitlines()[2:]]
    columns = {"newborn-male": 1, "1y-female": 2, "5y-male": 3, "10y-male": 4, "15y-male": 5, "15y-female": 6}
    members = {"kidneys": 2, "testes": 2, "ovaries": 2, "lung_with_blood": 2}
    members = {name: [f"{side}_{ORGANS[name]}" for side in ("left", "right")] for name in members}
    for row in rows:
        if row[0] in ("adipose", "total_body"):  # fat is what is left in ours, with all residual tissue
            continue
        for name, column in columns.items():
            amounts = reference_person(*name.split("-")).amounts
            ours = sum(amounts[organ].mass_g for organ in members.get(row[0], [row[0]]))
            theirs = float(row[column] or 0)
            if (
                theirs and ours and (row[0], name) != ("thymus", "10y-male")
            ):  # theirs is the mean of both sexes
                assert ours == pytest.approx(theirs, rel=1e-6), (row[0], name)


ORGANS = {"kidneys": "kidney", "testes": "testis", "ovaries": "ovary", "lung_with_blood": "lung"}
