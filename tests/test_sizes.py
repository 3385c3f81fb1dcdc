"""Persons of any height and weight: masses, shape, what is refused, and how an exam asks for one."""

import math

import numpy as np
import pytest
from scipy import ndimage

from ctdose.errors import CtdoseError
from ctdose.exam.library import load_exam
from ctdose.phantoms.library import load_bodies, load_like, load_named
from ctdose.phantoms.stylized import build_person, reference_person, sized_person
from ctdose.phantoms.stylized.data_files import AGES, SEXES, read_data
from ctdose.phantoms.stylized.sizes import SizeError

EXAM = {
    "exam": "Chest",
    "scanner": "generic-64",
    "acquisitions": [
        {
            "name": "chest",
            "mode": "helical",
            "tube_voltage_kv": 120,
            "bowtie": "body",
            "collimation_mm": 40,
            "pitch": 1.0,
            "rotation_time_s": 0.5,
            "scan_range": "chest",
            "tube_current_ma": 200,
        }
    ],
}


def limits(age, sex, height_cm):
    """Least and most weight that are offered for a height."""
    with pytest.raises(SizeError, match=r"weight_kg=0.1 .*Write ([\d.]+) to ([\d.]+)\.") as caught:
        sized_person(age, sex, height_cm=height_cm, weight_kg=0.1)
    words = caught.value.right.rstrip(".").split()
    return float(words[1]), float(words[3])


@pytest.mark.parametrize("name", ["adult-female", "adult-male", "10y-female", "1y-male", "newborn-female"])
@pytest.mark.parametrize("share", [0.86, 1.14])
def test_the_limits_that_are_offered_can_be_built(name, share):
    age, sex = name.split("-")
    reference = reference_person(age, sex)
    height = reference.height_cm * share
    for weight in limits(age, sex, height):
        person = sized_person(age, sex, height_cm=height, weight_kg=weight)
        phantom = build_person(person, voxel_mm=2.5 if reference.weight_kg < 15 else 6.0)
        masses = phantom.region_masses_g()
        arms = math.fsum(amount.arms_g for amount in person.amounts.values())
        assert masses[1:].sum() + arms == pytest.approx(1000.0 * weight, rel=0.003)
        marks = phantom.anatomy.landmarks_mm
        assert marks["vertex"][2] - marks["sole"][2] == pytest.approx(
            10.0 * height, rel=0.05
        )  # fat on vertex and soles
        assert marks["lung_base"][2] < marks["liver_dome"][2] < marks["lung_apex"][2]
        for organ in phantom.organs:
            if organ.reference_mass_g > 50.0:
                allowed = max(0.01 * organ.reference_mass_g, 2.0 * phantom.voxel_volume_cm3)
                assert masses[organ.organ_id] == pytest.approx(organ.reference_mass_g, abs=allowed), (
                    organ.name
                )
        body = phantom.region_index != 0
        surface = body & ~ndimage.binary_erosion(body)
        assert set(np.unique(phantom.region_index[surface]).tolist()) == {phantom.organ("skin").organ_id}


def test_weight_is_fat_and_muscle_and_height_is_all():
    like, heavy = (sized_person("adult", "female", weight_kg=kg) for kg in (60.0, 90.0))
    gained = {n: heavy.amounts[n].mass_g - a.mass_g for n, a in like.amounts.items() if n in heavy.amounts}
    assert gained.pop("adipose") == pytest.approx(0.75 * 30000.0)
    assert gained.pop("muscle") == pytest.approx(0.25 * 30000.0)
    assert set(gained.values()) == {0.0}
    small = sized_person("adult", "female", height_cm=150.0)
    assert small.weight_kg == pytest.approx(60.0 * (150.0 / 163.0) ** 2)
    for name, amount in small.amounts.items():
        assert amount.mass_g == pytest.approx(like.amounts[name].mass_g * (150.0 / 163.0) ** 2), name


def test_a_heavy_person_is_wider_with_the_organs_where_they_were():
    like, heavy = load_named("adult-male", 6.0), load_like("adult-male", weight_kg=130.0, voxel_mm=6.0)
    assert heavy.size_mm[0] > 1.2 * like.size_mm[0]
    for name in ("liver", "left_kidney", "heart_wall", "brain"):
        places = [
            np.array(ndimage.center_of_mass(p.region_index == p.organ(name).organ_id))[::-1] * 6.0
            + p.origin_mm
            for p in (like, heavy)
        ]
        assert np.abs(places[0] - places[1]).max() < 25.0, name
    marrow = [sum(site.active_marrow_g for site in p.anatomy.marrow_sites) for p in (like, heavy)]
    assert marrow[0] == pytest.approx(marrow[1])


