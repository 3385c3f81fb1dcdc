"""NIfTI images, read by nibabel: RAS in the file, LPS here."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.phantoms.patient.hounsfield import check_hounsfield
from ctdose.phantoms.patient.image import Image, check_size, to_lps
from ctdose.phantoms.patient.nifti_header import check_gzip, check_nifti_header

ENDINGS = (".nii", ".nii.gz")
MOST_DEFLATED = 1100  # gzip cannot pack more than 1032 bytes into one
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
UNIT_IS_MM = (0, 2)  # unknown, millimetre
FORMS_AGREE = 0.1  # difference of direction cosines
MENDED = 30  # nibabel's level of faults such as a voxel size of 0 or an unknown code of orientation


def is_nifti(path: Path) -> bool:
    """Whether a file has the ending of a NIfTI file."""
    return path.name.lower().endswith(ENDINGS)


def read_nifti(path: Path, *, labels: bool) -> Image:
    """Read an image of HU or of labels.

    Parameters
    ----------
    path : Path
    labels : bool
        Whole numbers from 0 to 65535; else HU.

    Raises
    ------
    MissingExtraError
        nibabel is not installed.
    CtdoseError
        No NIfTI file, damaged, too large, without orientation, oblique, or of values that cannot be HU or labels.
    """
    try:
        import nibabel
    except ModuleNotFoundError:
        raise MissingExtraError("Reading NIfTI", "nifti") from None
    file = str(path)
    if not path.is_file():
        raise CtdoseError(
            f"{file}: {'a folder' if path.is_dir() else 'no such file'}. Give a .nii or .nii.gz file."
        )
    with _quiet(nibabel):
        try:
            check_nifti_header(path)
            found: Any = nibabel.Nifti1Image.from_filename(path)
        except Exception:  # nibabel raises many kinds; its texts may quote the header
            raise CtdoseError(
                f"{file}: not a NIfTI file, or one with a damaged header. Give a .nii or .nii.gz file."
            ) from None
        affine = _checked_affine(found, file)
        values = _values(found, path, file, 0 if labels else -1024)
    return to_lps(_labels(values, file) if labels else _hounsfield(values, file), affine, file)


@contextmanager
def _quiet(nibabel: Any) -> Iterator[None]:
    """No logs and warnings of nibabel, which quote the header; what it would mend in a header is an error."""
    logger = logging.getLogger("nibabel.global")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), nibabel.imageglobals.ErrorLevel(MENDED):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _checked_affine(found: Any, file: str) -> NDArray[np.float64]:
    header = found.header
    shape = found.shape
    if len(shape) < 3 or any(count != 1 for count in shape[3:]):
        raise CtdoseError(f"{file}: {len(shape)} dimensions (not one volume of three). Give one volume.")
    check_size(shape, file)
    if int(header["sform_code"]) <= 0 and int(header["qform_code"]) <= 0:
        raise CtdoseError(f"{file}: no orientation (sform and qform unset). Left and right would be a guess.")
    if int(header["xyzt_units"]) & 7 not in UNIT_IS_MM:
        raise CtdoseError(f"{file}: lengths not in millimetres. Convert it with its unit set to mm.")
    if int(header["sform_code"]) > 0 and int(header["qform_code"]) > 0:
        _check_forms_agree(header, file)
    return RAS_TO_LPS @ np.asarray(found.affine, np.float64)


def _check_forms_agree(header: Any, file: str) -> None:
    """Refuse a file whose two orientations turn it differently; where they place it may differ."""
    forms = [np.asarray(form, np.float64)[:3, :3] for form in (header.get_sform(), header.get_qform())]
    cosines = [form / np.maximum(np.sqrt((form**2).sum(axis=0)), 1e-12) for form in forms]
    if not np.allclose(cosines[0], cosines[1], atol=FORMS_AGREE):
        raise CtdoseError(
            f"{file}: two orientations that differ (sform and qform). Left and right would be a guess."
        )


def _values(found: Any, path: Path, file: str, empty: int) -> NDArray[Any]:
    kind = found.header.get_data_dtype()
    if kind.fields is not None or kind.kind not in "iuf":
        raise CtdoseError(f"{file}: values of type {kind} (not numbers). Give an image of single numbers.")
    packed = os.path.getsize(path) * (MOST_DEFLATED if path.suffix.lower() == ".gz" else 1)
    try:
        if int(np.prod(found.shape)) * kind.itemsize > packed:
            raise EOFError
        values = np.asarray(found.dataobj)
        if path.suffix.lower() == ".gz":
            check_gzip(path, int(found.dataobj.offset) + values.size * kind.itemsize)
    except Exception:
        raise CtdoseError(f"{file}: damaged or truncated. Copy it again.") from None
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise CtdoseError(f"{file}: values that are not finite (NaN). Fill them with {empty} first.")
    return values.reshape(values.shape[:3])


def _hounsfield(values: NDArray[Any], file: str) -> NDArray[np.int16]:
    check_hounsfield(float(values.min()), float(values.max()), file)
    return np.clip(np.rint(values), -32768, 32767).astype(np.int16)


def _labels(values: NDArray[Any], file: str) -> NDArray[np.uint16]:
    low, high = float(values.min()), float(values.max())
    whole = values.dtype.kind != "f" or bool((values == np.rint(values)).all())
    if not whole or low < 0 or high > 65535:
        raise CtdoseError(
            f"{file}: values from {low:g} to {high:g} (not labels). Labels are whole, 0 to 65535."
        )
    return values.astype(np.uint16)
