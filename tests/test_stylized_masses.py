"""Masses of the reference persons: every organ, the whole body, marrow; at several voxel sizes."""

import math

import numpy as np
import pytest

from ctdose.phantoms.library import load_named
from ctdose.phantoms.stylized import build_adult, reference_person
from ctdose.phantoms.stylized.data_files import read_data
from ctdose.phantoms.stylized.masses import read_marrow_sites

SEXES = ("male", "female")
BODY_MASS_G = {"male": 73000.0, "female": 60000.0}  # ICRP Publication 89


@pytest.fixture(scope="module", params=SEXES)
def phantom(request):
    return load_named(f"adult-{request.param}")


def masses_of(phantom):
    masses = phantom.region_masses_g()
    return {organ.name: masses[organ.organ_id] for organ in phantom.organs}


def test_every_organ_has_its_reference_mass(phantom):
    masses = masses_of(phantom)
    voxel_g = 2.0 * phantom.voxel_volume_cm3
    for organ in phantom.organs:
        if math.isnan(organ.reference_mass_g):
            continue
        allowed = 0.01 * organ.reference_mass_g if organ.reference_mass_g > 20.0 else voxel_g
        assert masses[organ.name] == pytest.approx(organ.reference_mass_g, abs=allowed), organ.name


def test_the_body_weighs_what_it_should(phantom):
    whole = BODY_MASS_G[phantom.anatomy.sex]
    omitted = sum(organ.omitted_mass_g for organ in phantom.organs) + bones_of_the_arms(phantom.anatomy.sex)
    assert phantom.anatomy.weight_kg == whole / 1000.0
    assert phantom.region_masses_g()[1:].sum() == pytest.approx(whole - omitted, rel=0.003)
    assert 0.07 < omitted / whole < 0.11  # two arms: de Leva, J. Biomech. 29 (1996) 1223, 9 to 10 %


def bones_of_the_arms(sex):
    i = SEXES.index(sex)
    return sum(e["arms_g"][i] for e in read_data("adult_masses")["organs"] if 113 <= e["id"] <= 123)


@pytest.mark.parametrize("sex", SEXES)
@pytest.mark.parametrize("voxel_mm", [4.0, 6.5])
def test_masses_hold_at_any_voxel_size(sex, voxel_mm):
    coarse = build_adult(sex, voxel_mm=voxel_mm)
    masses = masses_of(coarse)
    for organ in coarse.organs:
        if organ.reference_mass_g > 20.0:
            allowed = max(0.01 * organ.reference_mass_g, 2.0 * coarse.voxel_volume_cm3)
            assert masses[organ.name] == pytest.approx(organ.reference_mass_g, abs=allowed), organ.name


@pytest.mark.parametrize("sex", SEXES)
def test_arms_down_is_the_whole_person(sex):
    phantom = build_adult(sex, voxel_mm=4.0, arms="down")
    assert phantom.region_masses_g()[1:].sum() == pytest.approx(BODY_MASS_G[sex], rel=0.002)
    assert all(organ.omitted_mass_g == 0.0 for organ in phantom.organs)
    assert all(site.region > 0 for site in phantom.anatomy.marrow_sites)
    assert phantom.anatomy.arms == "down"


def test_marrow_is_that_of_the_whole_skeleton(phantom):
    """Sums of ICRP Publication 116, Annex D: active marrow 1170 and 900 g."""
    sites = phantom.anatomy.marrow_sites
    whole = {"male": (1170.0, 544.0), "female": (900.0, 407.0)}[phantom.anatomy.sex]
    for what, expected in zip(("active_marrow_g", "endosteum_g"), whole):
        total = sum(getattr(s, what) + getattr(s, f"omitted_{what}") for s in sites)
        assert total == pytest.approx(expected, rel=0.005)
    assert {site.name for site in sites if site.region < 0} == {
        *("humeri_upper_spongiosa", "humeri_upper_medullary_cavity"),
        *("humeri_lower_spongiosa", "humeri_lower_medullary_cavity"),
        *("ulnae_radii_spongiosa", "ulnae_radii_medullary_cavity", "hands_spongiosa"),
    }


def test_marrow_fits_into_its_site(phantom):
    masses = masses_of(phantom)
    for site in phantom.anatomy.marrow_sites:
        if site.region > 0:
            assert phantom.organ(site.name).organ_id == site.region
            assert site.active_marrow_g < 0.8 * masses[site.name], site.name


def test_omitted_masses_of_whole_body_tissues(phantom):
    for name in ("skin", "muscle", "lymph_nodes", "adipose"):
        organ = phantom.organ(name)
        assert 0.04 < organ.omitted_mass_g / (organ.omitted_mass_g + organ.reference_mass_g) < 0.2, name


def test_masses_agree_with_the_voxel_phantoms(reference):
    """Every mass of ours beside that of ICRP Publication 110, of which ours were partly taken."""
    rows = np.loadtxt(reference / "icrp110" / "OrganMasses.dat", skiprows=1)
    for column, sex in ((1, "male"), (2, "female")):
        theirs = {int(row[0]): row[column] for row in rows}
        entries = read_data("adult_masses")["organs"]
        ours = {entry["name"]: entry.get("mass_g", [0, 0])[column - 1] for entry in entries}
        pairs = {"liver": (95,), "spleen": (127,), "brain": (61,), "pancreas": (113,), "thyroid": (132,)}
        pairs |= {"heart_wall": (87,), "thymus": (131,), "stomach_wall": (72,), "bladder_wall": (137,)}
        pairs |= {entry["name"]: (entry["id"] - 100,) for entry in entries if entry["id"] >= 113}
        for name, numbers in pairs.items():
            expected = sum(theirs[number] for number in numbers)
            assert ours[name] == pytest.approx(expected, rel=0.01, abs=0.05), (sex, name)


def test_marrow_agrees_with_icrp_116(reference):
    path = reference / "icrp116" / "skeletal_tissue_masses.csv"
    rows = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=(0, 2, 4, 6, 8))
    for sex, marrow, endosteum in (("male", 1, 2), ("female", 3, 4)):
        ours = {s.icrp116_id: s for s in read_marrow_sites(reference_person("adult", sex), "down")}
        assert len(rows) == len(ours)
        for row in rows:
            site = ours[int(row[0])]
            assert (site.active_marrow_g, site.endosteum_g) == (row[marrow], row[endosteum])
