"""The tubes of an acquisition made of DICOM files: a second tube, one tube for two, or a switched voltage."""

from __future__ import annotations

from ctdose.exam.acquisition import ROTATING
from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.draft_fitting import fitted
from ctdose.exam.dicom.found import Known
from ctdose.exam.dicom.wishes import Wishes
from ctdose.exam.second_tube import NO_FILTER
from ctdose.scanner.model import Scanner

SECOND_KV, SECOND_MA, SECOND_FILTER = "second_tube_voltage_kv", "second_tube_current_ma", "second_tube_filter"
SWITCHED_KV, SWITCHED_MA, SHARE = (
    "switched_tube_voltage_kv",
    "switched_tube_current_ma",
    "switched_time_fraction",
)


def put_tubes(draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner) -> None:
    """Put what a second tube or a second voltage did into the draft, or what has to be given for it.

    Parameters as `draft_acquisition`. A voltage given for the first tube only makes one tube of two.
    """
    second, switched = draft.take(wishes, SECOND_KV), draft.take(wishes, SWITCHED_KV)
    first = draft.values.get("tube_voltage_kv") or draft.take(wishes, "tube_voltage_kv")
    if draft.values["mode"].value not in ROTATING or first is None:
        return
    is_given = any(wishes.given(key, draft.number) for key in (SECOND_KV, SWITCHED_KV))
    is_one = wishes.given("tube_voltage_kv", draft.number) is not None and not is_given
    if second is not None and (is_one or (scanner.second_tube is None and second.value == first.value)):
        _one_tube(draft, wishes, SECOND_MA, f"2 X-ray sources: simulated as one tube of {first.value:g} kV")
    elif second is not None and scanner.second_tube is None:
        shown = f"{first.value:g} and {second.value:g} kV by two tubes; {scanner.scanner} has one tube"
        right = "Give a dual-source --scanner, or --tube-voltage-kv to simulate one tube"
        draft.missing.append(f"second_tube ({shown}). {right}.")
    elif second is not None:
        _second_tube(draft, wishes, scanner, first, second)
    elif switched is not None and is_one:
        _one_tube(draft, wishes, "", f"switched voltage: simulated at {first.value:g} kV alone")
    elif switched is not None:
        _switched(draft, wishes, scanner, switched)


def _one_tube(draft: AcquisitionDraft, wishes: Wishes, other: str, remark: str) -> None:
    """One tube that stands for two: CTDI_vol is that of both, and so is the current."""
    draft.remarks.append(f"{remark}, with the CTDI_vol of both" if other else remark)
    first, second = draft.take(wishes, "tube_current_ma"), draft.event.known.get(other)
    if first is not None and second is not None and not wishes.given("tube_current_ma", draft.number):
        draft.tube_current = Known(first.value + second.value, f"{first.origin}, sum of the tubes")


def _second_tube(
    draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner, first: Known, voltage: Known
) -> None:
    assert scanner.second_tube is not None
    tube: dict[str, Known] = {}
    found = fitted(draft, SECOND_KV, voltage, wishes, scanner)
    differs = found is not None and found.value != first.value
    if found is not None and differs:
        tube["tube_voltage_kv"] = found
    behind = wishes.given(SECOND_FILTER, draft.number)
    names = [*scanner.second_tube.filters, NO_FILTER]
    if behind is not None:
        tube["filter"] = behind
    elif differs and len(names) > 1:
        why = "no file says what the second tube had in front of it, and the shares of the dose hang on it"
        draft.ask(SECOND_FILTER, " or ".join(names), why)
    current, other = draft.take(wishes, "tube_current_ma"), draft.take(wishes, SECOND_MA)
    if current is not None and other is not None:
        ratio = Known(round(other.value / current.value, 5), f"{other.origin}, over that of the first")
        tube["current_ratio"] = ratio
    for key, known in (("tube_current_ma", current), (SECOND_MA, other)):
        if known is None:
            draft.ask(key, "the mean in mA: the currents of both tubes share the dose out")
    draft.nested["second_tube"] = tube
    draft.remarks.append("second_tube: its bowtie is taken to be that of the first")


def _switched(draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner, voltage: Known) -> None:
    found, share = (
        fitted(draft, SWITCHED_KV, voltage, wishes, scanner),
        wishes.given(SHARE, draft.number),
    )
    if share is None:
        shown = f"the voltage was switched between two, {voltage.value:g} kV is the second"
        draft.ask(SHARE, "the share of the time at it, such as 0.6", shown)
    if found is None or share is None:
        return
    draft.values[SWITCHED_KV], draft.values[SHARE] = found, share
    first, second = draft.take(wishes, "tube_current_ma"), draft.take(wishes, SWITCHED_MA)
    if first is None or second is None or wishes.given("tube_current_ma", draft.number):
        return
    at_first, at_second = first.value * (1.0 - share.value), second.value * share.value
    mean, origin = at_first + at_second, f"{first.origin} at each voltage, by their shares of the time"
    draft.values["switched_mas_fraction"] = Known(round(at_second / mean, 5), origin)
    draft.tube_current = Known(round(mean, 3), f"{origin}: the mean")
