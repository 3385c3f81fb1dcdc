"""Plans of dual source, kV switching, cardiac and volume scans, worked by hand; their DLP summed over the beams."""

import itertools
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.errors import CtdoseError
from ctdose.exam.beam_choice import BeamChoice, ctdi_w_of
from ctdose.exam.dose_indices import dlp_from_mas_mgy_cm, dose_indices
from ctdose.exam.library import load_exam
from ctdose.exam.mode_lines import mode_lines
from ctdose.exam.plan import plan_exam
from ctdose.results.index_lines import beam_parts
from ctdose.scanner.library import load_scanner

BODY = SimpleNamespace(
    name="adult-male",
    anatomy=SimpleNamespace(body="adult-male", scan_ranges_mm={"chest": (400.0, 700.0)}, landmarks_mm={}),
    z_range_mm=(-800.0, 900.0),
    corner_mm=(-210.0, -95.0, -800.0),
    size_mm=(400.0, 200.0, 1700.0),
)
DUAL = Path(__file__).parent / "data" / "scanners" / "two-tubes.yaml"
COMMON = {"name": "a", "tube_voltage_kv": 120, "bowtie": "body", "scan_range": "chest", "collimation_mm": 40}
HELICAL = {"mode": "helical", "pitch": 0.8, "rotation_time_s": 0.5, "tube_current_ma": 100}
AXIAL = {"mode": "axial", "rotation_time_s": 0.4, "tube_current_ma": 100, "table_increment_mm": 40}
STATIONARY = {"mode": "stationary", "rotation_time_s": 0.5, "tube_current_ma": 100}
LOCALIZER = {"mode": "localizer", "tube_current_ma": 100, "collimation_mm": 5}
ECG = {"heart_rate_per_min": 60, "window_percent": [40, 80], "low_current_fraction": 0.2}


def acquisition(*parts, **keys):
    merged = {**COMMON}
    for part in (*parts, keys):
        merged |= part
    return {name: value for name, value in merged.items() if value is not None}


def planned(*parts, scanner="generic-64", **keys):
    exam = load_exam(
        {
            "exam": "x",
            "phantom": "adult-male",
            "scanner": str(scanner),
            "acquisitions": [acquisition(*parts, **keys)],
        }
    )
    machine = load_scanner(str(scanner))
    (plan,) = plan_exam(exam, machine, BODY)
    return plan, exam.acquisitions[0], machine


def indices_of(plan, machine):
    return dose_indices(plan, [ctdi_w_of(machine, beam, plan.ctdi_phantom_cm) for beam in plan.beams])


def test_dual_source_with_one_voltage_worked_by_hand():
    # Travel 353.6 mm, 11.05 rotations, 5.525 s (test_dose_indices_plan). Two tubes of 100 mA: 2 * 552.5 mAs.
    # CTDI_vol 2 * 4.875 = 9.75 mGy, DLP 2 * 172.38 = 344.76 mGy cm.
    plan, _, machine = planned(HELICAL, scanner=DUAL, second_tube={})
    assert [beam.tube for beam in plan.beams] == ["A", "B"]
    assert plan.tube_current_ma == 100
    assert plan.total_mas == pytest.approx(1105)
    assert (plan.beam_mas(0), plan.beam_mas(1)) == pytest.approx((552.5, 552.5))
    assert (plan.mas_per_rotation, plan.effective_mas) == pytest.approx((100, 125))
    indices = indices_of(plan, machine)
    assert indices.ctdi_w_mgy == pytest.approx(7.8)
    assert indices.ctdi_vol_mgy == pytest.approx(9.75)
    assert indices.dlp_mgy_cm == pytest.approx(344.76)


def test_dual_energy_worked_by_hand():
    # Tube A 100 kV, 4.86 mGy per 100 mAs, 50 mAs a rotation: CTDI_w 2.43. Tube B 140 kV, 11.65, 20 mAs: 2.33.
    # CTDI_vol (2.43 + 2.33) / 0.8 = 5.95 mGy; DLP over 35.36 cm: 210.392 mGy cm.
    second = {"tube_voltage_kv": 140, "tube_current_ma": 40}
    plan, _, machine = planned(HELICAL, scanner=DUAL, tube_voltage_kv=100, second_tube=second)
    assert plan.beams[1] == BeamChoice(140, "body", 40, tube="B")
    assert plan.tube_voltage_kv == 100
    indices = indices_of(plan, machine)
    assert indices.ctdi_w_mgy == pytest.approx(4.76)
    assert indices.ctdi_vol_mgy == pytest.approx(5.95)
    assert indices.dlp_mgy_cm == pytest.approx(210.392)


