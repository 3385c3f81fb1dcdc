"""Organ labels as a DICOM SEG, read by highdicom: whose it is, where its frames lie, what its segments are.

No message quotes a label, an identifier or a value of text of the file: they are free text.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, MissingExtraError
from ctdose.phantoms.patient.dicom_library import quiet_dicom, refuse_deflated
from ctdose.phantoms.patient.identity import Identity, identity_of
from ctdose.phantoms.patient.image import Image
from ctdose.phantoms.patient.label_map import LabelMap
from ctdose.phantoms.patient.seg_frames import frames_of
from ctdose.phantoms.patient.seg_paint import SegLabels, paint_segments
from ctdose.phantoms.patient.seg_segments import organs_of_segments

SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # SEG; its label maps


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
            organs = organs_of_segments(pydicom, seg, label_map, file)
            frames = frames_of(seg, image, file)
            return paint_segments(seg, frames, organs, image, label_map, file)
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
