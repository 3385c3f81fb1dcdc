"""CTDI_vol and DLP from CTDI_w, and back: relations only, nothing is simulated here.

CTDI_w is that of one rotation without table feed. CTDI_vol = CTDI_w / pitch (helical), CTDI_w · nT / Δd (axial),
rotations · CTDI_w (stationary); a part of a rotation counts as that part. In every mode

    DLP = (CTDI_w per mAs) · (total mAs) · nT                                                            (1)

because each rotation leaves CTDI_w · nT behind, wherever the table is. Where an acquisition has several beams (two
tubes, two voltages), (1) holds for each, and CTDI_vol and DLP are their sums.

With dynamic collimation of a helical scan each mAs counts with the part of the beam that the blades leave open (the
heel effect neglected), and so does the travel that turns CTDI_vol into DLP. A tilt of the gantry changes neither: the
indices go by the table's travel.

Sources. Helical and axial: AAPM Report 96 (2008), as quoted; DLP = CTDI_w · nT · rotations without table feed: a
manufacturer's manual (Toshiba Auklet), which shows CTDI_w of one rotation there, as editions of IEC 60601-2-44
before the third had it; the third counts the rotations, which is what stands here. IEC 60601-2-44 itself was not at
hand: not verified.

A localizer does not rotate. Its DLP is stated by (1) too, its CTDI_vol as that DLP over the length: the energy is
that of a rotating tube, its distribution around the phantom is not. That is our convention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctdose.exam.plan import Plan

MM_PER_CM = 10.0


@dataclass(frozen=True)
class DoseIndices:
    """Dose indices of one acquisition; never add those of 16 and of 32 cm.

    Parameters
    ----------
    ctdi_w_mgy : float or None
        Of one rotation; None for a localizer.
    ctdi_vol_mgy : float
    dlp_mgy_cm : float
    ctdi_phantom_cm : int
        16 or 32.
    """

    ctdi_w_mgy: float | None
    ctdi_vol_mgy: float
    dlp_mgy_cm: float
    ctdi_phantom_cm: int


def ctdi_vol_helical_mgy(ctdi_w_mgy: float, pitch: float) -> float:
    """CTDI_vol of a helical scan, mGy: CTDI_w / pitch."""
    return ctdi_w_mgy / pitch


def ctdi_vol_axial_mgy(
    ctdi_w_mgy: float, collimation_mm: float, table_increment_mm: float, rotations: float = 1.0
) -> float:
    """CTDI_vol of an axial scan, mGy: CTDI_w · nT / Δd, times the rotations at each place."""
    return ctdi_w_mgy * collimation_mm / table_increment_mm * rotations


def ctdi_vol_stationary_mgy(ctdi_w_mgy: float, rotations: float) -> float:
    """CTDI_vol without table movement, mGy: rotations · CTDI_w (an index of the dose, not a mean over a volume)."""
    return ctdi_w_mgy * rotations


def dlp_mgy_cm(ctdi_vol_mgy: float, length_mm: float) -> float:
    """DLP, mGy·cm: CTDI_vol × length.

    The length is the table travel with the beam on (helical, localizer), rotations · Δd (axial) or nT (stationary).
    """
    return ctdi_vol_mgy * length_mm / MM_PER_CM


def dlp_from_mas_mgy_cm(ctdi_w_mgy_per_mas: float, total_mas: float, collimation_mm: float) -> float:
    """DLP in every mode, mGy·cm: (CTDI_w per mAs) · (total mAs) · nT."""
    return ctdi_w_mgy_per_mas * total_mas * collimation_mm / MM_PER_CM


def dose_indices(plan: Plan, ctdi_w_mgy_per_100mas: float | Sequence[float]) -> DoseIndices:
    """CTDI_vol and DLP of a planned acquisition.

    Parameters
    ----------
    plan : Plan
        The acquisition on one body.
    ctdi_w_mgy_per_100mas : float or sequence of float
        CTDI_w per 100 mAs in the phantom `plan.ctdi_phantom_cm`, at the plan's collimation, mGy; one for each of
        `plan.beams`. The DLP of the beams add up, and so do their CTDI_vol.
    """
    outputs = (
        [ctdi_w_mgy_per_100mas] if isinstance(ctdi_w_mgy_per_100mas, float | int) else ctdi_w_mgy_per_100mas
    )
    per_mas = [output / 100.0 for output in outputs]
    mas = [plan.beam_mas(number) for number in range(len(plan.beams))]
    opened = [plan.open_mas(number) for number in range(len(plan.beams))]
    dlp = sum(dlp_from_mas_mgy_cm(p, m, plan.collimation_mm) for p, m in zip(per_mas, opened, strict=True))
    ctdi_vol = dlp * MM_PER_CM / plan.dlp_length_mm
    ctdi_w = None if plan.mas_per_rotation is None else _ctdi_w_mgy(plan, per_mas, mas)
    return DoseIndices(ctdi_w, ctdi_vol, dlp, plan.ctdi_phantom_cm)


def _ctdi_w_mgy(plan: Plan, per_mas: Sequence[float], mas: Sequence[float]) -> float:
    """CTDI_w of one rotation, all beams together, mGy; `plan.mas_per_rotation` is that of all beams."""
    assert plan.mas_per_rotation is not None
    if len(per_mas) == 1:
        return per_mas[0] * plan.mas_per_rotation
    return sum(p * m for p, m in zip(per_mas, mas, strict=True)) * plan.mas_per_rotation / plan.total_mas


def mas_per_rotation_of(
    ctdi_vol_mgy: float,
    ctdi_w_mgy_per_mas: float,
    mode: str,
    *,
    collimation_mm: float,
    pitch: float | None = None,
    table_increment_mm: float | None = None,
    rotations: float = 1.0,
) -> float:
    """Tube current–time product of one rotation that gives a CTDI_vol, mAs.

    Parameters
    ----------
    ctdi_vol_mgy, ctdi_w_mgy_per_mas : float
        Wanted index; output of the scanner at this collimation, both in the same CTDI phantom.
    mode : str
        helical (needs `pitch`), axial (`table_increment_mm`; without it one place) or stationary.
    collimation_mm, pitch, table_increment_mm, rotations : float
        Of the acquisition; `rotations` at each place of an axial or stationary scan.

    Raises
    ------
    ValueError
        Another mode, or the mode's own number is missing.
    """
    if mode == "helical" and pitch:
        unit = ctdi_vol_helical_mgy(ctdi_w_mgy_per_mas, pitch)
    elif mode == "axial":
        feed = table_increment_mm or collimation_mm
        unit = ctdi_vol_axial_mgy(ctdi_w_mgy_per_mas, collimation_mm, feed, rotations)
    elif mode == "stationary" and rotations:
        unit = ctdi_vol_stationary_mgy(ctdi_w_mgy_per_mas, rotations)
    else:
        raise ValueError(
            f"mode={mode} (no rotation, or its feed is missing). Use helical, axial or stationary."
        )
    return ctdi_vol_mgy / unit


def localizer_current_ma(
    ctdi_vol_mgy: float, ctdi_w_mgy_per_mas: float, collimation_mm: float, table_speed_mm_s: float
) -> float:
    """Tube current that gives a localizer its CTDI_vol, mA: from (1), with total mAs = current · length / speed."""
    return ctdi_vol_mgy * table_speed_mm_s / (ctdi_w_mgy_per_mas * collimation_mm)
