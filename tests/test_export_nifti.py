"""NIfTI: right way up and not half a voxel off, read back by ITK, which did not write it."""

from dataclasses import replace

import numpy as np
import pytest

import export_results as made
from ctdose.errors import CtdoseError
from ctdose.export import save_export

nibabel = pytest.importorskip("nibabel", reason="needs the extra [nifti]")


def read_by_itk(path, grid):
    """Values of a file at the centres of a grid's voxels, [z, y, x], and how far from its own centres these lie."""
    itk = pytest.importorskip("SimpleITK", reason="an independent reader: pip install SimpleITK")
    image = itk.ReadImage(str(path))
    values, off = np.zeros(grid.organ_index.shape), 0.0
    for place in np.ndindex(values.shape):
        point = made.centres_mm(grid)[place].tolist()  # ITK's physical points are LPS
        off = max(off, *(abs(i - round(i)) for i in image.TransformPhysicalPointToContinuousIndex(point)))
        values[place] = image.GetPixel(*image.TransformPhysicalPointToIndex(point))
    return image, values, off


@pytest.mark.parametrize("name", ["dose.nii.gz", "dose.nii"])
@pytest.mark.parametrize("what", ["dose", "error", "labels"])
def test_every_voxel_lies_where_it_was(tmp_path, what, name):
    result = made.lopsided()
    body = result.bodies["adult-male"]
    save_export(result, tmp_path / name, what)
    image, values, off = read_by_itk(tmp_path / name, body.grid)
    dose, relative = body.map.absorbed_dose_mgy, body.map.relative_standard_error
    meant = {"dose": dose, "error": dose * relative, "labels": body.grid.organ_index}[what]
    assert off < 1e-4
    assert np.array_equal(values, np.nan_to_num(meant)), "the NIfTI library in ITK makes zero of NaN"
    assert image.GetSpacing() == pytest.approx(made.SPACING)
    assert image.GetSize() == made.SHAPE[::-1]


def test_stored_upright(tmp_path):
    """RAS+: a program that leaves the affine alone shows no patient upside down or in a mirror."""
    save_export(made.lopsided(), tmp_path / "dose.nii")
    image = nibabel.load(tmp_path / "dose.nii")
    assert nibabel.aff2axcodes(image.affine) == ("R", "A", "S")
    assert np.allclose(image.get_qform(), image.get_sform(), atol=1e-4)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert image.header.get_intent()[2] == "dose mGy"


def test_organs_of_a_person_lie_on_their_side(tmp_path):
    """Where everybody knows what is right: the liver, the stomach, the eyes, the brain."""
    result = made.adults()
    save_export(result, tmp_path / "labels.nii.gz", "labels", body="adult-female")
    image = nibabel.load(tmp_path / "labels.nii.gz")
    labels = np.asarray(image.dataobj)
    assert labels.dtype == np.uint16
    organs = result.bodies["adult-female"].organs

    def centre(name):
        voxels = np.argwhere(labels == organs[name].organ_id)
        return nibabel.affines.apply_affine(image.affine, voxels.mean(axis=0))

    assert centre("liver")[0] > 0.0 > centre("stomach_contents")[0], "the liver is on the right: +x of RAS"
    assert centre("brain")[2] > centre("liver")[2]
    assert centre("liver")[1] > centre("thoracic_spine_spongiosa")[1]


def test_a_voxel_without_dose_has_no_error(tmp_path):
    result = made.lopsided()
    save_export(result, tmp_path / "error.nii", "error")
    values = np.asarray(nibabel.load(tmp_path / "error.nii").dataobj)[::-1, ::-1].transpose(2, 1, 0)
    assert np.array_equal(np.isnan(values), result.bodies["adult-male"].map.absorbed_dose_mgy == 0.0)


def test_the_same_result_makes_the_same_file(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        save_export(made.lopsided(), tmp_path / name)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_without_a_map_there_are_labels_only(tmp_path):
    result = made.lopsided()
    bare = replace(result, bodies={"adult-male": replace(result.bodies["adult-male"], map=None)})
    save_export(bare, tmp_path / "labels.nii", "labels")
    with pytest.raises(CtdoseError, match="holds no dose map"):
        save_export(bare, tmp_path / "dose.nii")
    assert not (tmp_path / "dose.nii").exists()
