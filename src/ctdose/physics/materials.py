"""Materials: what a voxel or a filter is made of."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ctdose.physics import catalogue
from ctdose.physics.catalogue import material_names
from ctdose.physics.elements import atomic_number, atomic_weight

__all__ = ["Material", "material_names"]

SUM_TOLERANCE = 0.005  # printed compositions are rounded; what is further off is a mistake


@dataclass(frozen=True, init=False)
class Material:
    """A homogeneous material: elemental composition and density.

    Materials are immutable and hashable; two are equal when name, density and composition are.

    Parameters
    ----------
    name : str
        A name of `material_names`, or an alias: NIST compounds, elements (name or symbol), ICRU tissues,
        ICRP 110 media. Upper and lower case, spaces and underscores make no difference.

    Attributes
    ----------
    name : str
        Its canonical name.
    density_g_cm3 : float
        Density.
    composition : tuple of (str, float)
        Element symbol and mass fraction, in the order of the atomic number; the fractions sum to 1.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the nearest ones.
    TypeError
        If the name is not a string.

    Examples
    --------
    >>> Material("water").density_g_cm3
    1.0
    """

    name: str
    density_g_cm3: float
    composition: tuple[tuple[str, float], ...]

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"material={name!r} (must be a name). Mixtures: Material.from_mass_fractions.")
        entry = catalogue.find(name)
        self._set(entry.name, entry.density_g_cm3, {e: p / 100.0 for e, p in entry.percent.items()})

    @classmethod
    def from_mass_fractions(
        cls, name: str, mass_fractions: Mapping[str, float], *, density_g_cm3: float
    ) -> "Material":
        """Material from its composition.

        Parameters
        ----------
        name : str
            Any name; it stands in tables and messages.
        mass_fractions : mapping of str to float
            Mass fraction by element symbol. Their sum may differ from 1 by 0.5 %, and is then made 1.
        density_g_cm3 : float
            Density.

        Returns
        -------
        Material

        Raises
        ------
        ValueError
            If an element is unknown, a fraction or the density not positive and finite, or the sum not 1.
        TypeError
            If a number is not a number.
        """
        material = object.__new__(cls)
        material._set(name, density_g_cm3, mass_fractions)
        return material

    def _set(self, name: str, density_g_cm3: float, mass_fractions: Mapping[str, float]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "density_g_cm3", _checked_density(name, density_g_cm3))
        object.__setattr__(self, "composition", _checked_composition(name, mass_fractions))

    @property
    def mass_fractions(self) -> Mapping[str, float]:
        """Mass fraction by element symbol, in the order of the atomic number (read-only)."""
        return MappingProxyType(dict(self.composition))

    def atom_fractions(self) -> Mapping[str, float]:
        """Share of each element in the number of atoms.

        Returns
        -------
        mapping of str to float
            By element symbol, summing to 1 (read-only).
        """
        moles = {e: w / atomic_weight(atomic_number(e)) for e, w in self.composition}
        total = math.fsum(moles.values())
        return MappingProxyType({e: n / total for e, n in moles.items()})

    def with_density(self, density_g_cm3: float) -> "Material":
        """Give the same composition another density.

        Parameters
        ----------
        density_g_cm3 : float
            Density.

        Returns
        -------
        Material
        """
        return Material.from_mass_fractions(self.name, self.mass_fractions, density_g_cm3=density_g_cm3)


def _checked_density(name: str, density_g_cm3: float) -> float:
    if isinstance(density_g_cm3, bool) or not hasattr(density_g_cm3, "__float__"):
        raise TypeError(f"density_g_cm3={density_g_cm3!r} (must be a number). Give {name} one in g/cm3.")
    value = float(density_g_cm3)
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"density_g_cm3={value:g} (must be positive). Give {name} a density in g/cm3.")
    return value


def _checked_composition(name: str, mass_fractions: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    if not isinstance(mass_fractions, Mapping):
        raise TypeError(f"mass_fractions={mass_fractions!r} (must be a mapping). Write {{'H': 0.112, ...}}.")
    for element, fraction in mass_fractions.items():
        atomic_number(element)
        if isinstance(fraction, bool) or not hasattr(fraction, "__float__"):
            raise TypeError(f"mass_fractions[{element}]={fraction!r} (must be a number). Give 0 to 1.")
        if not (math.isfinite(float(fraction)) and float(fraction) >= 0):
            raise ValueError(f"mass_fractions[{element}]={fraction:g} (must not be negative). Give 0 to 1.")
    total = math.fsum(float(f) for f in mass_fractions.values())
    if abs(total - 1.0) > SUM_TOLERANCE:
        hint = "Divide percentages by 100." if 99 < total < 101 else "It must be 1 within 0.5 %."
        raise ValueError(f"mass_fractions={total:.6g} (their sum, of {name}, is not 1). {hint}")
    scale = 1.0 if abs(total - 1.0) < 1e-12 else 1.0 / total  # so that a copy of a copy is equal
    present = [(e, float(f) * scale) for e, f in mass_fractions.items() if float(f) > 0]
    return tuple(sorted(present, key=lambda pair: atomic_number(pair[0])))
