"""The pixels of one CT image, in HU: rescaled as this image says, its padding marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.field import OUTSIDE_FIELD_HU
from ctdose.phantoms.patient.identity import Identity

PIXELS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel"),
    *("PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "PixelData"),
)
AIR_HU = (-1024.0, -900.0)  # what is padded with the CT number of air is air


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


def padding_of(header: Any) -> tuple[int, int] | None:
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
