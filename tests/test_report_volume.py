"""What the report's sections are cut from, and its charts of tube load, on small arrays."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest

from ctdose.dosimetry.dose_map import DoseMap
from ctdose.dosimetry.organ_dose import BodyDose
from ctdose.exam.view_pieces import ViewPiece
from ctdose.report import maps
from ctdose.report.load_chart import mas_per_cm, seen_from_the_front
from ctdose.report.png import SIGNATURE, png_bytes
from ctdose.report.still import Scale, dose_plane, section_picture
from ctdose.report.ticks import axis_to, log_ticks, ticks_within
from ctdose.report.volume import volume_of
from ctdose.report.volume_reduce import block_means, filled, shown_part, voxel_count
from ctdose.results.result import Batches, BodyResult, Grid
from ctdose.results.result_file import load_result

SHAPE, SPACING, ORIGIN = (12, 8, 10), (2.0, 3.0, 4.0), (-9.0, -10.5, 100.0)
EMPTY = Batches(np.zeros(0, np.int64), np.zeros((0, 0, 0, 2), np.int64), (), np.zeros(0))
WHOLE = (0.0, 1000.0)


def body(dose: np.ndarray) -> BodyResult:
    """Water with one layer of air around it; regions 1 and 2, feet and head."""
    material = np.zeros(SHAPE, np.uint8)
    material[1:-1, 1:-1, 1:-1] = 1
    organ = (material * (1 + np.arange(SHAPE[0])[:, None, None] // 6)).astype(np.uint16)
    grid = Grid(organ, material, np.array([0.0012, 1.0]), ("air", "water"), ORIGIN, SPACING, "")
    found = DoseMap(dose.astype(np.float32), np.zeros(SHAPE, np.float32), None)
    return BodyResult("box", BodyDose("box", {}), grid, EMPTY, found, 1)


def cut(found: BodyResult, z_mm: tuple[float, float], anatomy_mm: float, dose_mm: float):
    return volume_of(found, shown_part(found.grid, z_mm), anatomy_mm, dose_mm)


def places() -> list[np.ndarray]:
    """Coordinates of the voxels, x, y and z, [z, y, x] each."""
    z, y, x = (o + s * np.arange(n) for o, s, n in zip(ORIGIN[::-1], SPACING[::-1], SHAPE))
    z, y, x = np.meshgrid(z, y, x, indexing="ij")
    return [x, y, z]


@pytest.mark.parametrize("size_mm", [0.0, 6.0, 9.0])
@pytest.mark.parametrize("way", [0, 1, 2])
def test_a_gradient_keeps_its_place_however_coarse(size_mm, way):
    """Dose that rises linearly along one axis: what is shown within is the dose at that voxel, to a code's step."""
    x = places()[way]
    dose = 1.0 + (x - x.min()) / 10.0
    volume = cut(body(dose), WHOLE, size_mm, size_mm)
    for axis in range(3):
        index = volume.labels.shape[axis] // 2
        shown = dose_plane(volume, axis, index)
        where = [
            o + s * np.arange(n)
            for o, s, n in zip(volume.origin_mm, volume.spacing_mm, volume.labels.shape[::-1])
        ]
        grid = np.meshgrid(*where[::-1], indexing="ij")[2 - way]
        wanted = 1.0 + (np.take(grid, index, axis=axis) - x.min()) / 10.0
        inner = tuple(slice(1, -1) if n > 2 else slice(None) for n in shown.shape)
        # Blocks at the surface are means of less than a block, hence lie off its centre by less than its size.
        slack = 0.5 * max(volume.code_spacing_mm) / 10.0 if size_mm else 0.0
        assert np.abs(shown - wanted)[inner].max() <= 2.0 * volume.top_mgy / 255.0 + slack


def test_blocks_average_what_is_solid():
    dose = np.arange(12.0).reshape(1, 3, 4)
    solid = np.ones_like(dose, bool)
    solid[0, 0, 0] = False
    solid[0, 2] = False
    means, known = block_means(dose.astype(np.float32), solid, (1, 2, 2))
    assert means[0, 0].tolist() == [pytest.approx((1 + 4 + 5) / 3), pytest.approx((2 + 3 + 6 + 7) / 4)]
    assert known[0].tolist() == [[True, True], [False, False]]
    assert filled(means, known)[0, 1].tolist() == means[0, 0].tolist()


def test_a_damaged_dose_does_not_spoil_the_rest():
    dose = np.full((1, 2, 2), 2.0, np.float32)
    dose[0, 0] = np.nan, np.inf
    means, _ = block_means(dose, np.ones_like(dose, bool), (1, 1, 1))
    assert means[0].tolist() == [[0.0, 0.0], [2.0, 2.0]]


def test_head_is_up_and_the_right_of_the_patient_on_the_left():
    """A hot corner at the patient's left (+x), back (+y) and head (+z)."""
    dose = np.zeros(SHAPE)
    dose[-3:-1, -3:-1, -3:-1] = 10.0
    volume = cut(body(dose), WHOLE, 0.0, 0.0)
    hot = [
        np.argwhere(section_picture(volume, kind, index, Scale(10.0))[..., 0] > 180).mean(axis=0)
        for kind, index in (("coronal", -3), ("sagittal", -3), ("transverse", -3))
    ]
    nz, ny, nx = volume.labels.shape
    for (row, column), (rows, columns), upper in zip(
        hot, ((nz, nx), (nz, ny), (ny, nx)), (True, True, False)
    ):
        assert (row < rows / 2) == upper
        assert column > columns / 2


