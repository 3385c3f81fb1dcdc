"""The table of a study: every dose at every criterion, and what is said beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ctdose.imaging.noise import LEVEL_ERROR, RATIO_ERROR
from ctdose.study.result import (
    AS_STATED,
    EFFECTIVE,
    EQUAL_CNR,
    EQUAL_CTDI,
    EQUAL_MAS,
    EQUAL_NOISE,
    IMAGE_CRITERIA,
    ONE_SEX,
    StudyResult,
)

DOSE_ERROR_OF_NOISE_MODEL = 2.0 * RATIO_ERROR
"""Dose at equal noise goes with the square of the noise."""
WORDS = {
    AS_STATED: "as stated",
    EQUAL_MAS: "at equal mAs",
    EQUAL_CTDI: "at equal CTDI_vol",
    EQUAL_NOISE: "at equal noise",
    EQUAL_CNR: "at equal CNR",
}


@dataclass(frozen=True)
class DoseRow:
    """One dose of one member at one criterion.

    Attributes
    ----------
    variant, criterion, quantity, unit : str
    dose, standard_error : float
        Statistical, one sigma.
    ratio, ratio_standard_error : float
        To the base; statistical, from the batches' covariance.
    ratio_calibration_error : float
        Of the photons per mAs of both, common to all quantities.
    ratio_noise_model_error : float
        Of the noise model, common to all quantities; 0 where images are not made equal.
    load_factor : float
        All tube loads of the variant as stated times this.
    tube_current_ma, total_mas : float
        Needed, in the acquisition that makes the images.
    note : str
        What the tube cannot deliver.
    """

    variant: str
    criterion: str
    quantity: str
    unit: str
    dose: float
    standard_error: float
    ratio: float
    ratio_standard_error: float
    ratio_calibration_error: float
    ratio_noise_model_error: float
    load_factor: float
    tube_current_ma: float
    total_mas: float
    note: str


def dose_rows(result: StudyResult) -> list[DoseRow]:
    """Every dose: by member, criterion, quantity."""
    return list(_dose_rows(result))


def _dose_rows(result: StudyResult) -> Iterator[DoseRow]:
    for i, member in enumerate(result.members):
        for criterion in result.criteria:
            at = member.at[criterion]
            for name in result.quantities:
                dose, error = result.dose_at(i, name, criterion)
                ratio, ratio_error = result.ratio(i, name, criterion)
                other = i > 0 and criterion in IMAGE_CRITERIA
                yield DoseRow(
                    variant=member.name,
                    criterion=criterion,
                    quantity=name,
                    unit="mSv" if name in (EFFECTIVE, ONE_SEX) else "mGy",
                    dose=dose,
                    standard_error=error,
                    ratio=ratio,
                    ratio_standard_error=ratio_error,
                    ratio_calibration_error=ratio * result.calibration_error(i, criterion),
                    ratio_noise_model_error=ratio * DOSE_ERROR_OF_NOISE_MODEL if other else 0.0,
                    load_factor=at.factor,
                    tube_current_ma=at.tube_current_ma,
                    total_mas=at.total_mas,
                    note=at.note,
                )


def noise_lines(result: StudyResult) -> list[str]:
    """What is said beside every table that has noise in it."""
    if all(member.noise_hu != member.noise_hu for member in result.members):
        return [f"Image noise is not known: {note}." for note in result.noise_notes]
    low, high = (f"{100 * share:.0f}" for share in LEVEL_ERROR)
    where = "the body's centre" if result.region == "centre" else result.region
    of_detail = f", contrast of {result.detail}" if result.detail else ""
    return [
        f"Noise: filtered backprojection, in {where}, slices of {result.acquisition}{of_detail}. Its model: ratios "
        f"of noise within {100 * RATIO_ERROR:.0f} %, so doses at equal noise or CNR within "
        f"{100 * DOSE_ERROR_OF_NOISE_MODEL:.0f} %; the level is {low} to {high} % above reconstructions with linear "
        "interpolation.",
        "Equal noise here is not equal noise in iterative or learned reconstruction.",
        *(f"Image noise is not known: {note}." for note in result.noise_notes),
    ]
