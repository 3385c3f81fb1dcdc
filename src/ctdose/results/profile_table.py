"""The dose of an organ along z: what each position of the beam gives to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.dosimetry.view_ranges import DoseProfile, dose_profile
from ctdose.errors import CtdoseError, nearest
from ctdose.results.result import Result


@dataclass(frozen=True)
class ProfileRow:
    """What one stretch of z gives to an organ.

    Attributes
    ----------
    acquisition, body, organ : str
    z_start_mm, z_end_mm : float
        Of the beam's centre; equal where the table stands still.
    in_planned_range : bool
    absorbed_dose_mgy, standard_error_mgy : float
    dose_mgy_per_mm : float or None
        None where the table stands still.
    """

    acquisition: str
    body: str
    organ: str
    z_start_mm: float
    z_end_mm: float
    in_planned_range: bool
    absorbed_dose_mgy: float
    standard_error_mgy: float
    dose_mgy_per_mm: float | None


def profile_rows(result: Result, organ: str) -> list[ProfileRow]:
    """Profiles of an organ, acquisition by acquisition, body by body, z rising.

    Raises
    ------
    CtdoseError
        If no body has the organ, or the views were not kept.
    """
    rows = []
    for number, acquisition in enumerate(result.acquisitions):
        for name, views, row in _views_of(result, organ):
            low, high = acquisition.on_body[name].planned_mm
            profile = dose_profile(views, row, number)
            slopes = profile.mgy_per_mm.tolist()
            columns = (profile.z_start_mm, profile.z_end_mm, profile.dose_mgy, profile.standard_error_mgy)
            for (start, end, dose, error), slope in zip(zip(*(c.tolist() for c in columns)), slopes):
                inside = low - 1e-5 <= (start + end) / 2.0 <= high + 1e-5
                per_mm = None if math.isnan(slope) else slope
                rows.append(
                    ProfileRow(acquisition.name, name, organ, start, end, inside, dose, error, per_mm)
                )
    return rows


def end_lines(result: Result, organ: str) -> list[str]:
    """dD/dz at both ends of the beam's travel: what a scan 1 mm longer there would add, about."""
    lines = []
    for number, acquisition in enumerate(result.acquisitions):
        for name, views, row in _views_of(result, organ):
            profile = dose_profile(views, row, number)
            if not math.isnan(profile.mgy_per_mm[0]):
                lower, upper = (end_slope(profile, last=last) for last in (False, True))
                lines.append(
                    f"{acquisition.name} on {name}, {organ}: dD/dz {lower[0]:.3g} ± {lower[1]:.1g} mGy/mm at the "
                    f"lower, {upper[0]:.3g} ± {upper[1]:.1g} mGy/mm at the upper end of the beam's travel"
                )
    return lines


def end_slope(profile: DoseProfile, *, last: bool, length_mm: float = 10.0) -> tuple[float, float]:
    """Mean dD/dz over at least 1 cm at one end of a profile, mGy/mm, and its standard error."""
    order = range(len(profile.dose_mgy))
    covered = dose = variance = 0.0
    for k in reversed(order) if last else order:
        covered += float(profile.z_end_mm[k] - profile.z_start_mm[k])
        dose += float(profile.dose_mgy[k])
        variance += float(profile.standard_error_mgy[k]) ** 2
        if covered >= length_mm - 1e-6:
            break
    return dose / covered, math.sqrt(variance) / covered


def _views_of(result: Result, organ: str) -> list[tuple[str, ViewDoses, int]]:
    """Bodies that have the organ, with their views and its row in them."""
    if organ not in result.organs:
        raise CtdoseError(f"organ={organ} (not in this result). {nearest(organ, sorted(result.organs))}")
    found = []
    for name, body in result.bodies.items():
        if body.views is None:
            raise CtdoseError(
                f"{result.exam} (the views were not kept). Simulate it with simulation: {{keep_views: true}}."
            )
        row = body.views.row_of(organ)
        if row is not None:
            found.append((name, body.views, row))
    return found
