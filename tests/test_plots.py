"""Pictures: the right way up, without a display, without global state."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.physics.materials import Material
from ctdose.results import hdf5_write
from ctdose.results.organ_labels import labels
from ctdose.results.phantom_layout import PAD_IN, lay_out_body
from ctdose.results.phantom_plot import DOTS_PER_INCH
from ctdose.results.plots import plot_dose, plot_phantom
from ctdose.results.result_file import load_result
from ctdose.results.sections import sections

image = pytest.importorskip("matplotlib.image")
KEPT_FILE = Path(__file__).parent / "data" / "result_1_0.h5"
SHAPE, SPACING, ORIGIN = (20, 12, 16), (10.0, 10.0, 5.0), (-75.0, -55.0, 100.0)
MARK = 9


@pytest.fixture(scope="module")
def result():
    return load_result(KEPT_FILE)


def marked_phantom():
    """Water with a mark at the patient's left (+x), front (-y) and head (+z), seen in all three sections."""
    region = np.ones(SHAPE, np.uint16)
    region[:, 4:8, 6:10] = 2
    region[8:19, 1:8, 6:15] = MARK
    material = np.zeros(SHAPE, np.uint8)
    return VoxelPhantom(material, (Material("water"),), SPACING, ORIGIN, region)


def test_extents_are_the_voxels_outer_edges():
    solid = np.ones(SHAPE, bool)
    coronal, sagittal, transverse = sections(solid, ORIGIN, SPACING, None, None)
    assert coronal.extent_mm == (-80.0, 80.0, 97.5, 197.5)
    assert sagittal.extent_mm == (-60.0, 60.0, 97.5, 197.5)
    assert transverse.extent_mm == (-80.0, 80.0, 60.0, -60.0)
    assert (coronal.ends, sagittal.ends, transverse.ends) == (tuple("RLFH"), tuple("APFH"), tuple("RLPA"))


def test_a_part_of_z_is_cut_out_at_voxel_edges():
    coronal, _, transverse = sections(np.ones(SHAPE, bool), ORIGIN, SPACING, (108.0, 121.0), (118.0, 132.0))
    assert coronal.z_slice == slice(2, 5)
    assert coronal.extent_mm[2:] == (107.5, 122.5)
    assert coronal.of(np.zeros(SHAPE)).shape == (3, 16)
    assert transverse.position_mm == 125.0


def test_ranges_outside_the_grid_show_something():
    coronal, _, transverse = sections(np.zeros(SHAPE, bool), ORIGIN, SPACING, (900.0, 950.0), (-9.0, -5.0))
    assert coronal.of(np.zeros(SHAPE)).size > 0
    assert transverse.index == 0


def test_a_slab_is_averaged_over_valid_voxels_only():
    solid = np.ones(SHAPE, bool)
    solid[:, 0] = False
    coronal = sections(solid, ORIGIN, SPACING, None, None)[0]
    array = np.broadcast_to(np.arange(12.0)[:, None], SHAPE)
    assert coronal.index == 6
    assert np.all(coronal.mean_of(array, solid, 1) == 6.0)
    assert np.all(coronal.mean_of(array, solid & (array != 7.0), 1) == 5.5)
    assert np.isnan(coronal.mean_of(array, np.zeros_like(solid), 1)).all()


def test_marks_appear_where_radiologists_look_for_them(tmp_path):
    """Head up, front up or left, the patient's left on the right of the picture: seen on the picture itself."""
    phantom = marked_phantom()
    plot_phantom(phantom, tmp_path / "p.png")
    picture = image.imread(tmp_path / "p.png")[..., :3]
    blank = dataclasses.replace(
        phantom, region_index=np.where(phantom.region_index == MARK, 2, phantom.region_index)
    )
    plot_phantom(blank, tmp_path / "b.png")
    changed = np.abs(picture - image.imread(tmp_path / "b.png")[..., :3]).sum(axis=2) > 0.1
    planes = sections(np.ones(SHAPE, bool), ORIGIN, SPACING, None, None)
    block = lay_out_body(planes, 0.0)
    expected = {"coronal": (1, 1), "sagittal": (-1, 1), "transverse": (1, 1)}
    for plane, (left, top, w, h) in zip(planes, (block.coronal, block.sagittal, block.transverse)):
        part = changed[
            round((top + PAD_IN) * DOTS_PER_INCH) : round((top + h - PAD_IN) * DOTS_PER_INCH),
            round(left * DOTS_PER_INCH) : round((left + w) * DOTS_PER_INCH),
        ]
        rows, columns = np.nonzero(part)
        right_of_middle = columns.mean() - part.shape[1] / 2
        above_middle = part.shape[0] / 2 - rows.mean()
        assert (np.sign(right_of_middle), np.sign(above_middle)) == expected[plane.kind], plane.kind


