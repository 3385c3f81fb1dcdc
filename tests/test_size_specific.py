"""SSDE: CTDI_vol along z in every mode, the mean of products, what is refused and why."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ctdose.exam.ctdi_profile import ctdi_vol_along_z_mgy
from ctdose.exam.dose_indices import dose_indices
from ctdose.exam.library import load_exam
from ctdose.exam.plan import plan_exam
from ctdose.exam.view_pieces import ViewPiece
from ctdose.imaging.size_specific import region_of, size_specific
from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.physics.spectra import tube_spectrum
from ctdose.scanner.library import load_scanner

SCANNER = load_scanner("generic-64")
SPECTRUM = tube_spectrum(120.0, 8.0, {"aluminium": 8.0})
OUTPUT = 8.0  # mGy per 100 mAs
MODES = {
    "helical": {"collimation_mm": 40, "pitch": 0.8, "rotation_time_s": 0.5},
    "axial": {"collimation_mm": 20, "table_increment_mm": 25, "rotation_time_s": 1.0},
    "stationary": {"collimation_mm": 10, "rotations": 3.5, "rotation_time_s": 0.5},
    "localizer": {"collimation_mm": 5, "gantry_angle_deg": 90},
}


def plan_of(mode, scan_range=(0.0, 100.0), **keys):
    common = {"name": "a", "tube_voltage_kv": 120, "bowtie": "body", "scan_range": list(scan_range)}
    acquisition = {**common, "mode": mode, **MODES[mode], "tube_current_ma": 100, **keys}
    exam = load_exam(
        {"exam": "x", "phantom": "adult-male", "scanner": "generic-64", "acquisitions": [acquisition]}
    )
    body = SimpleNamespace(
        name="p", anatomy=None, z_range_mm=(-500, 500), corner_mm=(0, 0, -500), size_mm=(400, 400, 1000)
    )
    return plan_exam(exam, SCANNER, body)[0]


def cones(*diameters_mm, anatomy=None):
    """Water cylinders of 50 mm on top of each other, the lowest from z = 0."""
    x = np.arange(400) + 0.5 - 200.0
    radius = np.hypot(x[None, :], x[:, None])
    index = np.stack([(radius <= d / 2.0).astype(np.uint8) for d in diameters_mm for _ in range(5)])
    materials = (Material("air"), Material("water"))
    return VoxelPhantom(index, materials, (1.0, 1.0, 10.0), (0.0, 0.0, 5.0), anatomy=anatomy)


def person(**scan_ranges_mm):
    return Anatomy("p", "male", reference_person=True, scan_ranges_mm=scan_ranges_mm)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("keys", [{}, {"start_angle_deg": 30}])
def test_a_constant_current_gives_the_acquisitions_ctdi_vol_everywhere(mode, keys):
    scan_range = (10.0, 20.0) if mode == "stationary" else (0.0, 100.0)
    plan = plan_of(mode, scan_range, **({} if mode == "localizer" else keys))
    edges = np.linspace(plan.z_start_mm, plan.z_end_mm, 8)
    along_z = ctdi_vol_along_z_mgy(plan, OUTPUT, edges)
    assert along_z == pytest.approx(np.full(7, dose_indices(plan, OUTPUT).ctdi_vol_mgy))


def test_a_modulated_current_by_hand():
    # Helical, nT 40, 8 mGy/100 mAs: 0.08 * 40 = 3.2 mGy mm per mAs. 60 mAs over z = 0 to 50: 1.2 mAs/mm, 3.84 mGy;
    # 2 x 10 mAs over 50 to 100 from two angles: 0.4 mAs/mm, 1.28 mGy. An interval across both has the mean.
    pieces = [ViewPiece(100.0, 50.0, angle, 0.1, True, 10.0) for angle in (0.0, 1.0)]
    pieces.append(ViewPiece(50.0, 0.0, 0.0, 0.1, True, 60.0))
    plan = replace(plan_of("helical"), pieces=tuple(pieces))
    along_z = ctdi_vol_along_z_mgy(plan, OUTPUT, np.array([0.0, 25.0, 50.0, 60.0, 110.0]))
    assert along_z == pytest.approx([3.84, 3.84, 1.28, 1.28 * 40 / 50])
    across = ctdi_vol_along_z_mgy(plan, OUTPUT, np.array([25.0, 75.0]))
    assert across == pytest.approx([(3.84 + 1.28) / 2])


def test_axial_rotations_of_different_current():
    # Two positions 25 mm apart, nT 20: 100 and 50 mAs give 8 * 20 / 25 = 6.4 and 3.2 mGy, the border half-way.
    plan = plan_of("axial", scan_range=(0.0, 45.0))
    assert len(plan.pieces) == 2
    low, high = sorted(plan.pieces, key=lambda piece: piece.z_start_mm)
    plan = replace(plan, pieces=(replace(high, mas=50.0), replace(low, mas=60.0), replace(low, mas=40.0)))
    along_z = ctdi_vol_along_z_mgy(plan, OUTPUT, np.array([0.0, 22.5, 45.0]))
    assert along_z == pytest.approx([6.4, 3.2])


def test_beams_of_different_output():
    plan = plan_of("helical")
    (piece,) = plan.pieces
    with_beam = SimpleNamespace(**{**vars(piece), "beam": 1})
    plan = replace(plan, pieces=(piece, with_beam))
    along_z = ctdi_vol_along_z_mgy(plan, (8.0, 4.0), np.array([0.0, 100.0]))
    assert along_z == pytest.approx([1.5 * dose_indices(plan, 8.0).ctdi_vol_mgy])


def test_the_mean_of_products_is_not_the_product_of_means():
    # Halves of 20 and 30 cm: f = 3.704369 exp(-0.03671937 D) = 1.77737 and 1.23116 (32 cm), CTDI_vol 3.84 and 1.28 mGy:
    # SSDE = (1.77737 * 3.84 + 1.23116 * 1.28) / 2 = 4.2005 mGy; f(25) * 2.56 would be 3.787.
    pieces = (ViewPiece(0.0, 50.0, 0.0, 0.1, True, 60.0), ViewPiece(50.0, 100.0, 0.0, 0.1, True, 20.0))
    plan = replace(plan_of("helical"), pieces=pieces)
    found = size_specific(cones(200.0, 300.0), plan, SPECTRUM, OUTPUT)
    assert found.mean_diameter_cm == pytest.approx(25.0, rel=1e-3)
    assert found.mean_ssde_mgy == pytest.approx(4.2005, rel=1e-3)
    assert found.ssde_mgy[[0, -1]] == pytest.approx([1.77737 * 3.84, 1.23116 * 1.28], rel=1e-3)
    assert found.note == "factor of AAPM Report 204"


def test_the_phantom_of_ctdi_vol_decides_the_factor():
    plan = plan_of("helical", ctdi_phantom_cm=16)
    found = size_specific(cones(200.0, 200.0), plan, SPECTRUM, OUTPUT)
    assert found.mean_ssde_mgy == pytest.approx(1.874799 * np.exp(-0.03871313 * 20) * 5.0, rel=1e-3)


@pytest.mark.parametrize(("head", "region"), [((40.0, 200.0), "head"), ((60.0, 200.0), "body")])
def test_the_head_is_where_the_anatomy_has_it(head, region):
    phantom = cones(160.0, 160.0, anatomy=person(head=head))
    assert region_of(phantom, plan_of("helical")) == region


def test_a_head_uses_the_factor_of_the_head_and_says_what_it_left_out():
    # 90 mm of 16 cm, 10 mm of 6 cm: the latter is outside the range of f.
    x = np.arange(200) + 0.5 - 100.0
    radius = np.hypot(x[None, :], x[:, None])
    index = np.stack([(radius <= 80).astype(np.uint8)] * 9 + [(radius <= 30).astype(np.uint8)])
    phantom = VoxelPhantom(
        index,
        (Material("air"), Material("water")),
        (1.0, 1.0, 10.0),
        (0.0, 0.0, 5.0),
        anatomy=person(head=(0.0, 100.0)),
    )
    plan = plan_of("helical", ctdi_phantom_cm=16)
    found = size_specific(phantom, plan, SPECTRUM, OUTPUT)
    assert found.mean_ssde_mgy == pytest.approx(1.9852 * np.exp(-0.0486 * 16) * 5.0, rel=1e-3)
    assert found.mean_diameter_cm == pytest.approx(0.9 * 16 + 0.1 * 6, rel=2e-3)
    assert "AAPM Report 293, coefficients not verified" in found.note
    assert "D_w outside 8 to 22 cm in 10% of the range, which SSDE leaves out" in found.note


@pytest.mark.parametrize(
    ("plan", "phantom", "why"),
    [
        (plan_of("localizer"), cones(200.0, 200.0), "does not rotate"),
        (plan_of("helical"), cones(60.0, 200.0), r"D_w outside 8 to 45 cm, .* in 50% of the range"),
        (
            plan_of("helical"),
            cones(160.0, 160.0, anatomy=person(head=(0.0, 100.0))),
            "for the head and CTDI_vol of",
        ),
        (plan_of("helical", (-400.0, -300.0)), cones(200.0), "nothing of the body"),
    ],
)
def test_what_is_not_defined_is_absent_with_its_reason(plan, phantom, why):
    found = size_specific(phantom, plan, SPECTRUM, OUTPUT)
    assert found.mean_ssde_mgy is None
    assert found.note.startswith("no SSDE: ")
    assert re.search(why, found.note)


def test_a_stationary_scan_says_what_its_index_is():
    found = size_specific(cones(200.0), plan_of("stationary", (10.0, 20.0)), SPECTRUM, OUTPUT)
    assert "without table movement an index" in found.note


def test_a_body_that_the_grid_cuts_is_named():
    phantom = cones(200.0, 390.0)
    cut = VoxelPhantom(
        phantom.material_index[:, :, 40:], phantom.materials, phantom.spacing_mm, phantom.origin_mm
    )
    found = size_specific(cut, plan_of("helical"), SPECTRUM, OUTPUT)
    assert "cuts the body in 50% of the range" in found.note
