"""What a CT detector makes of the photons that reach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ctdose.kernels.tables import F64

Kind = Literal["energy-integrating", "photon-counting"]


@dataclass(frozen=True)
class Detector:
    """A detector; all absorbed photons give their whole energy (escape and cross-talk are left out).

    Parameters
    ----------
    kind : str
        ``energy-integrating``: the signal is the sum of the absorbed energies. ``photon-counting``: their number.
    material : str
        Known to `Material`.
    thickness_mm : float
    threshold_kev : float
        Photons below it are not counted (photon counting).
    electronic_noise_kev : float
        Standard deviation of the signal of one element in one view (energy-integrating).
    scatter_to_primary : float
        Scattered over primary signal at the detector, behind the grid; its mean is subtracted, its noise stays.
    """

    kind: Kind = "energy-integrating"
    material: str = "gadolinium_oxysulfide"
    thickness_mm: float = 1.4
    threshold_kev: float = 20.0
    electronic_noise_kev: float = 0.0
    scatter_to_primary: float = 0.0

    def gain(self, energies_kev: F64) -> F64:
        """Mean signal of an arriving photon of each energy: keV, or counts, [energies]."""
        return self.efficiency(energies_kev) * self._unit(energies_kev)

    def gain_squared(self, energies_kev: F64) -> F64:
        """Mean square of that signal, [energies]: what Poisson noise adds up."""
        return self.efficiency(energies_kev) * self._unit(energies_kev) ** 2

    def efficiency(self, energies_kev: F64) -> F64:
        """Share of the arriving photons that is absorbed, [energies]."""
        from ctdose.physics.cross_sections import linear_attenuation
        from ctdose.physics.materials import Material

        mu = linear_attenuation(Material(self.material), energies_kev)
        return 1.0 - np.exp(-mu * self.thickness_mm / 10.0)

    def _unit(self, energies_kev: F64) -> F64:
        if self.kind == "energy-integrating":
            return np.asarray(energies_kev, np.float64)
        return (np.asarray(energies_kev) >= self.threshold_kev).astype(np.float64)
