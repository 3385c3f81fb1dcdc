"""An additional flat filter of an acquisition made of DICOM files: given, or asked for where a header tells of one."""

from __future__ import annotations

from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.wishes import Wishes
from ctdose.exam.second_tube import NO_FILTER
from ctdose.scanner.model import Scanner


def put_filter(draft: AcquisitionDraft, wishes: Wishes, scanner: Scanner) -> None:
    """Put it into the draft, or what has to be given; parameters as `draft_acquisition`.

    Headers name a material and no thickness that could be relied on, so that the filter of the scanner is asked for.
    """
    given, stated = wishes.given("filter", draft.number), draft.event.known.get("filter_material")
    if given is not None:
        if given.value != NO_FILTER:
            draft.values["filter"] = given
        return
    if stated is not None:
        names = [name for name in scanner.filters if stated.value in scanner.filter_mm(name)]
        why = f"{stated.origin} says {stated.value}, and not which filter of {scanner.scanner} that is"
        draft.ask("filter", " or ".join([*names, NO_FILTER]), why)
