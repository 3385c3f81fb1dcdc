"""What is to be said of a patient's phantom: one line each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.patient.tissues import Tissues
from ctdose.phantoms.voxel_phantom import VoxelPhantom


def notes_of(
    phantom: VoxelPhantom, tissues: Tissues, couch: NDArray[np.bool_], cut: NDArray[np.bool_]
) -> tuple[str, ...]:
    """Notes without a name or an identifier.

    Parameters
    ----------
    phantom : VoxelPhantom
    tissues : Tissues
    couch, cut : array of bool, [z, y, x]
        Voxels of the couch; of the body at an edge of what was imaged.
    """
    partial = [organ.name for organ in phantom.organs if organ.partial]
    notes = [f"partial: {', '.join(partial)}."] if partial else []
    sides = cut[1:-1]
    slices = int(np.count_nonzero(sides.any(axis=(1, 2))))
    if slices:
        notes.append(
            f"field: the body reaches the edge of the field in {slices} slices; what lies beyond is missing."
        )
    notes.append("couch: kept as a region." if couch.any() else "couch: none found.")
    for count, text in (
        (
            tissues.capped,
            "labelled voxels are denser than their tissue (contrast medium, calcium): density capped",
        ),
        (tissues.gas, "labelled voxels are gas by CT number: gas"),
        (tissues.kept_soft, "voxels are as dense as metal but labelled soft tissue: soft tissue"),
    ):
        if count:
            notes.append(f"labels: {count} {text}.")
    notes.append("patient: no reference person, so organ doses and no effective dose.")
    return tuple(notes)
