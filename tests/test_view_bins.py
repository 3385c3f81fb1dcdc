"""Views in bins: every piece in one, the sums of the run those of the bins, whatever the threads."""

from dataclasses import replace

import numpy as np
import pytest

import ctdose
from ctdose.exam.plan import plan_exam
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.scanner.library import load_scanner
from ctdose.simulation.ct_beam import build_ct_beam
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.scoring import Composite
from ctdose.simulation.seed import random_key
from ctdose.simulation.transport_tables import Physics
from ctdose.simulation.view_bins import cut_views

SCANNER = load_scanner("generic-64")
BEAM = {"tube_voltage_kv": 120, "bowtie": "body", "collimation_mm": 40, "tube_current_ma": 200}
HELIX = {
    "name": "h",
    "mode": "helical",
    "pitch": 1.0,
    "rotation_time_s": 0.5,
    "scan_range": [-31, 31],
    **BEAM,
}
AXIAL = {"name": "a", "mode": "axial", "rotation_time_s": 1.0, "table_increment_mm": 40, **BEAM}
STILL = {
    "name": "s",
    "mode": "stationary",
    "rotations": 2,
    "rotation_time_s": 0.5,
    "scan_range": [0, 40],
    **BEAM,
}
SCOUT = {"name": "l", "mode": "localizer", "gantry_angle_deg": 90, "scan_range": [-31, 31], **BEAM}


@pytest.fixture(scope="module")
def box():
    """Water with two regions along z."""
    region = np.zeros((16, 24, 24), np.int32)
    region[:, 4:20, 2:22] = 1
    region[8:] += np.where(region[8:] > 0, 1, 0)
    kind = (region > 0).astype(np.uint8)
    materials = [Material("air"), Material("water")]
    return VoxelPhantom(
        kind, materials, (10.0,) * 3, (-115.0, -115.0, -75.0), region_index=region, name="box"
    )


