"""Absorbed dose per photon fluence of active marrow and endosteum: ICRP Publication 116, Annex D.

The fluence is that in the spongiosa (or the medullary cavity) taken as homogeneous. What happens inside it, the
photo-electrons that bone trabeculae send into the marrow, is in the response function.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np

from ctdose.dosimetry.units import KEV_CM2_PER_G_PER_GY_M2
from ctdose.simulation.scoring import TabulatedCurve

ACTIVE_MARROW, ENDOSTEUM_TISSUE = "active_marrow", "endosteum"
MARROW_MATERIAL = "red-marrow"
UNIT_DENSITY_G_CM3 = 1.0  # a response in keV cm2/g, times this, is a curve in keV/cm
BELOW_TABLE_KEV = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)


@cache
def load_bone_responses() -> Mapping[tuple[int, str], TabulatedCurve]:
    """Response functions by number of the bone region and tissue (``active_marrow``, ``endosteum``).

    Straight in log-log between the table's energies. Below the first of them, 10 keV, a function follows E mu_en/rho
    of red marrow, matched there: electrons of so little energy stay within micrometres of where they are born, so
    that the dose is the soft tissue's own collision kerma.

    Returns
    -------
    mapping of (int, str) to TabulatedCurve
        keV/cm at `UNIT_DENSITY_G_CM3`: the sum over a region, divided by its volume and that density, is keV/g.
        Limbs that hold active marrow in children alone have the response of the nearest region of the adult.
    """
    import yaml

    text = files("ctdose.dosimetry.data").joinpath("marrow_response.yaml").read_text("utf-8")
    table = yaml.safe_load(text)
    energies = tuple(float(energy) for energy in table["energies_kev"])
    below = _below_table(energies[0])
    unit = KEV_CM2_PER_G_PER_GY_M2 * UNIT_DENSITY_G_CM3
    found = {}
    for site in table["gy_m2"]:
        for tissue in (ACTIVE_MARROW, ENDOSTEUM_TISSUE):
            if tissue in site:
                values = [float(value) * unit for value in site[tissue]]
                extended = (*(values[0] * share for share in below), *values)
                found[site["icrp116_id"], tissue] = TabulatedCurve((*BELOW_TABLE_KEV, *energies), extended)
    for number, like in table["active_marrow_as"].items():
        found[number, ACTIVE_MARROW] = found[like, ACTIVE_MARROW]
    return found


def _below_table(first_kev: float) -> list[float]:
    """E mu_en of red marrow at `BELOW_TABLE_KEV`, relative to that at the table's first energy."""
    from ctdose.physics.energy_absorption import mass_energy_absorption
    from ctdose.physics.materials import Material

    energies = np.array([*BELOW_TABLE_KEV, first_kev])
    kerma = energies * mass_energy_absorption(Material(MARROW_MATERIAL), energies)
    return (kerma[:-1] / kerma[-1]).tolist()


def mean_response(
    responses: Mapping[tuple[int, str], TabulatedCurve], masses_g: Mapping[int, float], tissue: str
) -> TabulatedCurve:
    """The response of several bone regions that share one region of the voxels, weighted by their masses.

    Parameters
    ----------
    responses : mapping
        Of `load_bone_responses`.
    masses_g : mapping of int to float
        Mass of the tissue in each bone region, g.
    tissue : str

    Raises
    ------
    KeyError
        If a bone region has no such response.
    """
    curves = [responses[number, tissue] for number in masses_g]
    if len(curves) == 1:
        return curves[0]
    mean = np.average([curve.kev_per_cm for curve in curves], axis=0, weights=list(masses_g.values()))
    return TabulatedCurve(curves[0].energies_kev, tuple(mean.tolist()))
