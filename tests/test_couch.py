"""The patient table under a phantom: its mass, its place, what it takes up, and that the body stays as it was."""

import math

import numpy as np
import pytest

import ctdose
from ctdose.api import prepare
from ctdose.errors import CtdoseError
from ctdose.exam.faults import ExamError
from ctdose.exam.library import load_exam
from ctdose.phantoms.couch import add_couch, couch_region, has_couch
from ctdose.phantoms.couch_shape import CouchShape, areal_density_g_cm2, filled, transmission
from ctdose.phantoms.ctdi import build_ctdi_phantom
from ctdose.phantoms.cylinders import build_cylinder
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.scanner.library import scanner_text

WALL, CORE = Material("graphite").with_density(1.5), Material("polyethylene").with_density(0.06)


def shape(sag_mm=40.0, gap_mm=0.0, width_mm=430.0):
    return CouchShape(width_mm, 25.0, sag_mm, gap_mm, 1.2, WALL, CORE)


def cylinder(**about):
    return build_cylinder("water", diameter_mm=200.0, length_mm=60.0, voxel_mm=5.0, **about)


def column_g_cm2(phantom, region):
    """Mass per area of a region seen from behind, g/cm², [x], of the first slice."""
    own = np.array([m.density_g_cm3 for m in phantom.materials])[phantom.material_index[0]]
    density = own * phantom.density_steps(0) / 4096.0 * (phantom.region_index[0] == region)
    return density.sum(axis=0) * phantom.spacing_mm[1] / 10.0


@pytest.mark.parametrize("sag_mm", [0.0, 40.0])
@pytest.mark.parametrize("voxel_mm", [0.7, 2.5, 10.0])
def test_its_mass_per_area_is_right_whatever_the_voxel_size(sag_mm, voxel_mm):
    phantom = build_cylinder("water", diameter_mm=200.0, length_mm=20.0, voxel_mm=voxel_mm)
    couch = shape(sag_mm)
    with_table = add_couch(phantom, couch)
    column = column_g_cm2(with_table, couch_region(with_table))
    middle = column.size // 2
    # By hand: 2 x 0.12 cm x 1.5 g/cm3 + 2.26 cm x 0.06 g/cm3.
    assert areal_density_g_cm2(couch) == pytest.approx(0.4956)
    assert column[middle - 3 : middle + 3] == pytest.approx(np.full(6, 0.4956), rel=3e-3)
    assert column.sum() * voxel_mm / 10.0 == pytest.approx(0.4956 * 43.0, rel=3e-3)


def test_the_body_lies_on_it_and_is_not_cut():
    phantom = cylinder()
    for sag in (0.0, 40.0, 120.0):
        with_table = add_couch(phantom, shape(sag))
        body = with_table.region_index == 1
        assert np.count_nonzero(body) == np.count_nonzero(phantom.region_index == 1)
        region = with_table.region_index[0]
        couch = region == couch_region(with_table)
        first = np.where(couch.any(axis=0), couch.argmax(axis=0), 10**6)
        last = np.where(body[0].any(axis=0), len(region) - 1 - body[0][::-1].argmax(axis=0), -1)
        gap = (first - 1 - last)[body[0].any(axis=0)]
        assert gap.min() in (0, 1)  # voxels between body and table where they are nearest


def test_the_gap_lowers_it():
    voxels = []
    for gap in (0.0, 20.0):
        with_table = add_couch(cylinder(), shape(0.0, gap))
        couch = (with_table.region_index[0] == couch_region(with_table)).any(axis=1)
        voxels.append(int(couch.argmax()))
    assert voxels[1] - voxels[0] == 4  # of 5 mm


