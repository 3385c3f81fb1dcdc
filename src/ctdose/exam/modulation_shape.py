"""The tube current of a modulated scan in proportion to a level: a product of what is modulated.

With the mean taken over a rotation, z the beam's centre inside the planned range and φ the gantry angle:

    longitudinal   exp(a_z · μ_w · (D_w(z) - D_ref))
    angular        g(z, φ) / mean of g,   g = exp(a_φ · P(z, φ)),   P the attenuation of the central ray
    organ          r in the sector, 1 elsewhere; compensated: divided by the mean of (angular · organ) at this z
    table          mA(z, φ) over the level
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.exam.modulation_attenuation import ANGLE_BIN_DEG, ANGLES_DEG, AttenuationProfile
from ctdose.exam.modulation_keys import ModulationOptions, OrganModulation
from ctdose.exam.modulation_table import CurrentTable
from ctdose.kernels.tables import F64


@dataclass(frozen=True)
class CurrentShape:
    """What a tube current is proportional to.

    Parameters
    ----------
    options : ModulationOptions
    planned_mm : (float, float)
        Planned range; beyond it the current of its end is held.
    profile : AttenuationProfile or None
        Of the body; None where neither longitudinal nor angular modulation needs it.
    reference_cm : float
        D_ref, at which the longitudinal factor is 1.
    table : CurrentTable or None
    level_ma : float
        The level that a table's currents are divided by.
    """

    options: ModulationOptions
    planned_mm: tuple[float, float]
    profile: AttenuationProfile | None
    reference_cm: float
    table: CurrentTable | None
    level_ma: float

    @property
    def varies_along_z(self) -> bool:
        """Whether pieces have to be cut along z."""
        return self.profile is not None or self.table is not None

    @property
    def varies_around(self) -> bool:
        """Whether pieces have to be cut by angle."""
        by_table = self.table is not None and self.table.has_angles
        return self.options.angular_strength is not None or self.options.organ is not None or by_table

    def relative(self, z_mm: F64, centre_deg: F64, span_deg: F64) -> F64:
        """Current over the level at each place, [n]; the angles are the middle and width of a stretch up to 10 deg."""
        inside = np.clip(z_mm, *self.planned_mm)
        factor = np.ones(np.shape(z_mm))
        turn = np.ones((factor.size, ANGLES_DEG.size))
        if self.profile is not None:
            diameter, central = self.profile.at(inside)
            factor *= self._longitudinal(diameter)
            if self.options.angular_strength is not None:
                turn = np.exp(self.options.angular_strength * (central - central.mean(axis=1, keepdims=True)))
                turn /= turn.mean(axis=1, keepdims=True)
                factor *= _around(turn, centre_deg)
        if self.options.organ is not None:
            factor *= organ_factor(self.options.organ, centre_deg, span_deg)
            if self.options.organ.compensation:
                reduced = organ_factor(
                    self.options.organ, ANGLES_DEG, np.full(ANGLES_DEG.size, ANGLE_BIN_DEG)
                )
                factor /= (turn * reduced).mean(axis=1)
        if self.table is not None:
            factor *= self.table.at(z_mm, centre_deg) / self.level_ma
        return factor

    def _longitudinal(self, diameter_cm: F64) -> F64:
        assert self.profile is not None
        strength = self.options.longitudinal_strength or 0.0
        return np.exp(strength * self.profile.water_per_cm * (diameter_cm - self.reference_cm))


def _around(turn: F64, angle_deg: F64) -> F64:
    """Interpolate rows of 36 angles linearly around the turn, each at its own angle, [n]."""
    place = np.mod(np.asarray(angle_deg) - ANGLES_DEG[0], 360.0) / ANGLE_BIN_DEG
    k = np.floor(place).astype(np.int64) % ANGLES_DEG.size
    part = place - np.floor(place)
    n = np.arange(turn.shape[0])
    return turn[n, k] * (1.0 - part) + turn[n, (k + 1) % ANGLES_DEG.size] * part


def organ_factor(organ: OrganModulation, centre_deg: F64, span_deg: F64) -> F64:
    """Mean over each stretch of angle of: the reduced current in the sector, 1 elsewhere; not compensated, [n]."""
    away = np.mod(np.asarray(centre_deg) - organ.centre_deg + 180.0, 360.0) - 180.0
    half, width = organ.sector_deg / 2.0, np.maximum(np.asarray(span_deg, np.float64), 1e-9)
    inside = np.zeros(away.shape)
    for turn in (-360.0, 0.0, 360.0):  # a stretch may reach over the far side of a wide sector
        low = np.maximum(away + turn - width / 2.0, -half)
        high = np.minimum(away + turn + width / 2.0, half)
        inside += np.maximum(high - low, 0.0) / width
    return 1.0 - (1.0 - organ.relative_current) * inside
