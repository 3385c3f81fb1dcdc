"""From tallies to doses on real bodies: tissues, effective dose, maps, standard errors, absolute scale."""

import math

import numpy as np
import pytest

import ctdose
from ctdose.calibration import calibrate as calibration
from ctdose.dosimetry.body_rows import build_body_rows, denominator_g
from ctdose.dosimetry.effective_dose import effective_dose
from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.phantoms.library import load_named
from ctdose.phantoms.organs import Organ

CHEST = {
    "exam": "Chest, coarse",
    "phantom": "adult",
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
    "simulation": {"histories": 6 * 65536, "seed": 1, "voxel_mm": 6},
}


def quick_calibration(monkeypatch, precision=0.01):
    """A calibration to 1 % takes seconds; its error is part of what the tests allow."""
    exact = calibration.calibrate

    def quick(*arguments, **options):
        return exact(*arguments, **{**options, "relative_standard_error": precision})

    monkeypatch.setattr(calibration, "calibrate", quick)


@pytest.fixture(scope="module")
def chest():
    with pytest.MonkeyPatch.context() as monkeypatch:
        quick_calibration(monkeypatch)
        yield ctdose.simulate(ctdose.load_exam(CHEST), threads=2)


@pytest.mark.parametrize("name", ["icrp103", "icrp60"])
def test_weights_sum_to_one_in_each_sex(name):
    weights = load_tissue_weights(name)
    everything = {tissue: 10.0 + i for i, tissue in enumerate((*weights.weights, *weights.remainder))}
    for missing in ("uterus", "prostate"):
        masses = {tissue: mass for tissue, mass in everything.items() if tissue != missing}
        assert sum(weights.of_tissues(masses).values()) == pytest.approx(1.0)


def test_the_remainder_of_icrp_103_has_thirteen_equal_shares():
    weights = load_tissue_weights("icrp103")
    masses = {
        t: 1.0 if t == "muscle" else 1e6 for t in (*weights.weights, *weights.remainder) if t != "uterus"
    }
    shares = weights.of_tissues(masses)
    assert {round(shares[t], 12) for t in weights.remainder if t != "uterus"} == {round(0.12 / 13, 12)}


@pytest.mark.parametrize("name", ["adult-male", "adult-female"])
def test_a_reference_person_has_every_weighted_tissue(name):
    phantom = load_named(name, 6)
    rows = build_body_rows(phantom)
    assert phantom.anatomy is not None
    assert load_tissue_weights("icrp103").missing(rows.tissue_masses_g, phantom.anatomy.sex) == []
    assert math.isclose(sum(load_tissue_weights("icrp103").of_tissues(rows.tissue_masses_g).values()), 1.0)


def test_an_omitted_part_stays_in_the_denominator():
    skin = Organ(1, "skin", "skin", reference_mass_g=2700.0, omitted_mass_g=540.0)
    assert denominator_g(skin, 2700.0) == pytest.approx(3240.0)
    assert denominator_g(skin, 3000.0) == pytest.approx(3600.0)  # a surrogate heavier than the tissue


def test_effective_dose_is_the_weighted_mean_of_both_bodies(chest):
    weights = load_tissue_weights("icrp103")
    halves = []
    for body in chest.bodies.values():
        tissues = body.dose.tissues
        shares = weights.of_tissues({name: tissue.mass_g for name, tissue in tissues.items()})
        total = sum(share * tissues[name].absorbed_dose_mgy for name, share in shares.items())
        assert total == pytest.approx(body.dose.weighted_msv["icrp103"][0], rel=1e-6)
        halves.append(total / 2.0)
    assert sum(halves) == pytest.approx(chest.effective_dose.icrp103_msv, rel=1e-6)
    errors = [body.dose.weighted_msv["icrp103"][1] for body in chest.bodies.values()]
    assert chest.effective_dose.icrp103_standard_error_msv == pytest.approx(math.hypot(*errors) / 2.0)


def test_the_maps_of_both_bodies_sum_to_effective_dose(chest):
    """Marrow, endosteum and remainder are on: each site sums to its folded dose."""
    total = sum(float(body.map.effective_dose_map_msv.sum(dtype=float)) for body in chest.bodies.values())
    assert total == pytest.approx(chest.effective_dose.icrp103_msv, rel=1e-5)


def test_the_dose_map_averages_to_the_organ_dose(chest):
    body = chest.bodies["adult-male"]
    for name in ("liver", "heart_wall", "left_lung"):
        organ = body.organs[name]
        inside = body.grid.organ_index == organ.organ_id
        assert body.map.absorbed_dose_mgy[inside].mean() == pytest.approx(organ.absorbed_dose_mgy, rel=1e-4)
    without = body.map.absorbed_dose_mgy == 0
    assert np.isnan(body.map.relative_standard_error[without]).all()
    assert not np.isnan(body.map.relative_standard_error[~without]).any()


