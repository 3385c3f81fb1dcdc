"""One irradiation event as an acquisition of an exam on a scanner."""

from __future__ import annotations

from ctdose.exam.acquisition import MODES
from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.draft_filter import put_filter
from ctdose.exam.dicom.draft_fitting import fitted
from ctdose.exam.dicom.draft_output import put_modulation, put_output
from ctdose.exam.dicom.draft_range import put_scan_range
from ctdose.exam.dicom.draft_tilt import put_tilt
from ctdose.exam.dicom.draft_tubes import put_tubes
from ctdose.exam.dicom.found import Event, Known
from ctdose.exam.dicom.wishes import Wishes
from ctdose.scanner.model import Scanner

NEEDED = {
    "helical": ("collimation_mm", "pitch", "rotation_time_s"),
    "axial": ("collimation_mm", "table_increment_mm", "rotation_time_s"),
    "stationary": ("collimation_mm", "rotation_time_s", "rotations"),
    "localizer": ("collimation_mm",),
}
SAME_LENGTH = 1.02
EXAMPLES = {
    "collimation_mm": "40",
    "pitch": "1.0",
    "rotation_time_s": "0.5",
    "table_increment_mm": "40",
    "rotations": "10",
    "tube_voltage_kv": "120",
}


def draft_acquisition(
    number: int, event: Event, wishes: Wishes, scanner: Scanner, *, own_z_mm: tuple[float, float] | None
) -> AcquisitionDraft:
    """Make an acquisition of an event.

    Parameters
    ----------
    number : int
        From 1.
    event : Event
    wishes : Wishes
    scanner : Scanner
        What it has decides what can be simulated.
    own_z_mm : tuple of float or None
        Lowest and highest z of a phantom made from the patient's own CT, in which z of slices is z of the phantom;
        None of any other phantom.
    """
    draft = AcquisitionDraft(number, event, remarks=list(event.remarks))
    mode = draft.take(wishes, "mode")
    if mode is None or mode.value not in MODES:
        draft.ask("mode", f"{', '.join(MODES[:3])} or {MODES[3]}")
        return draft
    draft.values["name"] = Known(f"{mode.value}-{number}", "default")
    draft.values["mode"] = mode
    for key in ("tube_voltage_kv", "bowtie", *NEEDED[mode.value]):
        value = _bowtie(draft, wishes, scanner) if key == "bowtie" else draft.take(wishes, key)
        value = fitted(draft, key, value, wishes, scanner)
        if value is not None:
            draft.values[key] = value
        elif key == "table_increment_mm" and _is_one_rotation(draft):
            draft.remarks.append("table_increment_mm: none, as the collimation covers what was scanned")
        elif not any(line.startswith(f"{key} ") or line.startswith(f"{key}=") for line in draft.missing):
            draft.ask(key, f"for example {EXAMPLES.get(key, '')}".rstrip())
    if mode.value == "localizer":
        draft.values["gantry_angle_deg"] = Known(0.0, "default")
        draft.remarks.append("gantry_angle_deg: no file tells where the tube stood; in front is simulated")
    put_filter(draft, wishes, scanner)
    put_tubes(draft, wishes, scanner)
    put_tilt(draft, wishes, scanner)
    put_scan_range(draft, wishes, own_z_mm)
    put_output(draft, wishes)
    put_modulation(draft)
    if wishes.with_uid and "irradiation_event_uid" in event.known:
        draft.values["irradiation_event_uid"] = event.known["irradiation_event_uid"]
    return draft


def _is_one_rotation(draft: AcquisitionDraft) -> bool:
    """Whether what was scanned axially is no longer than the beam is wide: the volume scan of a wide cone."""
    length, beam = draft.event.value("length_mm"), draft.values.get("collimation_mm")
    return bool(length) and beam is not None and length <= SAME_LENGTH * beam.value


def _bowtie(draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner) -> Known | None:
    """The bowtie: no header names it in words that a scanner file shares, so it is asked for."""
    names = list(scanner.bowties)
    given = wishes.given("bowtie", draft.number)
    if given is not None or len(names) == 1:
        return given or Known(names[0], "scanner file: its only bowtie")
    draft.ask("bowtie", " or ".join(names), "no header says which bowtie of a scanner file it was")
    return None
