"""What a DICOM SEG says of its segments: label, coded concepts, side; and which organ each is."""

from __future__ import annotations

from typing import Any

from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.segment_map import Concept, Segment, organ_of_segment, read_codes


def organs_of_segments(pydicom: Any, seg: Any, label_map: LabelMap, file: str) -> dict[int, str | None]:
    """Organ of each segment by its number; None: unknown."""

    def same(one: Concept, other: Concept) -> bool:
        """Codes of SNOMED's older form (SRT) equal the newer ones that pydicom has for them."""
        first, second = (pydicom.sr.coding.Code(value, scheme, "") for scheme, value in (one, other))
        return bool(first == second)

    return {
        int(number): organ_of_segment(
            _segment(seg.get_segment_description(int(number))), label_map, same, file
        )
        for number in seg.segment_numbers
    }


def _segment(description: Any) -> Segment:
    table = read_codes()
    kinds = description.SegmentedPropertyTypeCodeSequence
    sided = list(kinds[0].get("SegmentedPropertyTypeModifierCodeSequence") or [])
    sided += list(description.get("SegmentedPropertyTypeModifierCodeSequence") or [])
    concepts = [_concept(kinds[0])]
    if concepts[0][1] in table["generic"]:
        for region in description.get("AnatomicRegionSequence") or []:
            concepts.append(_concept(region))
            sided += list(region.get("AnatomicRegionModifierSequence") or [])
    found = {_concept(each)[1] for each in sided}
    sides = frozenset(side for side in ("left", "right") if table[side] in found)
    return Segment(
        int(description.SegmentNumber), str(description.get("SegmentLabel") or ""), tuple(concepts), sides
    )


def _concept(item: Any) -> Concept:
    scheme = str(item.get("CodingSchemeDesignator") or "").upper()
    value = str(item.get("CodeValue") or item.get("LongCodeValue") or "").upper()
    return ("SRT" if scheme in ("SNM3", "99SDM") else scheme), value
