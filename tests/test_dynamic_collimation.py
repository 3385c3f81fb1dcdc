"""Blades at the ends of helical scans: worked by hand, against what was measured, and what reaches the patient."""

import itertools
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import ctdose
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.dynamic_collimation import blade_margin_mm, open_share, with_blades
from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_exam
from ctdose.exam.view_pieces import OPEN, ViewPiece
from ctdose.kernels.tally import SUM_DEPOSITED, SUM_EMITTED, SUM_ESCAPED
from ctdose.results.assemble import beam_edges_mm
from ctdose.scanner.library import load_scanner
from ctdose.simulation.beam_tables import Spot, open_beam_row, pack_beams
from ctdose.simulation.runner import BatchRunner
from ctdose.simulation.transport_tables import Physics, build_transport_tables
from ctdose.simulation.views import PieceRow, build_views
from ctdose.simulation.voxel_tables import to_kernel_frame

GENERIC = load_scanner("generic-64")
BODY = SimpleNamespace(
    name="adult-male",
    anatomy=SimpleNamespace(body="adult-male", scan_ranges_mm={"chest": (400.0, 700.0)}, landmarks_mm={}),
    z_range_mm=(-800.0, 900.0),
    corner_mm=(-210.0, -95.0, -800.0),
    size_mm=(400.0, 200.0, 1700.0),
)


def scanner(dynamic=True):
    over = GENERIC.over_ranging.model_copy(update={"dynamic_collimation": dynamic, "a": 1.3, "b_mm": 12.0})
    return GENERIC.model_copy(update={"over_ranging": over})


