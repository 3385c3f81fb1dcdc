"""The output of an acquisition made of DICOM files: CTDI_vol or current, and the current of each slice."""

from __future__ import annotations

from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.found import Known
from ctdose.exam.dicom.wishes import Wishes

MOST_ROWS = 1000  # of a table of currents: a metre of slices of 1 mm


def put_output(draft: AcquisitionDraft, wishes: Wishes) -> None:
    """CTDI_vol, which holds whatever the scanner file says of its output; or the current."""
    ctdi, current = draft.take(wishes, "ctdi_vol_mgy"), draft.tube_current
    current = current or draft.take(wishes, "tube_current_ma")
    size = draft.take(wishes, "ctdi_phantom_cm")
    wanted = wishes.output or ("ctdi_vol" if ctdi is not None else "current")
    if wanted == "ctdi_vol" and ctdi is not None:
        draft.values["ctdi_vol_mgy"] = ctdi
        if size is None:
            why = "which CTDI phantom CTDI_vol was stated in is not in the files; they differ by a factor of two"
            draft.ask("ctdi_phantom_cm", "16 (head, children) or 32 (body)", why)
    elif wanted == "current" and current is not None:
        _put_current(draft, current)
    elif wanted == "current":
        draft.ask("tube_current_ma", "the mean in mA; or --ctdi-vol-mgy with --ctdi-phantom-cm")
    else:
        draft.ask("ctdi_vol_mgy", "for example 8.5, with --ctdi-phantom-cm; or --output current")
    if size is not None:
        draft.values["ctdi_phantom_cm"] = size


def _time_factor(draft: AcquisitionDraft) -> float:
    """Rotation time that was used over the one that is simulated: mAs are kept, not mA."""
    used, simulated = draft.event.value("rotation_time_s"), draft.values.get("rotation_time_s")
    if not used or simulated is None or not simulated.origin.startswith("nearest"):
        return 1.0
    return float(used / simulated.value)


def _put_current(draft: AcquisitionDraft, current: Known) -> None:
    factor = _time_factor(draft)
    if factor == 1.0:
        draft.values["tube_current_ma"] = current
        return
    origin = f"{current.origin}, times {factor:.4g}: the mAs of a rotation are kept"
    draft.values["tube_current_ma"] = Known(round(current.value * factor, 3), origin)


def put_modulation(draft: AcquisitionDraft) -> None:
    """The current of each slice, where its z is that of the phantom."""
    currents = draft.event.currents
    if len({ma for _, ma in currents}) < 2:
        return
    z_range = draft.event.known.get("z_range_mm")
    chosen = draft.values.get("scan_range")
    if z_range is None or chosen is None or chosen.origin != z_range.origin:
        draft.remarks.append(
            "modulation: the current of each slice belongs to the patient's z; on another phantom the mean is "
            "simulated, constant"
        )
        return
    step = -(-len(currents) // MOST_ROWS)
    rows = currents[::step] if currents[::step][-1] == currents[-1] else [*currents[::step], currents[-1]]
    factor = _time_factor(draft)
    table = {
        "z_mm": [round(z, 3) for z, _ in rows],
        "tube_current_ma": [round(ma * factor, 2) for _, ma in rows],
    }
    draft.values["modulation"] = Known(table, "header (0018,1151) X-Ray Tube Current of each slice")
    draft.values.pop(
        "tube_current_ma", None
    )  # the table is absolute; with CTDI_vol it is relative to the mean
