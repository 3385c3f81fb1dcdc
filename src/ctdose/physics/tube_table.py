"""The shipped table of unfiltered tungsten spectra (made by tools/make_spectra.py), and its interpolation."""

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np

from ctdose.kernels.tables import F64
from ctdose.physics.spectrum import Spectrum

BIN_KEV = 0.1  # fine, for a filter's K edge cuts a bin in two
FILE = "tungsten_spectra.npz"


class TubeTable(NamedTuple):
    """Photons of a tungsten tube without any filter, per mAs and cm2 at 1 m."""

    tube_voltage_kv: F64
    anode_angle_deg: F64
    """Take-off angle: between the ray and the surface of the anode."""
    scaled_energy: F64
    """E/kV at the centres of the bins."""
    continuum: F64
    """Bremsstrahlung [kV, angle, bin], per keV."""
    line_kev: F64
    lines: F64
    """Characteristic photons [kV, angle, line]."""
    made_with: str


@cache
def tube_table() -> TubeTable:
    """Load the table.

    Returns
    -------
    TubeTable
    """
    with (
        resources.files("ctdose.physics.data").joinpath(FILE).open("rb") as stream,
        np.load(stream, allow_pickle=False) as data,
    ):
        arrays = {name: data[name].astype(np.float64) for name in TubeTable._fields if name != "made_with"}
        return TubeTable(**arrays, made_with=str(data["made_with"]))


def _mix(nodes: F64, value: float) -> tuple[int, float]:
    """Lower node and share of the upper one."""
    i = int(np.clip(np.searchsorted(nodes, value, side="right") - 1, 0, nodes.size - 2))
    return i, float((value - nodes[i]) / (nodes[i + 1] - nodes[i]))


def unfiltered_spectrum(tube_voltage_kv: float, take_off_angle_deg: float) -> Spectrum:
    """Interpolate the table, linearly in tube voltage (at equal E/kV) and in the take-off angle.

    Parameters
    ----------
    tube_voltage_kv : float
        Within the table.
    take_off_angle_deg : float
        Above 0; below the first angle of the table the output falls in proportion to the angle.

    Returns
    -------
    Spectrum
        Absolute; bins of 0.1 keV, the last ending at the tube voltage.
    """
    table = tube_table()
    first = table.anode_angle_deg[0]
    i, upper = _mix(table.tube_voltage_kv, tube_voltage_kv)
    j, steeper = _mix(table.anode_angle_deg, max(take_off_angle_deg, first))
    weights = np.outer([1.0 - upper, upper], [1.0 - steeper, steeper]) * min(1.0, take_off_angle_deg / first)
    continuum = np.tensordot(weights, table.continuum[i : i + 2, j : j + 2])
    lines = np.tensordot(weights, table.lines[i : i + 2, j : j + 2])
    count = int((tube_voltage_kv - 1.0) / BIN_KEV)
    energies = np.asarray(tube_voltage_kv - BIN_KEV * (np.arange(count)[::-1] + 0.5), np.float64)
    density = np.interp(energies / tube_voltage_kv, [*table.scaled_energy, 1.0], [*continuum, 0.0])
    fluence = BIN_KEV * density + _share_out(energies, table.line_kev, lines)
    return Spectrum(energies, fluence, f"tungsten ({table.made_with})", absolute=True)


def _share_out(energies: F64, line_kev: F64, lines: F64) -> F64:
    """Photons of the lines, shared between the two nearest bins so that number and energy are kept."""
    below = np.clip(np.searchsorted(energies, line_kev, side="right") - 1, 0, energies.size - 2)
    share = np.clip((line_kev - energies[below]) / BIN_KEV, 0.0, 1.0)
    photons = np.zeros_like(energies)
    np.add.at(photons, below, lines * (1.0 - share))
    np.add.at(photons, below + 1, lines * share)
    return photons