@pytest.mark.parametrize(
    "second",
    [{"tube_current_ma": 40}, {"mas_per_rotation": 20}, {"effective_mas": 25}, {"current_ratio": 0.4}],
)
def test_the_ways_to_state_the_output_of_the_second_tube_agree(second):
    plan, _, _ = planned(HELICAL, scanner=DUAL, second_tube={"tube_voltage_kv": 140, **second})
    assert plan.beam_mas(1) / plan.beam_mas(0) == pytest.approx(0.4)
    assert plan.beam_mas(0) == pytest.approx(552.5)


@pytest.mark.parametrize("mode", [HELICAL, AXIAL, STATIONARY])
def test_a_typed_ctdi_vol_is_that_of_both_tubes(mode):
    second = {"tube_voltage_kv": 140, "current_ratio": 0.4}
    keys = {"tube_current_ma": None, "ctdi_vol_mgy": 6.0, "ctdi_phantom_cm": 32, "rotations": None}
    plan, _, machine = planned(mode, scanner=DUAL, second_tube=second, **keys)
    assert indices_of(plan, machine).ctdi_vol_mgy == pytest.approx(6.0)
    assert plan.beam_mas(1) / plan.beam_mas(0) == pytest.approx(0.4)


def test_the_second_tube_is_ahead_by_its_angle_whichever_way_the_gantry_turns():
    for direction in ("clockwise", "counterclockwise"):
        plan, _, _ = planned(
            HELICAL, scanner=DUAL, second_tube={}, start_angle_deg=10, rotation_direction=direction
        )
        first = [piece for piece in plan.pieces if piece.beam == 0]
        second = [piece for piece in plan.pieces if piece.beam == 1]
        assert len(first) == len(second) == 12
        for a, b in zip(first, second, strict=True):
            assert b.angle_start_rad - a.angle_start_rad == pytest.approx(math.radians(95))
            assert (b.angle_span_rad, b.z_start_mm, b.z_end_mm) == (
                a.angle_span_rad,
                a.z_start_mm,
                a.z_end_mm,
            )


def test_two_tubes_scan_at_high_pitch_what_one_cannot():
    plan, _, machine = planned(HELICAL, scanner=DUAL, second_tube={}, pitch=3.2)
    # Feed 128 mm, over-ranging 1.3 * 128 + 12 = 178.4 mm: 478.4 mm in 3.7375 rotations.
    assert plan.rotations == pytest.approx(3.7375)
    assert indices_of(plan, machine).ctdi_vol_mgy == pytest.approx(2 * 3.9 / 3.2)


def test_filter_words_of_the_second_tube():
    plan, _, machine = planned(HELICAL, scanner=DUAL, second_tube={"filter": "tin-0.4"})
    assert [beam.filter for beam in plan.beams] == [None, "tin-0.4"]
    assert ctdi_w_of(machine, plan.beams[1], 32) is None  # not stated: simulated in the run
    assert plan.beams[1].label == "tube B 120 kV body tin-0.4"


def test_switched_voltage_worked_by_hand():
    # 80 kV 60 % of the time at one current: 552.5 mAs, 331.5 at 80 kV (2.72 mGy per 100 mAs), 221 at 140 (11.65).
    # DLP = (0.0272 * 331.5 + 0.1165 * 221) * 4 = 139.0532 mGy cm over 35.36 cm: CTDI_vol 3.93250 mGy.
    plan, _, machine = planned(
        HELICAL, tube_voltage_kv=140, switched_tube_voltage_kv=80, switched_time_fraction=0.6
    )
    assert plan.total_mas == pytest.approx(552.5)
    assert plan.beam_mas(1) == pytest.approx(331.5)
    indices = indices_of(plan, machine)
    assert indices.dlp_mgy_cm == pytest.approx(139.0532)
    assert indices.ctdi_vol_mgy == pytest.approx(3.9325, rel=1e-5)


