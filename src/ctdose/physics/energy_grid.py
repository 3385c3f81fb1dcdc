"""The energy grid of the kernel tables: a regular grid by bit pattern, with nodes moved onto absorption edges."""

from collections.abc import Iterable
from functools import cache

import numpy as np

from ctdose.kernels.tables import ENERGY_BINS, ENERGY_BINS_PER_OCTAVE, ENERGY_MIN_KEV, F32, F64
from ctdose.physics.elements import atomic_number
from ctdose.physics.materials import Material

EDGE_WINDOW = 0.003  # how far xraylib's edge energies and the edges of its cross sections may lie apart
SHELLS = ("K", "L1", "L2", "L3", "M1", "M2", "M3", "M4", "M5")


def regular_nodes() -> F32:
    """Nodes of the regular grid.

    Returns
    -------
    ndarray of float32, shape (ENERGY_BINS + 1,)
        keV: each octave from 1 keV is cut into ENERGY_BINS_PER_OCTAVE equal parts, so that the bin of an energy is
        (bits(E) - bits(1)) >> 16 of the float32 bit patterns.
    """
    octave, part = np.divmod(np.arange(ENERGY_BINS + 1), ENERGY_BINS_PER_OCTAVE)
    return (ENERGY_MIN_KEV * 2.0**octave * (1.0 + part / ENERGY_BINS_PER_OCTAVE)).astype(np.float32)


@cache
def edge_kev(number: int, shell: str) -> float | None:
    """Energy of an absorption edge, as the photoelectric cross section has it.

    xraylib's table of edges and its cross sections differ by up to some 0.1 %; the edge is found by bisection on
    the cross section.

    Parameters
    ----------
    number : int
        Atomic number.
    shell : str
        ``"K"``, ``"L1"`` ... ``"M5"``.

    Returns
    -------
    float or None
        The smallest energy (keV) above the edge; None below 1 keV or where the cross section has no such edge.
    """
    import xraylib

    try:
        tabulated = xraylib.EdgeEnergy(number, getattr(xraylib, f"{shell}_SHELL"))
    except ValueError:  # no such shell in this element
        return None
    below, above = tabulated * (1.0 - EDGE_WINDOW), tabulated * (1.0 + EDGE_WINDOW)
    if below < ENERGY_MIN_KEV:
        return None

    def height(energy: float) -> float:
        return xraylib.CS_Photo(number, energy) * energy**3  # nearly flat between edges

    low, high = height(below), height(above)
    if high < 1.01 * low:
        return None
    middle = np.sqrt(low * high)
    while above - below > 1e-12 * above:
        centre = 0.5 * (below + above)
        below, above = (below, centre) if height(centre) > middle else (centre, above)
    is_jump = height(above) > 1.005 * height(below)  # fine structure of M edges may be steep, but no jump
    return above if is_jump else None


def _float32_above(energy: float) -> float:
    """The smallest float32 that is not below an energy."""
    value = np.float32(energy)
    return float(value if float(value) >= energy else np.nextafter(value, np.float32(np.inf)))


def _place(moved: dict[int, float], regular: F32, edge: float) -> None:
    """Move the nearest free node onto an edge; an edge for which there is none is left where it is."""
    value = _float32_above(edge)
    lower = int(np.searchsorted(regular, np.float32(value), side="right")) - 1
    free = [j for j in (lower, lower + 1) if 0 < j < ENERGY_BINS and j not in moved]
    if value in moved.values() or not free:
        return
    moved[min(free, key=lambda j: abs(float(regular[j]) - value))] = value
    if lower in moved and lower + 1 in moved and moved[lower] > moved[lower + 1]:
        moved[lower], moved[lower + 1] = moved[lower + 1], moved[lower]


def build_energy_grid(materials: Iterable[Material]) -> F32:
    """Nodes of the energy grid for some materials.

    Parameters
    ----------
    materials : iterable of Material
        All K edges from 1 keV of their elements come onto nodes; then L and M edges, where a node is free. No node
        moves by a bin or more.

    Returns
    -------
    ndarray of float32, shape (ENERGY_BINS + 1,)
        Strictly increasing, keV. A bin begins at its lower node: there it holds the value above an edge.
    """
    numbers = sorted({atomic_number(e) for material in materials for e, _ in material.composition})
    regular = regular_nodes()
    moved: dict[int, float] = {}
    for shell in SHELLS:
        for number in numbers:
            edge = edge_kev(number, shell)
            if edge is not None and edge < regular[-1]:
                _place(moved, regular, edge)
    nodes = regular.copy()
    for j, value in moved.items():
        nodes[j] = value
    return nodes


def bin_ends(node_kev: F32) -> tuple[F64, F64]:
    """Energies at which the two ends of each bin are to be evaluated.

    Parameters
    ----------
    node_kev : ndarray of float32, shape (ENERGY_BINS + 1,)
        Nodes of `build_energy_grid`.

    Returns
    -------
    lower, upper : ndarray of float64, shape (ENERGY_BINS,)
        keV. `upper` is the last float32 below the next node: if that is an edge, still below it.
    """
    lower = node_kev[:-1].astype(np.float64)
    upper = np.nextafter(node_kev[1:], np.float32(0)).astype(np.float64)
    return lower, upper