def plan_of(dynamic=True, **keys):
    acquisition = {
        "name": "a",
        "mode": "helical",
        "tube_voltage_kv": 120,
        "bowtie": "body",
        "scan_range": "chest",
        "collimation_mm": 40,
        "pitch": 0.8,
        "rotation_time_s": 0.5,
        "tube_current_ma": 100,
        **keys,
    }
    acquisition = {name: value for name, value in acquisition.items() if value is not None}
    exam = {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": [acquisition]}
    return plan_exam(load_exam(exam), scanner(dynamic), BODY)[0]


def test_worked_by_hand():
    # pitch 0.8, nT 40: over-ranging 1.3 * 32 + 12 = 53.6 mm, travel 373.2 to 726.8 = 353.6 mm. Beam 42.5 mm: h 21.25,
    # margin 17 mm; the lower blade's edge stays at 383: at 373.2 it is (383 - 373.2)/21.25 = 0.4612 above the middle,
    # at 383 + 21.25 = 404.25 out of the beam. Blocked at either end: a triangle of 404.25 - 373.2 = 31.05 mm of travel
    # and half of 1 + 0.4612: 31.05 * 1.4612 / 4 = 11.342 mm; open 1 - 2 * 11.342 / 353.6 = 0.93585.
    plan = plan_of(table_direction="caudocranial")
    first, middle, last = plan.pieces
    assert (first.z_start_mm, first.z_end_mm) == pytest.approx((373.2, 404.25))
    assert first.blades == pytest.approx((0.46118, 1.0, -1.0, 1.0), abs=1e-5)
    assert middle.blades == OPEN
    assert last.blades == pytest.approx((-1.0, 1.0, -1.0, -0.46118), abs=1e-5)
    assert open_share(plan.pieces) == pytest.approx(0.93585, abs=1e-5)
    assert plan.dlp_length_mm == pytest.approx(0.93585 * 353.6, abs=0.005)
    assert sum(piece.mas for piece in plan.pieces) == pytest.approx(plan.total_mas)
    assert plan.irradiated_length_mm == pytest.approx(353.6)
    assert beam_edges_mm(plan) == pytest.approx((383.0, 717.0))


def test_dlp_is_reduced_and_ctdi_vol_is_not():
    with_blade, without = plan_of(), plan_of(dynamic=False)
    assert all(piece.blades == OPEN for piece in without.pieces)
    one, other = dose_indices(with_blade, 7.8), dose_indices(without, 7.8)
    assert one.ctdi_vol_mgy == pytest.approx(other.ctdi_vol_mgy)
    assert one.ctdi_w_mgy == pytest.approx(other.ctdi_w_mgy)
    assert one.dlp_mgy_cm / other.dlp_mgy_cm == pytest.approx(0.93585, abs=1e-5)


RISING = {"modulation": {"z_mm": [400, 450, 700], "tube_current_ma": [50, 200, 200]}}
BEATING = {
    "ecg": {
        "heart_rate_per_min": 60,
        "window_percent": [40, 80],
        "low_current_fraction": 0.2,
        "start_phase_percent": 30,
    }
}


@pytest.mark.parametrize("varied", [RISING, BEATING, RISING | BEATING], ids=["table", "ecg", "both"])
def test_a_stated_ctdi_vol_is_that_of_a_current_that_varies_behind_blades(varied):
    """CTDI_vol counts what the blades let through; a stated current, whatever the tube gives: its mean over time."""
    stated = {"tube_current_ma": None, "ctdi_vol_mgy": 8.0, "ctdi_phantom_cm": 32}
    output = scanner().ctdi_w_mgy_per_100mas(120, "body", 32, 40)
    plan = plan_of(**stated, **varied)
    found = dose_indices(plan, output)
    assert found.ctdi_vol_mgy == pytest.approx(8.0)
    assert found.dlp_mgy_cm == pytest.approx(8.0 * plan.dlp_length_mm / 10.0)
    assert sum(piece.mas for piece in plan.pieces) == pytest.approx(plan.total_mas)
    assert plan.total_mas == pytest.approx(plan.tube_current_ma * plan.beam_on_time_s)
    of_current = plan_of(**varied)
    assert of_current.total_mas == pytest.approx(100 * of_current.beam_on_time_s)


def test_other_modes_have_no_blades():
    axial = {"mode": "axial", "pitch": None, "table_increment_mm": 40}
    assert all(piece.blades == OPEN for piece in plan_of(**axial).pieces)


@pytest.mark.parametrize("direction", ["craniocaudal", "caudocranial"])
@pytest.mark.parametrize("start", ["averaged", 30.0])
@pytest.mark.parametrize("z_range", [[400.0, 700.0], [500.0, 512.0], [500.0, 560.0]])
def test_the_edges_stay_where_they_should_whatever_the_course(direction, start, z_range):
    """Both ways, in turns or averaged, and where both blades are in the beam at once."""
    plan = plan_of(table_direction=direction, start_angle_deg=start, scan_range=z_range, pitch=1.5)
    low, high = z_range[0] - 17.0, z_range[1] + 17.0
    plain = plan_of(False, table_direction=direction, start_angle_deg=start, scan_range=z_range, pitch=1.5)
    assert sum(p.mas for p in plan.pieces) == pytest.approx(sum(p.mas for p in plain.pieces))
    last = plan.pieces[0].z_start_mm
    for piece in plan.pieces:
        assert piece.z_start_mm == pytest.approx(last)
        last = piece.z_end_mm
        for part in np.linspace(0, 1, 5):
            z = piece.z_start_mm + (piece.z_end_mm - piece.z_start_mm) * part
            lower, upper = (piece.blades[k] + (piece.blades[k + 2] - piece.blades[k]) * part for k in (0, 1))
            assert -1 <= lower <= upper <= 1
            assert z + 21.25 * lower == pytest.approx(min(max(z - 21.25, low), z + 21.25), abs=1e-6)
            assert z + 21.25 * upper == pytest.approx(max(min(z + 21.25, high), z - 21.25), abs=1e-6)
    assert last == pytest.approx(plain.pieces[-1].z_end_mm)
    if start != "averaged":
        turned = sum(p.angle_span_rad for p in plan.pieces)
        assert turned == pytest.approx(sum(p.angle_span_rad for p in plain.pieces))


@pytest.mark.parametrize(
    ("pitch", "length", "measured"), [(0.5, 20, 0.27), (0.5, 500, 0.03), (1.5, 20, 0.46), (1.5, 500, 0.08)]
)
def test_the_reductions_that_were_measured(pitch, length, measured):
    """Radiation in air at the isocentre: Christner et al. 2010; 64 x 0.6 mm, over-ranging as that of generic-64."""
    over, width = 1.3 * pitch * 38.4 + 12.0, 40.9
    whole = ViewPiece(-over / 2, length + over / 2, 0.0, 6.0, True, 100.0)
    pieces = with_blades([whole], (0.0, length), width, blade_margin_mm(width))
    assert 1.0 - open_share(pieces) == pytest.approx(measured, abs=0.06 if length == 20 else 0.015)


def test_the_margin_is_more_than_reconstruction_needs():
    """h r/R, r being the radius of the scanned circle: R times the sine of half the fan angle."""
    needed = np.sin(np.deg2rad(GENERIC.geometry.fan_angle_deg / 2)) * 42.5 / 2
    assert blade_margin_mm(42.5) > needed


def test_a_part_of_a_piece():
    piece = ViewPiece(10.0, 30.0, 1.0, 4.0, False, 8.0, blades=(-1.0, 0.0, 0.0, 1.0))
    part = piece.part(0.25, 0.75)
    assert (part.z_start_mm, part.z_end_mm, part.mas) == (15.0, 25.0, 4.0)
    assert (part.angle_start_rad, part.angle_span_rad) == (2.0, 2.0)
    assert part.blades == (-0.75, 0.25, -0.25, 0.75)
    assert piece.open_share == 0.5
    random = ViewPiece(10.0, 30.0, 1.0, 4.0, True, 8.0).part(0.5, 1.0)
    assert (random.angle_start_rad, random.angle_span_rad) == (1.0, 4.0)


ROD = ctdose.VoxelPhantom(
    np.zeros((60, 1, 1), np.uint8), [ctdose.Material("water")], (10.0, 10.0, 5.0), (0.0, 0.0, -147.5)
)
Z_MM = -147.5 + 5.0 * np.arange(60)


@pytest.fixture(scope="module")
def scans():
    """A rod along the axis in a helical scan of 60 mm at pitch 1.5: plan, sums, mean and error of its slices."""

    def run(dynamic, estimator):
        plan = plan_of(dynamic, scan_range=[-30, 30], pitch=1.5)
        source = ctdose.RotatingSource(541.0, (0.02, np.arctan(21.25 / 541.0)), 60.0)
        corner = ROD.corner_mm[2]
        pieces = [
            PieceRow(
                piece.mas,
                ((piece.z_start_mm - corner) / 10, (piece.z_end_mm - corner) / 10),
                (piece.angle_start_rad, piece.angle_span_rad),
                piece.angle_is_random,
                0,
                0,
                piece.blades,
            )
            for piece in plan.pieces
        ]
        row = open_beam_row(source, partial(to_kernel_frame, ROD))
        tables = build_transport_tables(
            ROD,
            pack_beams([replace(row, spot=Spot(0.1, 0.1, 0.0, 0.0, 20.0))]),
            build_views(pieces),
            key=(8, 1 + dynamic + 2 * (estimator == "analogue")),
            physics=Physics(estimator),
            with_voxels=True,
        )
        sums = BatchRunner(tables).run(range(8), 2)
        return plan, sums, *(part.ravel() for part in sums.voxel_estimates())

    return {key: run(*key) for key in itertools.product((True, False), ("collision-kerma", "analogue"))}


@pytest.mark.parametrize("estimator", ["collision-kerma", "analogue"])
def test_nothing_beyond_the_margin_and_all_of_it_inside(scans, statistics, estimator):
    (_, _, with_blades_, error), (_, _, without, other) = scans[True, estimator], scans[False, estimator]
    outside = (
        abs(Z_MM) > 30 + 17 + 2.5 + 1.5
    )  # half a slice, and the penumbra of 0.1 cm * (54.1 - 20)/20 on either side
    over_ranged = outside & (abs(Z_MM) < 30 + 45 + 15)
    assert with_blades_[over_ranged].sum() < 0.03 * without[over_ranged].sum()  # scattered along the rod
    inside = abs(Z_MM) < 30 + 17 - 2.5 - 1.5
    z = (with_blades_ - without)[inside] / np.hypot(error, other)[inside]
    assert abs(z).max() < statistics.z_limit(statistics.level(inside.sum()))


def test_the_rod_gets_the_open_share(scans):
    """In all: the blades stop what DLP is reduced by."""
    (plan, _, mean, error), (_, _, full, other) = (
        scans[True, "collision-kerma"],
        scans[False, "collision-kerma"],
    )
    share, expected = mean.sum() / full.sum(), open_share(plan.pieces)
    sigma = share * np.hypot(np.hypot.reduce(error) / mean.sum(), np.hypot.reduce(other) / full.sum())
    assert expected < 0.75
    assert abs(share - expected) < 4 * sigma + 0.003
    assert sigma < 0.02


def test_energy_is_conserved_and_stopped_photons_count_as_emitted(scans):
    for dynamic, estimator in scans:
        counters = scans[dynamic, estimator][1].counters
        emitted, escaped, deposited = (counters[:, k] for k in (SUM_EMITTED, SUM_ESCAPED, SUM_DEPOSITED))
        assert (emitted == escaped + deposited).all()
        assert (emitted == 65536 * 60 * 2**20).all()


def test_both_estimators_agree(scans, statistics):
    (_, _, one, error), (_, _, other, of_other) = scans[True, "collision-kerma"], scans[True, "analogue"]
    seen = of_other > 0
    z = (one - other)[seen] / np.hypot(error, of_other)[seen]
    hit = other[seen] > 10 * of_other[seen]  # enough of them for a normal distribution
    assert hit.sum() > 15
    assert abs(z[hit]).max() < statistics.z_limit(statistics.level(hit.sum()))
