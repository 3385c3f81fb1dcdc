"""Segments painted on the voxels of the CT, one number a voxel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.phantoms.patient.image import Image
from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.labelled_organ import IGNORED
from ctdose.phantoms.patient.seg_frames import Frame, masks
from ctdose.phantoms.patient.segment_map import check_known


@dataclass(frozen=True)
class SegLabels:
    """Labels out of a DICOM SEG.

    Parameters
    ----------
    image : Image
        Numbers of segments on the voxels of the CT; 0: none.
    label_map : LabelMap
        Which organ each number is.
    notes : tuple of str
    """

    image: Image
    label_map: LabelMap
    notes: tuple[str, ...]


def paint_segments(
    seg: Any,
    frames: list[Frame],
    organs: dict[int, str | None],
    image: Image,
    label_map: LabelMap,
    file: str,
) -> SegLabels:
    """Paint the larger segments first, so that of overlapping ones the smaller has the voxel; of equal the lower."""
    sizes: dict[int, int] = {}
    for number, _, mask in masks(seg, frames, file):
        sizes[number] = sizes.get(number, 0) + int(np.count_nonzero(mask))
    if not sizes:
        raise CtdoseError(f"{file}: all its segments are empty. Give labels of this CT.")
    known = check_known(organs, set(sizes), file)
    rank = {number: i for i, number in enumerate(sorted(sizes, key=lambda n: (-sizes[n], -n)), start=1)}
    ranks = np.zeros(image.values.shape, np.uint16)
    both = np.zeros(image.values.shape, bool)
    for number, k, mask in masks(seg, frames, file):
        if known[number] == IGNORED:
            continue
        both[k] |= mask & (ranks[k] > 0) & (ranks[k] != rank[number])
        ranks[k][mask] = np.maximum(ranks[k][mask], rank[number])
    numbers = np.zeros(len(rank) + 1, np.uint16)
    for number, place in rank.items():
        numbers[place] = number
    labels = Image(numbers[ranks], image.spacing_mm, image.origin_mm)
    return SegLabels(
        labels,
        replace(label_map, of_value=known),
        _notes(frames, image, int(np.count_nonzero(both))),
    )


def _notes(frames: list[Frame], image: Image, both: int) -> tuple[str, ...]:
    notes = []
    first, last = min(each.k for each in frames), max(each.k for each in frames)
    if first > 0 or last < len(image.values) - 1:
        low, high = (image.origin_mm[2] + k * image.spacing_mm[2] for k in (first, last))
        notes.append(
            f"labels: the SEG has frames from z = {low:g} to {high:g} mm; beyond, nothing is labelled."
        )
    if both:
        notes.append(f"labels: {both} voxels lie in several segments: the smallest segment has them.")
    return tuple(notes)
