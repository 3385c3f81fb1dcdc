"""Ends of the scan range moved: from the views of one run, and by direct runs."""

import numpy as np
import pytest

import view_exams as exams
from ctdose.dosimetry.uncertainty import range_parts
from ctdose.dosimetry.view_ranges import moves_with_range, shortened

BEAM, HELIX, SCANNER, box, planned_of, run = (
    exams.BEAM,
    exams.HELIX,
    exams.SCANNER,
    exams.box,
    exams.planned_of,
    exams.run,
)

NAMES = ("low", "high", "rod")
AXIAL = {"name": "a", "mode": "axial", "rotation_time_s": 1.0, **BEAM}
DYNAMIC = SCANNER.model_copy(
    update={"over_ranging": SCANNER.over_ranging.model_copy(update={"dynamic_collimation": True})}
)


def direct(phantom, scanner, end, change, seed):
    """Doses and errors with one end of the range moved outwards; the views and the plan of the run."""
    reach = [-31 - change, 31] if end == "lower" else [-31, 31 + change]
    planned = planned_of(phantom, {**HELIX, "scan_range": reach}, scanner=scanner)
    dose, views, _ = run(phantom, planned, seed=seed, batches=32)
    of = [dose.organs[name] for name in NAMES]
    doses, errors = (
        np.array(each) for each in zip(*((o.absorbed_dose_mgy, o.standard_error_mgy) for o in of))
    )
    return doses, errors, views, planned[0].plan


@pytest.mark.parametrize("scanner", [SCANNER, DYNAMIC], ids=["open", "dynamic"])
@pytest.mark.parametrize("end", ["lower", "upper"])
def test_the_range_part_is_that_of_direct_runs(scanner, end, statistics):
    """1 cm less at one end, and half the difference of 1 cm more and less: within sigma and what is curved.

    Behind blades the part is an estimate: to 5 % of the largest.
    """
    phantom = box()
    here, own_error, views, plan = direct(phantom, scanner, end, 0.0, 1)
    more, more_error, _, _ = direct(phantom, scanner, end, 10.0, 2)
    less, less_error, _, _ = direct(phantom, scanner, end, -10.0, 3)
    rows = [views.row_of(name) for name in NAMES]
    part = range_parts(views, [plan])[f"range_{end}"][rows] * np.sqrt(3.0)
    _, part_error = views.weighted(1.0 - shortened(views, 0, plan, end, 10.0))
    part_error = part_error[rows]
    limit = statistics.z_limit(statistics.level(24))
    allowed = 0.05 * part.max() if scanner is DYNAMIC else 0.0
    one_sided = np.hypot(np.hypot(own_error, less_error), part_error)
    assert np.all(np.abs(part - (here - less)) <= limit * one_sided + allowed)
    curved = np.abs(more + less - 2.0 * here) / 2.0
    central = np.hypot(np.hypot(more_error, less_error) / 2.0, part_error)
    assert np.all(np.abs(part - (more - less) / 2.0) <= limit * central + curved + allowed)
    near = NAMES.index("low" if end == "lower" else "high")
    assert part[near] > 20.0 * one_sided[near]


@pytest.fixture(scope="module")
def axial():
    phantom = box()
    planned = planned_of(phantom, {**AXIAL, "scan_range": [-60, 60], "table_increment_mm": 40})
    return planned[0].plan, run(phantom, planned)[1]


def test_the_outermost_position_of_an_axial_scan_loses_its_share(axial):
    plan, views = axial
    for end, place in (("lower", -40.0), ("upper", 40.0)):
        weight = shortened(views, 0, plan, end, 10.0)
        assert weight[views.bins.z_mm == place] == pytest.approx(0.75)
        assert np.all(weight[views.bins.z_mm != place] == 1.0)


def test_a_helical_scan_loses_the_end_of_its_travel():
    phantom = box()
    planned = planned_of(phantom, HELIX)
    views, plan = run(phantom, planned, batches=1)[1], planned[0].plan
    weight = shortened(views, 0, plan, "upper", 10.0)
    assert (weight * views.bins.mas).sum() == pytest.approx(
        plan.total_mas * (1.0 - 10.0 / plan.irradiated_length_mm), rel=1e-6
    )
    assert np.all(weight[views.bins.z_end_mm < plan.irradiated_end_mm - 10.0] == 1.0)
    assert np.all(weight[views.bins.z_start_mm > plan.irradiated_end_mm - 10.0] == 0.0)


@pytest.mark.parametrize(
    "keys",
    [
        {
            "name": "s",
            "mode": "stationary",
            "rotations": 2,
            "rotation_time_s": 0.5,
            "scan_range": [0, 40],
            **BEAM,
        },
        {**AXIAL, "scan_range": [-20, 20]},
    ],
    ids=["stationary", "one place"],
)
def test_one_place_of_the_table_has_no_ends(keys):
    phantom = box()
    planned = planned_of(phantom, keys)
    views = run(phantom, planned, batches=1)[1]
    assert not moves_with_range(planned[0].plan)
    parts = range_parts(views, [planned[0].plan])
    assert all(np.all(part == 0.0) for part in parts.values())
