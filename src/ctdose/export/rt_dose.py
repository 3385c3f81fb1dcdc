"""DICOM RT Dose: the absorbed dose of one body (DICOM PS3.3, A.18.3 and C.8.8.3)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from ctdose._version import __version__
from ctdose.errors import CtdoseError
from ctdose.export.dose_frame import IDENTIFYING, DoseFrame
from ctdose.export.uids import uid_of
from ctdose.export.voxel_values import VoxelValues
from ctdose.phantoms.patient.dicom_library import quiet_dicom
from ctdose.results.result import Result

MGY_PER_GY = 1000.0
LARGEST = 2**31 - 1  # right also where a reader takes the pixels as signed
SMALLEST_SCALING_GY = 1e-15  # of a map without dose
MOST_BYTES = 2**32 - 2  # DICOM PS3.5, 7.1.1: the length of a value has 32 bits, and is even
MOST_ROWS = 65535
EMPTY = (  # attributes of type 2: to be there, even if nothing is known
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
    *("PositionReferenceIndicator", "OperatorsName"),
)


def rt_dose_bytes(result: Result, voxels: VoxelValues, frame: DoseFrame) -> bytes:
    """Make an RT Dose file (explicit VR, little endian, 32 bits a pixel).

    Parameters
    ----------
    result : Result
    voxels : VoxelValues
        Absorbed dose, mGy.
    frame : DoseFrame

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    CtdoseError
        More voxels than the format has room for.
    """
    count = voxels.values.size
    if 4 * count > MOST_BYTES or max(voxels.values.shape) > MOST_ROWS:
        raise CtdoseError(f"output ({count} voxels are more than RT Dose has room for). Use larger voxels.")
    with quiet_dicom() as pydicom:
        dataset = pydicom.Dataset()
        for name in EMPTY:
            setattr(dataset, name, "")
        _put_identity(dataset, frame)
        _put_equipment(dataset)
        _put_plane(dataset, voxels)
        _put_dose(dataset, voxels, frame)
        _put_uids(dataset, result, frame)
        return _as_file(pydicom, dataset)


def _put_identity(dataset: Any, frame: DoseFrame) -> None:
    dataset.FrameOfReferenceUID = frame.frame_of_reference_uid
    if frame.identifying is None:
        return
    for name in IDENTIFYING:
        if name in frame.identifying:  # elements as they are: archives match them letter by letter
            dataset[name] = frame.identifying[name]


def _put_equipment(dataset: Any) -> None:
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.481.2"  # RT Dose Storage
    dataset.Modality = "RTDOSE"
    dataset.Manufacturer = dataset.ManufacturerModelName = "ctdose"
    dataset.SoftwareVersions = __version__
    dataset.SeriesDescription = "ctdose: absorbed dose of a CT examination"
    dataset.SeriesNumber = dataset.InstanceNumber = 1


def _put_plane(dataset: Any, voxels: VoxelValues) -> None:
    """Where the planes lie: rows to the left, columns to the back, planes to the head, each from its voxel's centre."""
    nz, ny, nx = voxels.values.shape
    dx, dy, dz = voxels.spacing_mm
    dataset.ImageOrientationPatient = _decimals([1, 0, 0, 0, 1, 0])
    dataset.ImagePositionPatient = _decimals(voxels.origin_mm)
    dataset.PixelSpacing = _decimals([dy, dx])  # between rows, then between columns
    dataset.SliceThickness = _decimals([dz])[0]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = nz, ny, nx
    dataset.FrameIncrementPointer = (0x3004, 0x000C)
    dataset.GridFrameOffsetVector = _decimals([k * dz for k in range(nz)])


def _put_dose(dataset: Any, voxels: VoxelValues, frame: DoseFrame) -> None:
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 32, 32, 31, 0
    dataset.DoseUnits, dataset.DoseType = "GY", "PHYSICAL"
    # Of all doses of the exam. There is no RT Plan that it could refer to, and no word for a dose without one.
    dataset.DoseSummationType = "PLAN"
    dataset.DoseComment = "Monte Carlo estimate of a CT examination. Not for clinical use."
    if frame.of_ct:
        dataset.TissueHeterogeneityCorrection = "IMAGE"
    largest_gy = float(voxels.values.max(initial=0.0)) / MGY_PER_GY
    scaling = _decimals([max(largest_gy / LARGEST, SMALLEST_SCALING_GY)])[0]
    dataset.DoseGridScaling = scaling
    dataset.PixelData = _pixels(voxels.values, float(scaling)).tobytes()


def _pixels(dose_mgy: np.ndarray, scaling_gy: float) -> np.ndarray:
    """Dose as whole multiples of the scaling that the file states: as it is rounded there."""
    pixels = np.empty(dose_mgy.shape, "<u4")
    for plane, dose in zip(pixels, dose_mgy):  # plane by plane: float64 of all would take twice the file
        plane[...] = np.rint(dose.astype(np.float64) / (MGY_PER_GY * scaling_gy))
    return pixels


def _put_uids(dataset: Any, result: Result, frame: DoseFrame) -> None:
    """UIDs of study, series and instance: others for another exam, frame or content, the same for the same."""
    exam = (result.exam_sha256, result.created_utc, frame.frame_of_reference_uid)
    if frame.identifying is None or not dataset.get("StudyInstanceUID"):
        dataset.StudyInstanceUID = uid_of("study", *exam)
    dataset.SeriesInstanceUID = uid_of("series", dataset.StudyInstanceUID, *exam)
    content = [
        hashlib.sha256(dataset.PixelData).hexdigest(),
        str(dataset.DoseGridScaling),
        *(str(dataset.get(name) or "") for name in IDENTIFYING),
    ]
    dataset.SOPInstanceUID = uid_of("dose", dataset.SeriesInstanceUID, __version__, *content)


def _as_file(pydicom: Any, dataset: Any) -> bytes:
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def _decimals(values: Sequence[float]) -> list[str]:
    """Numbers as decimal strings, which have at most 16 characters (DICOM PS3.5, 6.2)."""
    from pydicom.valuerep import format_number_as_ds

    return [format_number_as_ds(float(f"{value:.12g}")) for value in values]