@pytest.mark.parametrize("ending", ["png", "pdf", "svg", "jpg"])
def test_dose_is_drawn(result, tmp_path, ending):
    plot_dose(result, tmp_path / f"dose.{ending}")
    assert (tmp_path / f"dose.{ending}").stat().st_size > 5000


def test_one_body_is_narrower_than_two(result, tmp_path):
    plot_dose(result, tmp_path / "two.png")
    plot_dose(result, tmp_path / "one.png", "adult-female")
    assert image.imread(tmp_path / "one.png").shape[1] < image.imread(tmp_path / "two.png").shape[1]


def test_dose_is_coloured_within_the_range_only(result, tmp_path):
    plot_dose(result, tmp_path / "dose.png", "adult-male")
    picture = image.imread(tmp_path / "dose.png")[..., :3]
    colourful = picture.max(axis=2) - picture.min(axis=2) > 0.35
    height = len(picture)
    within, above = colourful[int(0.3 * height) : int(0.5 * height)], colourful[: int(0.2 * height)]
    assert within.mean() > 5 * above.mean()


def test_titles_are_text_not_formulas(result, tmp_path):
    odd = dataclasses.replace(result, exam=r"Chest $\frac{1 & \bad")
    plot_dose(odd, tmp_path / "dose.png")
    assert (tmp_path / "dose.png").is_file()


def test_a_range_is_drawn_and_bodies_share_a_picture(tmp_path):
    phantom = marked_phantom()
    plot_phantom(phantom, tmp_path / "without.png")
    plot_phantom(phantom, tmp_path / "with.png", (120.0, 150.0))
    assert (tmp_path / "without.png").read_bytes() != (tmp_path / "with.png").read_bytes()
    other = dataclasses.replace(phantom, name="other")
    plot_phantom([phantom, other], tmp_path / "both.png", {"other": [(120.0, 150.0), (130.0, 160.0)]})
    assert (tmp_path / "both.png").is_file()


def test_regions_without_organs_are_numbered():
    assert labels(marked_phantom())[MARK].name == "region 9"


@pytest.mark.parametrize("name", ["dose", "dose.exe", "missing/dose.png"])
def test_impossible_names(result, tmp_path, name):
    with pytest.raises(CtdoseError) as caught:
        plot_dose(result, tmp_path / name)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_not_drawn(result, tmp_path):
    with pytest.raises(CtdoseError, match="body=adult"):
        plot_dose(result, tmp_path / "dose.png", "adult")
    bodies = {name: dataclasses.replace(body, map=None) for name, body in result.bodies.items()}
    with pytest.raises(CtdoseError, match="dose map"):
        plot_dose(dataclasses.replace(result, bodies=bodies), tmp_path / "dose.png")


def test_without_matplotlib_it_says_how_to_get_it(result, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r'pip install "ctdose\[plot\]"'):
        plot_dose(result, tmp_path / "dose.png")


def test_pyplot_and_its_state_are_left_alone(tmp_path):
    script = f"""
import sys
from ctdose.results.plots import plot_dose
from ctdose.results.result_file import load_result
assert "matplotlib" not in sys.modules
plot_dose(load_result({str(KEPT_FILE)!r}), {str(tmp_path / "d.png")!r})
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_picture_that_cannot_be_written_leaves_the_earlier_one(result, tmp_path, monkeypatch):
    path = tmp_path / "dose.png"
    plot_dose(result, path)
    before = path.read_bytes()

    def full(file, data, *, seal):
        file.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hdf5_write, "_write_synced", full)
    with pytest.raises(CtdoseError, match=r"dose\.png \(cannot be written: No space left on device\)"):
        plot_dose(result, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["dose.png"]
