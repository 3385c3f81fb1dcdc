"""Where organs of the stylized adults lie, against ICRP's voxel phantoms, and those of children against adults'."""

import numpy as np
import pytest

from ctdose.phantoms.library import load_named
from ctdose.phantoms.readers.icrp import read_icrp_phantom
from ctdose.phantoms.stylized.data_files import AGES

# mm by which the height of an organ's centre above the lower end of the lungs may differ from ICRP Publication 110
ALLOWED_MM = 11.0
WIDE = {
    "brain": 14.0,
    "oesophagus": 16.0,  # ours has a wall as thick above as below
    "stomach_wall": 16.0,  # the female's hangs lower than her pylorus would have it
    "small_intestine_wall": 14.0,
    "rectosigmoid_wall": 14.0,
    "bladder_wall": 19.0,  # the female's is nearly as low as our pubic bones allow
    "left_ovary": 21.0,
    "thyroid": 14.0,
}
ORGANS = [
    "brain",
    "left_salivary_glands",
    "right_salivary_glands",
    "thyroid",
    "thymus",
    "oesophagus",
    "left_lung",
]
ORGANS += ["right_lung", "heart_wall", "left_breast_glandular", "right_breast_glandular", "spleen", "liver"]
ORGANS += [
    "stomach_wall",
    "gall_bladder_contents",
    "pancreas",
    "left_adrenal",
    "right_adrenal",
    "left_kidney",
]
ORGANS += ["right_kidney", "right_colon_wall", "left_colon_wall", "rectosigmoid_wall", "small_intestine_wall"]
ORGANS += ["bladder_wall", "prostate", "left_testis", "uterus", "left_ovary", "lymph_nodes"]


def heights(phantom):
    """Centre of each organ above the lower end of the lungs, mm."""
    counts = {o.name: (phantom.region_index == o.organ_id).sum(axis=(1, 2)) for o in phantom.organs}
    z = phantom.origin_mm[2] + phantom.spacing_mm[2] * np.arange(phantom.shape[0])
    base = phantom.anatomy.landmarks_mm["lung_base"][2]
    return {name: float(np.average(z, weights=each)) - base for name, each in counts.items() if each.any()}


@pytest.mark.parametrize("sex", ["male", "female"])
def test_centres_agree_with_icrp_110(reference, sex):
    archive = reference / "icrp110" / "icrp110_g4dat.tar.gz"
    icrp = heights(read_icrp_phantom(archive, sex, arms="out"))
    ours = heights(load_named(f"adult-{sex}"))
    compared = [name for name in ORGANS if name in icrp and name in ours]
    assert len(compared) > 25
    far = {name: round(ours[name] - icrp[name], 1) for name in compared}
    assert not {k: v for k, v in far.items() if abs(v) > WIDE.get(k, ALLOWED_MM)}


@pytest.mark.parametrize("sex", ["male", "female"])
def test_scan_regions_are_as_long_as_those_of_icrp_110(reference, sex):
    archive = reference / "icrp110" / "icrp110_g4dat.tar.gz"
    icrp = read_icrp_phantom(archive, sex, arms="out").anatomy.scan_ranges_mm
    ours = load_named(f"adult-{sex}").anatomy.scan_ranges_mm
    for word in ("head", "chest", "abdomen-pelvis", "chest-abdomen-pelvis"):
        lengths = [high - low for low, high in (ours[word], icrp[word])]
        assert lengths[0] == pytest.approx(lengths[1], abs=13.0), word


# The same without the reference data: mm above the lower end of the lungs, between which the centre must lie
PINNED = {
    "liver": (-25, 0),
    "stomach_wall": (-30, -5),
    "spleen": (-15, 10),
    "pancreas": (-75, -45),
    "left_adrenal": (-40, -10),
    "left_kidney": (-75, -50),
    "right_kidney": (-90, -65),
    "gall_bladder_contents": (-60, -30),
    "heart_wall": (65, 95),
}


@pytest.mark.parametrize("sex", ["male", "female"])
def test_the_upper_abdomen_lies_below_the_lungs(sex):
    phantom = load_named(f"adult-{sex}")
    found = heights(phantom)
    assert {n: z for n, z in found.items() if n in PINNED and not PINNED[n][0] < z < PINNED[n][1]} == {}
    assert found["liver"] > found["gall_bladder_contents"] > found["right_kidney"]
    assert found["left_kidney"] > found["right_kidney"]
    assert found["left_adrenal"] > found["left_kidney"]
    assert found["right_adrenal"] > found["right_kidney"]


@pytest.mark.parametrize("age", AGES[:-1])
def test_children_have_them_in_the_same_order(age):
    for sex in ("male", "female"):
        found = heights(load_named(f"{age}-{sex}", 3.0))
        order = ["brain", "thyroid", "thymus", "heart_wall", "spleen", "left_kidney", "right_kidney"]
        assert [found[name] for name in order] == sorted((found[name] for name in order), reverse=True)
        lungs = found["left_lung"]
        for name in ("liver", "stomach_wall", "spleen", "pancreas", "left_kidney", "right_kidney"):
            assert -1.2 * lungs < found[name] < 0.2 * lungs, (sex, name)


@pytest.mark.parametrize("age", AGES)
def test_lungs_take_a_third_of_the_trunk(age):
    """Lungs without room would reach far down beside the liver."""
    for sex in ("male", "female"):
        marks = load_named(f"{age}-{sex}", 3.0).anatomy.landmarks_mm
        z = {name: place[2] for name, place in marks.items()}
        assert 0.3 < (z["lung_apex"] - z["lung_base"]) / (z["lung_apex"] - z["ischium"]) < 0.4, sex
        assert z["liver_dome"] - z["lung_base"] < 0.4 * (z["lung_apex"] - z["lung_base"]), sex


def test_breasts_of_a_supine_woman_are_flat():
    phantom = load_named("adult-female")
    breast = np.isin(
        phantom.region_index,
        [phantom.organ(f"left_breast_{part}").organ_id for part in ("glandular", "adipose")],
    )
    z, y, x = (np.ptp(i) * phantom.spacing_mm[0] for i in np.nonzero(breast))
    assert y < 0.6 * x
    assert y < 0.6 * z


def test_lymph_nodes_lie_all_along_the_trunk():
    for sex in ("male", "female"):
        phantom = load_named(f"adult-{sex}")
        slices = (phantom.region_index == phantom.organ("lymph_nodes").organ_id).sum(axis=(1, 2))
        z = phantom.origin_mm[2] + phantom.spacing_mm[2] * np.arange(slices.size)
        marks = {name: place[2] for name, place in phantom.anatomy.landmarks_mm.items()}
        edges = [marks[n] for n in ("ischium", "iliac_crest", "lung_base", "lung_apex", "vertex")]
        shares = np.histogram(z, edges, weights=slices)[0] / slices.sum()
        assert (shares > (0.2, 0.2, 0.15, 0.05)).all(), (sex, shares)
