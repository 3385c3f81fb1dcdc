"""DICOM RT Dose: in the frame of the patient's CT, and of nobody unless that is asked for."""

import numpy as np
import pytest

import export_results as made
import patient_files as files
from ctdose.errors import CtdoseError
from ctdose.export import save_export
from ctdose.phantoms.couch import add_couch
from ctdose.phantoms.couch_shape import CouchShape
from ctdose.phantoms.patient.build import build_patient
from ctdose.phantoms.patient.options import Options
from ctdose.physics.materials import Material

pydicom = pytest.importorskip("pydicom", reason="needs the extra [dicom]")


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """Folder of a CT series, and a result on a phantom made of it: cut on all sides, 2 x 2 x 1 voxels joined."""
    folder = tmp_path_factory.mktemp("patient")
    series = files.write_dicom(folder / "series", files.make_patient()[0])
    box = (-66.0, 98.0, -115.0, 55.0, 45.0, 125.0)
    phantom = build_patient(series, Options(voxel_mm=8.0, crop_mm=box)).phantom
    assert phantom.spacing_mm == pytest.approx((8.0, 10.0, 6.0))
    return series, made.of_phantom(phantom)


def dose_gy(dataset):
    return dataset.pixel_array * float(dataset.DoseGridScaling)


def test_every_voxel_lies_where_it_was(tmp_path):
    result = made.lopsided()
    grid, dose = result.bodies["adult-male"].grid, result.bodies["adult-male"].map.absorbed_dose_mgy
    save_export(result, tmp_path / "dose.dcm")
    dataset = pydicom.dcmread(tmp_path / "dose.dcm")
    column_mm, row_mm = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
    spacing = np.array(dataset.PixelSpacing, float)  # between rows, between columns
    for k, j, i in np.ndindex(dose.shape):  # DICOM PS3.3, C.7.6.2.1.1 and C.8.8.3.2
        place = np.array(dataset.ImagePositionPatient, float)
        place += column_mm * spacing[1] * i + row_mm * spacing[0] * j
        place[2] += float(dataset.GridFrameOffsetVector[k])
        assert place == pytest.approx(made.centres_mm(grid)[k, j, i], abs=1e-9)
    assert dose_gy(dataset) == pytest.approx(dose / 1000.0, rel=1e-7, abs=float(dataset.DoseGridScaling))


def test_another_reader_finds_the_same_grid(tmp_path):
    itk = pytest.importorskip("SimpleITK", reason="an independent reader: pip install SimpleITK")
    result = made.lopsided()
    save_export(result, tmp_path / "dose.dcm")
    image = itk.ReadImage(str(tmp_path / "dose.dcm"))
    assert image.GetSpacing() == pytest.approx(made.SPACING)
    assert image.GetOrigin() == pytest.approx(made.ORIGIN)
    assert image.GetDirection() == pytest.approx(np.eye(3).ravel())
    scaling_mgy = 1000.0 * float(image.GetMetaData("3004|000e"))
    dose = result.bodies["adult-male"].map.absorbed_dose_mgy
    assert itk.GetArrayFromImage(image) * scaling_mgy == pytest.approx(dose, rel=1e-7, abs=scaling_mgy)


