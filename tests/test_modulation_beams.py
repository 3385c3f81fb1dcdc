"""Modulation with two tubes, two voltages and the heart: each beam keeps its mean, each tube goes by its own angle."""

import math
from pathlib import Path

import numpy as np
import pytest

import ctdose
from ctdose.exam.beam_choice import ctdi_w_of
from ctdose.exam.dose_indices import dlp_from_mas_mgy_cm, dose_indices
from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_exam
from ctdose.scanner.library import load_scanner

TWO_TUBES = Path(__file__).parent / "data" / "scanners" / "two-tubes.yaml"
HELICAL = {
    "name": "a",
    "mode": "helical",
    "tube_voltage_kv": 120,
    "bowtie": "body",
    "collimation_mm": 20,
    "pitch": 1.0,
    "rotation_time_s": 0.5,
    "scan_range": [-60, 60],
    "tube_current_ma": 100,
}
SWITCHED = {"switched_tube_voltage_kv": 80, "switched_time_fraction": 0.6, "switched_mas_fraction": 0.7}


@pytest.fixture(scope="module")
def body():
    """An elliptic cylinder of water, 30 by 16 cm: the angular modulation has something to do."""
    x, y = (np.arange(32) - 15.5) * 10.0, (np.arange(18) - 8.5) * 10.0
    inside = (x / 150.0) ** 2 + (y[:, None] / 80.0) ** 2 < 1.0
    return ctdose.VoxelPhantom(
        np.broadcast_to(inside.astype(np.uint8), (20, 18, 32)).copy(),
        materials=[ctdose.Material("air"), ctdose.Material("water")],
        spacing_mm=(10.0, 10.0, 10.0),
        origin_mm=(x[0], y[0], -95.0),
    )


def mas_above(plan, z_mm):
    """mAs of a scan towards the feet before it comes to z."""
    ends = np.array([(p.z_start_mm, p.z_end_mm, p.mas) for p in plan.pieces])
    return float(np.clip((ends[:, 0] - z_mm) / (ends[:, 0] - ends[:, 1]), 0.0, 1.0) @ ends[:, 2])


def plan_of(body, **keys):
    acquisition = {name: value for name, value in {**HELICAL, **keys}.items() if value is not None}
    exam = load_exam(
        {"exam": "x", "phantom": "adult-male", "scanner": str(TWO_TUBES), "acquisitions": [acquisition]}
    )
    machine = load_scanner(str(TWO_TUBES))
    (plan,) = plan_exam(exam, machine, body)
    return plan, machine


@pytest.mark.parametrize("angle", ["averaged", 15])
@pytest.mark.parametrize("beams", [{"second_tube": {"current_ratio": 0.5}}, SWITCHED])
def test_each_beam_keeps_its_mean(body, beams, angle):
    keys = {**beams, "start_angle_deg": angle}
    plain, machine = plan_of(body, **keys)
    plan, _ = plan_of(body, **keys, modulation=["longitudinal", "angular"])
    assert len(plan.pieces) > 20 * len(plan.beams)
    for number in (0, 1):
        assert plan.beam_mas(number) == pytest.approx(plain.beam_mas(number))
    assert plan.tube_current_ma == pytest.approx(plain.tube_current_ma)
    assert len(plan.modulation.pieces_ma) == len(plan.pieces)
    outputs = [ctdi_w_of(machine, beam, 32) for beam in plan.beams]
    expected = sum(dlp_from_mas_mgy_cm(o / 100, plan.beam_mas(n), 20) for n, o in enumerate(outputs))
    assert dose_indices(plan, outputs).dlp_mgy_cm == pytest.approx(expected)


def test_each_tube_goes_by_its_own_angle(body):
    # The body is thick from left to right: both tubes have their greatest current where they stand there themselves.
    plan, _ = plan_of(body, second_tube={}, modulation=["angular"], start_angle_deg=0)
    for number in (0, 1):
        pieces = [piece for piece in plan.pieces if piece.beam == number and abs(piece.z_start_mm) < 40]
        rate = [piece.mas / abs(piece.angle_span_rad) for piece in pieces]
        middle = [piece.angle_start_rad + piece.angle_span_rad / 2 for piece in pieces]
        lateral = [r for r, a in zip(rate, middle, strict=True) if abs(math.sin(a)) > 0.9]
        frontal = [r for r, a in zip(rate, middle, strict=True) if abs(math.sin(a)) < 0.3]
        assert min(lateral) > 1.2 * max(frontal)


