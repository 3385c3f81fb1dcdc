"""The scan range of an acquisition made of DICOM files: given, of the slices, or suggested."""

from __future__ import annotations

from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.found import Known
from ctdose.exam.dicom.wishes import IMAGES, Wishes

HALF_SLICE_MM = 10.0


def put_scan_range(draft: AcquisitionDraft, wishes: Wishes, own_z_mm: tuple[float, float] | None) -> None:
    """Put it into the draft, or what has to be given; parameters as `draft_acquisition`."""
    given, z_range = wishes.given("scan_range", draft.number), draft.event.known.get("z_range_mm")
    if given is not None and given.value != IMAGES:
        draft.values["scan_range"] = given
        return
    if given is not None and own_z_mm is None:
        right = "Name a region, or z in the phantom's coordinates: chest, or -150,180"
        draft.missing.append(f"scan_range=images (the phantom is not this patient's own CT). {right}.")
    elif z_range is not None and own_z_mm is not None:
        _range_of_slices(draft, z_range, own_z_mm, is_chosen=given is not None)
    elif given is None and "region" in draft.event.known:
        region = draft.event.known["region"]
        draft.values["scan_range"] = Known(region.value, f"suggested by {region.origin}")
        why = f"only suggested by {region.origin}"
        draft.remarks.append(f"scan_range: {region.value} is {why}; --scan-range says otherwise")
    else:
        draft.ask("scan_range", "a region such as chest, or z in the phantom's coordinates such as -150,180")


def _range_of_slices(
    draft: AcquisitionDraft, z_range: Known, own_z_mm: tuple[float, float], *, is_chosen: bool
) -> None:
    """z of the slices; of the first and last slice only the part that is in the phantom."""
    (low, high), (bottom, top) = z_range.value, own_z_mm
    if low < bottom - HALF_SLICE_MM or high > top + HALF_SLICE_MM:
        why = f"slices from {low:g} to {high:g} mm, the phantom from {bottom:g} to {top:g} mm: another CT, or cut"
        draft.missing.append(
            f"scan_range ({why}). Give --scan-range in the phantom's coordinates, or another --phantom."
        )
        return
    inside = [max(low, bottom), min(high, top)]
    draft.values["scan_range"] = Known(inside, z_range.origin)
    if inside != [low, high]:
        draft.remarks.append("scan_range: half a slice at the ends lies outside the phantom; cut")
    if not is_chosen:
        draft.remarks.append(
            "scan_range: z of the slices, as the phantom is a patient's CT; is it the CT of this examination?"
        )
