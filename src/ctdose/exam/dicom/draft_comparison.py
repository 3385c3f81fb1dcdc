"""The plan of an exam made of DICOM files against the examination: lengths and DLP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctdose.errors import CtdoseError
from ctdose.exam.dicom.acquisition_draft import AcquisitionDraft
from ctdose.exam.dicom.found import Event
from ctdose.exam.resolved import ResolvedExam
from ctdose.scanner.model import Scanner

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan

SAME_LENGTH = 0.1
SIMILAR_LENGTH = 0.3  # people differ in size by so much, regions of a protocol by more


def refuse_short_suggestions(drafts: list[AcquisitionDraft], resolved: ResolvedExam) -> None:
    """Refuse a suggested region that is much shorter or longer than what was examined.

    Raises
    ------
    CtdoseError
        One line for each acquisition.
    """
    lines = []
    for i, draft in enumerate(drafts):
        chosen, length = draft.values["scan_range"], draft.event.value("length_mm")
        plans = {body: of_body[i] for body, of_body in resolved.plans.items()}
        if (
            not chosen.origin.startswith("suggested")
            or not length
            or draft.values["mode"].value == "stationary"
        ):
            continue
        lengths = {body: _length_mm(plan, draft.event) for body, plan in plans.items()}
        far = {body: each for body, each in lengths.items() if abs(each - length) > SIMILAR_LENGTH * length}
        if far:
            body, each = next(iter(far.items()))
            why = f"{chosen.origin} is {each:.0f} mm long on {body}, the examination {length:.0f} mm"
            lines.append(f"acquisition {draft.number}: scan_range={chosen.value} ({why}). Give --scan-range.")
    if lines:
        raise CtdoseError("\n".join(lines))


def _length_mm(plan: Plan, event: Event) -> float:
    """Length of a plan that compares with `length_mm` of an event: with over-ranging where that is table travel."""
    return plan.irradiated_length_mm if event.is_travel else plan.planned_length_mm


def against_plan(drafts: list[AcquisitionDraft], resolved: ResolvedExam) -> Iterator[str]:
    """Length and DLP of the plan against those of the examination: remarks where they differ."""
    for body, plans in resolved.plans.items():
        for draft, plan in zip(drafts, plans, strict=True):
            length = draft.event.value("length_mm")
            if (
                length
                and plan.mode != "stationary"
                and abs(plan.planned_length_mm - length) > SAME_LENGTH * length
            ):
                yield (
                    f"acquisition {draft.number}: the range is {plan.planned_length_mm:.0f} mm long on {body}, "
                    f"the examination's {length:.0f} mm"
                )
            yield from _dlp(draft, plan, resolved.scanner)


def _dlp(draft: AcquisitionDraft, plan: Plan, scanner: Scanner) -> Iterator[str]:
    from ctdose.exam.beam_choice import ctdi_w_of
    from ctdose.exam.dose_indices import dose_indices

    stated, size = draft.event.value("dlp_mgy_cm"), draft.event.value("ctdi_phantom_cm")
    outputs = [ctdi_w_of(scanner, beam, plan.ctdi_phantom_cm) for beam in plan.beams]
    known = [each for each in outputs if each]
    if stated and size == plan.ctdi_phantom_cm and len(known) == len(outputs):
        planned = dose_indices(plan, known).dlp_mgy_cm
        if abs(planned - stated) > SAME_LENGTH * stated:
            shown = f"DLP {planned:.4g} mGy·cm on {plan.body}, dose report {stated:.4g} mGy·cm"
            yield f"acquisition {draft.number}: {shown}"
