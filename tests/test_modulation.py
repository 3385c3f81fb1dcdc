"""Modulated plans: means that are kept, levels that are reached, limits of the tube, every mode."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

import ctdose
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.modulation import limited
from ctdose.exam.modulation_text import modulation_lines
from ctdose.exam.plan import plan_exam
from ctdose.exam.resolved import resolve
from ctdose.phantoms.cylinders import build_cylinder
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.scanner.library import load_scanner

SCANNER = load_scanner("generic-64")
CYLINDER = build_cylinder(diameter_mm=300, length_mm=400, voxel_mm=2.0)
MODES = {
    "helical": {"pitch": 0.8, "rotation_time_s": 0.5},
    "axial": {"table_increment_mm": 40, "rotation_time_s": 1.0},
    "stationary": {"rotations": 2.5, "rotation_time_s": 0.5},
}


def cone():
    """An ellipse that grows with z: half axes 90 and 60 to 150 and 100 mm, 200 mm long, in voxels of 4 mm."""
    at = (np.arange(80) - 39.5) * 4.0
    part = ((np.arange(50) + 0.5) / 50)[:, None, None]
    inside = (at[None, None, :] / (90 + 60 * part)) ** 2 + (at[None, :, None] / (60 + 40 * part)) ** 2 <= 1
    return VoxelPhantom(
        inside.astype(np.uint8), [Material("air"), Material("water")], (4.0, 4.0, 4.0), (at[0], at[0], -98.0)
    )


CONE = cone()


def exam_of(mode="helical", **keys):
    acquisition = {
        "name": "a",
        "mode": mode,
        "tube_voltage_kv": 120,
        "bowtie": "body",
        "collimation_mm": 40,
        "scan_range": [0, 40] if mode == "stationary" else [-60, 60],
        **MODES[mode],
        "tube_current_ma": 200,
        **keys,
    }
    acquisition = {name: value for name, value in acquisition.items() if value is not None}
    return ctdose.load_exam(
        {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": [acquisition]}
    )


def plan_of(body=CONE, mode="helical", **keys):
    return plan_exam(exam_of(mode, **keys), SCANNER, body)[0]


def test_an_empty_modulation_changes_nothing():
    plan = plan_of(modulation=[])
    assert plan.modulation is None
    assert plan == plan_of()
    assert len(plan.pieces) == 1


@pytest.mark.parametrize("mode", ["helical", "axial", "stationary"])
@pytest.mark.parametrize("start", ["averaged", 37.0])
@pytest.mark.parametrize(
    "modulation",
    [["longitudinal"], ["angular"], ["longitudinal", "angular", "organ"], {"organ": {"sector_deg": 130}}],
)
def test_a_stated_mean_is_kept_over_the_whole_beam_on(mode, start, modulation):
    if mode == "stationary" and "longitudinal" in modulation:
        modulation = [word for word in modulation if word != "longitudinal"]
    constant = plan_of(mode=mode, start_angle_deg=start)
    plan = plan_of(mode=mode, start_angle_deg=start, modulation=modulation)
    assert plan.total_mas == pytest.approx(constant.total_mas, rel=1e-12)
    assert math.fsum(p.mas for p in plan.pieces) == pytest.approx(constant.total_mas, rel=1e-9)
    assert plan.tube_current_ma == pytest.approx(200.0, rel=1e-12)
    assert plan.mas_per_rotation == pytest.approx(constant.mas_per_rotation, rel=1e-12)
    assert dose_indices(plan, 7.8).ctdi_vol_mgy == pytest.approx(dose_indices(constant, 7.8).ctdi_vol_mgy)
    if modulation:
        assert plan.modulation.mean_ma == pytest.approx(200.0, rel=1e-12)
        assert SCANNER.tube.current_min_ma <= plan.modulation.min_ma
    assert plan.pieces[0].z_start_mm == pytest.approx(constant.pieces[0].z_start_mm)
    assert plan.pieces[-1].z_end_mm == pytest.approx(constant.pieces[-1].z_end_mm)


@pytest.mark.parametrize(
    "output",
    [
        {"mas_per_rotation": 100.0},
        {"effective_mas": 125.0},
        {"ctdi_vol_mgy": 9.75, "ctdi_phantom_cm": 32},
    ],
)
def test_whatever_states_the_mean(output):
    plan = plan_of(tube_current_ma=None, **output, modulation=["longitudinal", "angular"])
    assert plan.tube_current_ma == pytest.approx(200.0, rel=1e-6)
    assert plan.modulation.max_ma > 300


def test_a_centred_cylinder_is_not_modulated_by_angle():
    plan = plan_of(CYLINDER, modulation=["angular"])
    assert plan.modulation.min_ma == pytest.approx(200.0, rel=0.02)  # a voxel of 2 mm is 2 % of the current
    assert plan.modulation.max_ma == pytest.approx(200.0, rel=0.02)


def test_a_cylinder_is_not_modulated_along_z():
    plan = plan_of(CYLINDER, modulation=["longitudinal"])
    assert [p.mas / abs(p.z_end_mm - p.z_start_mm) for p in plan.pieces] == pytest.approx(
        [plan.total_mas / plan.irradiated_length_mm] * len(plan.pieces), rel=1e-6
    )


def test_over_ranging_holds_the_current_of_the_last_planned_position():
    plan = plan_of(modulation=["longitudinal"])
    assert plan.over_ranging_mm > 40
    per_mm = {(p.z_start_mm + p.z_end_mm) / 2: p.mas / abs(p.z_end_mm - p.z_start_mm) for p in plan.pieces}
    for end, beyond in ((60.0, lambda z: z > 60), (-60.0, lambda z: z < -60)):
        held = [value for z, value in per_mm.items() if beyond(z)]
        assert len(held) > 3
        assert held == pytest.approx([held[0]] * len(held), rel=1e-9)
        nearest = min((abs(z - end), value) for z, value in per_mm.items() if not beyond(z))[1]
        assert held[0] == pytest.approx(nearest, rel=0.05)


def test_quality_reference_mas_is_reached_at_the_reference_diameter():
    keys = {"tube_current_ma": None, "quality_reference_mas": 150, "modulation": ["longitudinal"]}
    own = plan_of(CYLINDER, modulation=["longitudinal"]).modulation.water_equivalent_diameter_cm[0]
    assert own == pytest.approx(30.0, rel=1e-3)
    at_reference = plan_of(CYLINDER, **keys, reference_diameter_cm=own)
    assert at_reference.effective_mas == pytest.approx(150.0, rel=1e-6)
    # Smaller by 4 cm: exp(-mu 4 cm), the half-value thickness of water being some 3.5 cm.
    larger = plan_of(CYLINDER, **keys, reference_diameter_cm=own + 4)
    energy = larger.modulation.energy_kev
    from ctdose.physics.cross_sections import linear_attenuation

    mu = [float(linear_attenuation(Material(name), [energy])[0]) for name in ("water", "air")]
    assert larger.effective_mas == pytest.approx(150.0 * math.exp(-4 * (mu[0] - mu[1])), rel=1e-9)
    axial = plan_of(CYLINDER, mode="axial", **keys, reference_diameter_cm=own)
    assert axial.mas_per_rotation == pytest.approx(150.0, rel=1e-6)


def test_an_organ_sector_without_compensation_lowers_the_mean_by_its_share():
    keys = {"tube_current_ma": None, "quality_reference_mas": 100, "reference_diameter_cm": 30}
    organ = {"sector_deg": 120, "relative_current": 0.4, "compensation": False}
    whole = plan_of(CYLINDER, **keys, modulation={"longitudinal_strength": 1.0})
    bare = plan_of(CYLINDER, **keys, modulation={"longitudinal_strength": 1.0, "organ": organ})
    full = plan_of(
        CYLINDER, **keys, modulation={"longitudinal_strength": 1.0, "organ": {**organ, "compensation": True}}
    )
    assert bare.total_mas / whole.total_mas == pytest.approx(0.8, rel=1e-9)
    assert full.total_mas / whole.total_mas == pytest.approx(1.0, rel=1e-9)


def test_a_table_alone_is_taken_as_it_is():
    table = {"z_mm": [-60.0, 60.0], "tube_current_ma": [100.0, 300.0]}
    plan = plan_of(tube_current_ma=None, modulation=table, mode="axial")
    # Positions -40, 0, 40: 100 + 200 * (z + 60)/120.
    seconds = 1.0
    assert sorted(p.mas for p in plan.pieces) == pytest.approx(
        [(100 + 200 * (z + 60) / 120) * seconds for z in (-40, 0, 40)]
    )
    assert plan.tube_current_ma == pytest.approx(200.0)
    helical = plan_of(tube_current_ma=None, modulation=table)
    low, high = helical.modulation.min_ma, helical.modulation.max_ma
    assert (low, high) == pytest.approx((100.0, 300.0), rel=1e-9)  # over-ranging holds the table's ends


def test_a_table_beside_an_output_gives_the_shape():
    table = {"z_mm": [-60.0, 60.0], "tube_current_ma": [1.0, 3.0]}
    plan = plan_of(mode="axial", modulation=table)
    assert plan.tube_current_ma == pytest.approx(200.0)
    assert sorted(p.mas for p in plan.pieces) == pytest.approx([200 * f for f in (2 / 3, 1.0, 4 / 3)])


def test_a_table_with_angles_and_one_without_beside_angular_modulation():
    four = {"z_mm": [-60.0, 60.0], "angle_deg": [0.0, 180.0], "tube_current_ma": [[100.0, 300.0]] * 2}
    plan = plan_of(tube_current_ma=None, modulation=four, mode="stationary")
    assert plan.tube_current_ma == pytest.approx(200.0)
    assert plan.modulation.min_ma == pytest.approx(100 + 200 * 5 / 180)
    mixed = plan_of(
        modulation={"z_mm": [-60.0, 60.0], "tube_current_ma": [100.0, 300.0], "angular_strength": 0.5}
    )
    ends = mixed.modulation
    assert ends.z_mean_ma[-1] / ends.z_mean_ma[0] == pytest.approx(3.0, rel=0.01)
    assert ends.z_max_ma[0] / ends.z_min_ma[0] > 1.5


def test_a_file_becomes_part_of_the_exam(tmp_path):
    (tmp_path / "t.csv").write_text("z_mm,tube_current_ma\n-60,100\n60,300\n")
    text = exam_of(tube_current_ma=300, modulation=[])
    file = tmp_path / "exam.yaml"
    plain = resolve(text, SCANNER, [CONE]).to_yaml().split("# a on")[0]
    file.write_text(
        plain.replace("modulation: []", "modulation: {table: t.csv}").replace("tube_current_ma: 300", "# ")
    )
    exam = ctdose.load_exam(file)
    assert exam.acquisitions[0].modulation_options.z_mm == [-60.0, 60.0]
    whole = resolve(exam, SCANNER, [CONE])
    again = whole.to_yaml()
    assert "t.csv, sha256 " in again
    alone = tmp_path / "elsewhere" / "again.yaml"
    alone.parent.mkdir()
    alone.write_text(again)
    repeated = resolve(ctdose.load_exam(alone), SCANNER, [CONE])
    assert repeated.plans == whole.plans
    assert repeated.exam_sha256 == whole.exam_sha256
    (tmp_path / "t.csv").write_text("z_mm,tube_current_ma\n-60,100\n60,301\n")
    assert resolve(ctdose.load_exam(file), SCANNER, [CONE]).exam_sha256 != whole.exam_sha256


def test_words_and_their_defaults_written_out_are_one():
    full = {"longitudinal_strength": 1.0, "angular_strength": 0.5, "organ": {}}
    assert plan_of(modulation=["longitudinal", "angular", "organ"]) == plan_of(modulation=full)


@pytest.mark.parametrize("mean", [12.0, 200.0, 600.0, 666.0])
def test_limits_of_the_tube_keep_the_mean(mean):
    rng = np.random.default_rng(3)
    wanted, seconds = np.exp(rng.normal(size=500) * 1.5), rng.random(500)
    current = limited(wanted, seconds, (10.0, 666.7), mean)
    assert current @ seconds / seconds.sum() == pytest.approx(mean, rel=1e-12)
    assert current.min() >= 10.0
    assert current.max() <= 666.7
    free = (current > 10.0) & (current < 666.7)
    ratio = current[free] / wanted[free]
    assert ratio == pytest.approx(np.full(ratio.size, ratio[0] if ratio.size else 0.0), rel=1e-9)


def test_a_level_is_cut_at_the_limits():
    assert limited(np.array([1.0, 100.0, 900.0]), np.ones(3), (10.0, 600.0), None).tolist() == [10, 100, 600]


def test_limits_that_are_met_are_said():
    plan = plan_of(tube_current_ma=600, modulation={"longitudinal_strength": 2.0})
    assert plan.tube_current_ma == pytest.approx(600.0, rel=1e-9)
    assert plan.modulation.max_ma == pytest.approx(80000 / 120)
    lines = list(modulation_lines(plan))
    assert any("of the beam-on time at the greatest current of the tube" in line for line in lines)
    quiet = list(modulation_lines(plan_of(modulation={"longitudinal_strength": 0.5})))
    assert not any("of the tube" in line for line in quiet)
    assert "over-ranging included (the current of the last planned position is held)" in quiet[0]


def test_the_table_of_check_is_short_and_goes_down():
    lines = list(modulation_lines(plan_of(modulation=["longitudinal", "angular"])))
    rows = [line.split() for line in lines if line.strip()[0] in "-0123456789"]
    assert len(rows) == 10
    z = [float(row[0]) for row in rows]
    assert z == sorted(z, reverse=True)
    assert all(float(row[3]) < float(row[2]) < float(row[4]) for row in rows)
    assert list(modulation_lines(plan_of())) == []


def test_turning_counterclockwise_mirrors_nothing_but_the_order():
    keys = {"start_angle_deg": 0.0, "modulation": ["angular"], "mode": "stationary"}
    one = plan_of(**keys)
    other = plan_of(**keys, rotation_direction="counterclockwise")
    # The ellipse is symmetric about the sagittal plane, so the currents come in the same order.
    assert [p.mas for p in one.pieces] == pytest.approx([p.mas for p in other.pieces], rel=1e-6)
    assert [p.angle_start_rad for p in one.pieces] == pytest.approx(
        [-p.angle_start_rad for p in other.pieces]
    )


def test_adult_bodies_have_each_their_own_modulation():
    exam = ctdose.load_exam(
        {
            "exam": "x",
            "phantom": "adult",
            "scanner": "generic-64",
            "acquisitions": [
                {
                    **{"name": "a", "mode": "helical", "tube_voltage_kv": 120, "bowtie": "body"},
                    **{"collimation_mm": 40, "pitch": 1.0, "rotation_time_s": 0.5, "scan_range": "chest"},
                    **{"quality_reference_mas": 150, "reference_diameter_cm": 27},
                    "modulation": ["longitudinal", "angular"],
                }
            ],
            "simulation": {"voxel_mm": 6},
        }
    )
    from ctdose.api import prepare

    plans = prepare(exam).resolved.plans
    male, female = (plans[name][0] for name in ("adult-male", "adult-female"))
    assert male.total_mas > 1.2 * female.total_mas
    assert max(male.modulation.water_equivalent_diameter_cm) > max(
        female.modulation.water_equivalent_diameter_cm
    )
    for one, following in itertools.pairwise(male.modulation.z_mm):
        assert one < following


TWO_TUBES = load_scanner(str(Path(__file__).parent / "data" / "scanners" / "two-tubes.yaml"))


def on_two_tubes(**keys):
    acquisition = {
        **{"name": "a", "mode": "helical", "tube_voltage_kv": 100, "bowtie": "body", "collimation_mm": 40},
        **{"pitch": 0.8, "rotation_time_s": 0.5, "scan_range": [-60, 60], "tube_current_ma": 200},
        **keys,
    }
    file = Path(__file__).parent / "data" / "scanners" / "two-tubes.yaml"
    exam = {"exam": "x", "phantom": "adult-male", "scanner": str(file), "acquisitions": [acquisition]}
    return plan_exam(ctdose.load_exam(exam), TWO_TUBES, CONE)[0]


@pytest.mark.parametrize("modulation", [["longitudinal"], ["longitudinal", "angular"]])
def test_each_tube_keeps_its_mean_and_follows_its_own_angle(modulation):
    use = {"second_tube": {"tube_current_ma": 100}}
    constant, plan = on_two_tubes(**use), on_two_tubes(**use, modulation=modulation)
    for number in (0, 1):
        assert plan.beam_mas(number) == pytest.approx(constant.beam_mas(number), rel=1e-9)
    assert plan.total_mas == pytest.approx(constant.total_mas, rel=1e-9)
    if "angular" in modulation:  # the ellipse lies: both tubes give most when they stand beside it
        for number in (0, 1):
            by_angle = np.zeros(36)
            for piece in plan.pieces:
                if piece.beam == number:
                    middle = math.degrees(piece.angle_start_rad + piece.angle_span_rad / 2) % 360
                    by_angle[int(middle // 10)] += piece.mas
            assert by_angle[8:10].min() > 1.5 * by_angle[[0, 35, 17, 18]].max()
    assert len(plan.modulation.pieces_ma) == len(plan.pieces)
    assert any(" of the first tube" in line for line in modulation_lines(plan))


def test_the_heart_multiplies_what_modulation_gives():
    ecg = {"heart_rate_per_min": 60, "window_percent": [40, 80], "low_current_fraction": 0.2}
    phase = {**ecg, "start_phase_percent": 0.0}
    plain = plan_of(modulation=["longitudinal"])
    averaged = plan_of(modulation=["longitudinal", "ecg"], ecg=ecg)
    assert [p.mas for p in averaged.pieces] == pytest.approx([p.mas for p in plain.pieces])
    followed = plan_of(modulation=["longitudinal", "ecg"], ecg=phase)
    assert followed.total_mas == pytest.approx(plain.total_mas, rel=1e-9)
    per_mm = [
        (p.mas / abs(p.z_end_mm - p.z_start_mm), (p.z_start_mm + p.z_end_mm) / 2) for p in followed.pieces
    ]
    before = {(p.z_start_mm, p.z_end_mm): p.mas / abs(p.z_end_mm - p.z_start_mm) for p in plain.pieces}
    ratios = []
    for value, z in per_mm:
        own = next(v for (a, b), v in before.items() if min(a, b) <= z <= max(a, b))
        ratios.append(round(value / own, 6))
    assert len(set(ratios)) == 2  # in the window and outside
    assert min(ratios) / max(ratios) == pytest.approx(0.2, rel=1e-4)


def test_switched_voltages_are_modulated_alike():
    keys = {"switched_tube_voltage_kv": 80, "switched_time_fraction": 0.6, "tube_current_ma": 150}
    constant, plan = plan_of(**keys), plan_of(**keys, modulation=["longitudinal", "angular"])
    for number in (0, 1):
        assert plan.beam_mas(number) == pytest.approx(constant.beam_mas(number), rel=1e-9)
    assert plan.modulation.where == " at 120 kV"
