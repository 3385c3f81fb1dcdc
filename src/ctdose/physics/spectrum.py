"""Photon spectra: filtration, half-value layers, air kerma."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ctdose.kernels.tables import F64
from ctdose.physics.materials import Material

MIN_KEV, MAX_KEV = 1.0, 150.0  # what the kernel tables are made for
MICROGRAY_PER_KEV_G = 1.602176634e-7  # 1 keV/g in uGy (SI, exact)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Photon fluence at discrete energies.

    Parameters
    ----------
    energies_kev : array_like of float, shape (n,)
        Rising; for a spectrum of bins their centres or mean energies.
    weights : array_like of float, shape (n,)
        Fluence of each bin (not per keV), relative or, if `absolute`, photons/cm2 per mAs at 1 m.
    source : str
        Where it comes from.
    absolute : bool
        Whether the weights have a unit.

    Raises
    ------
    ValueError
        If the energies do not rise or lie outside 1 to 150 keV, a weight is negative, or all are zero.
    """

    energies_kev: F64
    weights: F64
    source: str = ""
    absolute: bool = False

    def __post_init__(self) -> None:
        energies, weights = (np.array(a, np.float64) for a in (self.energies_kev, self.weights))
        _check(energies, weights)
        for name, array in (("energies_kev", energies), ("weights", weights)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spectrum):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[bytes, bytes, str, bool]:
        return self.energies_kev.tobytes(), self.weights.tobytes(), self.source, self.absolute

    @property
    def mean_energy_kev(self) -> float:
        """Mean photon energy in keV, by fluence."""
        return float(self.energies_kev @ self.weights / self.weights.sum())

    def filtered(self, filtration_mm: "Mapping[str | Material, float]") -> "Spectrum":
        """Put flat filters into the beam.

        Parameters
        ----------
        filtration_mm : mapping of str or Material to float
            Thickness in mm by material, for example ``{"aluminium": 7, "Sn": 0.4}``.

        Returns
        -------
        Spectrum
            The same energies; attenuated by exp(-mu d), mu with coherent scattering (narrow beam).

        Raises
        ------
        ValueError
            If a thickness is negative or a material is unknown.
        """
        weights, source = self.weights, self.source
        for material, thickness_mm in filtration_mm.items():
            if not 0.0 <= thickness_mm < np.inf:
                raise ValueError(f"filtration_mm[{material}]={thickness_mm} (must not be negative). Give mm.")
            filter_ = material if isinstance(material, Material) else Material(material)
            weights = weights * np.exp(-_attenuation(filter_, self.energies_kev) * thickness_mm / 10.0)
            source = f"{source}, {thickness_mm:g} mm {filter_.name}"
        return Spectrum(self.energies_kev, weights, source, self.absolute)

    def joined(self, bins: int) -> "Spectrum":
        """Join neighbouring energies; photon number and energy are kept.

        Parameters
        ----------
        bins : int
            How many are joined, counted from the highest energy; what is left over at the lowest is dropped.

        Returns
        -------
        Spectrum
            At the mean energies of the joined photons.
        """
        skipped = self.weights.size % bins
        energies, weights = (a[skipped:].reshape(-1, bins) for a in (self.energies_kev, self.weights))
        total = weights.sum(axis=1)
        mean = (energies * weights).sum(axis=1) / np.where(total > 0, total, 1.0)
        return Spectrum(np.where(total > 0, mean, energies.mean(axis=1)), total, self.source, self.absolute)

    def air_kerma(self) -> float:
        """Air kerma (collision kerma; radiative losses are below 0.1 %).

        Returns
        -------
        float
            uGy per mAs at 1 m for an absolute spectrum; else keV/g for the given weights.
        """
        total = float(self.kerma_by_energy().sum())
        return total * MICROGRAY_PER_KEV_G if self.absolute else total

    def kerma_by_energy(self) -> F64:
        """Air kerma of each energy, keV/g for the given weights, shape (n,)."""
        from ctdose.physics.energy_absorption import mass_energy_absorption

        return self.weights * self.energies_kev * mass_energy_absorption(Material("air"), self.energies_kev)

    def hvl_mm(self, material: "str | Material" = "aluminium") -> float:
        """First half-value layer: the thickness that halves the air kerma (narrow beam).

        Parameters
        ----------
        material : str or Material
            The layer's material.

        Returns
        -------
        float
            mm.
        """
        return self._layer_mm(material, 0.5)

    def second_hvl_mm(self, material: "str | Material" = "aluminium") -> float:
        """Second half-value layer: what must be added to the first to halve the air kerma again.

        Parameters
        ----------
        material : str or Material
            The layer's material.

        Returns
        -------
        float
            mm.
        """
        return self._layer_mm(material, 0.25) - self._layer_mm(material, 0.5)

    def _layer_mm(self, material: "str | Material", transmission: float) -> float:
        """Thickness that lets a share of the air kerma pass."""
        mu = _attenuation(
            material if isinstance(material, Material) else Material(material), self.energies_kev
        )
        return layer_mm(self.kerma_by_energy(), mu, transmission)


def layer_mm(kerma_by_energy: F64, attenuation_per_cm: F64, transmission: float) -> float:
    """Thickness of a layer that lets a share of the air kerma pass, by Newton's method (narrow beam).

    ln K(d) is convex, so the iteration from d = 0 rises to the root without overshooting.

    Parameters
    ----------
    kerma_by_energy : float64 ndarray [n]
        In any unit.
    attenuation_per_cm : float64 ndarray [n]
        Linear attenuation coefficient of the layer at the same energies, 1/cm.
    transmission : float
        The share; 0.5 gives the half-value layer.

    Returns
    -------
    float
        mm.
    """
    mu, kerma = attenuation_per_cm, kerma_by_energy / kerma_by_energy.sum()
    thickness = 0.0
    for _ in range(100):
        left = kerma * np.exp(-mu * thickness)
        step = np.log(left.sum() / transmission) * left.sum() / (mu @ left)
        thickness += step
        if abs(step) < 1e-12 * thickness:
            break
    return 10.0 * float(thickness)


def _attenuation(material: Material, energies_kev: F64) -> F64:
    from ctdose.physics.cross_sections import linear_attenuation

    return linear_attenuation(material, energies_kev)


def _check(energies: ArrayLike, weights: ArrayLike) -> None:
    energies, weights = np.asarray(energies), np.asarray(weights)
    if energies.ndim != 1 or energies.shape != weights.shape or energies.size == 0:
        raise ValueError(
            f"weights={weights.shape} (energies are {energies.shape}). Give one weight for each energy."
        )
    if not (np.isfinite(energies).all() and (np.diff(energies) > 0).all()):
        raise ValueError("energies_kev=… (do not rise). Sort them and give each once.")
    if energies[0] < MIN_KEV or energies[-1] > MAX_KEV:
        shown = f"{energies[0]:g} to {energies[-1]:g}"
        raise ValueError(f"energies_kev={shown} (outside the tables). Give {MIN_KEV:g} to {MAX_KEV:g} keV.")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise ValueError("weights=… (negative, not finite, or all zero). Give photon numbers.")
