"""A DICOM CT series: all the images of a folder, checked to be one and stacked.

No message quotes a file of the folder, an identifier or a value of text: file names and series descriptions
hold names often enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.dicom_library import quiet_dicom
from ctdose.phantoms.patient.dicom_pixels import Slice, read_hounsfield
from ctdose.phantoms.patient.dicom_slice import read_slice
from ctdose.phantoms.patient.hounsfield import check_hounsfield
from ctdose.phantoms.patient.identity import Identity
from ctdose.phantoms.patient.image import Image, check_size, to_lps

MOST_FILES = 10_000
UNEVEN = 0.02  # of the spacing: positions are often rounded to a hundredth of a millimetre
SHIFT_MM = 0.05
SAME = 1e-4  # mm between pixels, and direction cosines


@dataclass(frozen=True)
class Series:
    """A CT series.

    Parameters
    ----------
    image : Image
        HU.
    identity : Identity
    """

    image: Image
    identity: Identity


def read_series(folder: Path) -> Series:
    """Read the CT series of a folder as HU.

    Raises
    ------
    MissingExtraError
        pydicom is not installed.
    CtdoseError
        No CT, several series, missing slices, a tilted gantry, no axial image, damaged or too large.
    """
    file = str(folder)
    with quiet_dicom() as pydicom:
        slices = _slices(pydicom, folder, file)
        _check_one_series(slices, file)
        slices.sort(key=lambda each: float(each.position_mm[2]))
        _check_positions(np.array([each.position_mm for each in slices]), file)
        return Series(_image(pydicom, slices, file), slices[0].identity)


def _slices(pydicom: Any, folder: Path, file: str) -> list[Slice]:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    if len(paths) > MOST_FILES:
        raise CtdoseError(
            f"{file}: {len(paths)} files (more than {MOST_FILES}). Give the folder of one series."
        )
    found = [one for one in (read_slice(pydicom, path, file) for path in paths) if one is not None]
    if not found:
        raise CtdoseError(
            f"{file}: no CT images among {len(paths)} files. Give the folder of one DICOM CT series."
        )
    return found


def _check_one_series(slices: Sequence[Slice], file: str) -> None:
    series = Counter(each.identity.series for each in slices)
    if len(series) > 1:
        counts = ", ".join(str(count) for count in series.values())
        raise CtdoseError(f"{file}: {len(series)} CT series (of {counts} images). Give a folder of one.")
    if len({(each.identity.frame_of_reference, each.identity.patient) for each in slices}) > 1:
        raise CtdoseError(
            f"{file}: images of several patients or frames of reference. Give a folder of one series."
        )
    first = slices[0]
    for each in slices:
        same = (each.rows, each.columns) == (first.rows, first.columns)
        near = np.allclose(each.spacing_mm, first.spacing_mm, atol=SAME)
        if not (same and near and np.allclose(each.orientation, first.orientation, atol=SAME)):
            raise CtdoseError(
                f"{file}: images of several sizes or orientations. Give a folder of one series."
            )
    check_size((len(slices), first.rows, first.columns), file)


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


def _image(pydicom: Any, slices: Sequence[Slice], file: str) -> Image:
    first, last = slices[0], slices[-1]
    values = np.empty((len(slices), first.rows, first.columns), np.int16)
    for k, each in enumerate(slices):
        values[k] = read_hounsfield(pydicom, each, f"{file}: slice {k + 1} of {len(slices)}")
    check_hounsfield(float(values.min()), float(values.max()), file)
    affine = np.eye(4)
    affine[:3, 0] = first.orientation[:3] * first.spacing_mm[1]
    affine[:3, 1] = first.orientation[3:] * first.spacing_mm[0]
    affine[:3, 2] = (0.0, 0.0, (last.position_mm[2] - first.position_mm[2]) / (len(slices) - 1))
    affine[:3, 3] = first.position_mm
    return to_lps(values.transpose(2, 1, 0), affine, file)
