"""Dose of marrow and endosteum: rows of a skeleton, and that a dose is fluence times response."""

import numpy as np
import pytest

import ctdose
from ctdose.dosimetry.body_rows import build_body_rows
from ctdose.dosimetry.bone_response import load_bone_responses
from ctdose.dosimetry.dose_map import region_coefficients
from ctdose.dosimetry.organ_dose import Scale, body_dose
from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.dosimetry.units import JOULE_PER_KEV
from ctdose.errors import CtdoseError
from ctdose.phantoms import Anatomy, MarrowSite, Organ, VoxelPhantom
from ctdose.phantoms.library import load_named
from ctdose.physics.cross_sections import mass_coefficients
from ctdose.simulation.scoring import FoldedResponse, TabulatedCurve

RIBS, SHAFT, DENSE = 1, 2, 3  # regions
SITES = (
    MarrowSite(RIBS, "ribs_spongiosa", 4400, 188.8, 29.8),
    MarrowSite(SHAFT, "femora_upper_medullary_cavity", 3000, 0.0, 0.86),
    MarrowSite(-1, "clavicles_spongiosa", 2500, 0.0, 0.0, 9.3, 2.5),
)
AREA_CM2, DEPTH_CM = 4.0, 3.0  # of each of the two sites, as the beam sees it
SPONGIOSA = ctdose.Material("icrp110-male-spongiosa-ribs")


def skeleton(sites=SITES, thin=True):
    """Two sites side by side, as good as empty, and dense bone aside, which makes tentative collisions frequent."""
    bone = ctdose.Material("cortical-bone")
    index = np.array([[[0, 1], [0, 1]], [[0, 1], [0, 1]], [[0, 1], [0, 1]]], np.uint8)
    index[1] = 1  # between the sites: a plate without photons
    region = np.full(index.shape, DENSE)
    region[0, :, 0], region[2, :, 0] = RIBS, SHAFT
    share = np.where(index == 0, 1.0 / 4096.0 if thin else 1.0, 1.0)
    density = share * np.where(index == 0, SPONGIOSA.density_g_cm3, bone.density_g_cm3)
    return VoxelPhantom(
        index,
        [SPONGIOSA, bone],
        (20.0, 15.0, 20.0),
        (0, 0, 0),
        region,
        density,
        name="skeleton",
        organs=[Organ(RIBS, "ribs_spongiosa"), Organ(SHAFT, "femora_upper_medullary_cavity")],
        anatomy=Anatomy("skeleton", "male", True, marrow_sites=sites),
    )


def irradiated(phantom, energy_kev, z_mm=0.0, batches=4, **options):
    """A parallel beam along y that covers the front of the site at this z and nothing else."""
    beam = ctdose.ParallelBeam((0, 1, 0), (0, -100, z_mm), (20.0, 20.0), energy_kev)
    return ctdose.irradiate(phantom, beam, histories=batches * 65536, seed=5, **options)


def response_gy_cm2(number, tissue, energy_kev):
    curve = load_bone_responses()[number, tissue]
    return float(curve.at(np.array([energy_kev]))[0]) * JOULE_PER_KEV * 1e3


@pytest.mark.parametrize("energy_kev", [8.0, 30.0, 60.0, 70.0, 140.0])
def test_dose_is_fluence_times_response(energy_kev, statistics):
    """1e12 photons on 4 cm2 of a site that is nearly a vacuum: 2.5e11/cm2 everywhere in it, 1 % less at 8 keV."""
    phantom = skeleton()
    rows = build_body_rows(phantom)
    sums = irradiated(phantom, energy_kev, responses=rows.responses, composites=rows.composites).sums
    dose = body_dose(phantom, rows, sums, Scale(1e12, 0.0), (-100, 100)).organs
    mu = SPONGIOSA.density_g_cm3 / 4096.0 * mass_coefficients(SPONGIOSA, energy_kev).total
    fluence = 1e12 / AREA_CM2 * float(-np.expm1(-mu * DEPTH_CM) / (mu * DEPTH_CM))
    marrow = 1e3 * fluence * response_gy_cm2(4400, "active_marrow", energy_kev) * 188.8 / (188.8 + 9.3)
    surface = 1e3 * fluence * response_gy_cm2(4400, "endosteum", energy_kev) * 29.8 / (29.8 + 0.86 + 2.5)
    for name, expected in (("red_bone_marrow", marrow), ("bone_surface", surface)):
        organ = dose[name]
        assert 0.0 < organ.standard_error_mgy < 0.01 * organ.absorbed_dose_mgy
        allowed = statistics.z_limit(statistics.level(10)) * organ.standard_error_mgy + 2e-3 * expected
        assert organ.absorbed_dose_mgy == pytest.approx(expected, abs=allowed), name


