"""K fluorescence: which photon follows a photoelectric absorption, and how often."""

from functools import cache
from typing import NamedTuple

import numpy as np

from ctdose.kernels.tables import F64
from ctdose.physics.cross_sections import element_coefficients, mass_coefficients
from ctdose.physics.elements import atomic_number
from ctdose.physics.energy_grid import edge_kev
from ctdose.physics.materials import Material

LINE_GROUPS = (
    ("KL2",),
    ("KL3",),
    ("KM2", "KM3"),
    ("KM4", "KM5"),
    ("KN2", "KN3"),
)  # the rest is weaker than 0.5 %
LINES = len(LINE_GROUPS)


class KLines(NamedTuple):
    """The K lines of one element."""

    energy_kev: F64
    """Energies, lines of one group averaged by strength; only lines of positive strength."""
    strength: F64
    """Share of each in all K photons; they sum to 1."""
    vacancy_probability: float
    """Share of K vacancies in the photoelectric absorptions above the K edge: 1 - 1/J, J the jump ratio."""
    fluorescence_yield: float
    """Probability that a K vacancy emits a K photon: applied once, here and nowhere else."""

    def above(self, cutoff_kev: float) -> "KLines":
        """Only the lines from the cut-off; `strength` is not normalised again."""
        keep = self.energy_kev >= cutoff_kev
        return self._replace(energy_kev=self.energy_kev[keep], strength=self.strength[keep])


def _line(number: int, name: str) -> tuple[float, float]:
    import xraylib

    code = getattr(xraylib, f"{name}_LINE")
    try:
        return xraylib.RadRate(number, code), xraylib.LineEnergy(number, code)
    except ValueError:  # the element has no such line
        return 0.0, 0.0


@cache
def k_lines(number: int) -> KLines:
    """K lines of an element.

    Parameters
    ----------
    number : int
        Atomic number.

    Returns
    -------
    KLines
        Without lines if the element has none.
    """
    import xraylib

    groups = [[_line(number, name) for name in group] for group in LINE_GROUPS]
    strength = np.array([sum(rate for rate, _ in group) for group in groups])
    power = np.array([sum(rate * energy for rate, energy in group) for group in groups])
    found = strength > 0
    if not found.any():
        return KLines(np.empty(0), np.empty(0), 0.0, 0.0)
    energy = power[found] / strength[found]
    vacancy = 1.0 - 1.0 / xraylib.JumpFactor(number, xraylib.K_SHELL)
    omega = xraylib.FluorYield(number, xraylib.K_SHELL)
    return KLines(energy, strength[found] / strength.sum(), float(vacancy), float(omega))


def k_photon_probability(material: Material, number: int, energy_kev: F64, cutoff_kev: float) -> F64:
    """Probability that an absorption in a material emits a K photon of one element.

    It is tau_Z/tau (1 - 1/J) omega_K s: the element's share in the absorption, the share of its K shell, the
    fluorescence yield, and the strength of the lines from the cut-off.

    Parameters
    ----------
    material : Material
        What absorbs.
    number : int
        Atomic number of one of its elements.
    energy_kev : ndarray of float64, shape (n,)
        Energy of the absorbed photon.
    cutoff_kev : float
        Lines below are not emitted: their energy stays.

    Returns
    -------
    ndarray of float64, shape (n,)
        Zero below the K edge.
    """
    lines = k_lines(number).above(cutoff_kev)
    edge = edge_kev(number, "K")
    if edge is None or lines.energy_kev.size == 0:
        return np.zeros_like(energy_kev)
    fractions = {atomic_number(e): w for e, w in material.composition}
    own = fractions[number] * element_coefficients(number, energy_kev).photoelectric
    share = own / mass_coefficients(material, energy_kev).photoelectric
    emitted = lines.vacancy_probability * lines.fluorescence_yield * lines.strength.sum()
    return np.where(energy_kev >= edge, share * emitted, 0.0)


def fluorescent_elements(material: Material, cutoff_kev: float) -> list[int]:
    """Atomic numbers of the elements with a K edge from 1 keV and a K line from the cut-off, in rising order."""
    numbers = [atomic_number(e) for e, _ in material.composition]
    return [
        z for z in numbers if edge_kev(z, "K") is not None and k_lines(z).above(cutoff_kev).energy_kev.size
    ]


def emitted_kev(material: Material, energy_kev: F64, cutoff_kev: float) -> F64:
    """Mean energy that K photons carry away from an absorption.

    Parameters
    ----------
    material : Material
        What absorbs.
    energy_kev : ndarray of float64, shape (n,)
        Energy of the absorbed photon.
    cutoff_kev : float
        Lines below are not emitted.

    Returns
    -------
    ndarray of float64, shape (n,)
        keV per absorption.
    """
    total = np.zeros_like(energy_kev)
    for number in fluorescent_elements(material, cutoff_kev):
        lines = k_lines(number).above(cutoff_kev)
        mean_line = (lines.energy_kev * lines.strength).sum() / lines.strength.sum()
        total += k_photon_probability(material, number, energy_kev, cutoff_kev) * mean_line
    return total
