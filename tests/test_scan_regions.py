"""Scan regions: the same words for every body, by landmarks, in order, inside the phantom."""

import itertools

import numpy as np
import pytest

from ctdose.phantoms import Organ, VoxelPhantom
from ctdose.phantoms.anatomy import SCAN_REGIONS
from ctdose.phantoms.library import load_named
from ctdose.phantoms.scan_regions import LANDMARKS, REGIONS, found_landmarks, landmarks_of, scan_ranges
from ctdose.physics.materials import Material


@pytest.fixture(scope="module", params=["male", "female"])
def anatomy(request):
    phantom = load_named(f"adult-{request.param}")
    ranges = phantom.anatomy.scan_ranges_mm
    assert all(phantom.z_range_mm[0] <= low < high <= phantom.z_range_mm[1] for low, high in ranges.values())
    return phantom.anatomy


def test_every_word_is_there(anatomy):
    assert set(anatomy.scan_ranges_mm) == set(SCAN_REGIONS) == set(REGIONS)


def test_regions_follow_one_another(anatomy):
    ranges = anatomy.scan_ranges_mm
    down = [ranges[word] for word in ("head", "neck", "chest", "abdomen", "pelvis")]
    for upper, lower in itertools.pairwise(down):
        assert upper[0] > lower[0]
        assert upper[1] > lower[1]
        assert upper[0] < lower[1]  # neighbours overlap
    assert ranges["abdomen-pelvis"] == (ranges["pelvis"][0], ranges["abdomen"][1])
    assert ranges["chest-abdomen-pelvis"] == (ranges["pelvis"][0], ranges["chest"][1])


def test_lengths_are_those_of_patients(anatomy):
    """Scan lengths of routine protocols, cm: wide brackets."""
    expected = {"head": (13, 20), "neck": (12, 26), "chest": (22, 34), "abdomen": (18, 30)}
    expected |= {"pelvis": (16, 26), "abdomen-pelvis": (36, 50), "chest-abdomen-pelvis": (54, 72)}
    expected |= {"sinus": (8.5, 14), "cervical-spine": (12.5, 19), "lumbar-spine": (18, 25)}
    expected |= {"heart": (12, 17), "liver": (14, 20), "urinary-tract": (30, 42)}
    for word, (low, high) in expected.items():
        begin, end = anatomy.scan_ranges_mm[word]
        assert low < (end - begin) / 10.0 < high, word


def test_landmarks_lie_on_the_outer_face_of_the_slice():
    region = np.zeros((4, 3, 3), int)
    region[1:3, 1, 2] = 5
    index = (region > 0).astype(int)
    phantom = VoxelPhantom(
        index, [Material("air"), Material("water")], (1, 1, 10), (0, 0, 5), region, organs=[Organ(5, "liver")]
    )
    with pytest.raises(ValueError, match="organ='pelvis"):
        landmarks_of(phantom)
    organs = {name for names, _ in LANDMARKS.values() if names for name in names}
    everything = [Organ(5, "liver"), *(Organ(10 + i, n) for i, n in enumerate(sorted(organs - {"liver"})))]
    for organ in everything[1:]:
        region[3, 0, 0] = region[0, 0, 0] = organ.organ_id  # the last one wins: enough to have a landmark
    with pytest.raises(ValueError, match="no voxels"):
        landmarks_of(VoxelPhantom(index, phantom.materials, (1, 1, 10), (0, 0, 5), region, organs=everything))


def test_margins():
    heights = {name: (0.0, 0.0, 10.0 * i) for i, name in enumerate(LANDMARKS)}
    ranges = scan_ranges(heights)
    lower, below, upper, above = REGIONS["chest"]
    assert ranges["chest"] == (heights[lower][2] - below, heights[upper][2] + above)


def test_the_new_regions_hold_what_they_are_named_after(anatomy):
    z, ranges = {name: place[2] for name, place in anatomy.landmarks_mm.items()}, anatomy.scan_ranges_mm
    assert ranges["sinus"][0] < z["teeth_top"]
    assert z["eyes_top"] < ranges["sinus"][1] < ranges["head"][1]
    assert ranges["heart"][0] > ranges["chest"][0]
    assert ranges["heart"][1] < ranges["chest"][1]
    assert ranges["liver"][1] == ranges["abdomen"][1]
    assert ranges["urinary-tract"][0] < z["bladder_base"]
    assert ranges["urinary-tract"][1] < ranges["abdomen-pelvis"][1]


def slab(organs):
    """A phantom of seven slices of 10 mm; organs: name -> slices."""
    region = np.zeros((7, 3, 3), int)
    named = []
    for i, (name, slices) in enumerate(organs.items()):
        region[slices, 1, i % 3] = i + 1
        named.append(Organ(i + 1, name))
    index = (region > 0).astype(int)
    materials = [Material("air"), Material("water")]
    return VoxelPhantom(index, materials, (1, 1, 10), (0, 0, 5), region, organs=named)


def test_only_landmarks_of_organs_that_are_there():
    found = found_landmarks(slab({"liver": slice(2, 5)}), cut=False)
    assert set(found) == {"sole", "vertex", "liver_dome", "liver_base"}
    assert found["liver_dome"] == (0.0, 1.0, 50.0)
    assert set(scan_ranges(found)) == {"liver"}
    assert scan_ranges(found)["liver"] == (10.0, 60.0)


def test_an_organ_cut_by_the_end_of_the_scan_gives_no_landmark():
    phantom = slab({"liver": slice(2, 7), "left_kidney": slice(1, 4), "bladder": slice(0, 2)})
    found = found_landmarks(phantom, cut=True)
    assert set(found) == {"liver_base", "kidney_top"}
    assert scan_ranges(found) == {}


def test_the_couch_is_no_vertex():
    phantom = slab({"couch": slice(0, 7), "liver": slice(2, 5)})
    assert found_landmarks(phantom, cut=True)["vertex"][2] == 50.0