def test_switched_current_follows_from_the_shares():
    # Mean 100 mA; 80 kV has 60 % of the time and 75 % of the mAs: 125 mA there, 62.5 mA at 140 kV.
    keys = {"switched_tube_voltage_kv": 80, "switched_time_fraction": 0.6, "switched_mas_fraction": 0.75}
    plan, item, machine = planned(HELICAL, tube_voltage_kv=140, **keys)
    first, second = mode_lines(plan, item, machine)
    assert first == "140 kV body: 0.4 of the time, 62.5 mA, 138.12 mAs in all"
    assert second == "80 kV body: 0.6 of the time, 125 mA, 414.38 mAs in all"


def test_ecg_controlled_current_worked_by_hand():
    # 40 to 80 % at full current, 20 % of it outside: mean 0.4 + 0.6 * 0.2 = 0.52 of the full current.
    plan, item, machine = planned(HELICAL, ecg={**ECG, "output_is": "full"})
    assert plan.tube_current_ma == pytest.approx(52)
    assert plan.total_mas == pytest.approx(0.52 * 552.5)
    assert indices_of(plan, machine).ctdi_vol_mgy == pytest.approx(0.52 * 4.875)
    (line,) = mode_lines(plan, item, machine)
    assert "100 mA in 40 to 80 % of RR (0.4 of 1 s at 60/min), 20 mA outside, mean 52 mA" in line
    mean, _, _ = planned(HELICAL, ecg=ECG)
    assert mean.total_mas == pytest.approx(552.5)


def test_averaged_over_the_heart_phase_the_pieces_are_those_of_a_constant_current():
    assert planned(HELICAL, ecg=ECG)[0].pieces == planned(HELICAL)[0].pieces


@pytest.mark.parametrize("angle", ["averaged", 20])
def test_a_window_of_the_whole_cycle_is_no_window(angle):
    whole = {"heart_rate_per_min": 73, "window_percent": [0, 100], "low_current_fraction": 0.2}
    plain = planned(HELICAL, start_angle_deg=angle)[0]
    for phase in ("averaged", 12.5):
        gated = planned(HELICAL, start_angle_deg=angle, ecg={**whole, "start_phase_percent": phase})[0]
        assert gated == plain


@pytest.mark.parametrize("angle", ["averaged", 20])
@pytest.mark.parametrize("second", [None, {"current_ratio": 0.5}])
def test_a_known_heart_phase_cuts_the_scan_in_time(angle, second):
    # 5.525 s from phase 30 %: full current from 0.1 to 0.5 s, from 1.1 to 1.5 s, ... On 2.4 s of 5.525 s (six windows).
    plan, _, _ = planned(
        HELICAL,
        scanner=DUAL,
        start_angle_deg=angle,
        second_tube=second,
        ecg={**ECG, "start_phase_percent": 30},
    )
    plain, _, _ = planned(HELICAL, scanner=DUAL, start_angle_deg=angle, second_tube=second)
    speed = (plan.pieces[-1].z_end_mm - plan.pieces[0].z_start_mm) / plan.beam_on_time_s
    full = low = 0.0
    for piece in plan.pieces:
        begin, end = ((z - plan.pieces[0].z_start_mm) / speed for z in (piece.z_start_mm, piece.z_end_mm))
        inside = 0.1 <= (begin + end) / 2 % 1 < 0.5
        full, low = full + piece.mas * inside, low + piece.mas * (not inside)
    time_full, time_low = 5 * 0.4 + 0.4, 5.525 - 2.4
    assert full / low == pytest.approx(time_full / (0.2 * time_low))
    assert full + low == pytest.approx(plain.total_mas)
    for number in range(len(plan.beams)):
        assert plan.beam_mas(number) == pytest.approx(plain.beam_mas(number))
        pieces = [piece for piece in plan.pieces if piece.beam == number]
        for before, after in itertools.pairwise(pieces):
            assert after.z_start_mm == pytest.approx(before.z_end_mm)