def test_a_medullary_cavity_has_endosteum_alone(statistics):
    phantom = skeleton()
    rows = build_body_rows(phantom)
    beam_on = irradiated(phantom, 50.0, z_mm=40.0, responses=rows.responses, composites=rows.composites)
    dose = body_dose(phantom, rows, beam_on.sums, Scale(1e12, 0.0), (-100, 100)).organs
    expected = 1e3 * 2.5e11 * response_gy_cm2(3000, "endosteum", 50.0) * 0.86 / (29.8 + 0.86 + 2.5)
    surface = dose["bone_surface"]
    allowed = statistics.z_limit(1e-3) * surface.standard_error_mgy + 5e-3 * expected
    assert surface.absorbed_dose_mgy == pytest.approx(expected, abs=allowed)
    scattered = dose["red_bone_marrow"].absorbed_dose_mgy
    assert scattered < 1e-2 * 1e3 * 2.5e11 * response_gy_cm2(4400, "active_marrow", 50.0)


def test_dose_is_fluence_times_response_within_one_run():
    """The fluence of the same run, in place of a closed answer: every tentative collision scores both."""
    phantom, level = skeleton(), TabulatedCurve((1.0, 200.0), (1.0, 1.0))
    curve = load_bone_responses()[4400, "endosteum"]
    responses = [FoldedResponse("fluence", RIBS, level), FoldedResponse("endosteum", RIBS, curve)]
    for energy_kev in (37.0, 120.0):
        scored = irradiated(phantom, energy_kev, batches=1, responses=responses).imparted_kev_per_history[-2:]
        assert scored[1] / scored[0] == pytest.approx(float(curve.at(np.array([energy_kev]))[0]), rel=5e-3)


def test_both_estimators_give_the_same_dose():
    """In full bone: marrow and endosteum are fluence tallies, whichever estimator serves the rest."""
    phantom = skeleton(thin=False)
    rows = build_body_rows(phantom)
    options = {"responses": rows.responses, "composites": rows.composites, "batches": 2}
    kerma, analogue = (
        irradiated(phantom, 60.0, estimator=estimator, **options)
        for estimator in ("collision-kerma", "analogue")
    )
    names = [c.name for c in rows.composites]
    first = rows.organ_mass_g.size
    one, other = kerma.imparted_kev_per_history, analogue.imparted_kev_per_history
    assert (one[first : first + 3] == other[first : first + 3]).all()
    for name in ("tissue:red_bone_marrow", "tissue:bone_surface", "weighted:icrp103"):
        row = first + len(rows.responses) + names.index(name)
        assert one[row] == other[row] > 0.0
    assert one[RIBS] != other[RIBS]
    sigma = np.hypot(
        kerma.standard_error_kev_per_history[RIBS], analogue.standard_error_kev_per_history[RIBS]
    )
    assert abs(one[RIBS] - other[RIBS]) < 3.3 * sigma


def test_composites_carry_the_error_of_correlated_responses():
    """Marrow and endosteum of a site are scored by the same tracks: their errors add up, not in quadrature."""
    phantom = skeleton(thin=False)
    rows = build_body_rows(phantom)
    run = irradiated(phantom, 60.0, batches=1, responses=rows.responses, composites=rows.composites)
    dose = body_dose(phantom, rows, run.sums, Scale(1e12, 0.0), (-100, 100))
    weights = load_tissue_weights("icrp103").of_tissues(rows.tissue_masses_g)
    parts = [weights[n] * dose.tissues[n].standard_error_mgy for n in ("red_bone_marrow", "bone_surface")]
    value, error = dose.weighted_msv["icrp103"]
    expected = sum(weights[n] * dose.tissues[n].absorbed_dose_mgy for n in weights)
    assert value == pytest.approx(expected, rel=1e-6)
    assert np.hypot(*parts) < error <= 1.0001 * sum(parts)


