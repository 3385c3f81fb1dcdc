"""Doses of scan modes against each other: what must be equal is equal within the statistical error."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ctdose
from ctdose.calibration.chosen_beam import build_chosen_beam
from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_exam
from ctdose.scanner.library import load_scanner
from ctdose.simulation.exam_tables import PlannedBeam, build_exam_tables
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.transport_tables import Physics

TWO_TUBES = Path(__file__).parent / "data" / "scanners" / "two-tubes.yaml"
COMMON = {"name": "a", "tube_voltage_kv": 120, "bowtie": "body", "collimation_mm": 20, "tube_current_ma": 100}
HELICAL = {**COMMON, "mode": "helical", "pitch": 1.0, "rotation_time_s": 0.5, "scan_range": [-60, 60]}
AXIAL = {**COMMON, "mode": "axial", "table_increment_mm": 20, "rotation_time_s": 0.5, "scan_range": [-60, 60]}
STILL = {**COMMON, "mode": "stationary", "rotation_time_s": 0.5, "scan_range": [-10, 10]}
LOCALIZER = {**COMMON, "mode": "localizer", "collimation_mm": 5, "scan_range": [-60, 60]}


@pytest.fixture(scope="module")
def body():
    """A water cylinder of 16 cm in four quadrants (regions 0 to 3: front, left, back, right) of each of three slabs."""
    n, half = 32, 80.0
    centres = (np.arange(n) + 0.5) * 2 * half / n - half
    z = np.arange(60) * 5.0 - 147.5
    y, x = np.meshgrid(centres, centres, indexing="ij")
    angle = np.rad2deg(np.arctan2(x, -y))  # as the gantry's; voxels on a diagonal go the same way round
    quadrant = ((angle + 45.0 + 1e-9) % 360.0 // 90.0).astype(int)
    slab = np.digitize(z, [-40.0, 40.0])
    inside = np.hypot(x, y) < half
    region = np.where(inside, 1 + quadrant + 4 * slab[:, None, None], 0)
    material = np.broadcast_to(inside.astype(np.uint8), region.shape)
    return ctdose.VoxelPhantom(
        np.ascontiguousarray(material),
        materials=[ctdose.Material("air"), ctdose.Material("water")],
        spacing_mm=(5.0, 5.0, 5.0),
        origin_mm=(centres[0], centres[0], z[0]),
        region_index=region.astype(np.uint16),
    )


def plan_of(body, keys, scanner=TWO_TUBES, **more):
    acquisition = {name: value for name, value in {**keys, **more}.items() if value is not None}
    data = {
        "exam": "x",
        "phantom": "adult-male",
        "scanner": str(scanner),
        "acquisitions": [acquisition],
    }  # the plan is made on `body`
    machine = load_scanner(str(scanner))
    (plan,) = plan_exam(load_exam(data), machine, body)
    return plan, machine


def scanner_with(tmp_path, **changes):
    """The scanner with some of its text changed."""
    text = TWO_TUBES.read_text(encoding="utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "changed.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def alone(plan, number):
    """A plan of one of the beams, with its own mAs."""
    pieces = tuple(replace(piece, beam=0) for piece in plan.pieces if piece.beam == number)
    return replace(plan, beams=(plan.beams[number],), pieces=pieces, total_mas=plan.beam_mas(number))


def assert_agree(one, other, statistics):
    """Energies (and errors) of all regions, and their largest sums, agree within the level of the tests."""
    (a, da), (b, db) = one, other
    z = (a - b) / np.hypot(da, db)
    limit = statistics.z_limit(statistics.level(z.size + 1))
    assert np.abs(z).max() < limit
    total = (a.sum() - b.sum()) / np.sqrt((da**2 + db**2).sum())
    assert abs(total) < limit


def energy(body, plan, machine, seed, batches=6):
    """Energy in each region and its standard error, in any common unit; the photons per mAs are those of the model."""
    planned = []
    for number, choice in enumerate(plan.beams):
        beam = build_chosen_beam(machine, choice)
        planned.append(PlannedBeam(plan, beam, beam.emitted * beam.tube_fluence, number))
    tables = build_exam_tables(
        body, planned, key=(seed, 11), physics=Physics("collision-kerma"), with_voxels=False
    )
    mean, error = BatchRunner(tables).run(range(batches)).row_estimates()
    photons = sum(item.photons for item in planned)
    return photons * mean[1:13], photons * error[1:13]


def added(*runs):
    return sum(run[0] for run in runs), np.sqrt(sum(run[1] ** 2 for run in runs))


def test_helical_at_pitch_1_and_contiguous_axial_give_the_same_dose(body, statistics, tmp_path):
    still = scanner_with(tmp_path, a=("  a: 1.3\n", "  a: 0\n"), b=("  b_mm: 12\n", "  b_mm: 0\n"))
    helical, machine = plan_of(body, HELICAL, still)
    axial, _ = plan_of(body, AXIAL, still)
    assert helical.total_mas == pytest.approx(axial.total_mas)
    assert helical.irradiated_length_mm == pytest.approx(120)
    assert_agree(energy(body, helical, machine, 1), energy(body, axial, machine, 2), statistics)


def test_a_dose_per_mas_does_not_depend_on_the_pitch(body, statistics, tmp_path):
    still = scanner_with(tmp_path, a=("  a: 1.3\n", "  a: 0\n"), b=("  b_mm: 12\n", "  b_mm: 0\n"))
    slow, machine = plan_of(body, HELICAL, still, pitch=0.5, tube_current_ma=50)
    fast, _ = plan_of(
        body, HELICAL, still, pitch=3.2, second_tube={"current_ratio": 0.1}, tube_current_ma=320
    )
    assert slow.total_mas == pytest.approx(fast.beam_mas(0))
    assert_agree(energy(body, slow, machine, 3), energy(body, alone(fast, 0), machine, 4), statistics)


@pytest.mark.parametrize("angle", [None, -45])
def test_two_tubes_are_the_sum_of_two_scans(body, statistics, angle):
    plan, machine = plan_of(
        body, STILL, rotations=0.25, start_angle_deg=angle, second_tube={"current_ratio": 0.5}
    )
    apart = [energy(body, alone(plan, number), machine, 5 + number) for number in (0, 1)]
    assert_agree(energy(body, plan, machine, 7), added(*apart), statistics)
    if (
        angle is None
    ):  # the same spectrum from all sides: per photon alike but for the corners of the wider fan
        front, left = apart[0][0][[4, 5]]
        assert abs(front / left - 1) < 0.05


def test_the_second_tube_shines_from_its_own_angle(body, statistics, tmp_path):
    right_angle = scanner_with(
        tmp_path,
        angle=("angle_offset_deg: 95", "angle_offset_deg: 90"),
        fan=("fan_angle_deg: 36", "fan_angle_deg: 55"),
    )
    plan, machine = plan_of(body, STILL, right_angle, rotations=0.25, start_angle_deg=-45, second_tube={})
    first, second = (energy(body, alone(plan, number), machine, 8 + number) for number in (0, 1))

    def turned(run):  # front -> left -> back -> right, in each slab
        return tuple(np.roll(values.reshape(3, 4), 1, axis=1).ravel() for values in run)

    assert first[0][4] > 3 * first[0][6]  # the tube is in front: the front quadrant of the middle slab
    assert second[0][5] > 3 * second[0][7]
    assert_agree(turned(first), second, statistics)


def test_switched_voltages_are_the_weighted_mean_of_two_scans(body, statistics):
    plan, machine = plan_of(
        body, HELICAL, tube_voltage_kv=140, switched_tube_voltage_kv=80, switched_time_fraction=0.65
    )
    high, _ = plan_of(body, HELICAL, tube_voltage_kv=140)
    low, _ = plan_of(body, HELICAL, tube_voltage_kv=80)
    runs = [energy(body, high, machine, 10), energy(body, low, machine, 11)]
    parts = [tuple(share * values for values in run) for share, run in zip((0.35, 0.65), runs, strict=True)]
    mixed = energy(body, plan, machine, 12)
    assert_agree(mixed, added(*parts), statistics)
    assert not np.allclose(mixed[0], runs[0][0], rtol=0.1)


def test_a_second_tube_with_its_own_voltage_and_filter_is_the_sum_of_two_scans(body, statistics):
    second = {"tube_voltage_kv": 140, "filter": "tin-0.4", "tube_current_ma": 150}
    plan, machine = plan_of(body, HELICAL, tube_voltage_kv=80, pitch=0.6, second_tube=second)
    apart = [energy(body, alone(plan, number), machine, 13 + number) for number in (0, 1)]
    assert_agree(energy(body, plan, machine, 15), added(*apart), statistics)


def test_gating_changes_the_mas_and_nothing_else_to_the_bit(body):
    gated, machine = plan_of(body, AXIAL, ecg={"heart_rate_per_min": 60, "window_percent": [60, 90]})
    plain, _ = plan_of(body, AXIAL)
    ratio = gated.total_mas / plain.total_mas
    assert ratio == pytest.approx(0.6)
    one, other = energy(body, gated, machine, 16, batches=1), energy(body, plain, machine, 16, batches=1)
    np.testing.assert_allclose(one[0], ratio * other[0], rtol=1e-12)
    full = {"heart_rate_per_min": 60, "window_percent": [0, 100], "low_current_fraction": 0.3}
    whole, _ = plan_of(body, HELICAL, ecg={**full, "start_phase_percent": 40})
    helical, _ = plan_of(body, HELICAL)
    one, other = energy(body, whole, machine, 17, batches=1), energy(body, helical, machine, 17, batches=1)
    assert one[0].tobytes() == other[0].tobytes()


def test_known_phases_averaged_are_the_unknown_phase(body, statistics):
    ecg = {
        "heart_rate_per_min": 50,
        "window_percent": [30, 60],
        "low_current_fraction": 0.05,
        "output_is": "full",
    }
    keys = {"pitch": 0.3, "tube_current_ma": 400}
    average, machine = plan_of(body, HELICAL, **keys, ecg=ecg)
    phases = [
        plan_of(body, HELICAL, **keys, ecg={**ecg, "start_phase_percent": 2.5 * k})[0] for k in range(40)
    ]
    pieces = tuple(replace(piece, mas=piece.mas / 40) for plan in phases for piece in plan.pieces)
    total = math.fsum(piece.mas for piece in pieces)
    assert total == pytest.approx(average.total_mas, rel=1e-3)
    merged = replace(average, pieces=pieces, total_mas=total)
    assert_agree(energy(body, merged, machine, 18), energy(body, average, machine, 19), statistics)


def test_a_known_phase_is_seen_where_the_beam_was_in_the_window(body):
    # 158 mm with over-ranging in 2.8 s; a beat lasts 3 s, the tube is on in its first half: above z = -7 mm.
    ecg = {"heart_rate_per_min": 20, "window_percent": [0, 50], "low_current_fraction": 0.0}
    plan, machine = plan_of(body, HELICAL, rotation_time_s=0.35, ecg={**ecg, "start_phase_percent": 0})
    assert 1.5 < plan.beam_on_time_s < 3.0
    low, _, high = energy(body, plan, machine, 20, batches=1)[0].reshape(3, 4).sum(axis=1)
    assert high > 5 * low


def test_a_localizer_shines_from_its_angle(body, statistics):
    front, machine = plan_of(body, LOCALIZER, gantry_angle_deg=0)
    left, _ = plan_of(body, LOCALIZER, gantry_angle_deg=90)
    a, b = energy(body, front, machine, 21), energy(body, left, machine, 22)
    turned = tuple(np.roll(values.reshape(3, 4), 1, axis=1).ravel() for values in a)
    assert a[0][4] > 3 * a[0][6]
    assert_agree(turned, b, statistics)


def test_one_wide_rotation_is_a_stationary_one(body):
    volume, _ = plan_of(body, AXIAL, table_increment_mm=None, scan_range=[-10, 10])
    still, _ = plan_of(body, STILL)
    assert volume.pieces == still.pieces
