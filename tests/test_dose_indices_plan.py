"""Plans in every mode, worked by hand, and DLP = (CTDI_w per mAs) * (total mAs) * nT in each."""

import math
from types import SimpleNamespace

import pytest

from ctdose.exam.course import axial_positions_mm
from ctdose.exam.dose_indices import (
    ctdi_vol_axial_mgy,
    ctdi_vol_helical_mgy,
    ctdi_vol_stationary_mgy,
    dlp_from_mas_mgy_cm,
    dlp_mgy_cm,
    dose_indices,
    localizer_current_ma,
    mas_per_rotation_of,
)
from ctdose.exam.library import load_exam
from ctdose.exam.plan import isocentre_xy_mm, plan_exam
from ctdose.scanner.library import load_scanner

SCANNER = load_scanner("generic-64")
BODY = SimpleNamespace(
    name="adult-male",
    anatomy=SimpleNamespace(body="adult-male", scan_ranges_mm={"chest": (400.0, 700.0)}, landmarks_mm={}),
    z_range_mm=(-800.0, 900.0),
    corner_mm=(-210.0, -95.0, -800.0),
    size_mm=(400.0, 200.0, 1700.0),
)
COMMON = {"name": "a", "tube_voltage_kv": 120, "bowtie": "body", "scan_range": "chest"}
MODES = {
    "helical": {"collimation_mm": 40, "pitch": 0.8, "rotation_time_s": 0.5},
    "axial": {"collimation_mm": 20, "table_increment_mm": 25, "rotation_time_s": 1.0},
    "stationary": {"collimation_mm": 10, "rotations": 3.5, "rotation_time_s": 0.5},
    "localizer": {"collimation_mm": 5, "gantry_angle_deg": 90},
}