def test_it_is_no_reference_person():
    phantom = load_like("5y-male", height_cm=115, weight_kg=24, voxel_mm=4.0)
    assert not phantom.anatomy.reference_person
    assert (phantom.anatomy.height_cm, phantom.anatomy.weight_kg) == (115.0, 24.0)
    assert phantom.name == phantom.anatomy.body == "5y-male-115cm-24kg"
    assert load_like("5y-male", voxel_mm=4.0).anatomy.reference_person
    assert load_bodies({"like": "5y-male", "height_cm": 115, "weight_kg": 24}, 4.0)[0].name == phantom.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"like": "adult-female", "height_cm": 200}, r"height_cm=200 .*163.*Write 139 to 187"),
        ({"like": "adult-female", "weight_kg": 300}, r"weight_kg=300 .*Write 46\.8 to 132\."),
        ({"like": "newborn-male", "weight_kg": 1}, r"weight_kg=1 .*newborn-male at 51 cm"),
        ({"like": "adult", "weight_kg": 70}, "like='adult' .*not one person"),
        ({"like": "ctdi-16", "weight_kg": 70}, "like='ctdi-16' .*not one person"),
        ({"like": "12y-male"}, "12y-male.*Nearest"),
        ({"like": "adult-male", "weight_kg": 80, "voxel_mm": 0.5}, "voxel_mm=0.5"),
    ],
)
def test_what_cannot_be_is_refused_with_the_range(arguments, message):
    with pytest.raises(CtdoseError, match=message):
        load_like(**arguments)


def test_every_person_can_be_resized():
    rules = read_data("size_rules")
    for age in AGES:
        for sex in SEXES:
            low, high = limits(age, sex, None)
            weight = reference_person(age, sex).weight_kg
            assert low < 0.9 * weight
            assert high == pytest.approx(rules["most_weight"] * weight, abs=0.1)
            same = sized_person(age, sex)
            assert (same.girth, same.weight_kg) == (1.0, weight)


def exam_with(phantom):
    return load_exam({**EXAM, "phantom": phantom})


def test_an_exam_asks_for_one():
    wanted = {"like": "adult-female", "height_cm": 160, "weight_kg": 90}
    exam = exam_with(wanted)
    assert exam.phantom_source == exam.phantom_label == wanted
    assert exam_with("adult").phantom_source == "adult"
    assert exam_with({"like": "5y-male"}).phantom_source == {"like": "5y-male"}


def test_arms_down():
    wanted = {"like": "5y", "arms": "down"}
    assert exam_with(wanted).phantom_source == wanted
    bodies = load_bodies(wanted, 5.0)
    assert [body.name for body in bodies] == ["5y-male", "5y-female"]
    assert {body.anatomy.arms for body in bodies} == {"down"}
    assert all(body.anatomy.reference_person for body in bodies)
    heavy = load_like("5y-male", weight_kg=25, arms="down", voxel_mm=5.0)
    assert heavy.region_masses_g()[1:].sum() == pytest.approx(25000.0, rel=0.002)
    assert heavy.size_mm[0] > load_like("5y-male", weight_kg=25, voxel_mm=5.0).size_mm[0] + 30.0
    ranges = [{**EXAM["acquisitions"][0], "scan_range": [0, 100]}]
    with pytest.raises(CtdoseError, match="two bodies"):
        load_exam({**EXAM, "phantom": wanted, "acquisitions": ranges})


@pytest.mark.parametrize(
    ("phantom", "message"),
    [
        ({"like": "adult-female", "weight_kg": 300}, r"weight_kg=300 \(out of reach.*Write 46\.8 to 132\."),
        ({"like": "5y-male", "height_cm": 170}, r"height_cm=170 \(too far.*Write 93 to 125"),
        ({"age_y": 7, "sex": "male"}, r"age_y=7 \(not available in this version"),
        ({"weight_kg": 25}, r"like \(missing\)"),
        ({"like": "adult", "weight_kg": 70}, r"like=adult \(not one person of the family\)"),
        ({"like": "adult-male", "arms": "up"}, r"arms=up \(must be one of raised, down\)"),
        ({"like": "adult-male", "hight_cm": 170}, r"hight_cm=170 \(unknown key\). Nearest: height_cm"),
        ([1], r"phantom=\[1\] \(must be text\)"),
    ],
)
def test_an_exam_that_asks_for_what_cannot_be(phantom, message):
    with pytest.raises(CtdoseError, match=message):
        exam_with(phantom)