def test_a_full_current_at_a_known_phase_is_kept_and_the_mean_follows():
    # As above: (2.4 s + 0.2 * 3.125 s) / 5.525 s = 0.547511 of 100 mA.
    ecg = {**ECG, "start_phase_percent": 30, "output_is": "full"}
    plan, item, machine = planned(HELICAL, ecg=ecg)
    assert plan.tube_current_ma == pytest.approx(54.7511, rel=1e-5)
    assert plan.total_mas == pytest.approx(5.525 * 54.7511, rel=1e-5)
    rate = {round(piece.mas / abs(piece.z_end_mm - piece.z_start_mm) * 64, 6) for piece in plan.pieces}
    assert rate == {100.0, 20.0}  # mA: the table moves 64 mm in a second
    (line,) = mode_lines(plan, item, machine)
    assert "100 mA in 40 to 80 %" in line
    assert "20 mA outside, mean 54.75 mA; phase at beam-on: 30 % of RR" in line


def test_a_mean_that_a_short_scan_of_known_phase_cannot_reach_is_refused():
    """5.525 s at 20/min from phase 85 %: the windows begin after 1.65 and 4.65 s and last 1.2 and 0.875 s.

    With 0.2 outside the mean is (2.075 + 0.2 * 3.45) / 5.525 = 0.500452 of the window's current, 0.52 in whole cycles.
    """
    slow = {**ECG, "heart_rate_per_min": 20, "start_phase_percent": 85}
    plan, item, machine = planned(HELICAL, ecg=slow)
    (line,) = mode_lines(plan, item, machine)
    assert f"{100 / 0.500452:.4g} mA in 40 to 80 %" in line
    most = min(machine.tube.current_max_ma, machine.tube.power_max_kw * 1000 / 120)
    with pytest.raises(
        CtdoseError, match=r"start_phase_percent=85 \(little of the scan is in the window: it takes"
    ):
        planned(HELICAL, ecg=slow, tube_current_ma=0.515 * most)
    planned(HELICAL, ecg={**slow, "start_phase_percent": "averaged"}, tube_current_ma=0.515 * most)
    planned(HELICAL, ecg={**slow, "output_is": "full"}, tube_current_ma=most)


