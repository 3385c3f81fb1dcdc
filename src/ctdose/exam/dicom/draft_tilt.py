"""The gantry's tilt of an acquisition made of DICOM files: given, of the slices, or asked for."""

from __future__ import annotations

from ctdose.exam.acquisition import ROTATING
from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.wishes import OPTIONS, Wishes
from ctdose.scanner.model import Scanner

KEY = "gantry_tilt_deg"


def put_tilt(draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner) -> None:
    """Put it into the draft, or what has to be given; parameters as `draft_acquisition`."""
    tilt = draft.take(wishes, KEY)
    if draft.values["mode"].value not in ROTATING:
        return
    if tilt is None:
        if KEY in draft.event.why:
            draft.ask(KEY, "0, or the angle: positive, the front of a supine patient towards the feet")
        return
    most = scanner.geometry.gantry_tilt_max_deg
    if abs(tilt.value) > most:
        has = f"tilts by at most {most:g}" if most else "cannot be tilted"
        right = f"Give another --scanner, or {OPTIONS[KEY]}: 0 for an upright gantry"
        draft.missing.append(f"{KEY}={tilt.value:g} ({tilt.origin}; {scanner.scanner} {has}). {right}.")
        return
    draft.values[KEY] = tilt
