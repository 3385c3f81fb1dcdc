"""The picture of a scanner: spectra, half-value layers, bowties and output against the tube voltage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctdose.results.canvas import check_picture_path, new_figure, save_figure
from ctdose.results.graph import draw_spectrum, dress_graph, dress_spectra
from ctdose.results.scanner_text import usual_bowtie, usual_kv
from ctdose.scanner.beam_quality import BeamQuality, beam_quality, bowtie_kerma, central_spectrum
from ctdose.scanner.model import Scanner

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 12.0, 7.2
ANGLES = 201


def plot_scanner(scanner: Scanner, path: str | Path) -> None:
    """Draw spectra, half-value layers, bowties, air kerma and CTDI_w of a scanner.

    Parameters
    ----------
    scanner : Scanner
    path : str or Path
        PNG, PDF, SVG, JPEG or TIFF, by its ending; an existing picture is replaced.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    CtdoseError
        If the picture cannot be written.
    """
    place = check_picture_path(path)
    save_figure(draw_scanner(scanner), place)


def draw_scanner(scanner: Scanner) -> Figure:
    """The figure that `plot_scanner` saves."""
    figure = new_figure(WIDTH_IN, HEIGHT_IN)
    figure.subplots_adjust(left=0.055, right=0.985, top=0.9, bottom=0.075, wspace=0.22, hspace=0.36)
    axes = figure.subplots(2, 3)
    title = f"{scanner.scanner}: {scanner.description}" if scanner.description else scanner.scanner
    figure.text(0.01, 0.965, title, fontsize=11, weight="bold", parse_math=False)
    qualities = _qualities(scanner)
    _spectra(axes[0, 0], scanner)
    _layers(axes[0, 1], qualities)
    _kerma(axes[0, 2], qualities)
    _thickness(axes[1, 0], scanner)
    _transmission(axes[1, 1], scanner)
    _ctdi(axes[1, 2], scanner)
    return figure


def _qualities(scanner: Scanner) -> dict[str, list[BeamQuality]]:
    bowtie, found = usual_bowtie(scanner), {}
    for name in (None, *scanner.filters):
        of_filter = [beam_quality(scanner, kv, bowtie, name) for kv in sorted(scanner.tube.voltages_kv)]
        found[name or "no additional filter"] = of_filter
    return found


def _spectra(axes: Axes, scanner: Scanner) -> None:
    """Of each voltage, to the same area: their shapes are compared, not their output."""
    bowtie, voltages = usual_bowtie(scanner), sorted(scanner.tube.voltages_kv)
    for kv, colour in zip(voltages, _shades(len(voltages))):
        spectrum = central_spectrum(scanner, kv, bowtie)
        top = draw_spectrum(axes, spectrum, color=colour, label=f"{kv:g} kV")
    dress_spectra(axes, f"Spectra behind the {bowtie} filter, central ray", top, max(voltages))


def _layers(axes: Axes, qualities: dict[str, list[BeamQuality]]) -> None:
    """First layers as full lines, second ones dashed, in the colours that the filters have for air kerma."""
    for number, (name, rows) in enumerate(qualities.items()):
        kv = [q.tube_voltage_kv for q in rows]
        look: dict[str, Any] = {"color": f"C{number}", "marker": "o", "markersize": 3}
        axes.plot(kv, [q.hvl_mm for q in rows], "-", label=name, **look)
        axes.plot(kv, [q.second_hvl_mm for q in rows], "--", **look)
    low, high = axes.get_ylim()
    axes.set_ylim(max(0.0, low - (0.05 + 0.07 * len(qualities)) * (high - low)), high)  # room for the legend
    dress_graph(axes, "Half-value layers, central ray (second: dashed)", "tube voltage (kV)", "mm Al")


def _kerma(axes: Axes, qualities: dict[str, list[BeamQuality]]) -> None:
    for name, rows in qualities.items():
        kv = [q.tube_voltage_kv for q in rows]
        axes.plot(kv, [q.air_kerma_mgy_per_100mas for q in rows], marker="o", markersize=3, label=name)
    axes.set_yscale("log")
    _plain_log(axes)
    dress_graph(
        axes, "Air kerma free in air on the axis, by the model", "tube voltage (kV)", "mGy per 100 mAs"
    )


def _thickness(axes: Axes, scanner: Scanner) -> None:
    angle = _angles(scanner)
    for name in scanner.bowties:
        thickness = scanner.bowtie_thickness_mm(name, np.deg2rad(angle))
        axes.plot(angle, thickness, label=f"{name}, {scanner.bowtie_material(name)}")
    axes.set_ylim(bottom=0.0)
    _second_fan(axes, scanner)
    dress_graph(axes, "Bowties: thickness", "fan angle (deg)", "mm")


def _transmission(axes: Axes, scanner: Scanner) -> None:
    angle, kv = _angles(scanner), usual_kv(scanner)
    for name in scanner.bowties:
        axes.plot(angle, bowtie_kerma(scanner, kv, name, np.deg2rad(angle)), label=name)
    axes.set_ylim(0.0, 1.25 if scanner.second_tube else 1.0)  # room for the legend
    _second_fan(axes, scanner)
    dress_graph(axes, f"Bowties: transmission of air kerma at {kv:g} kV", "fan angle (deg)", "")


def _second_fan(axes: Axes, scanner: Scanner) -> None:
    if scanner.second_tube is None:
        return
    half = scanner.second_tube.fan_angle_deg / 2.0
    for side, label in ((-half, "fan of the second tube"), (half, None)):
        axes.axvline(side, color="0.5", linewidth=0.8, linestyle=":", label=label)


def _ctdi(axes: Axes, scanner: Scanner) -> None:
    if scanner.output is None:
        axes.text(0.5, 0.5, "no output is stated", ha="center", va="center", transform=axes.transAxes)
    for table in scanner.output.tables if scanner.output else ():
        kv, values = zip(*table.ctdi_w_mgy_per_100mas, strict=True)
        label = f"{table.bowtie}, {table.ctdi_phantom_cm} cm" + (f", {table.filter}" if table.filter else "")
        axes.plot(kv, values, marker="o", markersize=3, label=label)
    where = f", {scanner.output.reference_collimation_mm:g} mm" if scanner.output else ""
    if scanner.output:
        axes.set_yscale("log")
        _plain_log(axes)
    dress_graph(axes, f"CTDI_w as stated{where}", "tube voltage (kV)", "mGy per 100 mAs")


def _angles(scanner: Scanner) -> np.ndarray:
    half = scanner.geometry.fan_angle_deg / 2.0
    return np.linspace(-half, half, ANGLES)


def _shades(count: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0.0, 0.9, count)]


def _plain_log(axes: Axes) -> None:
    """Numbers such as 5 and 20 on a logarithmic scale, not powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
