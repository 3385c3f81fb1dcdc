"""NIfTI-1: a map or the labels of one body."""

from __future__ import annotations

import gzip

import numpy as np

from ctdose._version import __version__
from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.export.voxel_values import TITLES, UNITS, VoxelValues

GZIP_LEVEL = 1  # noise does not compress: higher levels take several times as long for a few percent
SCANNER = 1  # NIFTI_XFORM_SCANNER_ANAT: the coordinates are those of the scanner, or of the phantom
LONGEST_AXIS = 32767  # dim is int16
INTENTS = {"dose": "estimate", "error": "estimate", "labels": "label"}


def nifti_bytes(voxels: VoxelValues, *, packed: bool) -> bytes:
    """Make a NIfTI-1 file.

    The array is stored as NIfTI's own axes run, to the right, the front and the head (RAS+), so that it stands
    upright also in a program that leaves the affine alone. Both sform and qform say where it lies.

    Parameters
    ----------
    voxels : VoxelValues
    packed : bool
        ``.nii.gz``.

    Raises
    ------
    MissingExtraError
        nibabel is not installed.
    CtdoseError
        An axis is longer than the format can say.
    """
    try:
        import nibabel
    except ModuleNotFoundError:
        raise MissingExtraError("NIfTI", "nifti") from None
    if max(voxels.values.shape) > LONGEST_AXIS:
        raise CtdoseError(
            f"output (NIfTI-1 has at most {LONGEST_AXIS} voxels on an axis). Use larger voxels."
        )
    image = nibabel.Nifti1Image(ras_array(voxels.values), ras_affine(voxels))
    header = image.header
    header.set_xyzt_units("mm")
    header.set_intent(INTENTS[voxels.what], name=f"{voxels.what} {UNITS[voxels.what]}".strip())
    header["descrip"] = _description(voxels).encode()
    image.set_sform(image.affine, SCANNER)
    image.set_qform(image.affine, SCANNER)
    data = image.to_bytes()
    return (
        gzip.compress(data, GZIP_LEVEL, mtime=0) if packed else data
    )  # no time: the same result, the same file


def ras_array(values: np.ndarray) -> np.ndarray:
    """Turn [z, y, x] of LPS into [i, j, k] of RAS+."""
    return np.ascontiguousarray(values[:, ::-1, ::-1].transpose(2, 1, 0))


def ras_affine(voxels: VoxelValues) -> np.ndarray:
    """From (i, j, k, 1) of `ras_array` to the centre of the voxel, RAS in mm; float64 [4, 4].

    Voxel (0, 0, 0) is the last of LPS along x and y.
    """
    _, ny, nx = voxels.values.shape
    (dx, dy, dz), (x, y, z) = voxels.spacing_mm, voxels.origin_mm
    affine = np.diag([dx, dy, dz, 1.0])
    affine[:3, 3] = -(x + (nx - 1) * dx), -(y + (ny - 1) * dy), z
    return affine


def _description(voxels: VoxelValues) -> str:
    unit = UNITS[voxels.what]
    return f"ctdose {__version__}: {TITLES[voxels.what]}{', ' + unit if unit else ''}"  # at most 79 bytes
