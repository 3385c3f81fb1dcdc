"""One CT image of a DICOM series: the tags that place and scale its pixels, checked; and the pixels, in HU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.dicom_library import begins_as_dicom, refuse_deflated
from ctdose.phantoms.patient.field import OUTSIDE_FIELD_HU
from ctdose.phantoms.patient.identity import TAGS, Identity, identity_of
from ctdose.phantoms.patient.image import OBLIQUE

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
NEEDED = (
    "Rows",
    "Columns",
    "PixelSpacing",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "RescaleSlope",
)
HEADER = (
    *(*NEEDED, *TAGS, "SOPClassUID", "ImageType", "GantryDetectorTilt", "RescaleIntercept", "RescaleType"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "PixelRepresentation"),
    *("SamplesPerPixel", "NumberOfFrames"),
)
PIXELS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"),
    *("PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "PixelData"),
)
HU_TYPES = ("", "HU", "US")  # US: unspecified (DICOM PS3.3, C.11.1.1.2); dual energy has others
AIR_HU = (-1024.0, -900.0)  # what is padded with the CT number of air is air
LARGEST_TILT_DEG = 0.1


@dataclass(frozen=True)
class Slice:
    """Where one image lies and what its pixel values mean.

    Parameters
    ----------
    path : Path
    rows, columns : int
    spacing_mm : (float, float)
        Between rows, between columns.
    orientation : array of float, [6]
        Direction cosines along a row, then down a column, LPS.
    position_mm : array of float, [3]
        Centre of the first pixel, LPS.
    slope, intercept : float
        From stored value to HU.
    padding : (int, int) or None
        Stored values, both ends included, that are no image.
    identity : Identity
    """

    path: Path
    rows: int
    columns: int
    spacing_mm: tuple[float, float]
    orientation: NDArray[np.float64]
    position_mm: NDArray[np.float64]
    slope: float
    intercept: float
    padding: tuple[int, int] | None
    identity: Identity


def read_slice(pydicom: Any, path: Path, file: str) -> Slice | None:
    """Read the header of one file of a folder.

    Parameters
    ----------
    pydicom : module
    path : Path
        Its name is not quoted: it may hold that of a person.
    file : str
        The folder, for messages.

    Returns
    -------
    Slice or None
        None: no CT image.

    Raises
    ------
    CtdoseError
        A damaged file, or a CT image that is no upright axial one in HU.
    """
    refuse_deflated(pydicom, path, f"{file}: an image in it is")
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(HEADER))
        # Anonymisers empty the class in the data set; that of the file stays.
        kind = str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or "")
    except Exception:  # notes, DICOMDIR, pictures: not every file of a folder is an image
        if begins_as_dicom(path):
            raise _damaged(file) from None
        return None
    if kind == ENHANCED_CT:
        raise CtdoseError(f"{file}: an enhanced (multi-frame) CT. Convert it to single slices or to NIfTI.")
    if kind != CT_IMAGE:
        return None
    try:
        return _checked(header, path, file)
    except CtdoseError:
        raise
    except Exception:  # a flipped bit makes text of a number, or a list too short
        raise _damaged(file) from None


def _damaged(file: str) -> CtdoseError:
    return CtdoseError(f"{file}: a damaged or truncated DICOM file in it. Copy the series again.")


def _checked(header: Any, path: Path, file: str) -> Slice:
    missing = [key for key in NEEDED if header.get(key) is None]
    if missing:
        raise CtdoseError(f"{file}: {missing[0]} is missing in an image. Give an original CT series.")
    words = header.get("ImageType") or []
    if "LOCALIZER" in [str(word).upper() for word in ([words] if isinstance(words, str) else words)]:
        raise CtdoseError(f"{file}: not an axial image but a localizer. Give the folder of the axial series.")
    if str(header.get("RescaleType") or "").strip().upper() not in HU_TYPES:
        raise CtdoseError(
            f"{file}: pixel values not in HU (RescaleType). Give the CT itself, not a map made of it."
        )
    if int(header.get("SamplesPerPixel", 1)) != 1 or int(header.get("NumberOfFrames") or 1) != 1:
        raise CtdoseError(f"{file}: colour or several frames in an image. Give an original CT series.")
    orientation = np.array(header.ImageOrientationPatient, float).reshape(6)
    _check_upright(orientation, abs(float(header.get("GantryDetectorTilt") or 0.0)), file)
    between_rows, between_columns = (float(value) for value in header.PixelSpacing)
    position = np.array(header.ImagePositionPatient, float).reshape(3)
    slope, intercept = float(header.RescaleSlope), float(header.get("RescaleIntercept") or 0.0)
    if not np.isfinite([between_rows, between_columns, *position, slope, intercept]).all() or slope == 0.0:
        raise _damaged(file)
    return Slice(
        path,
        int(header.Rows),
        int(header.Columns),
        (between_rows, between_columns),
        orientation,
        position,
        slope,
        intercept,
        _padding(header),
        identity_of(header),
    )


def _check_upright(orientation: NDArray[np.float64], tilt_deg: float, file: str) -> None:
    normal = np.abs(np.cross(orientation[:3], orientation[3:]))
    if not normal[2] >= 0.7:
        raise CtdoseError(
            f"{file}: not an axial image but another plane. Give the folder of the axial series."
        )
    beside = float(normal[:2].max())
    if tilt_deg > LARGEST_TILT_DEG or beside > OBLIQUE:
        degrees = max(tilt_deg, float(np.degrees(np.arcsin(min(1.0, beside)))))
        raise CtdoseError(
            f"{file}: gantry tilt of {degrees:.3g} degrees. Resample it to upright slices first."
        )


def _padding(header: Any) -> tuple[int, int] | None:
    """Stored values that are padding: one, or from one to the other (DICOM PS3.3, C.7.5.1.1.2)."""
    first = header.get("PixelPaddingValue")
    if first is None:
        return None
    last = header.get("PixelPaddingRangeLimit")
    signed = int(header.get("PixelRepresentation") or 0) == 1
    ends = [_stored(each, signed) for each in (first, first if last is None else last)]
    return min(ends), max(ends)


def _stored(value: Any, signed: bool) -> int:
    """A value that was written as signed or unsigned, as the pixels have it."""
    number = int(value)
    if signed and number > 32767:
        return number - 65536
    return number + 65536 if not signed and number < 0 else number


def read_hounsfield(pydicom: Any, one: Slice, place: str) -> NDArray[np.int16]:
    """Read the pixels of an image as HU.

    Parameters
    ----------
    pydicom : module
    one : Slice
    place : str
        For messages.

    Returns
    -------
    array of int16, [row, column]
        `OUTSIDE_FIELD_HU` where there is padding.

    Raises
    ------
    CtdoseError
        Damaged, truncated, or compressed in a way that is not installed.
    """
    try:
        stored = pydicom.dcmread(one.path, specific_tags=list(PIXELS)).pixel_array
    except Exception:
        why = "damaged or truncated, or compressed so that Pillow or pylibjpeg is needed"
        raise CtdoseError(f"{place} ({why}). Copy the series again, or store it uncompressed.") from None
    if stored.shape != (one.rows, one.columns):
        raise CtdoseError(f"{place} (its pixels do not fill its rows and columns). Copy the series again.")
    hu = stored * one.slope + one.intercept
    if one.padding is not None:
        low, high = one.padding
        padded = (stored >= low) & (stored <= high)
        hu[padded & ~((hu >= AIR_HU[0]) & (hu <= AIR_HU[1]))] = OUTSIDE_FIELD_HU
    return np.clip(np.rint(hu), -32768, 32767).astype(np.int16)
