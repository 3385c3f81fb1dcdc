"""What is scored besides the energy of each region: folded fluences, and combinations of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.kernels.tables import ENERGY_BINS, F32, F64, Composites, Responses
from ctdose.physics.energy_grid import bin_ends
from ctdose.physics.materials import Material
from ctdose.physics.tables import response_curve, value_and_slope

RESPONSES_OF_A_REGION = 2


@dataclass(frozen=True)
class TabulatedCurve:
    """A response function that is known at some energies: straight between them in log-log, level beyond them.

    Parameters
    ----------
    energies_kev : tuple of float
        Ascending, keV.
    kev_per_cm : tuple of float
        What a track of 1 cm scores, keV/cm; positive.

    Raises
    ------
    ValueError
        If there is not one value for each energy, energies do not ascend, or something is not positive.
    """

    energies_kev: tuple[float, ...]
    kev_per_cm: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.energies_kev) != len(self.kev_per_cm) or not self.energies_kev:
            raise ValueError(
                f"kev_per_cm ({len(self.kev_per_cm)} for {len(self.energies_kev)} energies). Give one for each."
            )
        if not all(0.0 < value < math.inf for value in (*self.energies_kev, *self.kev_per_cm)):
            raise ValueError("energies_kev or kev_per_cm (not positive). Give positive numbers.")
        if any(upper <= lower for lower, upper in zip(self.energies_kev, self.energies_kev[1:])):
            raise ValueError("energies_kev (not ascending). Sort them.")

    def at(self, energy_kev: F64) -> F64:
        """The value at some energies (keV), keV/cm."""
        return np.exp(np.interp(np.log(energy_kev), np.log(self.energies_kev), np.log(self.kev_per_cm)))


@dataclass(frozen=True)
class FoldedResponse:
    """The fluence of a region folded with a response function.

    Parameters
    ----------
    name : str
    region : int
    curve : Material, TabulatedCurve, or float32 ndarray [ENERGY_BINS, 2]
        What a track of 1 cm in the region scores, keV/cm. A material stands for its E mu_en: the sum over the region,
        divided by the region's volume and the material's density, is the material's collision kerma. An array
        holds (value at the lower node, slope per keV) on the nodes of the run.
    """

    name: str
    region: int
    curve: Material | TabulatedCurve | np.ndarray


@dataclass(frozen=True)
class Composite:
    """A linear combination of rows, whose standard error comes from its own tally.

    Parameters
    ----------
    name : str
    coefficients : mapping of int to float
        Row (region number, or number of regions + index of the response) to coefficient, any unit.
    """

    name: str
    coefficients: Mapping[int, float]

    @property
    def scale(self) -> float:
        """The largest coefficient: the kernel adds up coefficients divided by it."""
        return max((abs(c) for c in self.coefficients.values()), default=1.0) or 1.0


def build_responses(
    folded: Sequence[FoldedResponse], regions: int, node_kev: np.ndarray, *, cutoff_kev: float, doppler: bool
) -> Responses:
    """Pack response functions; a region may have two.

    Parameters
    ----------
    folded : sequence of FoldedResponse
    regions : int
    node_kev : float32 ndarray [ENERGY_BINS + 1]
    cutoff_kev, doppler
        Of the run.

    Raises
    ------
    ValueError
        If a region has more than two, or does not exist.
    """
    of_region = np.zeros((regions, RESPONSES_OF_A_REGION, 2), np.int32)
    of_region[:, :, 0] = -1
    curves: list[np.ndarray] = []
    known: dict[object, int] = {}
    for row, response in enumerate(folded, start=regions):
        if not 0 <= response.region < regions:
            raise ValueError(
                f"region={response.region} (not in the phantom). Its regions are 0 to {regions - 1}."
            )
        given = response.curve
        key = given.tobytes() if isinstance(given, np.ndarray) else given
        if key not in known:
            known[key] = len(curves)
            curves.append(_on_nodes(given, node_kev, cutoff_kev, doppler))
        free = np.flatnonzero(of_region[response.region, :, 0] < 0)
        if free.size == 0:
            raise ValueError(
                f"region={response.region} (has two response functions already). Use two at most."
            )
        of_region[response.region, free[0]] = known[key], row
    if not curves:
        curves.append(np.zeros((ENERGY_BINS, 2), np.float32))
    return Responses(curve=np.ascontiguousarray(np.stack(curves, axis=1), np.float32), of_region=of_region)


def _on_nodes(
    given: Material | TabulatedCurve | np.ndarray, node_kev: F32, cutoff_kev: float, doppler: bool
) -> F32:
    if isinstance(given, Material):
        return response_curve(node_kev, given, cutoff_kev=cutoff_kev, doppler=doppler)
    if isinstance(given, TabulatedCurve):
        lower, upper = bin_ends(node_kev)
        return value_and_slope(node_kev, given.at(lower), given.at(upper))
    return given


def build_composites(composites: Sequence[Composite], rows: int) -> Composites:
    """Pack the combinations as a sparse table, by row.

    Raises
    ------
    ValueError
        If a row does not exist, or a coefficient is not finite.
    """
    by_row: list[list[tuple[int, float]]] = [[] for _ in range(rows)]
    for k, composite in enumerate(composites):
        for row, coefficient in composite.coefficients.items():
            if not 0 <= row < rows:
                raise ValueError(f"row={row} of {composite.name} (there is none). Rows are 0 to {rows - 1}.")
            if not math.isfinite(coefficient):
                raise ValueError(
                    f"{composite.name}: {coefficient} for row {row} (not finite). Give a number."
                )
            if coefficient != 0.0:
                by_row[row].append((k, coefficient / composite.scale))
    entries = [entry for of_row in by_row for entry in of_row] or [(0, 0.0)]
    return Composites(
        first=np.cumsum([0] + [len(of_row) for of_row in by_row]).astype(np.int32),
        composite=np.array([k for k, _ in entries], np.int32),
        coefficient=np.array([c for _, c in entries], np.float64),
    )
