"""Values of an examination fitted to a scanner: those that it has, its nearest on request, or what has to be given."""

from __future__ import annotations

from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.found import Known
from ctdose.exam.dicom.wishes import OPTIONS, Wishes
from ctdose.scanner.model import SAME_MM, Scanner

SAME_KV = 0.05
VOLTAGES = ("tube_voltage_kv", "second_tube_voltage_kv", "switched_tube_voltage_kv")


def fitted(
    draft: AcquisitionDraft, key: str, value: Known | None, wishes: Wishes, scanner: Scanner
) -> Known | None:
    """A value that the scanner has, or its nearest if that is wished.

    Parameters
    ----------
    draft : AcquisitionDraft
        Receives what has to be given, or a remark.
    key : str
        Of `OPTIONS`; any but voltages, collimation and rotation time is returned as it is.
    value : Known or None
    wishes : Wishes
    scanner : Scanner
    """
    known = {
        **dict.fromkeys(VOLTAGES, (scanner.tube.voltages_kv, SAME_KV)),
        "collimation_mm": (scanner.collimations_mm, SAME_MM),
        "rotation_time_s": (scanner.rotation_times_s, SAME_MM),
    }
    if value is None or key not in known:
        return value
    possible, tolerance = known[key]
    nearest = min(possible, key=lambda each: abs(each - value.value))
    if abs(nearest - value.value) <= tolerance:
        return Known(nearest, value.origin)
    has = ", ".join(f"{each:g}" for each in possible)
    if not wishes.nearest:
        right = f"Give another --scanner, {OPTIONS[key]}, or --nearest for its nearest"
        draft.missing.append(
            f"{key}={value.value:g} ({value.origin}; {scanner.scanner} has {has}). {right} ({nearest:g})."
        )
        return None
    draft.remarks.append(
        f"{key}: {value.value:g} was used, {scanner.scanner} has {has}: {nearest:g} is simulated"
    )
    return Known(nearest, f"nearest to {value.value:g} (--nearest): {value.origin}")
