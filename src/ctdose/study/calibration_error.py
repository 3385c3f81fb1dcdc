"""What the errors of simulated CTDI leave in the ratio of two doses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ctdose.calibration.calibrate import Calibration
from ctdose.exam.plan import Plan
from ctdose.study.ctdi_measurements import Found, relative_covariance
from ctdose.study.ctdi_needed import Measurement, Needed

Errors = dict[Measurement, float]
"""By how much something changes, relatively, with each CTDI_w that was simulated."""


def of_doses(
    plans: Sequence[Plan],
    emitted: Sequence[Sequence[tuple[object, Calibration]]],
    needed: Sequence[Sequence[Needed]],
    imaged: int,
) -> tuple[Errors, Errors]:
    """What doses depend on at equal mAs, and at equal CTDI_vol.

    Photons per mAs go as 1 / CTDI_w of the stated beam, and stand for their shares of the dose. A CTDI_vol that is not
    stated goes as CTDI_w behind the filter over that of the stated beam.
    """
    beams = [
        (a, plan.beam_mas(b), calibration, own)
        for a, (plan, of_plan, need) in enumerate(zip(plans, emitted, needed, strict=True))
        for b, ((_, calibration), own) in enumerate(zip(of_plan, need, strict=True))
    ]
    photons = math.fsum(mas * calibration.photons_per_mas for _, mas, calibration, _ in beams)
    ctdi = math.fsum(mas * c.ctdi_w_mgy_per_100mas for a, mas, c, _ in beams if a == imaged)
    at_mas: Errors = {}
    for _, mas, calibration, own in beams:
        at_mas[own.stated] = at_mas.get(own.stated, 0.0) - mas * calibration.photons_per_mas / photons
    at_ctdi = dict(at_mas)
    for a, mas, calibration, own in beams:
        if a == imaged:
            share = mas * calibration.ctdi_w_mgy_per_100mas / ctdi
            at_ctdi[own.stated] = at_ctdi.get(own.stated, 0.0) + share
            at_ctdi[own.own] = at_ctdi.get(own.own, 0.0) - share
    return at_mas, at_ctdi


def ratio_error(own: Errors, base: Errors, found: Mapping[Measurement, Found]) -> float:
    """Relative standard error of a ratio."""
    difference = {each: own.get(each, 0.0) - base.get(each, 0.0) for each in {**own, **base}}
    variance = math.fsum(
        a * b * relative_covariance(found[one], found[other])
        for one, a in difference.items()
        for other, b in difference.items()
    )
    return math.sqrt(max(0.0, variance))