def test_a_quality_reference_sets_both_tubes(body):
    keys = {"tube_current_ma": None, "quality_reference_mas": 50, "reference_diameter_cm": 24}
    keys["modulation"] = ["longitudinal"]
    one, _ = plan_of(body, **keys)
    two, _ = plan_of(body, **keys, second_tube={"current_ratio": 0.5})
    assert two.beam_mas(0) == pytest.approx(one.total_mas)
    assert two.beam_mas(1) == pytest.approx(one.total_mas / 2)


def test_ecg_and_another_modulation_multiply(body):
    ecg = {"heart_rate_per_min": 60, "window_percent": [40, 80], "low_current_fraction": 0.2}
    plan, _ = plan_of(body, modulation=["longitudinal"], ecg=ecg)
    other, _ = plan_of(body, modulation=["longitudinal"])
    # The mean is stated, the phase is not known.
    assert [p.mas for p in plan.pieces] == pytest.approx([p.mas for p in other.pieces])
    assert plan.total_mas == pytest.approx(other.total_mas)
    full, _ = plan_of(body, modulation=["longitudinal", "ecg"], ecg={**ecg, "output_is": "full"})
    assert full.total_mas == pytest.approx(0.52 * other.total_mas)
    known, _ = plan_of(body, modulation=["angular"], ecg={**ecg, "start_phase_percent": 10})
    assert known.total_mas == pytest.approx(sum(p.mas for p in known.pieces))
    alone, _ = plan_of(body, ecg={**ecg, "start_phase_percent": 10})
    assert known.total_mas == pytest.approx(alone.total_mas)
    for z_mm in (60.0, 33.0, 0.0, -41.0):  # angular modulation of an even cylinder moves nothing along z
        assert mas_above(known, z_mm) == pytest.approx(mas_above(alone, z_mm))


def test_a_limit_that_holds_one_tube_leaves_the_current_of_the_other(body):
    """The stated current is that of the first tube; the mean over both would be neither's.

    900 mAs for 0.5 s are 1800 mA of the first tube, which gives less, and 180 mA of the second, which it does give.
    """
    keys = {"tube_current_ma": None, "quality_reference_mas": 900, "reference_diameter_cm": 22}
    plan, machine = plan_of(
        body, **keys, modulation=["longitudinal"], second_tube={"current_ratio": 0.1, "tube_voltage_kv": 80}
    )
    most = min(machine.tube.current_max_ma, machine.tube.power_max_kw * 1000 / 120)
    first, second = (plan.beam_mas(number) / plan.beam_on_time_s for number in (0, 1))
    assert first == pytest.approx(most)
    assert second < 0.5 * first
    assert second > 0.101 * first
    assert plan.tube_current_ma == pytest.approx(first)
    assert plan.modulation.mean_ma == pytest.approx(first)
    assert plan.mas_per_rotation == pytest.approx((first + second) * 0.5)


@pytest.mark.parametrize("output_is", ["mean", "full"])
def test_a_modulated_scan_of_a_known_phase_has_a_current_for_each_piece(body, output_is, tmp_path):
    """The heart cuts pieces further: currents go with them, and are those that the tube gives in the window.

    A cycle of 1 s, the window its second half, a quarter of the current outside: mean 0.625 of the full current.
    """
    ecg = {"heart_rate_per_min": 60, "window_percent": [50, 100], "low_current_fraction": 0.25}
    ecg |= {"start_phase_percent": 0, "output_is": output_is}
    plan, _ = plan_of(body, modulation=["longitudinal", "angular"], start_angle_deg=15, ecg=ecg)
    assert len(plan.modulation.pieces_ma) == len(plan.pieces)
    feed_mm_per_s = 20 / 0.5
    for piece, current in zip(plan.pieces, plan.modulation.pieces_ma, strict=True):
        seconds = abs(piece.z_end_mm - piece.z_start_mm) / feed_mm_per_s
        begin = abs(plan.pieces[0].z_start_mm - (piece.z_start_mm + piece.z_end_mm) / 2) / feed_mm_per_s
        part = 1.0 if begin % 1.0 >= 0.5 else 0.25
        assert piece.mas == pytest.approx(current * seconds * part, rel=1e-6)
    pytest.importorskip("matplotlib")
    from ctdose.results.current_plot import plot_currents

    plot_currents({"one": [plan]}, tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 1000
