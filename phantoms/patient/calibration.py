"""From CT number to material and density: a piecewise calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.physics.materials import Material


@dataclass(frozen=True)
class Calibration:
    """What a CT number means; keys as in data/ct_calibration.yaml.

    Parameters
    ----------
    points_hu, points_g_cm3 : array of float
        Between which the density is linear.
    group_up_to_hu : array of float
        Upper ends of the groups.
    group_materials : tuple of Material
        One for each group, at the largest density that it gets.
    rest_up_to_hu : array of float
        Upper ends of the classes of what is unlabelled.
    rest_names : tuple of str
    marrow_up_to_hu : float
    marrow, metal, couch : Material
    gas_below_hu, soft_density_cap, metal_above_hu, body_above_hu, couch_above_hu : float
    """

    points_hu: NDArray[np.float64]
    points_g_cm3: NDArray[np.float64]
    group_up_to_hu: NDArray[np.float64]
    group_materials: tuple[Material, ...]
    rest_up_to_hu: NDArray[np.float64]
    rest_names: tuple[str, ...]
    marrow_up_to_hu: float
    marrow: Material
    gas_below_hu: float
    soft_density_cap: float
    metal_above_hu: float
    metal: Material
    body_above_hu: float
    couch_above_hu: float
    couch: Material

    def density(self, hu: NDArray[Any]) -> NDArray[np.float32]:
        """Density of each CT number, g/cm³; above that of metal the metal's."""
        numbers = np.arange(-32768, 32768)
        table = np.interp(numbers, self.points_hu, self.points_g_cm3).astype(np.float32)
        table[numbers > self.metal_above_hu] = self.metal.density_g_cm3
        # An int16 read as uint16 is its own index into the table turned by half: no copy in wider numbers.
        return np.roll(table, -32768)[hu.astype(np.int16, copy=False).view(np.uint16)]

    def group(self, hu: NDArray[Any]) -> NDArray[np.intp]:
        """Group of each CT number; above the last group's end the last."""
        return np.minimum(np.searchsorted(self.group_up_to_hu, hu), len(self.group_materials) - 1)

    def rest(self, hu: NDArray[Any]) -> NDArray[np.intp]:
        """Class of each CT number of unlabelled tissue."""
        return np.minimum(np.searchsorted(self.rest_up_to_hu, hu), len(self.rest_names) - 1)