def test_what_it_says_of_itself(tmp_path):
    save_export(made.lopsided(), tmp_path / "dose.dcm")
    dataset = pydicom.dcmread(tmp_path / "dose.dcm")
    assert dataset.SOPClassUID == pydicom.uid.RTDoseStorage == dataset.file_meta.MediaStorageSOPClassUID
    assert dataset.SOPInstanceUID == dataset.file_meta.MediaStorageSOPInstanceUID
    assert (dataset.DoseUnits, dataset.DoseType, dataset.DoseSummationType) == ("GY", "PHYSICAL", "PLAN")
    assert dataset.FrameIncrementPointer == pydicom.tag.Tag("GridFrameOffsetVector")
    assert dataset.NumberOfFrames == made.SHAPE[0] == len(dataset.GridFrameOffsetVector)
    for name in ("FrameOfReferenceUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert dataset[name].value.is_valid
    for name in ("PatientName", "PatientID", "StudyDate", "ReferringPhysicianName"):
        assert dataset[name].value in ("", None)


def test_doses_of_one_phantom_share_its_frame(tmp_path):
    result = made.adults()
    frames = {}
    for name in result.bodies:
        save_export(result, tmp_path / f"{name}.dcm", body=name)
        save_export(result, tmp_path / f"{name}-again.dcm", body=name)
        again = (tmp_path / f"{name}-again.dcm").read_bytes()
        assert (tmp_path / f"{name}.dcm").read_bytes() == again
        frames[name] = pydicom.dcmread(tmp_path / f"{name}.dcm").FrameOfReferenceUID
    assert len(set(frames.values())) == 2


def test_a_dose_of_nothing_is_zero(tmp_path):
    result = made.lopsided()
    result.bodies["adult-male"].map.absorbed_dose_mgy[:] = 0.0
    save_export(result, tmp_path / "dose.dcm")
    assert not dose_gy(pydicom.dcmread(tmp_path / "dose.dcm")).any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_what_is_no_dose_is_not_written(tmp_path, value):
    """A file from somebody else may hold anything; whole numbers would make a dose of it."""
    result = made.lopsided()
    result.bodies["adult-male"].map.absorbed_dose_mgy[1, 2, 3] = value
    with pytest.raises(CtdoseError, match="dose map"):
        save_export(result, tmp_path / "dose.dcm")


def test_it_lies_in_the_frame_of_the_ct(patient, tmp_path):
    series, result = patient
    save_export(result, tmp_path / "dose.dcm", ct=series)
    dataset = pydicom.dcmread(tmp_path / "dose.dcm")
    image = pydicom.dcmread(next(series.iterdir()))
    assert dataset.FrameOfReferenceUID == image.FrameOfReferenceUID
    assert dataset.TissueHeterogeneityCorrection == "IMAGE"
    offset = np.array(dataset.ImagePositionPatient) - np.array(files.ORIGIN)
    half = (np.array(result.bodies["patient"].grid.spacing_mm) - files.SPACING) / 2
    assert (offset - half) / files.SPACING == pytest.approx(np.rint((offset - half) / files.SPACING))


def test_nobody_is_named_unless_asked_for(patient, tmp_path):
    series, result = patient
    save_export(result, tmp_path / "dose.dcm", ct=series)
    image = pydicom.dcmread(next(series.iterdir()))
    content = (tmp_path / "dose.dcm").read_bytes()
    for hidden in (files.SECRET, "19500101", image.StudyInstanceUID, image.SeriesInstanceUID):
        assert hidden.encode() not in content
    save_export(result, tmp_path / "named.dcm", ct=series, patient_identifiers=True)
    named = pydicom.dcmread(tmp_path / "named.dcm")
    assert str(named.PatientName) == f"{files.SECRET}^JANE"
    assert (named.PatientID, named.PatientBirthDate, named.PatientSex) == (files.SECRET, "19500101", "F")
    assert named.StudyInstanceUID == image.StudyInstanceUID
    assert named.SeriesInstanceUID != image.SeriesInstanceUID
    assert named.SOPInstanceUID != pydicom.dcmread(tmp_path / "dose.dcm").SOPInstanceUID


def test_identifiers_are_copied_as_they_are(patient, tmp_path):
    """Letters beyond ASCII, and values that break the rules of DICOM: archives hold them, and match them."""
    with pydicom.config.disable_value_validation():
        series = files.write_dicom(
            tmp_path / "series",
            files.make_patient()[0],
            SpecificCharacterSet="ISO_IR 100",
            PatientName="Müller^Jörg",
            PatientBirthDate="UNKNOWN",
            PatientID="9" * 70,
        )
    save_export(patient[1], tmp_path / "dose.dcm", ct=series, patient_identifiers=True)
    with pydicom.config.disable_value_validation():
        named = pydicom.dcmread(tmp_path / "dose.dcm")
        found = str(named.PatientName), named.PatientBirthDate, named.PatientID
    assert found == ("Müller^Jörg", "UNKNOWN", "9" * 70)


def test_the_ct_may_be_stored_from_the_left(patient, tmp_path):
    """The same patient and grid, columns in the other sense."""
    series = files.write_dicom(tmp_path / "series", files.make_patient()[0], flip_x=True)
    save_export(patient[1], tmp_path / "dose.dcm", ct=series)
    dataset = pydicom.dcmread(tmp_path / "dose.dcm")
    assert dataset.FrameOfReferenceUID == pydicom.dcmread(next(series.iterdir())).FrameOfReferenceUID
    assert list(dataset.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]


WRONG = {
    "half a voxel": ({"ImagePositionPatient": lambda k: [-68.0, -120.0, 33.0 + 6 * k]}, "0.5 of a voxel"),
    "voxel size": ({"PixelSpacing": [5.0, 3.9]}, "voxels of 3.9 mm along x"),
    "far away": ({"ImagePositionPatient": lambda k: [-70.0, -120.0, 933.0 + 6 * k]}, "nothing of the body"),
    "another scan": ({"ImagePositionPatient": lambda k: [-30.0, -120.0, 33.0 + 6 * k]}, "of the body is air"),
    "no frame": ({"FrameOfReferenceUID": ""}, "FrameOfReferenceUID is missing"),
}


@pytest.mark.parametrize("case", WRONG)
def test_another_ct_is_refused(patient, tmp_path, case):
    changes, message = WRONG[case]
    series = files.write_dicom(tmp_path / "series", files.make_patient()[0], **changes)
    with pytest.raises(CtdoseError, match=message) as caught:
        save_export(patient[1], tmp_path / "dose.dcm", ct=series)
    assert files.SECRET not in str(caught.value)
    assert not (tmp_path / "dose.dcm").exists()


def test_a_table_put_under_the_patient_is_not_missed_in_the_ct(tmp_path):
    """The exam's table widens the grid, and stands where the CT has air."""
    hu = files.make_patient()[0]
    hu[:, 31:33] = -1000  # without the couch
    series = files.write_dicom(tmp_path / "series", hu)
    steel = Material.from_mass_fractions("iron", {"Fe": 1.0}, density_g_cm3=7.87)
    couch = CouchShape(300.0, 20.0, 0.0, 10.0, 5.0, steel, Material("water"))
    phantom = add_couch(build_patient(series).phantom, couch)
    save_export(made.of_phantom(phantom), tmp_path / "dose.dcm", ct=series)
    dataset = pydicom.dcmread(tmp_path / "dose.dcm")
    assert dataset.Columns > hu.shape[2]
    assert list(dataset.ImagePositionPatient) == pytest.approx(phantom.origin_mm)


def stouter(hu):
    """Another person on the same voxels: 20 mm of tissue where there was air."""
    return np.where((np.roll(hu, 5, axis=2) > -200) & (hu < -500), 40, hu)


OTHERS = {
    "mirrored": lambda hu: np.ascontiguousarray(hu[:, ::-1]),
    "stouter": stouter,
    "only the lower half": lambda hu: hu[:9],
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_patient_on_the_same_voxels_is_refused(patient, tmp_path, case):
    series = files.write_dicom(tmp_path / "series", OTHERS[case](files.make_patient()[0]))
    with pytest.raises(CtdoseError, match="not the CT of this result"):
        save_export(patient[1], tmp_path / "dose.dcm", ct=series)


def test_a_patient_needs_the_ct(patient, tmp_path):
    with pytest.raises(CtdoseError, match="--ct FOLDER"):
        save_export(patient[1], tmp_path / "dose.dcm")
    with pytest.raises(CtdoseError, match="without a CT to take them from"):
        save_export(patient[1], tmp_path / "dose.dcm", patient_identifiers=True)
    with pytest.raises(CtdoseError, match="no such folder"):
        save_export(patient[1], tmp_path / "dose.dcm", ct=tmp_path / "missing")


@pytest.mark.slow
@pytest.mark.reference
def test_a_real_series(reference, tmp_path):
    """Dose and CT of a real patient, each read by ITK in its own way, meet in the same places."""
    itk = pytest.importorskip("SimpleITK", reason="an independent reader: pip install SimpleITK")
    series = reference / "ct" / "dicom"
    phantom = build_patient(
        series, Options(labels=reference / "ct" / "dicom_labels.nii.gz", voxel_mm=4.0)
    ).phantom
    result = made.of_phantom(phantom)
    body = phantom.region_index > 0
    result.bodies["patient"].map.absorbed_dose_mgy[:] = np.where(body, 10.0, 0.0)
    save_export(result, tmp_path / "dose.dcm", ct=series)
    reader = itk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(series)))
    ct = reader.Execute()
    dose = itk.Resample(
        itk.ReadImage(str(tmp_path / "dose.dcm")), ct, itk.Transform(), itk.sitkNearestNeighbor
    )
    there = itk.GetArrayFromImage(dose) > 0
    tissue = itk.GetArrayFromImage(ct) > -200
    assert np.count_nonzero(tissue & ~there) < 0.02 * np.count_nonzero(tissue)