def test_rows_of_a_skeleton():
    rows = build_body_rows(skeleton())
    assert [r.name for r in rows.responses] == [
        "red_bone_marrow dose in region 1",
        "bone_surface dose in region 1",
        "bone_surface dose in region 2",
    ]
    assert rows.tissue_masses_g == pytest.approx({"red_bone_marrow": 198.1, "bone_surface": 33.16})
    combined = {c.name: c.coefficients for c in rows.composites}
    volume = 2.0 * 3.0 * 2.0
    first = rows.organ_mass_g.size
    assert combined["tissue:red_bone_marrow"] == pytest.approx({first: 188.8 / 198.1 / volume})
    surface = {first + 1: 29.8 / 33.16 / volume, first + 2: 0.86 / 33.16 / volume}
    assert combined["tissue:bone_surface"] == pytest.approx(surface)


def test_sites_that_share_a_region_share_its_rows():
    """A phantom with less detail: the response is the mean, the mass the sum."""
    sites = (MarrowSite(RIBS, "a", 4400, 30.0, 1.0), MarrowSite(RIBS, "b", 5000, 10.0, 3.0))
    rows = build_body_rows(skeleton(sites))
    marrow, surface = rows.responses
    at = np.array([60.0])
    ribs, spine = (load_bone_responses()[n, "active_marrow"].at(at) for n in (4400, 5000))
    assert marrow.curve.at(at) == pytest.approx(0.75 * ribs + 0.25 * spine, rel=1e-9)
    ribs, spine = (load_bone_responses()[n, "endosteum"].at(at) for n in (4400, 5000))
    assert surface.curve.at(at) == pytest.approx(0.25 * ribs + 0.75 * spine, rel=1e-9)
    assert [sum(c.coefficients.values()) * 12.0 for c in rows.composites[:2]] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(
    ("site", "wrong"),
    [
        (
            MarrowSite(RIBS, "ribs", 44, 1.0, 1.0),
            "icrp116_id=44 (no response of active_marrow in ICRP 116, Annex D). One of 1400, 2500, 2700, ",
        ),
        (
            MarrowSite(RIBS, "ribs", 44, 0.0, 1.0),
            "icrp116_id=44 (no response of endosteum in ICRP 116, Annex D). One of 1400, 1500, ",
        ),
    ],
)
def test_a_site_without_a_response(site, wrong):
    with pytest.raises(CtdoseError) as caught:
        build_body_rows(skeleton((site,)))
    assert str(caught.value).startswith(f"skeleton: {wrong}")


def test_a_body_without_endosteum_or_without_sites():
    rows = build_body_rows(skeleton((MarrowSite(RIBS, "ribs", 4400, 1.0, 0.0),)))
    assert set(rows.tissue_masses_g) == {"red_bone_marrow"}
    assert build_body_rows(skeleton(())).responses == ()


@pytest.mark.parametrize("name", ["adult-male", "adult-female"])
@pytest.mark.parametrize("recommendation", ["icrp103", "icrp60"])
def test_shares_of_the_regions_sum_to_the_weighted_dose(name, recommendation):
    """The effective dose map spreads each region's share over its energy: with two responses of a region, both."""
    rows = build_body_rows(load_named(name, 6))
    regions = rows.organ_mass_g.size
    sites = [r.region for r in rows.responses]
    assert len(set(sites)) < len(sites)  # some have two responses
    mean = np.random.default_rng(3).uniform(0.5, 1.5, regions + len(rows.responses))
    composite = next(c for c in rows.composites if c.name == f"weighted:{recommendation}")
    assert set(composite.coefficients) >= set(range(regions, mean.size))  # marrow and endosteum are in
    whole = sum(coefficient * mean[row] for row, coefficient in composite.coefficients.items())
    share = region_coefficients(rows, mean, recommendation) * mean[:regions]
    assert share.sum() == pytest.approx(whole, rel=1e-12)
    ribs = [regions + i for i, region in enumerate(sites) if region == 144]
    assert len(ribs) == 2
    assert share[144] == pytest.approx(sum(composite.coefficients[row] * mean[row] for row in ribs))
