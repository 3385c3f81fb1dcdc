"""The header of one CT image: the tags that place and scale its pixels, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.dicom_library import begins_as_dicom, refuse_deflated
from ctdose.phantoms.patient.dicom_pixels import Slice, padding_of
from ctdose.phantoms.patient.identity import TAGS, identity_of
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
HU_TYPES = ("", "HU", "US")  # US: unspecified (DICOM PS3.3, C.11.1.1.2); dual energy has others
LARGEST_TILT_DEG = 0.1


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
    if min(between_rows, between_columns) <= 0.0:
        raise CtdoseError(f"{file}: PixelSpacing is not above 0 in an image. Give an original CT series.")
    return Slice(
        path,
        int(header.Rows),
        int(header.Columns),
        (between_rows, between_columns),
        orientation,
        position,
        slope,
        intercept,
        padding_of(header),
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
