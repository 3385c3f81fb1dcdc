"""A small asymmetric patient, and its CT and labels as DICOM and NIfTI; used by the tests of the import."""

import numpy as np

SPACING = (4.0, 5.0, 6.0)  # x, y, z: three different
ORIGIN = (-70.0, -120.0, 33.0)
SHAPE = (16, 36, 44)  # z, y, x
SECRET = "SECRETNAME"
LIVER, SPLEEN, AORTA, FEMUR, COLON, PROSTATE = 5, 1, 52, 75, 20, 22


def make_patient():
    """HU (int16) and labels (uint8), [z, y, x], LPS ascending: nothing in it is its own mirror image."""
    _, y, x = np.indices(SHAPE)
    hu = np.full(SHAPE, -1000, np.int16)
    labels = np.zeros(SHAPE, np.uint8)
    hu[((x - 20) / 17) ** 2 + ((y - 14) / 12) ** 2 < 1.0] = 40
    hu[:, 4:6, 16:24] = -90  # fat in front
    hu[:, 31:33, 3:40] = -100  # the couch, behind and apart

    def put(box, value, label=0):
        hu[box], labels[box] = value, label

    put(np.s_[3:12, 8:16, 7:15], 60, LIVER)  # the patient's right: low x
    put(np.s_[5:12, 14:19, 28:33], 55, SPLEEN)
    put(np.s_[:, 14:16, 21:23], 350, AORTA)  # contrast medium, as dense as bone
    put(np.s_[4:9, 18:22, 18:22], 600, FEMUR)
    put(np.s_[5:8, 19:21, 19:21], 20, FEMUR)  # its marrow
    put(np.s_[2:8, 6:10, 24:30], 30, COLON)
    put(np.s_[3:7, 7:9, 25:29], -950, COLON)  # gas in it
    put(np.s_[12:14, 20:22, 26:28], 3200, PROSTATE)  # a seed: labelled soft tissue
    put(np.s_[10:12, 8:10, 18:20], 3100)  # metal
    put(np.s_[12:15, 10:12, 10:12], 500)  # bone that nobody labelled
    put(np.s_[12:15, 18:22, 12:16], -800)  # lung that nobody labelled
    return hu, labels


def write_nifti(path, values, flips=(False, False, False), order=(0, 1, 2), origin=ORIGIN, shear=0.0):
    """Write [z, y, x] LPS values with array axes (i, j, k) = x, y, z of the patient, reordered and flipped."""
    import nibabel

    affine = np.eye(4)
    affine[:3, :3] = np.diag(SPACING)
    affine[:3, 3] = origin
    data = values.transpose(2, 1, 0)
    for axis, flip in enumerate(flips):
        if flip:
            affine[:3, 3] += (data.shape[axis] - 1) * affine[:3, axis]
            affine[:3, axis] *= -1.0
            data = np.flip(data, axis)
    data = data.transpose(order)
    affine[:3, :3] = affine[:3, list(order)]
    affine[0, 2] += shear
    image = nibabel.Nifti1Image(np.ascontiguousarray(data), np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)
    image.header.set_sform(image.affine, 1)
    nibabel.save(image, path)
    return path


def write_dicom(folder, hu, *, flip_x=False, **changes):
    """Write one file a slice, with names that are no order; `changes` set tags, callables get the slice number."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    folder.mkdir(exist_ok=True)
    series, study, frame_of_reference = generate_uid(), generate_uid(), generate_uid()
    for k, plane in enumerate(hu):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"{SECRET}_{(k * 7) % 16:03d}_{k}.dcm"
        image = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
        image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        image.SeriesInstanceUID, image.Modality, image.PatientName = series, "CT", f"{SECRET}^JANE"
        image.StudyInstanceUID, image.FrameOfReferenceUID = study, frame_of_reference
        image.PatientSex, image.AccessionNumber, image.StudyID = "F", "", ""
        image.StudyDate = image.StudyTime = image.ReferringPhysicianName = ""
        image.SliceThickness, image.InstanceNumber, image.PositionReferenceIndicator = 6.0, k + 1, ""
        image.PatientID, image.SeriesDescription, image.PatientBirthDate = (
            SECRET,
            f"{SECRET} abdomen",
            "19500101",
        )
        image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        image.Rows, image.Columns = plane.shape
        image.PixelSpacing = [SPACING[1], SPACING[0]]
        image.ImageOrientationPatient = [-1 if flip_x else 1, 0, 0, 0, 1, 0]
        x = ORIGIN[0] + (SPACING[0] * (plane.shape[1] - 1) if flip_x else 0.0)
        image.ImagePositionPatient = [x, ORIGIN[1], ORIGIN[2] + k * SPACING[2]]
        image.RescaleSlope, image.RescaleIntercept = 1, -1024
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 0
        stored = (plane + 1024).astype("<u2")
        image.PixelData = np.ascontiguousarray(stored[:, ::-1] if flip_x else stored).tobytes()
        for name, value in changes.items():
            given = value(k) if callable(value) else value
            if given is not None:
                setattr(image, name, given)
        image.save_as(path, enforce_file_format=True)
    return folder


SEGMENTS = {  # number: label, SNOMED CT code, meaning, side
    LIVER: ("Liver", "10200004", "Liver", None),
    SPLEEN: ("no word that is known", "78961009", "Spleen", None),
    AORTA: ("aorta", "15825003", "Aorta", None),
    FEMUR: ("", "71341001", "Femur", "left"),
    COLON: ("colon", "71854001", "Colon", None),
    PROSTATE: ("Prostate", "41216001", "Prostate", None),
}
SIDES = {"left": ("7771000", "Left"), "right": ("24028007", "Right")}


def write_seg(path, series, masks, segments=None, *, kind="BINARY", scheme="SCT", order=1, **changes):
    """Write a DICOM SEG of a series that `write_dicom` wrote, with highdicom.

    `masks` is [z, y, x, segment] of the CT (LPS); `segments` a list of (label, code, meaning, side), numbered from 1;
    `changes` set tags.
    """
    import warnings

    import highdicom
    import pydicom
    from highdicom.seg import Segmentation, SegmentDescription
    from pydicom.dataset import Dataset
    from pydicom.sr.coding import Code
    from pydicom.uid import generate_uid

    images = [pydicom.dcmread(file) for file in series.glob("*.dcm")]
    images.sort(key=lambda image: float(image.ImagePositionPatient[2]) * order)
    planes = masks[::order]
    if float(images[0].ImageOrientationPatient[0]) < 0:
        planes = planes[:, :, ::-1]
    descriptions = []
    for number, (label, code, meaning, side) in enumerate(segments, start=1):
        one = SegmentDescription(
            number,
            label or "-",
            Code("123037004", "SCT", "Anatomical Structure"),
            Code(code, scheme, meaning),
            "MANUAL",
        )
        if side:
            modifier = Dataset()
            modifier.CodeValue, modifier.CodeMeaning = SIDES[side]
            modifier.CodingSchemeDesignator = "SCT"
            one.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
        descriptions.append(one)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seg = Segmentation(
            images,
            planes.copy(),  # highdicom scales fractions where they are
            highdicom.seg.SegmentationTypeValues[kind],
            descriptions,
            generate_uid(),
            100,
            generate_uid(),
            1,
            "maker",
            "model",
            "1",
            "0",
        )
        for name, value in changes.items():
            setattr(seg, name, value) if value is not None else delattr(seg, name)
        seg.save_as(path)
    return path


def masks_of(labels, numbers):
    """One mask for each label value, [z, y, x, segment]."""
    return np.stack([labels == number for number in numbers], axis=-1).astype(np.uint8)
