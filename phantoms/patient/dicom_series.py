"""A DICOM CT series, read by pydicom: only the tags that place and scale the pixels, none that name a person.

No message quotes a file of the folder, an identifier or a value of text: file names and series descriptions
hold names often enough.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.phantoms.patient.field import OUTSIDE_FIELD_HU
from ctdose.phantoms.patient.image import OBLIQUE, Image, check_size, to_lps
from ctdose.phantoms.patient.nifti import check_hounsfield

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
GEOMETRY = ("Rows", "Columns", "PixelSpacing", "ImageOrientationPatient")
HEADER = (
    *GEOMETRY,
    *("SOPClassUID", "SeriesInstanceUID", "ImageType", "ImagePositionPatient", "GantryDetectorTilt"),
    *("RescaleSlope", "RescaleIntercept", "PixelPaddingValue", "SamplesPerPixel", "NumberOfFrames"),
)
PIXELS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"),
    *("PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "PixelData"),
)
MOST_FILES = 10_000
UNEVEN = 0.02  # of the spacing: positions are often rounded to a hundredth of a millimetre
SHIFT_MM = 0.05
LARGEST_TILT_DEG = 0.1


def read_series(folder: Path) -> Image:
    """Read the CT series of a folder as HU.

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    CtdoseError
        No CT, several series, missing slices, a tilted gantry, no axial image, damaged or too large.
    """
    try:
        import pydicom
    except ModuleNotFoundError:
        raise MissingExtraError("Reading DICOM", "dicom") from None
    file = str(folder)
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)  # its warnings quote values of the header
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            slices = _one_series(_headers(pydicom, folder, file), file)
            return _image(pydicom, slices, file)
    finally:
        logger.setLevel(level)


def _headers(pydicom: Any, folder: Path, file: str) -> list[tuple[Path, Any]]:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    if len(paths) > MOST_FILES:
        raise CtdoseError(
            f"{file}: {len(paths)} files (more than {MOST_FILES}). Give the folder of one series."
        )
    found = []
    for path in paths:
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(HEADER))
            # Anonymisers empty the class in the data set; that of the file stays.
            kind = str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or "")
        except Exception:  # notes, DICOMDIR, pictures: not every file of a folder is an image
            if _begins_as_dicom(path):
                raise CtdoseError(
                    f"{file}: a damaged or truncated DICOM file in it. Copy the series again."
                ) from None
            continue
        if kind == ENHANCED_CT:
            raise CtdoseError(
                f"{file}: an enhanced (multi-frame) CT. Convert it to single slices or to NIfTI."
            )
        if kind == CT_IMAGE:
            found.append((path, header))
    if not found:
        raise CtdoseError(
            f"{file}: no CT images among {len(paths)} files. Give the folder of one DICOM CT series."
        )
    return found


def _begins_as_dicom(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _one_series(slices: list[tuple[Path, Any]], file: str) -> list[tuple[Path, Any]]:
    """Check that all slices are of one axial series; order them along z."""
    series = Counter(str(header.get("SeriesInstanceUID", "")) for _, header in slices)
    if len(series) > 1:
        counts = ", ".join(str(count) for count in series.values())
        raise CtdoseError(f"{file}: {len(series)} CT series (of {counts} images). Give a folder of one.")
    for _, header in slices:
        _check_header(header, file)
    first = slices[0][1]
    for _, header in slices:
        if any(not np.allclose(header.get(key), first.get(key), atol=1e-4) for key in GEOMETRY):
            raise CtdoseError(
                f"{file}: images of several sizes or orientations. Give a folder of one series."
            )
    check_size((len(slices), int(first.Rows), int(first.Columns)), file)
    slices = sorted(slices, key=lambda each: float(each[1].ImagePositionPatient[2]))
    _check_positions(np.array([header.ImagePositionPatient for _, header in slices], float), file)
    return slices


def _check_header(header: Any, file: str) -> None:
    missing = [key for key in (*GEOMETRY, "ImagePositionPatient", "RescaleSlope") if header.get(key) is None]
    if missing:
        raise CtdoseError(f"{file}: {missing[0]} is missing in an image. Give an original CT series.")
    if "LOCALIZER" in [str(word).upper() for word in header.get("ImageType", [])]:
        raise CtdoseError(f"{file}: not an axial image but a localizer. Give the folder of the axial series.")
    along, down = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
    normal = np.abs(np.cross(along, down))
    tilt = abs(float(header.get("GantryDetectorTilt") or 0.0))
    if normal[2] < 0.7:
        raise CtdoseError(
            f"{file}: not an axial image but another plane. Give the folder of the axial series."
        )
    if tilt > LARGEST_TILT_DEG or normal[:2].max() > OBLIQUE:
        degrees = max(tilt, float(np.degrees(np.arcsin(min(1.0, float(normal[:2].max()))))))
        raise CtdoseError(
            f"{file}: gantry tilt of {degrees:.3g} degrees. Resample it to upright slices first."
        )
    if int(header.get("SamplesPerPixel", 1)) != 1 or int(header.get("NumberOfFrames") or 1) != 1:
        raise CtdoseError(f"{file}: colour or several frames in an image. Give an original CT series.")


def _check_positions(positions: NDArray[np.float64], file: str) -> None:
    if len(positions) < 2:
        raise CtdoseError(f"{file}: a single slice. A phantom needs two and more.")
    gaps = np.diff(positions[:, 2])
    usual = float(np.median(gaps))
    if gaps.min() < 1e-3:
        z = float(positions[int(gaps.argmin()), 2])
        raise CtdoseError(f"{file}: two slices at z = {z:g} mm. Give a folder of one reconstruction.")
    wrong = np.flatnonzero(np.abs(gaps - usual) > UNEVEN * usual)
    if wrong.size:
        z, gap = float(positions[wrong[0], 2]), float(gaps[wrong[0]])
        raise CtdoseError(
            f"{file}: {gap:g} mm from z = {z:g} mm to the next slice ({usual:g} mm elsewhere). Are slices missing?"
        )
    if np.ptp(positions[:, :2], axis=0).max() > SHIFT_MM:
        raise CtdoseError(
            f"{file}: slices shift sideways along z: gantry tilt. Resample it to upright slices first."
        )


def _image(pydicom: Any, slices: list[tuple[Path, Any]], file: str) -> Image:
    first, last = slices[0][1], slices[-1][1]
    rows, columns = int(first.Rows), int(first.Columns)
    values = np.empty((len(slices), rows, columns), np.int16)
    for k, (path, header) in enumerate(slices):
        values[k] = _pixels(pydicom, path, header, f"{file}: slice {k + 1} of {len(slices)}")
    check_hounsfield(float(values.min()), float(values.max()), file)
    along, down = np.array(first.ImageOrientationPatient, float).reshape(2, 3)
    between_rows, between_columns = (float(value) for value in first.PixelSpacing)
    start, end = (np.array(header.ImagePositionPatient, float) for header in (first, last))
    affine = np.eye(4)
    affine[:3, 0] = along * between_columns
    affine[:3, 1] = down * between_rows
    affine[:3, 2] = (0.0, 0.0, (end[2] - start[2]) / (len(slices) - 1))
    affine[:3, 3] = start
    return to_lps(values.transpose(2, 1, 0), affine, file)


def _pixels(pydicom: Any, path: Path, header: Any, place: str) -> NDArray[np.int16]:
    try:
        image = pydicom.dcmread(path, specific_tags=list(PIXELS))
        stored = image.pixel_array
    except Exception:
        why = "damaged or truncated, or compressed so that Pillow or pylibjpeg is needed"
        raise CtdoseError(f"{place} ({why}). Copy the series again, or store it uncompressed.") from None
    if stored.shape != (int(header.Rows), int(header.Columns)):
        raise CtdoseError(f"{place} (its pixels do not fill its rows and columns). Copy the series again.")
    hu = stored * float(header.RescaleSlope) + float(header.get("RescaleIntercept", 0.0))
    padding = header.get("PixelPaddingValue")
    if padding is not None:
        hu[stored == int(padding)] = OUTSIDE_FIELD_HU
    return np.clip(np.rint(hu), -32768, 32767).astype(np.int16)
