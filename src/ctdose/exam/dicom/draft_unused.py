"""Options that were given for acquisitions and changed none of them."""

from __future__ import annotations

from collections.abc import Iterator

from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.wishes import OPTIONS, Wishes

SECOND_TUBE = ("tube_current_ma", "second_tube_voltage_kv", "second_tube_current_ma", "second_tube_filter")


def unused_options(drafts: list[AcquisitionDraft], wishes: Wishes) -> Iterator[str]:
    """One line for each: nobody should believe that it was heeded."""
    numbers = {draft.number: draft for draft in drafts}
    for key, values in wishes.values.items():
        for number in values:
            meant = drafts if number == 0 else [numbers[number]] if number in numbers else []
            meant = [draft for draft in meant if number or draft.number not in values]
            if not any(_is_used(draft, key) for draft in meant):
                which = f"acquisition {number}" if number else "any acquisition"
                yield f"{OPTIONS[key]}: has no effect on {which}"


def _is_used(draft: AcquisitionDraft, key: str) -> bool:
    if key == "filter" and "filter_material" in draft.event.known:
        return True  # none answers what was asked
    return key in draft.values or (key in SECOND_TUBE and "second_tube" in draft.nested)