def test_coordinates_and_body_stay():
    phantom = cylinder()
    with_table = add_couch(phantom, shape())
    _, ny, nx = phantom.shape
    dx = phantom.spacing_mm[0]
    side = round((phantom.origin_mm[0] - with_table.origin_mm[0]) / dx)
    assert side * dx == pytest.approx(phantom.origin_mm[0] - with_table.origin_mm[0])
    assert with_table.origin_mm[1:] == phantom.origin_mm[1:]
    assert with_table.spacing_mm == phantom.spacing_mm
    part = np.s_[:, :ny, side : side + nx]
    couch = with_table.region_index[part] == couch_region(with_table)
    assert np.array_equal(with_table.region_index[part][~couch], phantom.region_index[~couch])
    assert np.array_equal(with_table.density_steps()[part][~couch], phantom.density_steps()[~couch])
    masses = with_table.region_masses_g()
    assert masses[1] == pytest.approx(phantom.region_masses_g()[1])
    assert with_table.organs == phantom.organs
    assert with_table.sha256() != phantom.sha256()
    couch_mass = areal_density_g_cm2(shape()) * 43.0 * 6.0
    assert masses[couch_region(with_table)] == pytest.approx(couch_mass, rel=3e-3)


def test_shares_of_voxels_by_hand():
    # A flat table of 10 mm with skins of 2 mm, top at y = 3, voxels of 4 mm: skins 3-5 and 11-13, core 5-11.
    couch = CouchShape(100.0, 10.0, 0.0, 0.0, 2.0, WALL, CORE)
    wall, core = filled(couch, (0.0, 3.0), np.array([-60.0, -50.0, 50.0]), np.arange(0.0, 17.0, 4.0))
    assert wall[:, 1] == pytest.approx([0.25, 0.25, 0.25, 0.25])
    assert core[:, 1] == pytest.approx([0.0, 0.75, 0.75, 0.0])
    assert not wall[:, 0].any()


@pytest.mark.parametrize("voxel_mm", [2.0, 10.0])
def test_a_posterior_beam_is_attenuated_as_the_closed_answer_says(voxel_mm):
    # Photons of 60 keV from below through a table of heavy skins, into a body so thin that none is attenuated twice:
    # the energy in it falls to exp(-mu d), apart from what the table scatters into it, which a narrow beam leaves out.
    heavy = CouchShape(430.0, 40.0, 0.0, 300.0, 10.0, WALL, CORE)
    body = build_cylinder(
        "water", diameter_mm=20.0, length_mm=20.0, voxel_mm=voxel_mm if voxel_mm < 5 else 2.0
    )
    body = body if voxel_mm < 5 else coarse(voxel_mm)
    with_table = add_couch(body, heavy)
    beam = ctdose.ParallelBeam((0, -1, 0), (0, 900, 0), (4.0, 4.0), 60.0)
    got = [ctdose.irradiate(p, beam, histories=400_000, seed=3) for p in (body, with_table)]
    energy = [g.imparted_kev_per_history[1] for g in got]
    error = [g.standard_error_kev_per_history[1] for g in got]
    ratio = energy[1] / energy[0]
    sigma = ratio * math.hypot(error[0] / energy[0], error[1] / energy[1])
    expected = float(transmission(heavy, np.array([60.0]))[0])
    assert 0.4 < expected < 0.7
    assert abs(ratio - expected) < 4.0 * sigma + 0.002 * expected


def coarse(voxel_mm):
    index = np.zeros((4, 6, 6), np.uint8)
    index[:, 2:4, 2:4] = 1
    materials = (Material("air"), Material("water"))
    origin = (-2.5 * voxel_mm, -2.5 * voxel_mm, -1.5 * voxel_mm)
    organs = (Organ(1, "water"),)
    return VoxelPhantom(index, materials, (voxel_mm,) * 3, origin, name="bar", organs=organs)


def test_densities_of_the_body_are_kept():
    index = np.zeros((4, 6, 6), np.uint8)
    index[:, 2:4, 2:4] = 1
    density = np.where(index, 1.3, 0.0).astype(np.float32)
    materials = (Material("air"), Material("water"))
    body = VoxelPhantom(index, materials, (10.0,) * 3, (-25.0, -25.0, -15.0), None, density)
    with_table = add_couch(body, shape(0.0))
    assert with_table.region_masses_g()[1] == pytest.approx(body.region_masses_g()[1])


