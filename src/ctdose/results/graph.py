"""A graph among others in a picture: its titles, its grid, and spectra in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.physics.spectrum import Spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINES_KEV = 55.0  # the characteristic lines of tungsten lie above


def dress_graph(axes: Axes, title: str, x: str, y: str) -> None:
    """Give a graph its title, the labels of its axes, a grid, and a legend if a curve has a label."""
    axes.set_title(title, fontsize=9, parse_math=False)
    axes.set_xlabel(x, fontsize=8)
    axes.set_ylabel(y, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(True, which="major", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=6.5, framealpha=0.85)


def draw_spectrum(axes: Axes, spectrum: Spectrum, **style: Any) -> float:
    """Draw a spectrum to the area of all others, and give how high the axis should go: the lines may stand out.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    spectrum : Spectrum
        In bins of equal width.
    **style
        As `matplotlib.axes.Axes.plot` takes it.

    Returns
    -------
    float
        % per keV.
    """
    energies, weights = np.asarray(spectrum.energies_kev), np.asarray(spectrum.weights)
    density = 100.0 * weights / float(np.median(np.diff(energies))) / weights.sum()
    axes.plot(energies, density, linewidth=1.0, **style)
    return 3.0 * float(density[energies < LINES_KEV].max())


def dress_spectra(axes: Axes, title: str, top: float, highest_kv: float) -> None:
    """Give a graph of spectra its titles and its limits: `top` in % per keV, `highest_kv` of their tube voltages."""
    axes.set_ylim(0.0, top)
    axes.set_xlim(10.0, highest_kv + 5.0)
    dress_graph(axes, f"{title} (lines cut)", "energy (keV)", "photons (% per keV)")
