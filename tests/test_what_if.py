"""Another current or range from the views of one run, against direct runs of it."""

from dataclasses import replace

import numpy as np
import pytest

import view_exams as exams
from ctdose.errors import CtdoseError
from ctdose.results.view_weights import plan_bins, view_weights

BEAM, HELIX, SCANNER = exams.BEAM, exams.HELIX, exams.SCANNER
box, planned_of, run = exams.box, exams.planned_of, exams.run
NAMES = ("low", "high", "rod")
WIDE = {**HELIX, "scan_range": [-40, 40]}
AXIAL = {
    **{
        "name": "a",
        "mode": "axial",
        "rotation_time_s": 1.0,
        "table_increment_mm": 40,
        "scan_range": [-60, 60],
    },
    **BEAM,
}


def table(random, ends=(-40.0, 0.0, 40.0)):
    """Random currents at three places and five angles, 50 to 400 mA."""
    current = random.uniform(50.0, 400.0, (3, 5)).round(1).tolist()
    return {
        "z_mm": list(ends),
        "angle_deg": [0.0, 72.0, 144.0, 216.0, 288.0],
        "tube_current_ma": current,
    }


def changes(random):
    """Five other exams: modulations, ranges on and off the edges of the bins, both, and a current."""
    yield {"modulation": table(random)}
    yield {"modulation": table(random), "scan_range": [-30, 20]}
    yield {"scan_range": [round(float(random.uniform(-39, -5)), 1), round(float(random.uniform(5, 39)), 1)]}
    yield {"scan_range": [round(float(random.uniform(-39, -5)), 1), 40]}
    yield {"tube_current_ma": 77.0, "scan_range": [-40, 0]}


@pytest.fixture(scope="module")
def wide():
    phantom = box()
    planned = planned_of(phantom, WIDE)
    return phantom, planned[0].plan, run(phantom, planned, batches=20)[1]


def z_scores(phantom, views, keys, seed, *, start=WIDE):
    """Deviation of the re-weighted doses from a direct run, in standard errors; how much was changed, likewise."""
    planned = planned_of(phantom, {**start, **keys})
    weight, _ = view_weights(views.bins, plan_bins([planned[0].plan]))
    assert (weight * views.bins.mas).sum() == pytest.approx(planned[0].plan.total_mas, rel=1e-9)
    rows = [views.row_of(name) for name in NAMES]
    expected, sigma = (a[rows] for a in views.weighted(weight))
    before, _ = views.weighted(np.ones(weight.size))
    dose, _, _ = run(phantom, planned, seed=seed, batches=20)
    direct = np.array([dose.organs[name].absorbed_dose_mgy for name in NAMES])
    error = np.hypot(sigma, [dose.organs[name].standard_error_mgy for name in NAMES])
    return (expected - direct) / error, (before[rows] - direct) / error


def test_random_modulations_and_ranges_are_the_direct_runs(wide, statistics):
    """Ten changed exams, three organs: largest z, and chi-square of all."""
    from scipy.special import chdtrc

    phantom, _, views = wide
    random, scores = np.random.default_rng(3), []
    for seed in (11, 12):
        for number, keys in enumerate(changes(random)):
            z, moved = z_scores(phantom, views, keys, 10 * seed + number)
            scores += z.tolist()
            assert np.abs(moved).max() > 8.0  # the change is one that the test can see
    assert np.abs(scores).max() < statistics.z_limit(statistics.level(2 * len(scores)))
    assert chdtrc(len(scores), float(np.square(scores).sum())) > statistics.LEVEL / 2.0


def test_modulated_from_modulated(wide, statistics):
    """From a modulated run to another modulation, and of an axial scan."""
    phantom = wide[0]
    random = np.random.default_rng(9)
    ends = (-60.0, 0.0, 60.0)
    for start, second in (
        ({**WIDE, "modulation": table(random)}, table(random)),
        (AXIAL, table(random, ends)),
    ):
        views = run(phantom, planned_of(phantom, start), batches=20)[1]
        z, _ = z_scores(phantom, views, {"modulation": second}, 77, start=start)
        assert np.abs(z).max() < statistics.z_limit(statistics.level(2 * z.size))


def test_the_same_exam_has_weights_of_one(wide):
    _, plan, views = wide
    weight, interpolated = view_weights(views.bins, plan_bins([plan]))
    assert weight == pytest.approx(1.0, abs=1e-9)
    assert not interpolated


@pytest.mark.parametrize(
    ("scan_range", "off_edge"), [([-30, 20], False), ([-33, 20], True), ([-30, 22], True)]
)
def test_a_range_off_the_edges_is_said_to_be_interpolated(wide, scan_range, off_edge):
    """The bins are 5 mm long from -40 on; the travel ends 32 mm beyond the range on either side."""
    phantom, _, views = wide
    wanted = planned_of(phantom, {**WIDE, "scan_range": scan_range})[0].plan
    # Ends of the travel fall on edges of bins only if the change is a multiple of 5 mm and over-ranging is symmetric.
    weight, interpolated = view_weights(views.bins, plan_bins([wanted]))
    inside = (views.bins.z_start_mm >= wanted.irradiated_start_mm) & (
        views.bins.z_end_mm <= wanted.irradiated_end_mm
    )
    assert weight[inside] == pytest.approx(1.0, abs=1e-6)
    edges = np.concatenate([views.bins.z_start_mm, views.bins.z_end_mm])
    ends = (wanted.irradiated_start_mm, wanted.irradiated_end_mm)
    assert interpolated == any(np.abs(edges - end).min() > 1e-4 for end in ends)
    assert interpolated or not off_edge


@pytest.mark.parametrize("scan_range", [[-41, 40], [-40, 45], [60, 100]])
def test_what_was_not_simulated_is_refused(wide, scan_range):
    phantom, _, views = wide
    wanted = planned_of(phantom, {**WIDE, "scan_range": scan_range})[0].plan
    with pytest.raises(CtdoseError, match=r"not simulated: the beam was not there"):
        view_weights(views.bins, plan_bins([wanted]))


def test_other_positions_of_an_axial_scan_are_refused(wide):
    phantom = wide[0]
    old, new = (
        plan_bins([planned_of(phantom, {**AXIAL, "scan_range": r})[0].plan]) for r in ([-60, 60], [-50, 30])
    )
    with pytest.raises(CtdoseError, match="not simulated"):
        view_weights(old, new)


def test_other_blades_are_refused(wide):
    _, plan, _ = wide
    bins = plan_bins([plan])
    with pytest.raises(CtdoseError, match=r"other blades of the collimator"):
        view_weights(replace(bins, open_share=bins.open_share * 0.9), bins)
