"""An image in the one frame that everything has here: LPS in mm, [z, y, x], all axes ascending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError

MAX_VOXELS = 1 << 28  # 1024 slices of 512 x 512
OBLIQUE = 2e-3  # direction cosine beside the axis: half a millimetre in 250 mm
SAME_SPACING = 1e-3  # relative
SAME_POSITION = 0.05  # of a voxel


@dataclass(frozen=True)
class Image:
    """Values on a regular grid.

    Parameters
    ----------
    values : array, [z, y, x]
        HU or labels.
    spacing_mm : (float, float, float)
        Along x, y, z.
    origin_mm : (float, float, float)
        Centre of voxel [0, 0, 0], (x, y, z).
    """

    values: NDArray[Any]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]


def check_size(shape: Sequence[int], file: str) -> None:
    """Refuse an image that is too large, before anything is allocated.

    Raises
    ------
    CtdoseError
        More than 2^28 voxels, or none.
    """
    voxels = 1
    for count in shape:
        voxels *= int(count)
    if not 0 < voxels <= MAX_VOXELS or min(shape) < 1:
        sizes = " x ".join(str(int(count)) for count in shape)
        raise CtdoseError(
            f"{file}: shape={sizes} (outside 1 to {MAX_VOXELS} voxels). Resample the series first."
        )


def to_lps(values: NDArray[Any], affine: NDArray[np.float64], file: str) -> Image:
    """Turn an image whose axes run along those of the patient, in any order and sense, into the one frame.

    Parameters
    ----------
    values : array, [i, j, k]
        As the file has them.
    affine : array of float, [4, 4]
        From (i, j, k, 1) to the centre of the voxel, LPS in mm.
    file : str
        For the message.

    Raises
    ------
    CtdoseError
        Oblique axes, or a singular matrix.
    """
    steps = np.asarray(affine, np.float64)[:3, :3]
    lengths = np.sqrt((steps**2).sum(axis=0))
    if not np.isfinite(affine).all() or lengths.min() <= 0.0:
        raise CtdoseError(f"{file}: orientation (not a matrix of finite axes). Convert the series again.")
    cosines = steps / lengths
    axis_of = np.abs(cosines).argmax(axis=0)  # the patient axis of each array axis
    beside = np.abs(cosines).copy()
    beside[axis_of, range(3)] = 0.0
    if sorted(axis_of) != [0, 1, 2] or beside.max() > OBLIQUE:
        degrees = float(np.degrees(np.arcsin(min(1.0, float(beside.max())))))
        raise CtdoseError(
            f"{file}: orientation (oblique by {degrees:.2g} degrees). Resample it along the patient's axes first."
        )
    origin = np.asarray(affine, np.float64)[:3, 3].copy()
    order = [int(np.flatnonzero(axis_of == axis)[0]) for axis in (2, 1, 0)]  # array axes that are z, y, x
    turned = values.transpose(order)
    for place, array_axis in enumerate(order):
        patient_axis = 2 - place
        if cosines[patient_axis, array_axis] < 0.0:
            turned = np.flip(turned, place)
            origin[patient_axis] -= (values.shape[array_axis] - 1) * lengths[array_axis]
    spacing = [float(lengths[order[2 - axis]]) for axis in range(3)]
    x, y, z = (float(value) for value in origin)
    return Image(np.ascontiguousarray(turned), (spacing[0], spacing[1], spacing[2]), (x, y, z))


def check_same_frame(image: Image, labels: Image, file: str) -> None:
    """Check that labels lie on the voxels of the image.

    Raises
    ------
    CtdoseError
        Another shape, voxel size or position.
    """
    right = "Give labels on the voxels of this CT."
    if labels.values.shape != image.values.shape:
        ours, theirs = (
            " x ".join(str(count) for count in each.values.shape[::-1]) for each in (image, labels)
        )
        raise CtdoseError(f"{file}: shape={theirs} (the CT has {ours} voxels). {right}")
    for ours_mm, theirs_mm in zip(image.spacing_mm, labels.spacing_mm):
        if abs(ours_mm - theirs_mm) > SAME_SPACING * ours_mm:
            raise CtdoseError(f"{file}: voxel size {theirs_mm:.5g} mm (the CT has {ours_mm:.5g} mm). {right}")
    for axis, (a, b, size) in enumerate(zip(image.origin_mm, labels.origin_mm, image.spacing_mm)):
        if abs(a - b) > SAME_POSITION * size:
            name = "xyz"[axis]
            raise CtdoseError(f"{file}: {name} begins at {b:.6g} mm (that of the CT at {a:.6g} mm). {right}")


def crop(image: Image, box: tuple[slice, slice, slice]) -> Image:
    """Cut a box of voxels out; slices along z, y, x with definite ends."""
    first = [int(part.start) for part in box[::-1]]
    x, y, z = (o + f * s for o, f, s in zip(image.origin_mm, first, image.spacing_mm))
    return Image(np.ascontiguousarray(image.values[box]), image.spacing_mm, (x, y, z))


def box_of_mm(image: Image, ranges_mm: Sequence[float], option: str) -> tuple[slice, slice, slice]:
    """Voxels whose centres lie inside x0, x1, y0, y1, z0, z1 (mm).

    Raises
    ------
    CtdoseError
        A range that is not ascending or holds no voxel.
    """
    parts = []
    for axis, name in ((2, "z"), (1, "y"), (0, "x")):
        low, high = ranges_mm[2 * axis : 2 * axis + 2]
        count = image.values.shape[2 - axis]
        centres = image.origin_mm[axis] + np.arange(count) * image.spacing_mm[axis]
        inside = np.flatnonzero((centres >= low) & (centres <= high))
        if inside.size == 0:
            text = f"{option}={low:g},{high:g} along {name} (no voxels there)"
            raise CtdoseError(f"{text}. The image reaches from {centres[0]:g} to {centres[-1]:g} mm.")
        parts.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return parts[0], parts[1], parts[2]