def exam_of(mode, **keys):
    acquisition = {**COMMON, "mode": mode, **MODES[mode], "tube_current_ma": 100, **keys}
    acquisition = {name: value for name, value in acquisition.items() if value is not None}
    return load_exam(
        {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": [acquisition]}
    )


def plan_of(mode, **keys):
    return plan_exam(exam_of(mode, **keys), SCANNER, BODY)[0]


def ctdi_w_of(plan):
    return SCANNER.ctdi_w_mgy_per_100mas(
        plan.tube_voltage_kv, plan.bowtie, plan.ctdi_phantom_cm, plan.collimation_mm
    )


def test_helical_worked_by_hand():
    # pitch 0.8, nT 40: feed 32 mm. Over-ranging 1.3 * 32 + 12 = 53.6 mm, travel 300 + 53.6 = 353.6 mm,
    # 11.05 rotations, 5.525 s, 552.5 mAs at 100 mA. CTDI_w 7.8 mGy/100 mAs * 50 mAs = 3.9 mGy, CTDI_vol 4.875 mGy,
    # DLP 4.875 * 35.36 = 172.38 mGy cm = 0.078 * 552.5 * 4.
    plan = plan_of("helical")
    assert plan.over_ranging_mm == pytest.approx(53.6)
    assert plan.irradiated_start_mm == pytest.approx(400 - 26.8)
    assert plan.irradiated_end_mm == pytest.approx(700 + 26.8)
    assert plan.irradiated_length_mm == pytest.approx(353.6)
    assert plan.planned_length_mm == 300
    assert plan.rotations == pytest.approx(11.05)
    assert plan.beam_on_time_s == pytest.approx(5.525)
    assert plan.total_mas == pytest.approx(552.5)
    assert plan.mas_per_rotation == pytest.approx(50)
    assert plan.effective_mas == pytest.approx(62.5)
    indices = dose_indices(plan, ctdi_w_of(plan))
    assert indices.ctdi_w_mgy == pytest.approx(3.9)
    assert indices.ctdi_vol_mgy == pytest.approx(4.875)
    assert indices.dlp_mgy_cm == pytest.approx(172.38)
    assert indices.ctdi_phantom_cm == 32


def test_axial_worked_by_hand():
    # nT 20, increment 25, range 300 mm: ceil((300 - 20) / 25) + 1 = 13 positions, centred on 550: 400 to 700.
    # Output at nT 20: 7.8 * (22.5 / 20) / (42.5 / 40), and over those widths the kerma on the axis is in the mean
    # 0.998116 and 0.994248 of its middle: 8.2588 * 1.003890 = 8.29095 mGy/100 mAs. With 100 mAs CTDI_vol is
    # 8.29095 * 20 / 25 = 6.6328 mGy; DLP = 13 * 8.29095 * 2 cm = 215.56 mGy cm.
    plan = plan_of("axial")
    assert plan.rotations == 13
    assert [piece.z_start_mm for piece in plan.pieces] == pytest.approx([700.0 - 25 * i for i in range(13)])
    assert plan.irradiated_start_mm == pytest.approx(400 - 11.25)
    assert plan.irradiated_end_mm == pytest.approx(700 + 11.25)
    assert plan.beam_on_time_s == 13
    assert plan.total_mas == pytest.approx(1300)
    assert plan.effective_mas is None
    indices = dose_indices(plan, ctdi_w_of(plan))
    assert indices.ctdi_vol_mgy == pytest.approx(6.63276, rel=1e-5)
    assert indices.dlp_mgy_cm == pytest.approx(215.5646, rel=1e-5)


def test_stationary_worked_by_hand():
    # nT 10 about 550: planned 545 to 555. 3.5 rotations of 50 mAs. Output 7.8 * 1.25 / 1.0625 = 9.17647 per 100 mAs,
    # times 0.999038 / 0.994248: 9.22068; CTDI_w 4.61034, CTDI_vol 16.1362 mGy, DLP 16.1362 mGy cm (1 cm).
    plan = plan_of("stationary")
    assert (plan.z_start_mm, plan.z_end_mm) == (545, 555)
    assert (plan.irradiated_start_mm, plan.irradiated_end_mm) == pytest.approx((543.75, 556.25))
    assert plan.total_mas == pytest.approx(175)
    indices = dose_indices(plan, ctdi_w_of(plan))
    assert indices.ctdi_vol_mgy == pytest.approx(16.1362, rel=1e-5)
    assert indices.dlp_mgy_cm == pytest.approx(16.1362, rel=1e-5)


def test_localizer_worked_by_hand():
    # 300 mm at 100 mm/s: 3 s, 300 mAs. Output at nT 5: 7.8 * 1.5 / 1.0625 = 11.01176 per 100 mAs, times
    # 0.999434 / 0.994248: 11.06920. DLP = 0.1106920 * 300 * 0.5 cm = 16.6038 mGy cm over 30 cm: CTDI_vol 0.553460 mGy.
    plan = plan_of("localizer")
    assert plan.rotations == 0
    assert plan.mas_per_rotation is None
    assert plan.total_mas == pytest.approx(300)
    (piece,) = plan.pieces
    assert (piece.z_start_mm, piece.z_end_mm) == (700, 400)
    assert (piece.angle_start_rad, piece.angle_span_rad, piece.angle_is_random) == (math.pi / 2, 0.0, False)
    indices = dose_indices(plan, ctdi_w_of(plan))
    assert indices.ctdi_w_mgy is None
    assert indices.dlp_mgy_cm == pytest.approx(16.6038, rel=1e-5)
    assert indices.ctdi_vol_mgy == pytest.approx(0.553460, rel=1e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("keys", [{}, {"scan_margin_mm": 13}, {"scan_range": [-77.5, -40.25]}])
def test_dlp_is_output_times_mas_times_collimation_in_every_mode(mode, keys):
    if mode == "stationary" and keys:
        keys = {"scan_range": [-77.5, -70]}
    plan = plan_of(mode, **keys)
    per_mas = ctdi_w_of(plan) / 100
    indices = dose_indices(plan, ctdi_w_of(plan))
    ctdi_w = per_mas * (plan.mas_per_rotation or 0.0)
    by_mode = {
        "helical": lambda: ctdi_vol_helical_mgy(ctdi_w, 0.8),
        "axial": lambda: ctdi_vol_axial_mgy(ctdi_w, 20, 25),
        "stationary": lambda: ctdi_vol_stationary_mgy(ctdi_w, 3.5),
        "localizer": lambda: indices.ctdi_vol_mgy,
    }[mode]()
    assert indices.ctdi_vol_mgy == pytest.approx(by_mode)
    assert dlp_mgy_cm(by_mode, plan.dlp_length_mm) == pytest.approx(
        dlp_from_mas_mgy_cm(per_mas, plan.total_mas, plan.collimation_mm)
    )
    assert sum(piece.mas for piece in plan.pieces) == pytest.approx(plan.total_mas)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bowtie", ["body", "head"])
def test_a_typed_ctdi_vol_comes_back(mode, bowtie):
    phantom_cm = {"body": 32, "head": 16}[bowtie]
    keys = {"tube_current_ma": None, "ctdi_vol_mgy": 3.5, "ctdi_phantom_cm": phantom_cm, "bowtie": bowtie}
    plan = plan_of(mode, **keys)
    assert plan.ctdi_phantom_cm == phantom_cm
    assert dose_indices(plan, ctdi_w_of(plan)).ctdi_vol_mgy == pytest.approx(3.5)


def test_the_ways_to_state_the_output_agree():
    reference = plan_of("helical", tube_current_ma=100)
    for keys in (
        {"mas_per_rotation": 50},
        {"effective_mas": 62.5},
        {"ctdi_vol_mgy": 4.875, "ctdi_phantom_cm": 32},
    ):
        plan = plan_of("helical", tube_current_ma=None, **keys)
        assert plan.tube_current_ma == pytest.approx(100)
        assert plan.total_mas == pytest.approx(reference.total_mas)


def test_reverse_relations_refuse_what_they_cannot():
    with pytest.raises(ValueError, match="mode=localizer"):
        mas_per_rotation_of(1.0, 0.1, "localizer", collimation_mm=5)
    with pytest.raises(ValueError, match="feed is missing"):
        mas_per_rotation_of(1.0, 0.1, "helical", collimation_mm=5)
    assert localizer_current_ma(0.550588, 0.1101176, 5, 100) == pytest.approx(100, rel=1e-5)


@pytest.mark.parametrize(
    ("length", "beam", "step", "count"),
    [
        (40, 40, 40, 1),
        (40.0000000001, 40, 40, 1),
        (41, 40, 40, 2),
        (120, 40, 40, 3),
        (5, 40, 40, 1),
        (30, 10, 20, 2),
    ],
)
def test_axial_positions_reach_over_the_range(length, beam, step, count):
    positions = axial_positions_mm((100.0, 100.0 + length), beam, step)
    assert len(positions) == count
    assert positions[0] - beam / 2 <= 100 + 1e-6
    assert positions[-1] + beam / 2 >= 100 + length - 1e-6
    assert (positions[0] + positions[-1]) / 2 == pytest.approx(100 + length / 2)


def test_averaged_start_angle_is_one_random_piece():
    (piece,) = plan_of("helical").pieces
    assert piece.angle_is_random
    assert piece.angle_span_rad == pytest.approx(2 * math.pi)
    assert (piece.z_start_mm, piece.z_end_mm) == pytest.approx((726.8, 373.2))


@pytest.mark.parametrize(("direction", "sign"), [("clockwise", 1), ("counterclockwise", -1)])
def test_a_start_angle_gives_a_true_helix(direction, sign):
    plan = plan_of(
        "helical", start_angle_deg=30, rotation_direction=direction, table_direction="caudocranial"
    )
    assert len(plan.pieces) == 12
    assert not any(piece.angle_is_random for piece in plan.pieces)
    for i, piece in enumerate(plan.pieces):
        z = 373.2 + 32 * i
        part = 1 if i < 11 else 0.05
        assert (piece.z_start_mm, piece.z_end_mm) == pytest.approx((z, z + 32 * part))
        assert piece.angle_start_rad == pytest.approx(math.radians(30))
        assert piece.angle_span_rad == pytest.approx(sign * part * 2 * math.pi)
        assert piece.mas == pytest.approx(50 * part)
    assert plan.pieces[-1].z_end_mm == pytest.approx(plan.irradiated_end_mm)


def test_a_stationary_partial_rotation_covers_its_part_of_the_circle():
    pieces = plan_of("stationary", start_angle_deg=-90).pieces
    assert [piece.angle_span_rad / math.pi for piece in pieces] == pytest.approx([2, 2, 2, 1])
    assert {piece.z_start_mm for piece in pieces} == {550}


def test_axial_order_follows_the_table():
    down, up = plan_of("axial").pieces, plan_of("axial", table_direction="caudocranial").pieces
    assert [piece.z_start_mm for piece in up] == [piece.z_start_mm for piece in reversed(down)]


@pytest.mark.parametrize(
    ("keys", "axis"),
    [({}, (-10, 5)), ({"off_centre_mm": [0, 20]}, (-10, 25)), ({"isocentre_mm": [3, 4]}, (3, 4))],
)
def test_the_rotation_axis(keys, axis):
    exam = exam_of("helical")
    data = {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": [], **keys}
    data["acquisitions"] = [
        exam.acquisitions[0].model_dump(include=set(COMMON) | set(MODES["helical"]) | {"mode"})
    ]
    data["acquisitions"][0]["tube_current_ma"] = 100
    assert isocentre_xy_mm(load_exam(data), BODY) == pytest.approx(axis)


def test_a_landmark_places_the_rotation_axis():
    anatomy = SimpleNamespace(scan_ranges_mm={}, landmarks_mm={"isocentre": (1.0, -2.0, 30.0)})
    body = SimpleNamespace(name="b", anatomy=anatomy, corner_mm=(0, 0, 0), size_mm=(1, 1, 1))
    assert isocentre_xy_mm(exam_of("helical"), body) == (1.0, -2.0)


def test_plans_are_frozen():
    with pytest.raises(AttributeError):
        plan_of("helical").total_mas = 1
