"""What a result says beside its organ table, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.imaging.size_specific import SizeSpecific
from ctdose.results.acquisition_result import AcquisitionResult, OnBody
from ctdose.results.dlp_comparison import DlpComparison, dlp_comparisons
from ctdose.results.organ_table import organ_rows, relative_systematic_error
from ctdose.results.result import Result

LABELS = {"icrp103": "ICRP 103", "icrp60": "ICRP 60"}


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


def with_error(value: float, error: float) -> str:
    """A number and its standard error, both to two significant digits of the error: ``7.253 ± 0.031``."""
    if not (error > 0.0 and math.isfinite(error)):
        return f"{value:.4g}"
    digits = 1 - math.floor(math.log10(error))
    if digits < 0:
        return f"{round(value, digits):.0f} ± {round(error, digits):.0f}"
    return f"{value:.{digits}f} ± {error:.{digits}f}"


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


OF_THE_LARGEST = 0.1


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


def acquisition_lines(acquisition: AcquisitionResult) -> Iterator[str]:
    """Dose indices of one acquisition; lengths on each body."""
    size = acquisition.ctdi_phantom_cm
    yield (
        f"{acquisition.name}: CTDI_vol {acquisition.ctdi_vol_mgy:.4g} mGy, DLP {acquisition.dlp_mgy_cm:.4g} mGy·cm "
        f"({size} cm CTDI phantom; mean over the bodies)"
    )
    for name, on_body in acquisition.on_body.items():
        planned, irradiated = (high - low for low, high in (on_body.planned_mm, on_body.irradiated_mm))
        line = f"{acquisition.name} on {name}: planned {planned:.1f} mm, irradiated {irradiated:.1f} mm"
        if acquisition.mode == "helical":
            line += f", over-ranging {irradiated - planned:.1f} mm"
        line = f"{line}; DLP {on_body.dlp_mgy_cm:.4g} mGy·cm, {on_body.total_mas:.4g} mAs"
        yield line + _modulated(on_body)
        if len(acquisition.beams) > 1:
            yield f"  of it {beam_parts(acquisition, on_body)}"
        if on_body.size is not None:
            yield f"{acquisition.name} on {name}: {size_line(on_body.size)}"


def _modulated(on_body: OnBody) -> str:
    """The range of a modulated tube current, and the CTDI_vol of its mean on this body; nothing for a constant one."""
    mean, low, high = on_body.tube_current_ma, on_body.tube_current_min_ma, on_body.tube_current_max_ma
    if mean is None or low is None or high is None or low == high:
        return ""
    return f", modulated: {low:.4g} to {high:.4g} mA, mean {mean:.4g} mA, CTDI_vol {on_body.ctdi_vol_mgy:.4g} mGy"


def beam_parts(acquisition: AcquisitionResult, on_body: OnBody) -> str:
    """The DLP of each beam of an acquisition on one body: its share is that of output times mAs."""
    weights = [
        beam.ctdi_w_mgy_per_100mas * mas
        for beam, mas in zip(acquisition.beams, on_body.beam_mas, strict=True)
    ]
    parts = []
    for beam, mas, weight in zip(acquisition.beams, on_body.beam_mas, weights, strict=True):
        behind = f" {beam.filter}" if beam.filter else ""
        dlp = on_body.dlp_mgy_cm * weight / sum(weights)
        parts.append(
            f"tube {beam.tube} {beam.tube_voltage_kv:g} kV{behind}: {dlp:.4g} mGy·cm, {mas:.4g} mAs, "
            f"HVL {beam.hvl_mm_al:.3g} mm Al"
        )
    return "; ".join(parts)


def size_line(size: SizeSpecific) -> str:
    """Water-equivalent diameter and size-specific dose estimate, or why there is none."""
    known = []
    if size.mean_diameter_cm is not None:
        known.append(f"water-equivalent diameter {size.mean_diameter_cm:.1f} cm")
    if size.mean_ssde_mgy is not None:
        known.append(f"SSDE {size.mean_ssde_mgy:.3g} mGy")
    return f"{', '.join(known)} ({size.note})" if known else size.note


def comparison_lines(comparison: DlpComparison) -> Iterator[str]:
    """Effective dose over DLP, then what is published."""
    label, size = LABELS[comparison.recommendation], comparison.ctdi_phantom_cm
    ratio = with_error(comparison.ratio_msv_per_mgy_cm, comparison.standard_error_msv_per_mgy_cm)
    yield f"Effective dose {label} over DLP ({size} cm): {ratio} mSv/(mGy·cm)"
    for factor in comparison.published:
        doubt = "" if factor.verified else "; quoted second-hand, not verified"
        yield (
            f"  published for {comparison.region}: {factor.k_msv_per_mgy_cm:.4g} mSv/(mGy·cm) "
            f"({factor.citation}{doubt})"
        )
    if not comparison.published:
        yield f"  nothing published to compare with: {_why_nothing(comparison)}"


def _why_nothing(comparison: DlpComparison) -> str:
    if not comparison.region:
        return "the exam is not of one named region"
    size = comparison.ctdi_phantom_cm
    return f"no factor for {comparison.region}, the {size} cm CTDI phantom and this tube voltage"