def test_organs_outside_the_range_get_little_and_those_inside_much(chest):
    organs = chest.organs
    ctdi = chest.acquisitions[0].ctdi_vol_mgy
    assert 1.2 < organs["lungs"].absorbed_dose_mgy / ctdi < 2.0
    assert organs["brain"].absorbed_dose_mgy < 0.05 * ctdi
    assert organs["lungs"].mass_in_range_fraction > 0.99
    assert organs["brain"].mass_in_range_fraction == 0.0
    assert {"eye_lenses", "uterus", "red_bone_marrow", "bone_surface"} <= set(organs)
    liver = organs["liver"]
    assert liver.systematic.output == pytest.approx(0.18 * liver.absorbed_dose_mgy, rel=0.01)
    calibration = chest.acquisitions[0].calibration_relative_standard_error
    assert liver.systematic.calibration == pytest.approx(calibration * liver.absorbed_dose_mgy)
    assert liver.systematic_error_mgy == pytest.approx(liver.systematic.combined)
    assert 0.18 < liver.systematic_error_mgy / liver.absorbed_dose_mgy < 0.25


def test_over_ranging_reaches_what_lies_at_the_ends(chest):
    """A helical chest: the lungs' dose is that of the range, the thyroid's and the liver's is not."""
    share = {name: organ.over_ranging_fraction for name, organ in chest.organs.items()}
    assert 0.0 < share["lungs"] < 0.1
    assert share["thyroid"] > 0.3
    assert share["kidneys"] > 0.4
    for body in chest.bodies.values():
        views = body.views
        total, error = views.weighted(np.ones(views.bins.mas.size))
        for k, name in enumerate(views.names):
            if name.startswith("weighted:"):
                value, sigma = body.dose.weighted_msv[name.split(":")[1]]
                assert total[k] == pytest.approx(value, rel=1e-6)
                assert error[k] == pytest.approx(sigma, rel=1e-4)


def test_one_sex_alone_has_no_effective_dose(chest):
    phantom, body = load_named("adult-male", 6), chest.bodies["adult-male"].dose
    alone = effective_dose([phantom], [body])
    assert alone.icrp103_msv is None
    assert alone.weighted_dose_of_one_sex_msv == body.weighted_msv["icrp103"][0]
    assert effective_dose([load_named("water-cylinder", 10)], [body]) is None


def test_fifty_runs_spread_as_their_errors_say(monkeypatch, statistics):
    """E and a ratio of organs: 50 independent runs of two batches each spread as the error of each says."""
    from scipy.special import chdtrc

    from ctdose.simulation.sums import KEV2_PER_QUANTUM, KEV_PER_QUANTUM, mean_and_error, ratio_and_error

    quick_calibration(monkeypatch, 0.05)
    runs, histories = 50, 2 * 65536
    one_body = CHEST | {"phantom": "adult-male", "simulation": {"histories": runs * histories, "voxel_mm": 6}}
    result = ctdose.simulate(ctdose.load_exam(one_body), threads=2, dose_map=False)
    batches = result.bodies["adult-male"].batches
    names = list(batches.row_names)
    rows = batches.rows.sum(axis=1)  # one acquisition
    total = rows[:, names.index("weighted:icrp103")].reshape(runs, 2, 2).sum(axis=1)
    value, error = mean_and_error(total[:, 0] * KEV_PER_QUANTUM, total[:, 1] * KEV2_PER_QUANTUM, histories)
    chi2 = ((value - value.mean()) ** 2 / error**2).sum()
    assert 5e-4 < chdtrc(runs - 1, chi2) < 1.0 - 5e-4
    # the ratio's error, from the covariance of all batches, against the spread of the runs' ratios
    lungs, liver = (rows[:, names.index(name), 0] * 1.0 for name in ("group:lungs", "tissue:liver"))
    _, pooled = ratio_and_error(lungs, liver)
    ratios = lungs.reshape(runs, 2).sum(axis=1) / liver.reshape(runs, 2).sum(axis=1)
    chi2 = (runs - 1) * ratios.var(ddof=1) / (pooled**2 * runs)
    assert 5e-4 < chdtrc(runs - 1, chi2) < 1.0 - 5e-4


def test_one_rotation_around_the_ctdi_phantom_gives_the_stated_ctdi(monkeypatch, statistics):
    """The whole chain against a closed answer: 100 mAs in the CTDI phantom measure the output of the scanner's file."""
    quick_calibration(monkeypatch)
    exam = CHEST | {
        "phantom": "ctdi-32",
        "acquisitions": [
            {
                "name": "ctdi",
                "mode": "stationary",
                "tube_voltage_kv": 120,
                "bowtie": "body",
                "collimation_mm": 40,
                "rotation_time_s": 1.0,
                "rotations": 1,
                "scan_range": [-20, 20],
                "mas_per_rotation": 100,
            }
        ],
        "simulation": {"histories": 4_000_000, "seed": 3},
    }
    result = ctdose.simulate(ctdose.load_exam(exam), threads=2, dose_map=False)
    assert result.effective_dose is None
    chambers = {
        name: organ for name, organ in result.organs.items() if name.startswith(("center", "periphery"))
    }
    assert len(chambers) == 5
    share = {name: 1 / 3 if name == "center" else 1 / 6 for name in chambers}
    ctdi_w = sum(share[n] * c.absorbed_dose_mgy for n, c in chambers.items()) * 100.0 / 40.0
    sigma = math.hypot(*(share[n] * c.standard_error_mgy for n, c in chambers.items())) * 100.0 / 40.0
    sigma = math.hypot(sigma, 0.01 * ctdi_w)
    assert result.acquisitions[0].ctdi_vol_mgy == pytest.approx(7.8)
    assert abs(ctdi_w - 7.8) / sigma < statistics.z_limit(1e-3)
