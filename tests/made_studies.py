"""Results of studies that are made up: three members on one body."""

import math

import numpy as np

from ctdose.study.result import CRITERIA, EFFECTIVE, AtCriterion, MemberResult, StudyResult

NAMES = ("120 kV", "80 kV", "<b>tin</b>")
QUANTITIES = (EFFECTIVE, "lungs", "liver")
MEAN = np.array([[4.0, 9.0, 6.0], [1.2, 2.5, 1.6], [2.0, 4.4, 3.1]])
FACTORS = (
    dict.fromkeys(CRITERIA, 1.0),
    dict(zip(CRITERIA, (1.0, 1.0, 3.5, 4.1, 1.7))),
    dict(zip(CRITERIA, (1.0, 0.5, math.nan, 1.6, 2.2))),
)


def member(number: int) -> MemberResult:
    at = {
        name: AtCriterion(
            factor, 150.0 * factor, 300.0 * factor, "needs <i>615</i> mA" if factor == 4.1 else ""
        )
        for name, factor in FACTORS[number].items()
    }
    return MemberResult(
        name=NAMES[number], group=0, tube_voltage_kv=(120.0, 80.0, 120.0)[number], bowtie="body",
        filter=("", "", "tin-0.6")[number], collimation_mm=40.0, pitch=1.0, tube_current_ma=150.0, total_mas=300.0,
        ctdi_vol_mgy=5.0, dlp_mgy_cm=150.0, ctdi_phantom_cm=32, noise_hu=(7.0, 14.0, 9.0)[number],
        electronic_noise_hu=0.5, contrast_hu=20.0, at=at, calibration_error=0.001, exam_sha256="0" * 64,
    )  # fmt: skip


def make_study(bodies: tuple[str, ...] = ("adult-male",)) -> StudyResult:
    """A study whose doses are the means of its batches."""
    random = np.random.default_rng(11)
    batches = MEAN[:, None, :] * (1.0 + 0.02 * random.standard_normal((1, 16, 3)))
    return StudyResult(
        title="Voltage & tin", members=tuple(map(member, range(3))), bodies=bodies, quantities=QUANTITIES,
        dose=batches.mean(axis=1), standard_error=batches.std(axis=1, ddof=1) / 4.0,
        batch_doses=dict.fromkeys(bodies, batches / len(bodies)), region="centre", detail="iodine",
        acquisition="chest", noise_notes=(), histories=1_000_000, seed=3, study_yaml="study: x\n",
        base_yaml="exam: y\n", created_utc="2026-01-02T03:04:05", versions={"ctdose_version": "0.1.0"}, seconds=1.0,
    )  # fmt: skip
