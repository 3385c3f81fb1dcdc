"""One irradiation event as an acquisition of an exam: values with their origins, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ctdose.exam.acquisition import MODES
from ctdose.exam.dicom.found import Event, Known
from ctdose.exam.dicom.wishes import IMAGES, OPTIONS, Wishes
from ctdose.scanner.model import SAME_MM, Scanner

NEEDED = {
    "helical": ("collimation_mm", "pitch", "rotation_time_s"),
    "axial": ("collimation_mm", "table_increment_mm", "rotation_time_s"),
    "stationary": ("collimation_mm", "rotation_time_s", "rotations"),
    "localizer": ("collimation_mm",),
}
SAME_KV = 0.05
HALF_SLICE_MM = 10.0
MOST_ROWS = 1000  # of a table of currents: a metre of slices of 1 mm
EXAMPLES = {
    "collimation_mm": "40",
    "pitch": "1.0",
    "rotation_time_s": "0.5",
    "table_increment_mm": "40",
    "rotations": "10",
    "tube_voltage_kv": "120",
}


@dataclass
class AcquisitionDraft:
    """An acquisition in the making.

    Parameters
    ----------
    number : int
        From 1, in the order of time.
    event : Event
    values : dict of str to Known
        In the order of the exam's file.
    remarks, missing : list of str
        What the user must know; what has to be given, with the option that gives it.
    """

    number: int
    event: Event
    values: dict[str, Known] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


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
    mode = _take(draft, wishes, "mode")
    if mode is None or mode.value not in MODES:
        _ask(draft, "mode", f"{', '.join(MODES[:3])} or {MODES[3]}")
        return draft
    draft.values["name"] = Known(f"{mode.value}-{number}", "default")
    draft.values["mode"] = mode
    for key in ("tube_voltage_kv", "bowtie", *NEEDED[mode.value]):
        value = _bowtie(draft, wishes, scanner) if key == "bowtie" else _take(draft, wishes, key)
        value = _fitted(draft, key, value, wishes, scanner)
        if value is not None:
            draft.values[key] = value
        elif not any(line.startswith(f"{key} ") or line.startswith(f"{key}=") for line in draft.missing):
            _ask(draft, key, f"for example {EXAMPLES.get(key, '')}".rstrip())
    if mode.value == "localizer":
        draft.values["gantry_angle_deg"] = Known(0.0, "default")
        draft.remarks.append("gantry_angle_deg: no file tells where the tube stood; in front is simulated")
    _scan_range(draft, wishes, own_z_mm)
    _output(draft, wishes)
    _modulation(draft)
    if wishes.with_uid and "irradiation_event_uid" in event.known:
        draft.values["irradiation_event_uid"] = event.known["irradiation_event_uid"]
    return draft


def _take(draft: AcquisitionDraft, wishes: Wishes, key: str) -> Known | None:
    return wishes.given(key, draft.number) or draft.event.known.get(key)


def _ask(draft: AcquisitionDraft, key: str, example: str, why: str = "") -> None:
    option = OPTIONS[key]
    more = f": {example}" if example else ""
    why = why or draft.event.why.get(key, "not in the files")
    draft.missing.append(f"{key} ({why}). Give {option}{more}.")


def _bowtie(draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner) -> Known | None:
    """The bowtie: no header names it in words that a scanner file shares, so it is asked for."""
    names = list(scanner.bowties)
    given = wishes.given("bowtie", draft.number)
    if given is not None or len(names) == 1:
        return given or Known(names[0], "scanner file: its only bowtie")
    _ask(draft, "bowtie", " or ".join(names), "no header says which bowtie of a scanner file it was")
    return None


def _fitted(
    draft: AcquisitionDraft, key: str, value: Known | None, wishes: Wishes, scanner: Scanner
) -> Known | None:
    """A value that the scanner has, or its nearest if that is wished."""
    known = {
        "tube_voltage_kv": (scanner.tube.voltages_kv, SAME_KV),
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


def _scan_range(draft: AcquisitionDraft, wishes: Wishes, own_z_mm: tuple[float, float] | None) -> None:
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
        _ask(
            draft, "scan_range", "a region such as chest, or z in the phantom's coordinates such as -150,180"
        )


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


def _output(draft: AcquisitionDraft, wishes: Wishes) -> None:
    """CTDI_vol, which holds whatever the scanner file says of its output; or the current."""
    ctdi, current = (_take(draft, wishes, key) for key in ("ctdi_vol_mgy", "tube_current_ma"))
    size = _take(draft, wishes, "ctdi_phantom_cm")
    wanted = wishes.output or ("ctdi_vol" if ctdi is not None else "current")
    if wanted == "ctdi_vol" and ctdi is not None:
        draft.values["ctdi_vol_mgy"] = ctdi
        if size is None:
            why = "which CTDI phantom CTDI_vol was stated in is not in the files; they differ by a factor of two"
            _ask(draft, "ctdi_phantom_cm", "16 (head, children) or 32 (body)", why)
    elif wanted == "current" and current is not None:
        _put_current(draft, current)
    elif wanted == "current":
        _ask(draft, "tube_current_ma", "the mean in mA; or --ctdi-vol-mgy with --ctdi-phantom-cm")
    else:
        _ask(draft, "ctdi_vol_mgy", "for example 8.5, with --ctdi-phantom-cm; or --output current")
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


def _modulation(draft: AcquisitionDraft) -> None:
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


def describe(event: Event, names: tuple[str, ...]) -> list[str]:
    """Values of an event as text, empty where unknown."""
    return [_text(event.value(name)) for name in names]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " to ".join(f"{each:g}" for each in value)
    return f"{value:.5g}" if isinstance(value, float) else str(value)
