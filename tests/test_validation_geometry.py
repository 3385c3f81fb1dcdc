"""The validation cases' geometry: edges, areas and volumes as the report has them."""

import math

import numpy as np
import pytest

import ctdose
from ctdose.errors import CtdoseError
from ctdose.physics.energy_grid import regular_nodes
from ctdose.validation import case_1, case_2, case_4, case_5, run_cases
from ctdose.validation.cylinder import RADIUS_MM, Grid, rod_voxels, share_in_circle
from ctdose.validation.reference import load_reference
from ctdose.validation.run import plan_jobs

GRID = Grid((-200.0, 200.0), (-200.0, 200.0), 2.0, 3, 10.0)


@pytest.mark.parametrize("beam", case_1.BEAMS)
def test_aluminium_is_as_thick_as_stated(beam):
    for thickness in load_reference().aluminium_mm(beam):
        phantom = case_1.build_phantom(beam, thickness)
        middle = phantom.material_index[:, 2, 2]
        assert middle.sum() * phantom.spacing_mm[2] == pytest.approx(thickness)
        assert phantom.corner_mm[2] == pytest.approx(case_1.FILTER_MM)
        layer = np.flatnonzero(phantom.region_index[:, 2, 2] == case_1.LAYER)
        below = phantom.corner_mm[2] + (layer[-1] + 1) * phantom.spacing_mm[2]
        assert below == pytest.approx(case_1.DISC_MM, abs=0.51 * phantom.spacing_mm[2])


def test_scored_square_has_the_disc_s_area():
    side = case_1.SIDE_MM
    assert side * side == pytest.approx(math.pi * 5.0**2)


def test_air_kerma_curve_is_the_report_s_table():
    nodes = regular_nodes().astype(float)
    curve = load_reference().air_kerma_curve(nodes)
    i = np.searchsorted(nodes, 29.999) - 1
    assert curve[i, 0] == pytest.approx(29.75 * 0.1579)
    assert curve[np.searchsorted(nodes, 30.01) - 1, 0] == pytest.approx(30.25 * 0.1501)
    assert not curve[:, 1].any()


def test_box_and_cubes_have_their_volumes():
    volumes = case_2.build_phantom().region_volumes_cm3()
    assert volumes[1:10] == pytest.approx(27.0)
    assert volumes[1:].sum() == pytest.approx(39.0 * 39.0 * 20.0)


@pytest.mark.parametrize("angle", [0.0, 15.0])
def test_field_covers_the_square_and_no_more(angle):
    """A slab in the plane, 39 x 39 cm: every photon enters it, and one of 38 x 39 cm misses its share."""
    entered = []
    for columns in (39, 38):
        slab = ctdose.VoxelPhantom(
            np.zeros((1, 39, columns), np.uint8),
            [ctdose.Material("air")],
            spacing_mm=(10.0, 10.0, 0.01),
            origin_mm=(-190.0, -190.0, 1799.995),
        )
        run = ctdose.irradiate(slab, case_2.field_source("56.4 keV", angle), histories=65536)
        entered.append(run.sums.counters[0, 0] / run.histories)
    assert entered[0] == pytest.approx(1.0, abs=2e-4)  # the slab has a thickness
    assert entered[1] == pytest.approx(38.0 / 39.0, abs=0.003)


def test_field_limits_and_half_angles_exclude_each_other():
    with pytest.raises(ValueError, match="exactly one"):
        ctdose.PointSource((0, 0, 0), (0, 0, 1), None, 60.0)
    with pytest.raises(ValueError, match="field_limits"):
        ctdose.PointSource((0, 0, 0), (0, 0, 1), None, 60.0, ((0.1, 0.1), (0.0, 0.1)))


def test_centred_limits_are_half_angles():
    angled = ctdose.PointSource((0, 0, 0), (0, 0, 1), (0.1, 0.2), 60.0)
    limited = ctdose.PointSource((0, 0, 0), (0, 0, 1), None, 60.0, angled.tangents)
    assert angled.tangents == limited.tangents


def test_shares_make_up_the_circle():
    area = share_in_circle(GRID, RADIUS_MM).sum() * GRID.spacing_mm**2
    assert area == pytest.approx(math.pi * RADIUS_MM**2, rel=2e-5)


def test_rods_have_their_area_and_place():
    for angle in np.deg2rad(case_4.ANGLES):
        x, y = -150.0 * math.cos(angle), 150.0 * math.sin(angle)
        flat = rod_voxels(case_4.ROD_GRID, x, y, case_4.ROD_RADIUS_MM)
        row, column = np.unravel_index(flat, case_4.ROD_GRID.distance().shape)
        assert flat.size == 79
        assert case_4.ROD_GRID.centres(0)[column].mean() == pytest.approx(x, abs=0.1)
        assert case_4.ROD_GRID.centres(1)[row].mean() == pytest.approx(y, abs=0.1)


def test_rods_do_not_overlap():
    sizes = np.bincount(case_4.build_rods(case_4.ROD_GRID).region_index.ravel())
    assert sizes.size == case_4.REGIONS
    assert set(sizes[case_4.CENTRE :]) == {79}


def test_angles_count_to_the_right():
    assert case_5.source_position(0) == pytest.approx((0, -600, 0))
    assert case_5.source_position(90) == pytest.approx((-600, 0, 0))
    assert case_5.source_position(180) == pytest.approx((0, 600, 0))


def test_the_torso_is_centred_on_the_isocentre(reference):
    assert case_5.build_torso(case_5.find_volume()).corner_mm == (-250, -160, -130)


def test_case_5_without_volume_says_so(monkeypatch):
    monkeypatch.delenv("CTDOSE_REFERENCE", raising=False)
    assert "5" not in {job.case for job in plan_jobs()}
    with pytest.raises(CtdoseError, match="case5world"):
        run_cases(["5"])


def test_a_wrong_volume_is_refused(tmp_path):
    wrong = tmp_path / "case5world.bin"
    wrong.write_bytes(b"\0" * 100)
    with pytest.raises(CtdoseError, match="41600000 voxels"):
        run_cases(["5"], volume_path=wrong)
    with pytest.raises(CtdoseError, match="cannot be read"):
        run_cases(["5"], volume_path=tmp_path / "absent.bin")


def test_unknown_case_names_the_nearest():
    with pytest.raises(ValueError, match=r"Nearest: 4\.1"):
        plan_jobs(["4.1x"])
    with pytest.raises(ValueError, match="scale=0"):
        run_cases(["1"], scale=0)


def test_a_part_of_a_case_can_be_named():
    assert [job.name for job in plan_jobs(["4.2/120 kVp 10 mm"])] == [
        "4.2/120 kVp 10 mm/fixed",
        "4.2/120 kVp 10 mm/continuous",
    ]
    assert len(plan_jobs(["1"])) == 12
