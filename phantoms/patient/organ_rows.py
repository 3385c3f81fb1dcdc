"""The organs of a patient's phantom, and which of them the scan cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctdose.phantoms.organs import Organ
from ctdose.phantoms.patient.label_map import LabelMap

CUT = "Cut by the end of the scan or of the field: only what was imaged is in the phantom."
IN_PART = "Only what was labelled or imaged is in the phantom."
NEVER_CUT = ("couch", "internal_gas", "tracheal_lumen")  # no organ ends where they do
MOST_REGIONS = 1024


def organ_rows(region: NDArray[np.uint16], label_map: LabelMap, cut: NDArray[np.uint16]) -> tuple[Organ, ...]:
    """Organs that have a voxel.

    Parameters
    ----------
    region : array of uint16, [z, y, x]
    label_map : LabelMap
    cut : array of uint16
        Regions that reach an edge of what was imaged.
    """
    there = np.bincount(region.ravel(), minlength=MOST_REGIONS)
    organs = []
    for each in sorted(label_map.organs.values(), key=lambda organ: organ.organ_id):
        if there[each.organ_id] == 0:
            continue
        is_cut = each.organ_id in cut and each.name not in NEVER_CUT
        reason = CUT if is_cut else IN_PART if each.in_part else ""
        note = " ".join(text for text in (each.note, reason) if text)
        organs.append(Organ(each.organ_id, each.name, each.tissue, note=note, partial=is_cut or each.in_part))
    return tuple(organs)
