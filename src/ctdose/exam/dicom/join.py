"""Images and dose report of the same examination, told together: each event once."""

from __future__ import annotations

from ctdose.exam.dicom.found import Event, Examination

FROM_REPORT = (
    "ctdi_vol_mgy",
    "ctdi_phantom_cm",
    "dlp_mgy_cm",
    "scanning_length_mm",
    "exposure_time_s",
    "rotations",
)
TUBES = ("tube_voltage_kv", "tube_current_ma")
OTHER_TUBES = (
    "second_tube_voltage_kv",
    "second_tube_current_ma",
    "switched_tube_voltage_kv",
    "switched_tube_current_ma",
)
SAME_CTDI = 0.05
NO_MATCH = (
    "images and dose report share no irradiation event UID: only the dose report is used, not the slices"
)


def joined(images: Examination, report: Examination) -> Examination:
    """Join what images and a dose report say.

    Events with the same irradiation event UID are one: dose comes from the report, which counts the whole irradiation;
    all else from the headers, and where they say nothing from the report. Events without images stay.

    Parameters
    ----------
    images, report : Examination
        One of them may have no events.
    """
    if not images.events or not report.events:
        one = images if images.events else report
        return Examination(one.events, [*images.remarks, *report.remarks], images.person)
    left = list(images.events)
    events = []
    for event in report.events:
        same = [each for each in left if each.uids & event.uids]
        left = [each for each in left if each not in same]
        events.append(_both(same[0], event) if len(same) == 1 else event)
    remarks = [*images.remarks, *report.remarks]
    if len(left) == len(images.events):
        remarks.append(NO_MATCH)
    elif left:
        remarks.append(f"{len(left)} acquisitions of the images are not in the dose report; not used")
    return Examination(events, remarks, images.person)


def _from_report(report: Event) -> tuple[str, ...]:
    """Names that the report decides: of two tubes or voltages all that belongs together, as slices tell of one."""
    return (
        (*FROM_REPORT, *TUBES, *OTHER_TUBES) if any(n in report.known for n in OTHER_TUBES) else FROM_REPORT
    )


def _both(image: Event, report: Event) -> Event:
    known = {**report.known, **image.known}
    of_report_only = _from_report(report)
    known.update({name: report.known[name] for name in of_report_only if name in report.known})
    remarks = [*image.remarks, *report.remarks]
    of_image, of_report = image.value("ctdi_vol_mgy"), report.value("ctdi_vol_mgy")
    if of_image and of_report and abs(of_image - of_report) > SAME_CTDI * of_report:
        remarks.append(
            f"ctdi_vol_mgy: mean of the slices {of_image:.4g} mGy, dose report {of_report:.4g} mGy (used)"
        )
    for name in ("tube_voltage_kv", "collimation_mm", "pitch", "rotation_time_s"):
        one, other = image.value(name), report.value(name)
        if one and other and abs(one - other) > 0.03 * other and name not in of_report_only:
            remarks.append(f"{name}: header {one:g} (used), dose report {other:g}")
    why = {name: text for name, text in (report.why | image.why).items() if name not in known}
    return Event(known, remarks, why, image.currents, image.uids | report.uids)
