"""Organ labels as a DICOM SEG, read by highdicom: whose it is, where its frames lie, what its segments are.

No message quotes a label, an identifier or a value of text of the file: they are free text.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.phantoms.patient.dicom_library import quiet_dicom, refuse_deflated
from ctdose.phantoms.patient.identity import Identity, identity_of
from ctdose.phantoms.patient.image import Image
from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.labelled_organ import IGNORED
from ctdose.phantoms.patient.seg_frames import Frame, frames_of, masks
from ctdose.phantoms.patient.segment_map import Concept, Segment, check_known, organ_of_segment, read_codes

SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # SEG; its label maps


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


def read_seg(path: Path, image: Image, identity: Identity, label_map: LabelMap) -> SegLabels:
    """Read a DICOM SEG as organ labels of a CT series.

    Parameters
    ----------
    path : Path
    image : Image
        The CT, as its series has it.
    identity : Identity
        Of the CT.
    label_map : LabelMap

    Raises
    ------
    MissingExtraError
        pydicom or highdicom is not installed.
    CtdoseError
        No SEG, damaged, of another patient, series or frame of reference, on other voxels, or with a segment that is
        of no known label and code.
    """
    file = str(path)
    # highdicom writes tracebacks to standard error when it meets a damaged file.
    with quiet_dicom() as pydicom, contextlib.redirect_stderr(io.StringIO()):
        try:
            import highdicom
        except ModuleNotFoundError:
            raise MissingExtraError("Reading DICOM SEG", "dicom") from None
        _check_kind(pydicom, path, file)
        try:
            seg = highdicom.seg.segread(path, lazy_frame_retrieval=True)
            _check_identity(seg, identity, file)
            organs = _organs(pydicom, seg, label_map, file)
            frames = frames_of(seg, image, file)
            return _painted(seg, frames, organs, image, label_map, file)
        except CtdoseError:
            raise
        except Exception:  # of many kinds; their texts quote the header
            raise CtdoseError(
                f"{file}: a damaged or incomplete DICOM SEG. Copy or export it again."
            ) from None


def _check_kind(pydicom: Any, path: Path, file: str) -> None:
    refuse_deflated(pydicom, path, f"{file}:")
    try:
        kind = str(pydicom.dcmread(path, specific_tags=["SOPClassUID"], stop_before_pixels=True).SOPClassUID)
    except Exception:
        raise CtdoseError(f"{file}: a damaged or truncated DICOM file. Copy it again.") from None
    if kind not in SEGMENTATIONS:
        raise CtdoseError(f"{file}: a DICOM file, but no segmentation (SEG). Give a SEG, or labels as NIfTI.")


def _check_identity(seg: Any, ct: Identity, file: str) -> None:
    """Of the same patient, frame of reference and series; without a frame of reference nothing is certain."""
    ours = identity_of(seg)
    right = "Give the SEG that was made of this CT."
    if ours.patient and ct.patient and ours.patient != ct.patient:
        raise CtdoseError(f"{file}: of another patient than the CT. {right}")
    if not ours.frame_of_reference or not ct.frame_of_reference:
        whose = "it" if not ours.frame_of_reference else "the CT"
        raise CtdoseError(
            f"{file}: {whose} states no frame of reference, so that nothing tells whose it is. {right}"
        )
    if ours.frame_of_reference != ct.frame_of_reference:
        raise CtdoseError(f"{file}: of another frame of reference than the CT. {right}")
    made_of = {str(each.get("SeriesInstanceUID", "")) for each in seg.get("ReferencedSeriesSequence") or []}
    if made_of and ct.series not in made_of:
        raise CtdoseError(f"{file}: made of another series than the CT. {right}")


def _organs(pydicom: Any, seg: Any, label_map: LabelMap, file: str) -> dict[int, str | None]:
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


def _painted(
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