def test_the_relative_current_is_a_function_of_time():
    ecg = planned(HELICAL, ecg={**ECG, "heart_rate_per_min": 120})[1].ecg
    times = np.array([0.0, 0.19, 0.21, 0.39, 0.41, 0.7, 0.71])
    assert ecg.relative_current(times, 0.0).tolist() == [0.2, 0.2, 1.0, 1.0, 0.2, 1.0, 1.0]
    assert ecg.relative_current(times, 50.0).tolist() == [1.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
    assert ecg.changes_s(0.75, 0.0) == pytest.approx([0.2, 0.4, 0.7])
    assert ecg.changes_s(0.75, 50.0) == pytest.approx([0.15, 0.45, 0.65])


def test_prospective_gating_worked_by_hand():
    # 60/min, 65 to 85 %: 0.2 s at each place, half a rotation of 0.4 s: 20 mAs. 300 mm by 40 mm: 8 places, 160 mAs.
    # DLP = 0.078 * 160 * 4 = 49.92 mGy cm over 8 * 4 cm: CTDI_vol 1.56 mGy, half of a rotation's 3.12.
    ecg = {"heart_rate_per_min": 60, "window_percent": [65, 85]}
    plan, item, machine = planned(AXIAL, ecg=ecg)
    assert plan.rotations == pytest.approx(4)
    assert plan.beam_on_time_s == pytest.approx(1.6)
    assert plan.total_mas == pytest.approx(160)
    indices = indices_of(plan, machine)
    assert indices.ctdi_vol_mgy == pytest.approx(1.56)
    assert indices.dlp_mgy_cm == pytest.approx(49.92)
    (line,) = mode_lines(plan, item, machine)
    assert line.endswith("tube on at each place: 0.5 rotations, else off")


def test_a_window_of_a_whole_cycle_as_long_as_a_rotation_is_a_rotation():
    ecg = {"heart_rate_per_min": 150, "window_percent": [0, 100]}
    assert planned(AXIAL, ecg=ecg)[0] == planned(AXIAL)[0]


@pytest.mark.parametrize(("rotations", "spans"), [(0.6, [0.6]), (1, [1]), (2.25, [1, 1, 0.25])])
def test_parts_of_a_rotation_at_each_place(rotations, spans):
    plan, _, machine = planned(AXIAL, rotations=rotations, start_angle_deg=-30)
    assert len(plan.pieces) == 8 * len(spans)
    for i, span in enumerate(spans):
        assert plan.pieces[i].angle_start_rad == pytest.approx(math.radians(-30))
        assert plan.pieces[i].angle_span_rad == pytest.approx(2 * math.pi * span)
        assert plan.pieces[i].mas == pytest.approx(40 * span)
    assert indices_of(plan, machine).ctdi_vol_mgy == pytest.approx(3.12 * rotations)
    averaged, _, _ = planned(AXIAL, rotations=rotations)
    assert all(
        piece.angle_is_random and piece.mas == pytest.approx(40 * rotations) for piece in averaged.pieces
    )


def test_one_rotation_over_the_range_worked_by_hand():
    # 40 mm wide, one rotation of 40 mAs: CTDI_vol = CTDI_w = 3.12 mGy, DLP 3.12 * 4 = 12.48 mGy cm.
    plan, _, machine = planned(AXIAL, table_increment_mm=None, scan_range=[500, 536])
    (piece,) = plan.pieces
    assert piece.z_start_mm == piece.z_end_mm == 518
    assert (plan.feed_mm_per_rotation, plan.rotations, plan.dlp_length_mm) == (0.0, 1.0, 40)
    indices = indices_of(plan, machine)
    assert (indices.ctdi_vol_mgy, indices.dlp_mgy_cm) == pytest.approx((3.12, 12.48))


@pytest.mark.parametrize(("step", "places"), [(20, 14), (40, 8), (55, 6), (100, 4)])
def test_overlaps_and_gaps(step, places):
    plan, _, machine = planned(AXIAL, table_increment_mm=step)
    assert plan.rotations == places
    assert indices_of(plan, machine).ctdi_vol_mgy == pytest.approx(3.12 * 40 / step)
    assert indices_of(plan, machine).dlp_mgy_cm == pytest.approx(3.12 * 4 * places)


def test_perfusion_is_an_index_that_counts_every_rotation():
    # 30 rotations of 50 mAs at one place: CTDI_vol 30 * 3.9 = 117 mGy, DLP 117 * 4 = 468 mGy cm.
    plan, _, machine = planned(STATIONARY, rotations=30)
    indices = indices_of(plan, machine)
    assert indices.ctdi_vol_mgy == pytest.approx(117)
    assert indices.dlp_mgy_cm == pytest.approx(468)


@pytest.mark.parametrize("angle", [0, 90, -37.5, 180])
def test_a_localizer_at_any_angle_with_its_own_speed(angle):
    # 300 mm at 150 mm/s: 2 s, 200 mAs; output 11.06920 mGy per 100 mAs at 5 mm (worked in
    # test_dose_indices_plan.py): DLP 0.1106920 * 200 * 0.5.
    plan, _, machine = planned(LOCALIZER, gantry_angle_deg=angle, table_speed_mm_s=150)
    (piece,) = plan.pieces
    assert (piece.angle_start_rad, piece.angle_span_rad) == (math.radians(angle), 0.0)
    assert plan.total_mas == pytest.approx(200)
    assert indices_of(plan, machine).dlp_mgy_cm == pytest.approx(11.06920, rel=1e-5)


MODES = {
    "helical": (HELICAL, {}),
    "high pitch": (HELICAL, {"second_tube": {}, "pitch": 3.4}),
    "dual energy": (HELICAL, {"second_tube": {"tube_voltage_kv": 80, "effective_mas": 200}}),
    "dual axial": (AXIAL, {"second_tube": {"current_ratio": 0.3}, "rotations": 1.5}),
    "dual stationary": (STATIONARY, {"second_tube": {}, "rotations": 7}),
    "switched": (HELICAL, {"switched_tube_voltage_kv": 80, "switched_time_fraction": 0.3}),
    "switched axial": (AXIAL, {"switched_tube_voltage_kv": 80, "switched_time_fraction": 0.3}),
    "ecg": (HELICAL, {"ecg": {**ECG, "start_phase_percent": 77}}),
    "gated": (AXIAL, {"ecg": {"heart_rate_per_min": 67, "window_percent": [30, 80]}}),
    "gaps": (AXIAL, {"table_increment_mm": 90}),
    "overlaps": (AXIAL, {"table_increment_mm": 13}),
    "volume": (AXIAL, {"table_increment_mm": None, "scan_range": [0, 40], "rotations": 0.7}),
    "part": (STATIONARY, {"rotations": 0.66}),
    "localizer": (LOCALIZER, {"gantry_angle_deg": 45}),
}


@pytest.mark.parametrize("angle", [None, 33])
@pytest.mark.parametrize("name", MODES)
def test_dlp_is_output_times_mas_times_collimation_summed_over_the_beams(name, angle):
    mode, keys = MODES[name]
    if mode is not LOCALIZER:
        keys = {**keys, "start_angle_deg": angle}
    plan, _, machine = planned(mode, scanner=DUAL, **keys)
    expected = sum(
        dlp_from_mas_mgy_cm(
            ctdi_w_of(machine, beam, 32) / 100,
            math.fsum(piece.mas for piece in plan.pieces if piece.beam == number),
            plan.collimation_mm,
        )
        for number, beam in enumerate(plan.beams)
    )
    indices = indices_of(plan, machine)
    assert indices.dlp_mgy_cm == pytest.approx(expected)
    assert indices.ctdi_vol_mgy * plan.dlp_length_mm / 10 == pytest.approx(expected)
    assert math.fsum(piece.mas for piece in plan.pieces) == pytest.approx(plan.total_mas)
    if plan.mas_per_rotation is not None:
        assert plan.mas_per_rotation * plan.rotations == pytest.approx(plan.total_mas)
        share = {
            "helical": plan.feed_mm_per_rotation / plan.collimation_mm,
            "axial": None,
            "stationary": None,
        }
        if plan.mode == "helical":
            assert indices.ctdi_vol_mgy == pytest.approx(indices.ctdi_w_mgy / share["helical"])
        elif plan.dlp_length_mm > plan.collimation_mm or plan.feed_mm_per_rotation:
            places = plan.dlp_length_mm / plan.feed_mm_per_rotation
            at_each = plan.rotations / places
            by_feed = indices.ctdi_w_mgy * plan.collimation_mm / plan.feed_mm_per_rotation * at_each
            assert indices.ctdi_vol_mgy == pytest.approx(by_feed)
        else:
            assert indices.ctdi_vol_mgy == pytest.approx(indices.ctdi_w_mgy * plan.rotations)


def test_a_fan_too_narrow_for_the_phantom_is_said(tmp_path):
    path = tmp_path / "narrow.yaml"
    path.write_text(DUAL.read_text().replace("fan_angle_deg: 36", "fan_angle_deg: 26"))
    plan, item, machine = planned(HELICAL, scanner=path, second_tube={})
    # 2 * 541 mm * sin(13 deg) = 243 mm
    assert any(
        "covers 24.3 cm, less than the 32 cm CTDI phantom" in line for line in mode_lines(plan, item, machine)
    )


def test_a_result_says_what_each_beam_gave():
    # 100 mAs at 7.8 and 50 mAs at 4: 780 and 200, of a DLP of 98 mGy cm.
    beams = (
        SimpleNamespace(tube="A", tube_voltage_kv=120.0, filter="", ctdi_w_mgy_per_100mas=7.8, hvl_mm_al=7.1),
        SimpleNamespace(
            tube="B", tube_voltage_kv=140.0, filter="tin-0.4", ctdi_w_mgy_per_100mas=4.0, hvl_mm_al=13.0
        ),
    )
    on_body = SimpleNamespace(dlp_mgy_cm=98.0, beam_mas=(100.0, 50.0))
    assert beam_parts(SimpleNamespace(beams=beams), on_body) == (
        "tube A 120 kV: 78 mGy·cm, 100 mAs, HVL 7.1 mm Al; tube B 140 kV tin-0.4: 20 mGy·cm, 50 mAs, HVL 13 mm Al"
    )