def test_air_has_no_dose_and_a_plain_anatomy_is_grey():
    volume = cut(body(np.full(SHAPE, 5.0)), WHOLE, 0.0, 0.0)
    picture = section_picture(volume, "transverse", volume.labels.shape[0] // 2, Scale(1e9))
    assert np.ptp(picture.astype(int), axis=2).max() <= 1
    hot = section_picture(volume, "transverse", volume.labels.shape[0] // 2, Scale(5.0))
    assert np.ptp(hot[0, 0].astype(int)) == 0
    assert np.ptp(hot[4, 4].astype(int)) > 50


def test_only_the_shown_part_is_kept():
    volume = cut(body(np.ones(SHAPE)), (108.0, 121.0), 0.0, 0.0)
    assert volume.labels.shape[0] == 4
    assert volume.origin_mm[2] == 108.0


def test_voxels_are_counted_before_they_are_made():
    crop = (slice(3, 10), slice(0, 8), slice(2, 3))
    assert voxel_count(crop, (2, 3, 4)) == 4 * 3 * 1
    assert voxel_count(crop, (1, 1, 1)) == 7 * 8


def test_a_heavy_body_becomes_coarser_until_it_fits(monkeypatch):
    result = load_result(Path(__file__).parent / "data" / "result_1_0.h5")
    fine = maps.dose_maps(result)
    monkeypatch.setattr(maps, "HEAVIEST_BYTES", 2_000)
    monkeypatch.setattr(maps, "SIZES_MM", (*maps.SIZES_MM, (80.0, 160.0)))
    coarse = maps.dose_maps(result)
    size = [sum(len(b.data["codes"]) + len(b.data["labels"]) for b in each.bodies) for each in (fine, coarse)]
    assert size[1] <= 2_000 < size[0]
    assert coarse.bodies[0].anatomy_mm > fine.bodies[0].anatomy_mm


def test_tube_load_adds_up_wherever_the_bins_end():
    edges = np.array([-50.0, -20.0, 0.0, 3.0, 40.0, 90.0])
    pieces = (
        ViewPiece(60.0, -10.0, 0.0, 6.28, True, 140.0),
        ViewPiece(10.0, 10.0, 0.0, 6.28, True, 30.0),
    )
    found = mas_per_cm(pieces, edges, standing_mm=20.0)
    assert (found * np.diff(edges) / 10.0).sum() == pytest.approx(170.0)
    assert found[2] == pytest.approx(20.0 + 15.0)  # 140 mAs over 7 cm, 30 over 2 cm
    assert found[0] == 0.0


def test_a_picture_is_what_the_png_specification_says():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    data = png_bytes(picture)
    assert data.startswith(SIGNATURE)
    length = int.from_bytes(data[8:12], "big")
    assert data[12:16] == b"IHDR"
    assert data[16:29] == bytes([0, 0, 0, 4, 0, 0, 0, 2, 8, 2, 0, 0, 0])
    start = 8 + 12 + length
    size = int.from_bytes(data[start : start + 4], "big")
    lines = np.frombuffer(zlib.decompress(data[start + 8 : start + 8 + size]), np.uint8).reshape(2, 13)
    assert (lines[:, 0] == 0).all()
    assert (lines[:, 1:].reshape(picture.shape) == picture).all()
    image = pytest.importorskip("matplotlib.image")
    assert (np.rint(255 * image.imread(io.BytesIO(data))) == picture).all()


def test_axes_have_round_ticks():
    assert axis_to(21.5, 4).ticks == (0.0, 10.0, 20.0)
    assert axis_to(0.0).ticks[-1] == 1.0
    assert axis_to(50.0).percent(25.0) == 50.0
    assert ticks_within(-63.0, 88.0, 4) == [-50.0, 0.0, 50.0]
    assert log_ticks(0.4, 11.0) == [0.5, 1.0, 2.0, 5.0, 10.0]


@pytest.mark.parametrize("low", np.geomspace(1.0, 10.0, 23))
@pytest.mark.parametrize("ratio", [1.39, 1.69, 2.25, 5.0, 9.0, 1000.0])
def test_a_logarithmic_axis_always_has_numbers(low, ratio):
    found = log_ticks(low, low * ratio)
    assert 3 <= len(found) <= 12
    assert low * (1 - 1e-9) <= min(found) < max(found) <= low * ratio * (1 + 1e-9)


def test_a_body_smaller_than_one_block_is_one_voxel_of_it():
    volume = cut(body(np.ones(SHAPE)), WHOLE, 100.0, 100.0)
    assert volume.labels.shape == volume.codes.shape == (1, 1, 1)
    assert volume.origin_mm == pytest.approx(
        [o + s * (n // 2) for o, s, n in zip(ORIGIN, SPACING, SHAPE[::-1])]
    )
    assert volume.names[volume.labels[0, 0, 0]] == "tissue"


@pytest.mark.parametrize("high", [146.0, 147.9, 148.1, 150.0, 151.9])
def test_the_body_behind_the_tube_load_lies_where_it_is(high):
    """Water from z = 102 to 142 mm: each row is water where its middle is, to the edges' last bit."""
    low = 98.0
    picture = seen_from_the_front(body(np.ones(SHAPE)), low, high)
    middles = high - (np.arange(len(picture)) + 0.5) * (high - low) / len(picture)
    assert (picture.any(axis=1) == ((middles > 102.0) & (middles < 142.0))).all()
    assert picture.max() == SHAPE[1] - 2
