"""Response functions of marrow and endosteum: the printed values, what lies between and below them."""

import csv

import numpy as np
import pytest

from ctdose.dosimetry.bone_response import load_bone_responses, mean_response
from ctdose.dosimetry.units import JOULE_PER_KEV, MGY_PER_KEV_PER_G
from ctdose.phantoms.stylized.masses import read_marrow_sites
from ctdose.phantoms.stylized.person import reference_person
from ctdose.physics.energy_absorption import mass_energy_absorption
from ctdose.physics.energy_grid import regular_nodes
from ctdose.physics.materials import Material
from ctdose.simulation.scoring import FoldedResponse, TabulatedCurve, build_responses

MARROW = Material("red-marrow")
TABLE_KEV = (10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0, 150.0)
GY_CM2_PER_KEV_CM2_PER_G = JOULE_PER_KEV * 1e3


def printed_tables(path):
    """Gy m2 by (bone region, tissue): arrays [energies, 2] of keV and value."""
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            if "Organ ID" in row[1]:
                site = int(row[1].split(":")[1])
            elif row[0][:1].isdigit():
                for tissue, value in zip(("active_marrow", "endosteum"), row[1:]):
                    if value != "NA":
                        found.setdefault((site, tissue), []).append((1000.0 * float(row[0]), float(value)))
    return {key: np.array(rows) for key, rows in found.items()}


LIMBS_OF_CHILDREN = (1500, 1700, 1800, 2000, 2100, 2300, 3000, 3200, 3300, 3500, 3600, 3800)


def test_limbs_of_children_have_the_response_of_the_nearest_bone():
    ours = load_bone_responses()
    for number in LIMBS_OF_CHILDREN:
        assert ours[number, "active_marrow"] == ours[1400 if number < 2500 else 2900, "active_marrow"]


def test_values_are_the_printed_ones(reference):
    printed = printed_tables(reference / "icrp116" / "icrp116_table_d1.csv")
    ours = load_bone_responses()
    assert set(ours) >= set(printed)
    assert {key for key in ours if key not in printed} == {(n, "active_marrow") for n in LIMBS_OF_CHILDREN}
    assert len({site for site, _ in printed}) == 25
    for key, rows in printed.items():
        energy, value = rows[rows[:, 0] < 250.0].T
        at_nodes = ours[key].at(energy) * GY_CM2_PER_KEV_CM2_PER_G / 1e4
        np.testing.assert_allclose(at_nodes, value, rtol=1e-12, err_msg=str(key))


def test_a_value_by_hand():
    """Upper humeri, active marrow, 60 keV: 2.76e-17 Gy m2; a fluence of 1e9/cm2 gives 2.76e-4 Gy."""
    kev_per_g = load_bone_responses()[1400, "active_marrow"].at(np.array([60.0]))[0] * 1e9
    assert kev_per_g * MGY_PER_KEV_PER_G == pytest.approx(0.276, rel=1e-6)


@pytest.mark.parametrize("key", [(4400, "active_marrow"), (1500, "endosteum")])
def test_straight_in_log_log_between_the_energies(key):
    curve = load_bone_responses()[key]
    low, high = np.array(TABLE_KEV[:-1]), np.array(TABLE_KEV[1:])
    middle = curve.at(np.sqrt(low * high))
    np.testing.assert_allclose(middle, np.sqrt(curve.at(low) * curve.at(high)), rtol=1e-12)
    assert curve.at(np.array([400.0])) == curve.at(np.array([200.0]))  # level beyond the last


def test_nodes_of_the_kernel_hold_the_printed_values():
    """All energies of the table are nodes of the kernel's grid; within a bin the curve is straight in energy."""
    nodes = regular_nodes()
    curve = load_bone_responses()[5000, "endosteum"]
    folded = [FoldedResponse("a", 0, curve)]
    packed = build_responses(folded, 1, nodes, cutoff_kev=1.0, doppler=False).curve[:, 0]
    places = np.searchsorted(nodes, np.float32(TABLE_KEV))
    assert (nodes[places] == np.float32(TABLE_KEV)).all()
    np.testing.assert_allclose(packed[places, 0], curve.at(np.array(TABLE_KEV)), rtol=1e-7)
    energy = 0.5 * (nodes[:-1] + nodes[1:]).astype(float)
    inside = packed[:, 0] + packed[:, 1] * (energy - nodes[:-1])
    np.testing.assert_allclose(inside, curve.at(np.minimum(energy, 200.0)), rtol=5e-5)


def test_below_ten_kev_the_dose_is_the_kerma_of_marrow():
    energy = np.array([1.0, 2.0, 3.7, 4.5, 7.0, 9.0])
    kerma = energy * mass_energy_absorption(MARROW, energy)
    at_ten = 10.0 * mass_energy_absorption(MARROW, 10.0)
    for curve in load_bone_responses().values():
        below = curve.at(energy) / curve.at(np.array([10.0]))
        np.testing.assert_allclose(below, kerma / at_ten, rtol=0.025)  # edges of P to Fe, 0.1 % each
        assert curve.at(np.array([10.0 - 1e-9])) == pytest.approx(curve.at(np.array([10.0])), rel=1e-6)


def test_marrow_gets_its_kerma_and_the_electrons_of_bone():
    """R against E mu_en/rho of red marrow: equal at 200 keV, where electrons balance; more near 60 keV."""
    energy = np.array([60.0, 200.0])
    kerma = energy * mass_energy_absorption(MARROW, energy)
    for (number, tissue), curve in load_bone_responses().items():
        at_60, at_200 = curve.at(energy) / kerma
        assert at_200 == pytest.approx(1.0, abs=0.01), (number, tissue)
        if tissue == "active_marrow":
            assert 0.96 < at_60 < 1.2, number
        elif number not in (1500, 1800, 2100, 3000, 3300, 3600):  # medullary cavities: no trabeculae
            assert 1.45 < at_60 < 1.85, number


@pytest.mark.parametrize("age", ["newborn", "1y", "5y", "10y", "15y", "adult"])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_every_site_has_the_responses_that_it_needs(age, sex):
    responses = load_bone_responses()
    for site in read_marrow_sites(reference_person(age, sex), "down"):
        assert ((site.icrp116_id, "active_marrow") in responses) >= (site.active_marrow_g > 0.0)
        assert ((site.icrp116_id, "endosteum") in responses) >= (site.endosteum_g > 0.0)


def test_bone_regions_in_one_region_of_the_voxels_are_averaged_by_mass():
    responses = load_bone_responses()
    mean = mean_response(responses, {4800: 45.0, 5000: 135.0}, "endosteum")
    cervical, thoracic = (responses[n, "endosteum"].at(np.array(TABLE_KEV)) for n in (4800, 5000))
    np.testing.assert_allclose(mean.at(np.array(TABLE_KEV)), 0.25 * cervical + 0.75 * thoracic, rtol=1e-12)
    assert mean_response(responses, {4800: 1.0}, "endosteum") is responses[4800, "endosteum"]


@pytest.mark.parametrize(
    ("energies", "values", "wrong"),
    [
        ((10.0, 20.0), (1.0,), r"kev_per_cm \(1 for 2 energies\)"),
        ((), (), r"kev_per_cm \(0 for 0 energies\)"),
        ((10.0, 20.0), (1.0, 0.0), "not positive"),
        ((10.0, float("nan")), (1.0, 1.0), "not positive"),
        ((20.0, 10.0), (1.0, 1.0), "not ascending"),
    ],
)
def test_a_curve_that_cannot_be(energies, values, wrong):
    with pytest.raises(ValueError, match=wrong):
        TabulatedCurve(energies, values)
