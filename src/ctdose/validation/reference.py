"""The figures of AAPM Report 195: geometry's materials, spectra, and what four Monte Carlo codes computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ctdose.physics.materials import Material

EDGE_KEV = 0.001  # the report's bins hold their upper edge: a line on an edge counts in the bin below


@dataclass(frozen=True)
class ReferenceRow:
    """One figure of the report.

    Parameters
    ----------
    case, beam, angle, volume : str
        What names it; `angle` is empty where the case has one only.
    codes : mapping of str to float
        Result of each Monte Carlo code: cases 2, 4, 5 in eV per history, case 1 in keV cm2/g per mm2 and history.
    symmetric_mean : float, optional
        Mean over other rows of the report that have, by the symmetry of the geometry, the same expectation.
    """

    case: str
    beam: str
    angle: str
    volume: str
    codes: Mapping[str, float]
    symmetric_mean: float | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Case, beam, angle, volume."""
        return self.case, self.beam, self.angle, self.volume

    @property
    def mean(self) -> float:
        """Mean of the codes."""
        return sum(self.codes.values()) / len(self.codes)

    @property
    def low(self) -> float:
        """Smallest result of the codes."""
        return min(self.codes.values())

    @property
    def high(self) -> float:
        """Largest result of the codes."""
        return max(self.codes.values())


class Reference:
    """The data file of the report's figures, `data/tg195.json`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data
        rows = [ReferenceRow(*row) for row in data["rows"]]
        self.rows = {row.key: row for row in [_with_symmetric_mean(row, rows) for row in rows]}

    @property
    def citation(self) -> str:
        """Where the figures come from."""
        return str(self._data["citation"])

    def material(self, name: str) -> Material:
        """Return a material of the report: air, aluminium, soft_tissue or PMMA."""
        return _material(name, self._data["materials"][name])

    def case_5_materials(self) -> list[Material]:
        """Return the materials of the voxel torso by their index."""
        return [_material(entry["name"], entry) for entry in self._data["case5_materials"]]

    def spectrum(self, beam: str) -> float | tuple[list[float], list[float]]:
        """Return the spectrum of a beam such as ``120 kVp 80 mm`` or ``56.4 keV``, as `irradiate` takes it."""
        quality = " ".join(beam.split()[:2])
        if quality in self._data["spectra"]:
            table = self._data["spectra"][quality]
            return table["energy_kev"], table["weight"]
        return float(quality.split()[0]) - EDGE_KEV

    def aluminium_mm(self, beam: str) -> tuple[float, float]:
        """Return half- and quarter-value layer of a beam of case 1."""
        half, quarter = self._data["aluminium_mm"][beam]
        return half, quarter

    def air_kerma_curve(self, node_kev: np.ndarray) -> np.ndarray:
        """E mu_en/rho of air in keV cm2/g as the report tabulates it, a step for each of its bins.

        Parameters
        ----------
        node_kev : ndarray [bins + 1]
            Energy nodes of the kernel's tables; from 1 to 128 keV they divide the report's bins of 0.5 keV.

        Returns
        -------
        float32 ndarray [bins, 2]
            Value at the lower node and slope, which is 0.
        """
        table = self._data["air_mu_en_cm2_g"]
        centre, mu_en = np.array(table["energy_kev"]), np.array(table["value"])
        middle = (node_kev[:-1] + node_kev[1:]) / 2.0
        nearest = np.clip(np.rint((middle - centre[0]) / (centre[1] - centre[0])), 0, centre.size - 1).astype(
            int
        )
        return np.stack([(centre * mu_en)[nearest], np.zeros(nearest.size)], axis=1).astype(np.float32)


def _material(name: str, entry: Mapping[str, Any]) -> Material:
    fractions = {element: percent / 100.0 for element, percent in entry["weight_percent"].items()}
    return Material.from_mass_fractions(name, fractions, density_g_cm3=entry["density_g_cm3"])


def _with_symmetric_mean(row: ReferenceRow, rows: list[ReferenceRow]) -> ReferenceRow:
    """Case 4.2: what a rotating source imparts to a rod is the mean over the fixed source's angles."""
    if row.case != "4.2" or row.angle != "continuous":
        return row
    same = [r for r in rows if (r.case, r.beam, r.volume) == (row.case, row.beam, row.volume)]
    means = [r.mean for r in same if r.angle != "continuous"]
    return ReferenceRow(*row.key, row.codes, sum(means) / len(means))


@cache
def load_reference() -> Reference:
    """Load the figures that ship with the package."""
    text = resources.files("ctdose.validation.data").joinpath("tg195.json").read_text(encoding="utf-8")
    return Reference(json.loads(text))
