"""The frames of a DICOM SEG, each put on the slice of the CT that it lies in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.image import Image, check_same_frame, to_lps

HALF = 0.5  # of the largest fraction: from there on a voxel of a fractional segment is in it


@dataclass(frozen=True)
class Frame:
    """One frame.

    Parameters
    ----------
    index : int
        In the file, from 0.
    segment : int
        0: its pixel values are the numbers of segments.
    k : int
        Slice of the CT.
    affine : array of float, [4, 4]
        From (column, row, 0, 1) to LPS in mm.
    """

    index: int
    segment: int
    k: int
    affine: NDArray[np.float64]


def frames_of(seg: Any, image: Image, file: str) -> list[Frame]:
    """Place all frames of a SEG on the CT.

    Parameters
    ----------
    seg : highdicom Segmentation
    image : Image
        The CT.
    file : str
        For messages.

    Raises
    ------
    CtdoseError
        Frames of another size, voxel size, plane or position than the slices of the CT.
    """
    groups = list(seg.PerFrameFunctionalGroupsSequence)
    if len(groups) != int(seg.NumberOfFrames):
        raise ValueError("frames without functional groups")
    if sorted((int(seg.Rows), int(seg.Columns))) != sorted(image.values.shape[1:]):
        sizes = f"{int(seg.Columns)} x {int(seg.Rows)} pixels"
        ours = f"{image.values.shape[2]} x {image.values.shape[1]}"
        raise CtdoseError(
            f"{file}: frames of {sizes} (the CT has {ours}). Give labels on the voxels of this CT."
        )
    shared: Any = next(iter(seg.get("SharedFunctionalGroupsSequence") or []), {})
    return [_frame(index, group, shared, seg, image, file) for index, group in enumerate(groups)]


def _macro(group: Any, shared: Any, name: str) -> Any:
    """A functional group of a frame, be it the frame's own or that of all."""
    return (group.get(name) or shared.get(name))[0]


def _frame(index: int, group: Any, shared: Any, seg: Any, image: Image, file: str) -> Frame:
    between_rows, between_columns = map(float, _macro(group, shared, "PixelMeasuresSequence").PixelSpacing)
    cosines = _macro(group, shared, "PlaneOrientationSequence").ImageOrientationPatient
    along, down = np.array(cosines, float).reshape(2, 3)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = along * between_columns, down * between_rows
    affine[:3, 2] = np.cross(along, down)
    affine[:3, 3] = np.array(_macro(group, shared, "PlanePositionSequence").ImagePositionPatient, float)
    if not abs(affine[2, 2]) > 0.7:
        raise CtdoseError(
            f"{file}: frames in another plane than the CT. Give labels on the voxels of this CT."
        )
    k = round((affine[2, 3] - image.origin_mm[2]) / image.spacing_mm[2])
    if not 0 <= k < len(image.values):
        raise CtdoseError(
            f"{file}: a frame at z = {affine[2, 3]:g} mm (beyond the CT). Give the SEG and all slices of its CT."
        )
    number = 0
    if str(seg.SegmentationType) != "LABELMAP":
        number = int(_macro(group, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber)
    frame = Frame(index, number, k, affine)
    _check_place(frame, np.zeros((int(seg.Rows), int(seg.Columns)), np.uint8), image, file)
    return frame


def _turned(frame: Frame, pixels: NDArray[Any], file: str) -> Image:
    """Pixels of a frame in the one frame of everything, as an image of one slice."""
    return to_lps(pixels.T[:, :, None], frame.affine, file)


def _check_place(frame: Frame, pixels: NDArray[Any], image: Image, file: str) -> None:
    turned = _turned(frame, pixels, file)
    z_mm = image.origin_mm[2] + frame.k * image.spacing_mm[2]
    ours = Image(
        image.values[frame.k : frame.k + 1], image.spacing_mm, (image.origin_mm[0], image.origin_mm[1], z_mm)
    )
    spacing = (turned.spacing_mm[0], turned.spacing_mm[1], image.spacing_mm[2])
    check_same_frame(ours, Image(turned.values, spacing, turned.origin_mm), file)


def masks(seg: Any, frames: list[Frame], file: str) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Segment number, slice of the CT and mask [y, x] of what is in it, frame by frame; empty ones are left out.

    Raises
    ------
    CtdoseError
        Pixels that cannot be read.
    """
    labelmap = str(seg.SegmentationType) == "LABELMAP"
    least = 1.0
    if str(seg.SegmentationType) == "FRACTIONAL":
        least = HALF * float(seg.MaximumFractionalValue)
    for frame in frames:
        try:
            stored = np.asarray(seg.get_stored_frame(frame.index, as_index=True))
        except Exception:
            raise CtdoseError(
                f"{file}: frame {frame.index + 1} (damaged or truncated). Copy the SEG again."
            ) from None
        values = _turned(frame, stored, file).values[0]
        for number in np.unique(values[values > 0]) if labelmap else (frame.segment,):
            mask = values == number if labelmap else values >= least
            if mask.any():
                yield int(number), frame.k, mask