def test_a_body_that_fills_its_grid_gets_air_around():
    body = VoxelPhantom(
        np.zeros((4, 6, 6), np.uint8), (Material("water"),), (10.0,) * 3, (-25.0, -25.0, -15.0)
    )
    with_table = add_couch(body, shape())
    air = with_table.region_index[0, 0, 0]
    assert with_table.materials[with_table.material_index[0, 0, 0]].name == "air"
    assert len({0, int(air), couch_region(with_table)}) == 3
    assert with_table.region_masses_g()[0] == pytest.approx(body.region_masses_g()[0])


def test_a_region_number_is_found_even_if_the_highest_is_taken():
    body = cylinder()
    region = body.region_index.copy()
    region[region == 1] = 1022
    full = VoxelPhantom(body.material_index, body.materials, body.spacing_mm, body.origin_mm, region)
    assert couch_region(add_couch(full, shape())) not in (None, 0, 1022)


def test_it_is_put_under_ctdi_phantoms_and_not_twice():
    with_table = add_couch(build_ctdi_phantom(32), shape())
    assert has_couch(with_table)
    assert couch_region(build_ctdi_phantom(32)) is None
    with pytest.raises(CtdoseError, match=r"ctdi-32 has a table already \(region couch\)\. Leave table out"):
        add_couch(with_table, shape())


EXAM = """\
exam: Cylinder
phantom: water-cylinder
scanner: SCANNER
table: true
acquisitions:
  - {name: middle, mode: axial, tube_voltage_kv: 120, bowtie: body, collimation_mm: 40, table_increment_mm: 40,
     rotation_time_s: 0.5, scan_range: [-40, 40], tube_current_ma: 200}
simulation: {voxel_mm: 10, histories: 65536}
"""


def exam_file(folder, text=EXAM, scanner="generic-64"):
    file = folder / "exam.yaml"
    file.write_text(text.replace("SCANNER", scanner))
    return file


def test_an_exam_has_a_table_only_if_it_says_so(tmp_path):
    on = prepare(exam_file(tmp_path))
    off = prepare(exam_file(tmp_path, EXAM.replace("table: true", "table: false")))
    unsaid = prepare(exam_file(tmp_path, EXAM.replace("table: true\n", "")))
    assert has_couch(on.phantoms[0])
    assert not has_couch(off.phantoms[0])
    assert on.resolved.plans == off.resolved.plans  # the isocentre is the body's, not the larger grid's
    assert off.resolved.exam_sha256 == unsaid.resolved.exam_sha256 != on.resolved.exam_sha256
    assert off.phantoms[0].sha256() == unsaid.phantoms[0].sha256() != on.phantoms[0].sha256()


@pytest.mark.slow
def test_an_exam_on_a_table_reports_no_organ_for_it_and_less_dose(tmp_path):
    results = [
        ctdose.simulate(exam_file(tmp_path, text), threads=1, seed=5)
        for text in (EXAM, EXAM.replace("table: true\n", ""))
    ]
    assert set(results[0].organs) == set(results[1].organs)
    with_table, without = (r.organs["water"].absorbed_dose_mgy for r in results)
    assert 0.9 < with_table / without < 0.995
    assert "table: true" in results[0].exam_yaml


def test_a_scanner_without_a_table_is_named(tmp_path):
    bare = scanner_text("generic-64").partition("\ntable:")[0] + "\n"
    (tmp_path / "bare.yaml").write_text(bare.replace("scanner: generic-64", "scanner: bare"))
    with pytest.raises(
        ExamError, match=r"exam.yaml:4: table=true \(the file of bare describes no table\)\. Leave"
    ):
        load_exam(exam_file(tmp_path, scanner="bare.yaml"))


def test_a_patient_with_his_own_table_is_refused(tmp_path):
    from ctdose.exam.phantom_checks import check_against_phantom

    body = cylinder(name="patient")
    organs = (*body.organs, Organ(9, "couch"))
    patient = VoxelPhantom(
        body.material_index, body.materials, body.spacing_mm, body.origin_mm, name="patient", organs=organs
    )
    with pytest.raises(
        ExamError, match=r"exam.yaml:4: table=true \(patient has a table of its own \(couch\)\)"
    ):
        check_against_phantom(load_exam(exam_file(tmp_path)), [patient])
