"""What a result says beside its organ table, in sentences."""

from __future__ import annotations

import math

from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.results.dlp_comparison import dlp_comparisons
from ctdose.results.index_lines import acquisition_lines, comparison_lines
from ctdose.results.number_text import LABELS, with_error
from ctdose.results.organ_table import organ_rows, relative_systematic_error
from ctdose.results.result import Result

OF_THE_LARGEST = 0.1
"""Of the highest organ dose an organ has at least so much that is named for its share of over-ranging."""


def dose_lines(result: Result) -> list[str]:
    """Effective dose or why there is none, dose indices, lengths, effective dose over DLP.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of str
        One sentence each, without a full stop; errors are one sigma.
    """
    lines = [*effective_dose_lines(result), *error_lines(result), *over_ranging_lines(result)]
    for acquisition in result.acquisitions:
        lines += acquisition_lines(acquisition)
    for size, dlp in sorted(result.dlp_mgy_cm.items()):
        lines.append(f"DLP of the exam ({size} cm CTDI phantom): {dlp:.4g} mGy·cm")
    for comparison in dlp_comparisons(result):
        lines += comparison_lines(comparison)
    return lines


def effective_dose_lines(result: Result) -> list[str]:
    """Effective dose with its errors, the weighted dose of one sex, or why there is none."""
    dose = result.effective_dose
    if dose is None:
        return [f"No effective dose: {why_no_effective_dose(result)}"]
    lines = []
    for name, label in LABELS.items():
        value, error = getattr(dose, f"{name}_msv"), getattr(dose, f"{name}_standard_error_msv")
        if value is not None:
            lines.append(
                f"Effective dose, {label}: {with_error(value, error or 0.0)} mSv{_remark(result, name)}"
            )
    one, error = dose.weighted_dose_of_one_sex_msv, dose.weighted_dose_of_one_sex_standard_error_msv
    if one is not None:
        amount = with_error(one, error or 0.0)
        lines.append(f"Weighted dose of one sex, no effective dose (ICRP 103 weights): {amount} mSv")
    return lines


def error_lines(result: Result) -> list[str]:
    """Which errors stand beside the doses, and where the others are; nothing without dose."""
    relative = relative_systematic_error(result)
    if relative != relative:
        return []
    return [
        f"Errors are statistical; {_whose(result)} adds {100.0 * relative:.2g} %, common to all doses; "
        "range, centring, spectrum and bowtie: ctdose show --uncertainty"
    ]


def _whose(result: Result) -> str:
    """What the common error is that of."""
    parts = [o.systematic for b in result.bodies.values() for o in b.organs.values() if o.systematic]
    if any(each.displayed_ctdi_vol > 0.0 for each in parts):
        both = any(each.output > 0.0 for each in parts)
        return "the scanner's output, or the stated CTDI_vol," if both else "the stated CTDI_vol"
    return "the scanner's output"


def over_ranging_lines(result: Result) -> list[str]:
    """What over-ranging gives to effective dose, and to the organ that has most of it; nothing where there is none."""
    dose, lines = result.effective_dose, []
    rows = organ_rows(result)
    least = OF_THE_LARGEST * max((row.absorbed_dose_mgy for row in rows), default=0.0)
    weighted = [row for row in rows if row.over_ranging_fraction > 0.0 and row.absorbed_dose_mgy >= least]
    if dose is not None and dose.over_ranging_fraction:
        error = 100.0 * (dose.over_ranging_fraction_standard_error or 0.0)
        lines.append(
            f"Over-ranging (beam centre outside the planned range): "
            f"{with_error(100.0 * dose.over_ranging_fraction, error)} % of the weighted dose"
        )
    if weighted:
        most = max(weighted, key=lambda row: row.over_ranging_fraction)
        amount = with_error(
            100.0 * most.over_ranging_fraction, 100.0 * most.over_ranging_fraction_standard_error
        )
        lines.append(
            f"Over-ranging gives {most.organ} {amount} % of its dose, the largest share of an organ with at least "
            f"{OF_THE_LARGEST:.0%} of the highest organ dose"
        )
    return lines


def _remark(result: Result, recommendation: str) -> str:
    """What is approximate about ICRP 60's remainder, and where that matters."""
    if recommendation != "icrp60":
        return ""
    remark = " (remainder: its mass-weighted mean"
    tissues = split_remainder(result)
    if tissues:
        remark += (
            f"; the rule that gives half of its weight to {' and '.join(tissues)} is not applied: too low"
        )
    return remark + ")"


def split_remainder(result: Result) -> list[str]:
    """Remainder tissues that receive more than every weighted tissue, so that ICRP 60 would split the remainder.

    ICRP Publication 60 (1991), Table 2, footnote 3: not linear in the doses, and not applied here.
    """
    weights = load_tissue_weights("icrp60")
    found: dict[str, None] = {}
    for body in result.bodies.values():
        doses = {name: tissue.absorbed_dose_mgy for name, tissue in body.dose.tissues.items()}
        highest = max((doses[name] for name in weights.weights if name in doses), default=math.inf)
        above = [name for name in weights.remainder if doses.get(name, 0.0) > highest]
        found |= dict.fromkeys(sorted(above, key=lambda name: -doses[name])[:1])
    return list(found)


def why_no_effective_dose(result: Result) -> str:
    """The reason, in half a sentence."""
    strangers = [body.name for body in result.bodies.values() if not body.reference_person]
    if strangers:
        return f"it is defined for the reference persons only, and {' and '.join(strangers)} is none of them"
    if not result.complete:
        return "the run was stopped before all bodies were simulated"
    return "it is the mean of the male and the female reference person, one of each"
