"""What the page of a result shows."""

from __future__ import annotations

from typing import Any

from ctdose.report.budget_bars import budget
from ctdose.report.citation import bibtex, citation
from ctdose.report.load_chart import load_charts
from ctdose.report.maps import dose_maps
from ctdose.report.organ_bars import doses_of_bodies, organ_chart
from ctdose.report.spectrum_chart import spectrum_charts
from ctdose.report.tissue_shares import tissue_shares
from ctdose.report.words import acquisition_sentences, exam_sentences
from ctdose.results.acquisition_table import acquisition_rows
from ctdose.results.dlp_comparison import dlp_comparisons
from ctdose.results.index_lines import comparison_lines
from ctdose.results.number_text import with_error
from ctdose.results.report_lines import error_lines, over_ranging_lines, why_no_effective_dose
from ctdose.results.result import Result

CAVEATS = {
    "effective": "Effective dose is defined for reference persons. It compares examinations and protocols; it is not "
    "the dose or the risk of a patient (ICRP Publication 103).",
    "one_sex": "Of one reference person alone: the tissue-weighted dose of one sex is not effective dose, which is "
    "the mean of both.",
}


def result_context(result: Result) -> dict[str, Any]:
    """Names and values for the template of a result's page."""
    version = result.versions.get("ctdose_version", "")
    return {
        "result": result,
        "title": result.exam,
        "sentences": exam_sentences(result),
        "acquisitions": acquisition_sentences(result),
        "figures": _figures(result),
        "caveat": _caveat(result),
        "notes": [*error_lines(result), *over_ranging_lines(result)],
        "maps": dose_maps(result),
        "chart": organ_chart(result),
        "body_doses": doses_of_bodies(result) if len(result.bodies) > 1 else [],
        "shares": tissue_shares(result),
        "indices": acquisition_rows(result),
        "dlp": sorted(result.dlp_mgy_cm.items()),
        "comparisons": [line for each in dlp_comparisons(result) for line in comparison_lines(each)],
        "loads": load_charts(result),
        "spectra": spectrum_charts(result),
        "budget": budget(result),
        "citation": citation(version),
        "bibtex": bibtex(version),
    }


def _caveat(result: Result) -> str:
    dose = result.effective_dose
    if dose is None:
        return f"No effective dose: {why_no_effective_dose(result)}."
    return CAVEATS["effective" if dose.icrp103_msv is not None else "one_sex"]


def _figures(result: Result) -> list[tuple[str, str, str, str]]:
    """The leading numbers: name, value, unit, and what is to be said below it."""
    dose, found = result.effective_dose, []
    if dose is not None and dose.icrp103_msv is not None:
        found.append(
            _dose("Effective dose", dose.icrp103_msv, dose.icrp103_standard_error_msv,
                  dose.icrp103_systematic_error_msv)
        )  # fmt: skip
    elif dose is not None and dose.weighted_dose_of_one_sex_msv is not None:
        found.append(
            _dose("Weighted dose of one sex", dose.weighted_dose_of_one_sex_msv,
                  dose.weighted_dose_of_one_sex_standard_error_msv,
                  dose.weighted_dose_of_one_sex_systematic_error_msv)
        )  # fmt: skip
    if len(result.acquisitions) == 1:
        only = result.acquisitions[0]
        phantom = f"{only.ctdi_phantom_cm} cm phantom"
        found.append(("CTDI_vol", f"{only.ctdi_vol_mgy:.4g}", "mGy", phantom))
        if only.ssde_mgy is not None:
            size = only.water_equivalent_diameter_cm
            below = "" if size is None else f"water-equivalent diameter {size:.1f} cm"
            found.append(("SSDE", f"{only.ssde_mgy:.3g}", "mGy", below))
    for size, dlp in sorted(result.dlp_mgy_cm.items()):
        found.append(("DLP", f"{dlp:.4g}", "mGy·cm", f"{size} cm phantom"))
    return found


def _dose(
    name: str, value: float, error: float | None, systematic: float | None
) -> tuple[str, str, str, str]:
    below = "ICRP 103; the error is statistical"
    if systematic is not None:
        below += f", inputs add ± {systematic:.2g} mSv"
    return name, with_error(value, error or 0.0), "mSv", below
