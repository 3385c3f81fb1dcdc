"""One image of a series: its values in HU, its padding, and headers that are not what they should be."""

import numpy as np
import pytest

import patient_files as files
from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.dicom_series import read_series
from ctdose.phantoms.patient.field import OUTSIDE_FIELD_HU
from ctdose.phantoms.patient.identity import Identity

pydicom = pytest.importorskip("pydicom", reason="needs the extra [dicom]")
HU, _ = files.make_patient()


def changed(folder, change, *, implicit=False):
    """A series of which `change` made something else, file by file."""
    files.write_dicom(folder, HU)
    for k, path in enumerate(sorted(folder.glob("*.dcm"), key=lambda p: int(p.stem.rsplit("_", 1)[1]))):
        image = pydicom.dcmread(path)
        change(image, k)
        if implicit:
            image.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
        image.save_as(path)
    return folder


def restored(image, stored):
    image.PixelData = np.ascontiguousarray(stored).tobytes()


def test_slope_and_intercept_are_those_of_each_slice(tmp_path):
    def change(image, k):
        stored = image.pixel_array.astype(np.int32)
        image.RescaleSlope, image.RescaleIntercept = (2, -1024 - 2 * k) if k % 2 else (1, -1024 + k)
        hu = stored - 1024
        new = (hu - image.RescaleIntercept) / image.RescaleSlope
        restored(image, np.clip(np.rint(new), 0, 65535).astype("<u2"))

    read = read_series(changed(tmp_path / "s", change)).image.values
    assert (
        np.abs(read.astype(int) - np.maximum(HU, -1010)).max() <= 14
    )  # of a slope of 2, and of air clipped at 0
    inside = HU > -900
    assert np.abs(read[inside].astype(int) - HU[inside]).max() <= 1


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(
    ("signed", "value", "limit", "pad", "padded"),
    [
        (True, -2000, None, -2000, True),
        (True, 63536, None, -2000, True),  # written as unsigned
        (False, 63536, None, 63536, True),
        (True, -2000, -1500, -1700, True),
        (True, -2000, None, -1999, False),
        (False, 24, None, 24, False),  # the CT number of air: air
    ],
)
def test_padding(tmp_path, implicit, signed, value, limit, pad, padded):
    def change(image, k):
        stored = image.pixel_array.astype(np.int32) - (1024 if signed else 0)
        stored[:3, :3] = pad
        image.PixelRepresentation, image.RescaleIntercept = int(signed), 0 if signed else -1024
        kind = "SS" if signed and value < 32768 else "US"
        image.add_new("PixelPaddingValue", kind, value)
        if limit is not None:
            image.add_new("PixelPaddingRangeLimit", kind, limit)
        restored(image, stored.astype("<i2" if signed else "<u2"))

    read = read_series(changed(tmp_path / "s", change, implicit=implicit)).image.values
    assert (read[:, :3, :3] == OUTSIDE_FIELD_HU).all() == padded
    assert np.array_equal(read[:, 3:], HU[:, 3:])


def test_the_order_of_files_does_not_matter_nor_does_that_of_slices(tmp_path):
    folder = files.write_dicom(tmp_path / "s", HU)
    for k, path in enumerate(sorted(folder.iterdir())):
        path.rename(folder / f"{(k * 5) % 16:02d}")
    image = read_series(folder).image
    assert np.array_equal(image.values, HU)
    assert image.origin_mm == pytest.approx(files.ORIGIN)
    assert image.spacing_mm == pytest.approx(files.SPACING)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"RescaleType": "MGML"}, "not in HU (RescaleType)"),
        ({"PixelSpacing": [0, 2]}, "PixelSpacing is not above 0"),
        ({"RescaleSlope": 0}, "damaged"),
        ({"RescaleSlope": None}, "RescaleSlope is missing"),
        ({"ImagePositionPatient": [1, 2]}, "damaged"),
        ({"PixelSpacing": [1, 2, 3]}, "damaged"),
        ({"ImageOrientationPatient": [1, 0, 0]}, "damaged"),
        ({"FrameOfReferenceUID": lambda k: f"1.2.{k // 9}"}, "several patients or frames of reference"),
        ({"PatientID": lambda k: f"SECRETNAME{k // 9}"}, "several patients or frames of reference"),
        ({"Rows": lambda k: 35 if k == 2 else None}, "several sizes"),
    ],
)
def test_wrong_headers(tmp_path, changes, words):
    if changes == {"RescaleSlope": None}:
        folder = changed(tmp_path / "s", lambda image, k: delattr(image, "RescaleSlope"))
    else:
        folder = files.write_dicom(tmp_path / "s", HU, **changes)
    with pytest.raises(CtdoseError) as caught:
        read_series(folder)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files.SECRET not in str(caught.value)


def test_a_deflated_image_is_not_unpacked(tmp_path):
    def change(image, k):
        image.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian

    with pytest.raises(CtdoseError, match="an image in it is stored deflated"):
        read_series(changed(tmp_path / "s", change))


def test_damage_anywhere_in_a_file_is_one_line_or_nothing(tmp_path, capfd):
    """DICOM has no checksum: a damaged pixel is not noticed, a damaged header must not end in a traceback."""
    folder = files.write_dicom(tmp_path / "s", HU)
    path = sorted(folder.iterdir())[3]
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    for place in rng.integers(0, 1500, 60):
        broken = bytearray(whole)
        broken[place] ^= int(rng.integers(1, 256))
        path.write_bytes(broken)
        said = message_of(folder)
        assert "\n" not in said
        assert files.SECRET not in said
    assert capfd.readouterr().err == ""


def message_of(folder):
    try:
        read_series(folder)
    except CtdoseError as error:
        return str(error)
    return ""


def test_an_identity_has_no_text():
    assert "SECRET" not in repr(Identity("1.2", "1.3", "SECRET"))
    assert "SECRET" not in str(Identity("1.2", "1.3", "SECRET"))
