"""What a study says of one member: its settings, dose indices and noise, and the load at each criterion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctdose.exam.dose_indices import dose_indices
from ctdose.study.calibrations import Calibrated, Emitted
from ctdose.study.criteria import at_criterion, effective_mas, factors
from ctdose.study.image_noise import Noise
from ctdose.study.result import CRITERIA, AtCriterion, MemberResult

if TYPE_CHECKING:
    from ctdose.api import PreparedExam
    from ctdose.study.prepared import PreparedStudy


@dataclass(frozen=True)
class _Indices:
    """Means over the bodies of the acquisition that makes the images."""

    mas: float
    effective_mas: float
    current: float
    ctdi_vol: float
    dlp: float
    phantom_cm: int


def member_result(
    ready: PreparedStudy, m: int, calibrated: Calibrated, noise: Sequence[Noise], group: int
) -> MemberResult:
    """Put together what is known of member `m`; `noise` by member."""
    exam, imaged = ready.exams[m], ready.imaged
    base, own = (_indices(ready.exams[i], calibrated.emitted[i], imaged) for i in (0, m))
    first = next(iter(exam.resolved.plans.values()))[imaged].beams[0]
    return MemberResult(
        name=ready.names[m],
        group=group,
        tube_voltage_kv=first.tube_voltage_kv,
        bowtie=first.bowtie,
        filter=first.filter or "",
        collimation_mm=first.collimation_mm,
        pitch=exam.exam.acquisitions[imaged].pitch or math.nan,
        tube_current_ma=own.current,
        total_mas=own.mas,
        ctdi_vol_mgy=own.ctdi_vol,
        dlp_mgy_cm=own.dlp,
        ctdi_phantom_cm=own.phantom_cm,
        noise_hu=math.nan if noise[m].why_not else noise[m].noise_hu,
        electronic_noise_hu=math.nan if noise[m].why_not else math.sqrt(noise[m].electronic_hu2),
        contrast_hu=noise[m].contrast_hu,
        at=_criteria(exam, imaged, base, own, (noise[0], noise[m])),
        calibration_error=calibrated.ratio_errors[m],
        exam_sha256=exam.resolved.exam_sha256,
    )


def _criteria(
    exam: PreparedExam, imaged: int, base: _Indices, own: _Indices, noise: tuple[Noise, Noise]
) -> dict[str, AtCriterion]:
    plans = list(exam.resolved.plans.values())
    found = factors(
        (base.effective_mas, own.effective_mas),
        (base.ctdi_vol, own.ctdi_vol),
        (base.phantom_cm, own.phantom_cm),
        noise,
    )
    return {
        name: at_criterion(*found[name], exam.exam.acquisitions, exam.resolved.scanner, plans, imaged)
        for name in CRITERIA
    }


def _indices(exam: PreparedExam, emitted: Emitted, imaged: int) -> _Indices:
    plans = [of_body[imaged] for of_body in exam.resolved.plans.values()]
    outputs = [calibration.ctdi_w_mgy_per_100mas for _, calibration in emitted[imaged]]
    found = [dose_indices(plan, outputs) for plan in plans]
    return _Indices(
        float(np.mean([plan.total_mas for plan in plans])),
        float(np.mean([effective_mas(plan) for plan in plans])),
        float(np.mean([plan.tube_current_ma for plan in plans])),
        float(np.mean([each.ctdi_vol_mgy for each in found])),
        float(np.mean([each.dlp_mgy_cm for each in found])),
        found[0].ctdi_phantom_cm,
    )
