"""What each tissue of ICRP 103 is made of in the reference persons, and what it weighs in the sum."""

import numpy as np
import pytest

from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.phantoms.stylized import build_adult
from ctdose.phantoms.tissues import REMAINDER_TISSUES, WEIGHTED_TISSUES

TABLE_3 = {  # ICRP Publication 103, Table 3; each share of the remainder: 0.12 / 13
    **dict.fromkeys(("red_bone_marrow", "colon", "lung", "stomach", "breast"), 0.12),
    "gonads": 0.08,
    **dict.fromkeys(("bladder", "oesophagus", "liver", "thyroid"), 0.04),
    **dict.fromkeys(("bone_surface", "brain", "salivary_glands", "skin"), 0.01),
}
REMAINDER = {
    *("adrenals", "extrathoracic", "gall_bladder", "heart", "kidneys", "lymph_nodes", "muscle"),
    *("oral_mucosa", "pancreas", "small_intestine", "spleen", "thymus"),
}
OF_ONE_SEX = {"male": "prostate", "female": "uterus"}
ORGANS_OF_TISSUE = {
    "colon": {"right_colon_wall", "left_colon_wall", "rectosigmoid_wall"},
    "lung": {"left_lung", "right_lung"},
    "stomach": {"stomach_wall"},
    "breast": {"left_breast_glandular", "right_breast_glandular"},
    "bladder": {"bladder_wall"},
    "salivary_glands": {"left_salivary_glands", "right_salivary_glands"},
    "adrenals": {"left_adrenal", "right_adrenal"},
    "extrathoracic": {"extrathoracic_region"},
    "gall_bladder": {"gall_bladder_wall"},
    "heart": {"heart_wall"},
    "kidneys": {"left_kidney", "right_kidney"},
    "small_intestine": {"small_intestine_wall"},
}
GONADS = {"male": {"left_testis", "right_testis"}, "female": {"left_ovary", "right_ovary"}}
WITH_ARMS = ("skin", "muscle", "lymph_nodes", "red_bone_marrow", "bone_surface")


@pytest.fixture(scope="module", params=["male", "female"])
def bodies(request):
    """One sex with arms raised and down: phantom and rows."""
    phantoms = {arms: build_adult(request.param, voxel_mm=6.5, arms=arms) for arms in ("raised", "down")}
    return {arms: (phantom, build_body_rows(phantom)) for arms, phantom in phantoms.items()}


def combination(rows, name):
    return next(c.coefficients for c in rows.composites if c.name == name)


def uniform_dose(phantom, rows):
    """Rows of a body in which every gram gets 1 keV and every response 1 keV/g."""
    volumes = phantom.region_volumes_cm3()
    return np.concatenate([phantom.region_masses_g(), [volumes[r.region] for r in rows.responses]])


def dose_of(rows, mean, name):
    return sum(coefficient * mean[row] for row, coefficient in combination(rows, name).items())


def test_weights_are_those_of_table_3():
    weights = load_tissue_weights("icrp103")
    assert weights.weights == TABLE_3
    assert set(WEIGHTED_TISSUES) == set(TABLE_3)
    assert set(weights.remainder) == set(REMAINDER_TISSUES) == REMAINDER | {"prostate", "uterus"}
    assert (weights.remainder_weight, weights.remainder_mean) == (0.12, "arithmetic")


def test_each_sex_has_its_thirteen_remainder_tissues(bodies):
    for phantom, rows in bodies.values():
        remainder = REMAINDER | {OF_ONE_SEX[phantom.anatomy.sex]}
        assert len(remainder) == 13
        expected = TABLE_3 | dict.fromkeys(remainder, 0.12 / 13)
        assert load_tissue_weights("icrp103").of_tissues(rows.tissue_masses_g) == pytest.approx(expected)


def test_tissues_are_made_of_the_organs_that_they_should_be(bodies):
    """Walls without contents, glandular breast without adipose, the gonads of the sex."""
    for phantom, rows in bodies.values():
        names = {organ.organ_id: organ.name for organ in phantom.organs}
        wanted = ORGANS_OF_TISSUE | {"gonads": GONADS[phantom.anatomy.sex]}
        for tissue in {*TABLE_3, *REMAINDER, OF_ONE_SEX[phantom.anatomy.sex]}:
            if tissue in ("red_bone_marrow", "bone_surface"):
                continue
            found = {names[row] for row in combination(rows, f"tissue:{tissue}")}
            assert found == wanted.get(tissue, {tissue}), tissue


def test_the_colon_is_weighted_by_mass(bodies):
    """Right, left, rectosigmoid walls of 150, 150, 70 g in men, 145, 145, 70 g in women (ICRP Publication 89)."""
    phantom, rows = bodies["raised"]
    mass = phantom.region_masses_g()
    ids = [phantom.organ(n).organ_id for n in ("right_colon_wall", "left_colon_wall", "rectosigmoid_wall")]
    shares = [combination(rows, "tissue:colon")[i] * mass[i] for i in ids]
    assert shares == pytest.approx([0.404, 0.404, 0.192], abs=0.01)
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("recommendation", ["icrp103", "icrp60"])
def test_a_whole_body_in_a_uniform_field_has_that_dose_everywhere(bodies, recommendation):
    phantom, rows = bodies["down"]
    mean = uniform_dose(phantom, rows)
    for tissue in rows.tissue_masses_g:
        assert dose_of(rows, mean, f"tissue:{tissue}") == pytest.approx(1.0), tissue
    assert dose_of(rows, mean, f"weighted:{recommendation}") == pytest.approx(1.0)


def test_what_is_in_raised_arms_counts_with_no_dose(bodies):
    """Uniform dose to what is in the voxels: whole-body tissues have the share that is not in the arms."""
    phantom, rows = bodies["raised"]
    mean = uniform_dose(phantom, rows)
    shares = {}
    for name in ("skin", "muscle", "lymph_nodes"):
        organ = phantom.organ(name)
        shares[name] = organ.reference_mass_g / (organ.reference_mass_g + organ.omitted_mass_g)
    sites = phantom.anatomy.marrow_sites
    for name, part in (("red_bone_marrow", "active_marrow_g"), ("bone_surface", "endosteum_g")):
        present, omitted = (sum(getattr(s, k) for s in sites) for k in (part, f"omitted_{part}"))
        shares[name] = present / (present + omitted)
    for tissue in rows.tissue_masses_g:
        expected = shares.get(tissue, 1.0)
        assert (expected < 0.99) == (tissue in WITH_ARMS)
        assert dose_of(rows, mean, f"tissue:{tissue}") == pytest.approx(expected), tissue
    weights = load_tissue_weights("icrp103").of_tissues(rows.tissue_masses_g)
    expected = sum(weight * shares.get(tissue, 1.0) for tissue, weight in weights.items())
    assert dose_of(rows, mean, "weighted:icrp103") == pytest.approx(expected)


def test_tissues_of_zero_weight_are_not_in_the_sum(bodies):
    """Contents, eye, adipose and bone: only what ICRP 103 weights is in the sum."""
    phantom, rows = bodies["raised"]
    weighted = {row for row in combination(rows, "weighted:icrp103") if row < rows.organ_mass_g.size}
    assert weighted == {organ.organ_id for organ in phantom.organs if organ.icrp103_tissue}
    for name in ("left_breast_adipose", "stomach_contents", "left_eye_lens", "adipose", "heart_contents"):
        assert phantom.organ(name).organ_id not in weighted
