"""By how much the tube load of a variant has to change until something equals that of the base."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.modulation import tube_limits_ma
from ctdose.exam.plan import Plan
from ctdose.exam.tube_load import tube_loads
from ctdose.scanner.model import Scanner
from ctdose.study.image_noise import Noise
from ctdose.study.result import (
    AS_STATED,
    EQUAL_CNR,
    EQUAL_CTDI,
    EQUAL_MAS,
    EQUAL_NOISE,
    AtCriterion,
)

SLACK = 1e-9


def effective_mas(plan: Plan) -> float:
    """The mAs that reach a place of the scan range: what is equal at equal mAs.

    Of a helical scan mAs per rotation over pitch; otherwise the total times nT over the length that makes DLP, which is
    mAs per rotation of rotations side by side, and all mAs of rotations at one place.
    """
    if plan.effective_mas is not None:
        return plan.effective_mas
    return plan.total_mas * plan.collimation_mm / plan.dlp_length_mm


def factors(
    mas: tuple[float, float],
    ctdi_vol: tuple[float, float],
    ctdi_phantom_cm: tuple[int, int],
    noise: tuple[Noise, Noise],
) -> dict[str, tuple[float, str]]:
    """Factor of each criterion, and why there is none (NaN).

    Parameters
    ----------
    mas, ctdi_vol, ctdi_phantom_cm, noise : pairs
        Of the base and of the variant; `mas` is `effective_mas`.
    """
    found: dict[str, tuple[float, str]] = {AS_STATED: (1.0, ""), EQUAL_MAS: (mas[0] / mas[1], "")}
    if ctdi_phantom_cm[0] != ctdi_phantom_cm[1]:
        found[EQUAL_CTDI] = math.nan, "CTDI_vol of 16 and 32 cm phantoms cannot be compared"
    else:
        found[EQUAL_CTDI] = ctdi_vol[0] / ctdi_vol[1], ""
    why = noise[0].why_not or noise[1].why_not
    base, own = noise
    found[EQUAL_NOISE] = (math.nan, why) if why else (own.load_for(base.noise_hu), "")
    if why or math.isnan(base.contrast_hu):
        found[EQUAL_CNR] = math.nan, why or "no detail is named"
    elif own.contrast_hu == 0.0 or base.contrast_hu == 0.0:
        found[EQUAL_CNR] = math.nan, "the detail has no contrast"
    else:
        wanted = base.noise_hu * abs(own.contrast_hu / base.contrast_hu)
        found[EQUAL_CNR] = own.load_for(wanted), ""
    return found


def at_criterion(
    factor: float,
    why: str,
    acquisitions: Sequence[Acquisition],
    scanner: Scanner,
    plans: Sequence[Sequence[Plan]],
    imaged: int,
) -> AtCriterion:
    """A member at a factor: its current, and what its tubes cannot deliver.

    Parameters
    ----------
    factor : float
    why : str
        Why there is none.
    acquisitions : sequence of Acquisition
    scanner : Scanner
    plans : sequence of sequences of Plan
        By body, then by acquisition.
    imaged : int
        The acquisition whose current is given.
    """
    if not math.isfinite(factor):
        return AtCriterion(math.nan, note=why)
    of_image = [of_body[imaged] for of_body in plans]
    current = math.fsum(plan.tube_current_ma for plan in of_image) / len(of_image)
    mas = math.fsum(plan.total_mas for plan in of_image) / len(of_image)
    notes = [
        note
        for of_body in plans
        for acquisition, plan in zip(acquisitions, of_body, strict=True)
        for note in limit_notes(acquisition, scanner, plan, factor)
    ]
    return AtCriterion(factor, current * factor, mas * factor, "; ".join(dict.fromkeys(notes)))


def limit_notes(acquisition: Acquisition, scanner: Scanner, plan: Plan, factor: float) -> list[str]:
    """What the tube cannot deliver at a factor; empty if it can."""
    notes = []
    for number, load in enumerate(tube_loads(acquisition, resolve_exposure(acquisition, scanner))):
        low, high = load.least_ma, load.current_ma
        if plan.modulation is not None:
            own = [
                ma
                for ma, piece in zip(plan.modulation.pieces_ma, plan.pieces, strict=True)
                if piece.beam == number
            ]
            low, high = min(own), max(own)
        least, most = tube_limits_ma(scanner, load.tube_voltage_kv)
        where = f" at {load.tube_voltage_kv:g} kV{load.where if 'kV' not in load.where else ''}"
        if high * factor > most * (1.0 + SLACK):
            notes.append(f"needs {high * factor:.4g} mA{where}, the tube gives {most:.4g}")
        elif 0.0 < low * factor < least * (1.0 - SLACK):
            notes.append(f"needs {low * factor:.3g} mA{where}, the tube holds no less than {least:.3g}")
    return notes