def planned_of(box, *acquisitions):
    exam = {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": list(acquisitions)}
    plans = plan_exam(ctdose.load_exam(exam), SCANNER, box)
    return [PlannedBeam(plan, build_ct_beam(SCANNER, 120, "body", 40), 1.0) for plan in plans]


def tables_of(box, planned, cut=None, seed=1):
    return build_exam_tables(
        box,
        planned,
        key=random_key(seed, "exam", "box"),
        physics=Physics("collision-kerma", 1.0, False),
        composites=[Composite("both", {1: 0.5, 2: 1.0})],
        with_voxels=False,
        cut=cut,
    )


@pytest.mark.parametrize("start", ["averaged", 35.0])
@pytest.mark.parametrize("kind", [HELIX, {**AXIAL, "scan_range": [-40, 40]}, STILL, SCOUT])
def test_every_piece_lies_in_its_bin(box, kind, start):
    planned = planned_of(box, kind if kind is SCOUT else {**kind, "start_angle_deg": start})
    cut = cut_views(planned)
    bins, plan = cut.bins, planned[0].plan
    for piece, number in cut.pieces[0]:
        low, high = sorted((piece.z_start_mm, piece.z_end_mm))
        assert bins.z_start_mm[number] - 1e-5 <= low <= high <= bins.z_end_mm[number] + 1e-5
        angle = np.degrees(piece.angle_start_rad + piece.angle_span_rad / 2) % 360
        assert bins.angle_start_deg[number] <= angle < bins.angle_end_deg[number]
        assert abs(np.degrees(piece.angle_span_rad)) <= 10 + 1e-9
    assert np.all(bins.z_end_mm - bins.z_start_mm <= 5.0 + 1e-6)
    assert bins.mas.sum() == pytest.approx(plan.total_mas, rel=1e-12)
    assert bins.photon_share.sum() == pytest.approx(1.0, rel=1e-12)
    if kind is HELIX:  # the planned range ends between two bins
        for end in (plan.z_start_mm, plan.z_end_mm):
            assert np.all((bins.z_start_mm >= end - 1e-6) | (bins.z_end_mm <= end + 1e-6))
    levels = np.unique(bins.z_mm).size
    per_level = (
        {"averaged": 36, 35.0: np.unique(bins.angle_start_deg).size}[start] if kind is not SCOUT else 1
    )
    assert bins.mas.size <= levels * per_level


def test_bins_of_several_acquisitions_keep_their_order(box):
    planned = planned_of(box, SCOUT, HELIX, {**HELIX, "name": "again", "tube_current_ma": 100})
    bins = cut_views(planned).bins
    assert np.all(np.diff(bins.acquisition) >= 0)
    for number, each in enumerate(planned):
        own = bins.acquisition == number
        assert bins.mas[own].sum() == pytest.approx(each.plan.total_mas)
        assert bins.photon_share[own].sum() == pytest.approx(each.photons / sum(p.photons for p in planned))


@pytest.fixture(scope="module")
def runs(box):
    planned = planned_of(box, SCOUT, HELIX)
    cut = cut_views(planned)
    kept = cut.bins.acquisition.tolist()
    apart, together = tables_of(box, planned, cut), tables_of(box, planned, cut.by_acquisition())
    found = {threads: BatchRunner(apart, 2, bins=kept).run(range(4), threads) for threads in (1, 2)}
    return cut, kept, apart, found, BatchRunner(together, 2).run(range(4), 1)


def test_views_add_up_to_the_run_and_change_no_bit_of_it(runs):
    cut, _, _, found, plain = runs
    assert plain.views is None
    for sums in found.values():
        assert np.array_equal(sums.rows, plain.rows)
        assert np.array_equal(sums.views, found[1].views)
        for number in range(2):
            own = sums.views[cut.bins.acquisition == number].sum(axis=0)
            assert np.array_equal(own, plain.rows[:, number].sum(axis=0))
    assert np.count_nonzero(found[1].views[:, 1, 0]) > 0.5 * cut.bins.mas.size


def test_parts_of_a_run_add_exactly(runs):
    _, kept, apart, found, plain = runs
    parts = [BatchRunner(apart, 2, bins=kept).run(numbers, 1) for numbers in ([3, 0], [1, 2])]
    whole = parts[0] + parts[1]
    assert np.array_equal(whole.views, found[2].views)
    runner = BatchRunner(apart, 2, bins=kept)  # in rounds, as with a target
    runner.run(range(1), 2)
    assert np.array_equal(runner.run(range(1, 4), 2).views, found[2].views)
    with pytest.raises(ValueError, match=r"views \(the two parts have different ones\)"):
        plain + replace(parts[0], batches=parts[0].batches + 10)


def test_reference_kernel_has_the_same_views(box):
    planned = planned_of(box, STILL)
    cut = cut_views(planned)
    one, other = (
        BatchRunner(tables_of(box, planned, cut), bins=[0] * cut.bins.mas.size, reference=way).run([7])
        for way in (False, True)
    )
    assert np.array_equal(one.views, other.views)
    assert one.views[..., 0].sum() > 0


@pytest.mark.parametrize("bins", [[], [0, 1, 0], [0, 0], [0, 2], [-1, 0, 1]])
def test_bins_that_do_not_fit_are_refused(runs, bins):
    with pytest.raises(ValueError, match=r"bins \(not those of 2 acquisitions\)"):
        BatchRunner(runs[2], 2, bins=bins)


def test_a_wrapped_sum_of_the_thread_leaves_the_batch_exact():
    from ctdose.simulation.view_sums import Collected

    collected = Collected((3, 1), [0, 2, 3])
    collected.rows[:, 0, 0] = np.array([2**62, 2**62, 5])
    collected.take_batch()
    collected.rows[:, 0, 0] += np.array([7, 2**61, -2])
    assert collected.take_batch()[:, 0, 0].tolist() == [7 + 2**61, -2]
