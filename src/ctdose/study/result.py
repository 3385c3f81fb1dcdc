"""What a study found: each member's settings, noise and doses, and the batches that errors of ratios need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import F64
from ctdose.study.ratio import ratio_of_bodies

AS_STATED, EQUAL_MAS, EQUAL_CTDI = "as_stated", "equal_mas", "equal_ctdi_vol"
EQUAL_NOISE, EQUAL_CNR = "equal_noise", "equal_cnr"
CRITERIA = (AS_STATED, EQUAL_MAS, EQUAL_CTDI, EQUAL_NOISE, EQUAL_CNR)
EFFECTIVE, ONE_SEX = "effective_dose", "weighted_dose_of_one_sex"
IMAGE_CRITERIA = (EQUAL_NOISE, EQUAL_CNR)


@dataclass(frozen=True)
class AtCriterion:
    """A member with its tube load changed until something equals that of the base.

    Parameters
    ----------
    factor : float
        All tube loads of the member times this; NaN if it cannot be made equal.
    tube_current_ma : float
        Mean current of the first tube in the acquisition that makes the images; NaN likewise.
    total_mas : float
        Of that acquisition.
    note : str
        What the tube cannot deliver, or why there is no factor; empty otherwise.
    """

    factor: float
    tube_current_ma: float = math.nan
    total_mas: float = math.nan
    note: str = ""


@dataclass(frozen=True)
class MemberResult:
    """A member of a study.

    Parameters
    ----------
    name : str
    group : int
        Members of one group share their histories on the first body.
    tube_voltage_kv, bowtie, filter, collimation_mm, pitch
        Of the acquisition that makes the images; `filter` may be empty, `pitch` is NaN but for a helical scan.
    tube_current_ma, total_mas, ctdi_vol_mgy, dlp_mgy_cm : float
        Of that acquisition, means over the bodies.
    ctdi_phantom_cm : int
    noise_hu, electronic_noise_hu, contrast_hu : float
        NaN if not known.
    at : dict of str to AtCriterion
        By `CRITERIA`.
    calibration_error : float
        Relative standard error of the photons per mAs in the ratio to the base, 0 where both share them.
    exam_sha256 : str
    """

    name: str
    group: int
    tube_voltage_kv: float
    bowtie: str
    filter: str
    collimation_mm: float
    pitch: float
    tube_current_ma: float
    total_mas: float
    ctdi_vol_mgy: float
    dlp_mgy_cm: float
    ctdi_phantom_cm: int
    noise_hu: float
    electronic_noise_hu: float
    contrast_hu: float
    at: Mapping[str, AtCriterion]
    calibration_error: float
    exam_sha256: str

    @property
    def contrast_to_noise(self) -> float:
        """Magnitude of the contrast over the noise; NaN if not known."""
        return abs(self.contrast_hu) / self.noise_hu


@dataclass(frozen=True)
class StudyResult:
    """A study that was run.

    Parameters
    ----------
    title : str
    members : tuple of MemberResult
        The base first.
    bodies : tuple of str
    quantities : tuple of str
        Effective dose first if it is defined, then organs.
    dose, standard_error : float64 ndarray [members, quantities]
        As stated, mGy (effective dose: mSv), mean over the bodies.
    batch_doses : dict of str to float64 ndarray [members, batches, quantities]
        By body: the dose by each batch alone, times the share of the body in the mean; 0 for an organ it lacks.
    region, detail, acquisition : str
        Where noise was taken, of which detail the contrast, in which acquisition's images.
    noise_notes : tuple of str
        Why noise or contrast is not known; empty if it is.
    histories, seed : int
        Of all groups and bodies.
    study_yaml, base_yaml : str
    created_utc : str
    versions : dict of str to str
    seconds : float
    """

    title: str
    members: tuple[MemberResult, ...]
    bodies: tuple[str, ...]
    quantities: tuple[str, ...]
    dose: F64
    standard_error: F64
    batch_doses: Mapping[str, F64]
    region: str
    detail: str
    acquisition: str
    noise_notes: tuple[str, ...]
    histories: int
    seed: int
    study_yaml: str
    base_yaml: str
    created_utc: str
    versions: Mapping[str, str]
    seconds: float

    @property
    def criteria(self) -> tuple[str, ...]:
        """Those at which any member but the base has a factor."""
        return tuple(
            name
            for name in CRITERIA
            if any(np.isfinite(member.at[name].factor) for member in self.members[1:])
        )

    @property
    def compared_at(self) -> str:
        """At what organs are compared: equal noise, or equal CTDI_vol where noise is not known."""
        known = self.criteria
        first = next((name for name in (EQUAL_NOISE, EQUAL_CTDI) if name in known), None)
        return first or (known[-1] if known else AS_STATED)

    def ratio(self, member: int, quantity: str, criterion: str = AS_STATED) -> tuple[float, float]:
        """Ratio of a dose to that of the base, and its statistical standard error.

        Parameters
        ----------
        member : int
        quantity : str
            One of `quantities`.
        criterion : str
            One of `CRITERIA`.
        """
        q = self.quantities.index(quantity)
        own = [doses[member, :, q] for doses in self.batch_doses.values()]
        base = [doses[0, :, q] for doses in self.batch_doses.values()]
        ratio, error = ratio_of_bodies(own, base)
        factor = self.members[member].at[criterion].factor
        return ratio * factor, error * factor

    def calibration_error(self, member: int, criterion: str) -> float:
        """Relative error of that ratio by the calibrations of both, common to all organs.

        None is left where the images are made equal: their photons and those of the dose are the same.
        """
        return 0.0 if criterion in IMAGE_CRITERIA else self.members[member].calibration_error

    def dose_at(self, member: int, quantity: str, criterion: str = AS_STATED) -> tuple[float, float]:
        """Dose (mGy, effective dose mSv) and its statistical standard error."""
        q, factor = self.quantities.index(quantity), self.members[member].at[criterion].factor
        return float(self.dose[member, q] * factor), float(self.standard_error[member, q] * factor)
