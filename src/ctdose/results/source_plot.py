"""The picture of a fitted equivalent source: spectra, bowties, profiles, and every reading against the fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ctdose.calibration.calibrate_source import SourceCalibration
from ctdose.calibration.readings import PROFILE
from ctdose.results.canvas import check_picture_path, new_figure, save_figure
from ctdose.results.graph import draw_spectrum, dress_graph, dress_spectra
from ctdose.scanner.beam_quality import central_spectrum

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN = 12.0, 8.0
ANGLES = 241
DRAWS, SEED = 200, 1
MOST_LABELS = 34


def plot_source(calibration: SourceCalibration, path: str | Path) -> None:
    """Draw a fitted source and its measurements.

    Parameters
    ----------
    calibration : SourceCalibration
    path : str or Path
        PNG, PDF, SVG, JPEG or TIFF, by its ending; an existing picture is replaced.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    CtdoseError
        If the picture cannot be written.
    """
    save_figure(draw_source(calibration), check_picture_path(path))


def draw_source(calibration: SourceCalibration) -> Figure:
    """The figure that `plot_source` saves."""
    figure = new_figure(WIDTH_IN, HEIGHT_IN)
    left, right = 0.055, 0.985
    grid = figure.add_gridspec(2, 2, left=left, right=right, top=0.9, bottom=0.075, wspace=0.42, hspace=0.34)
    measurements = calibration.file.measurements
    title = f"{measurements.scanner}: equivalent source, measurements of {measurements.date}"
    figure.text(0.01, 0.96, title, fontsize=11, weight="bold", parse_math=False)
    _spectra(figure.add_subplot(grid[0, 0]), calibration)
    _bowties(figure.add_subplot(grid[1, 0]), calibration)
    if any(r.kind == PROFILE for r in calibration.fit.readings):
        _profiles(figure.add_subplot(grid[0, 1]), calibration)
        _differences(figure.add_subplot(grid[1, 1]), calibration)
    else:
        _differences(figure.add_subplot(grid[:, 1]), calibration)
    return figure


def _spectra(axes: Axes, calibration: SourceCalibration) -> None:
    """On the central ray, of the lowest and the highest measured voltage, to the same area."""
    fit, base = calibration.fit, calibration.file.base
    voltages = sorted({r.tube_voltage_kv for r in fit.readings})
    top = 0.0
    for k, kv in enumerate(dict.fromkeys((voltages[0], voltages[-1]))):
        bowtie = next(r.bowtie for r in fit.readings if r.tube_voltage_kv == kv)
        for scanner, style in ((fit.scanner, "-"), (base, "--")):
            spectrum = central_spectrum(scanner, kv, bowtie)
            name = "fitted" if style == "-" else measurements_base(calibration)
            label = f"{bowtie} {kv:g} kV, {name}"
            top = max(top, draw_spectrum(axes, spectrum, color=f"C{k}", linestyle=style, label=label))
    dress_spectra(axes, "Spectrum on the central ray", top, voltages[-1])


def measurements_base(calibration: SourceCalibration) -> str:
    """Name of the base scanner for a legend."""
    return calibration.file.base.scanner


def _bowties(axes: Axes, calibration: SourceCalibration) -> None:
    """Thickness of the bowties that were measured, one sigma as a band, and of the base scanner."""
    fit, base = calibration.fit, calibration.file.base
    half = base.geometry.fan_angle_deg / 2.0
    degrees = np.linspace(0.0, half, ANGLES)
    measured = [n for n in fit.scanner.bowties if any(r.bowtie == n for r in fit.readings)]
    for k, name in enumerate(measured):
        thickness = fit.scanner.bowtie_thickness_mm(name, np.deg2rad(degrees))
        axes.plot(degrees, thickness, f"C{k}-", label=f"{name}, fitted ± one sigma")
        spread = _thickness_error(calibration, name, degrees)
        axes.fill_between(
            degrees, thickness - spread, thickness + spread, color=f"C{k}", alpha=0.2, linewidth=0
        )
        axes.plot(
            degrees,
            base.bowtie_thickness_mm(name, np.deg2rad(degrees)),
            f"C{k}--",
            label=f"{name}, {measurements_base(calibration)}",
        )
    axes.set_ylim(bottom=0.0)
    material = ", ".join(dict.fromkeys(fit.scanner.bowtie_material(n) for n in measured))
    dress_graph(axes, f"Bowties ({material})", "fan angle (deg)", "thickness (mm)")


def _thickness_error(calibration: SourceCalibration, bowtie: str, degrees: np.ndarray) -> np.ndarray:
    """Standard deviation over sources drawn from the covariance of the fit, mm."""
    fit = calibration.fit
    rng = np.random.default_rng(SEED)
    low, high = (np.array([getattr(p, end) for p in fit.parameters]) for end in ("low", "high"))
    drawn = rng.multivariate_normal(fit.x, fit.covariance, DRAWS)
    thickness = [
        fit.source_at(np.clip(x, low, high)).bowtie_thickness_mm(bowtie, np.deg2rad(degrees)) for x in drawn
    ]
    return np.std(thickness, axis=0)


def _profiles(axes: Axes, calibration: SourceCalibration) -> None:
    """Air kerma at equal distance, relative to the fitted value on the central ray."""
    fit, model = calibration.fit, calibration.model
    degrees = np.linspace(0.0, calibration.file.base.geometry.fan_angle_deg / 2.0, ANGLES)
    for k, number in enumerate(sorted({r.profile for r in fit.readings if r.profile >= 0})):
        points = [i for i, r in enumerate(fit.readings) if r.profile == number]
        first = fit.readings[points[0]]
        beam = (first.bowtie, first.tube_voltage_kv)
        scale = next(
            p.shown(float(x)) for p, x in zip(fit.parameters, fit.x) if (p.role, p.place) == ("scale", number)
        )
        angles = [np.rad2deg(fit.readings[i].fan_angle_rad) for i in points]
        values = np.array([fit.readings[i].value * fit.readings[i].distance_factor for i in points]) / scale
        errors = np.array([fit.error[i] * fit.readings[i].distance_factor for i in points]) / scale
        label = f"{first.bowtie} {first.tube_voltage_kv:g} kV"
        axes.errorbar(np.abs(angles), values, errors, fmt=f"C{k}o", markersize=3, label=f"{label}, measured")
        for scanner, style in ((fit.scanner, "-"), (calibration.file.base, "--")):
            name = "fitted" if style == "-" else measurements_base(calibration)
            curve = model.profile(scanner, *beam, np.deg2rad(degrees))
            axes.plot(degrees, curve, f"C{k}{style}", linewidth=1.0, label=f"{label}, {name}")
    axes.set_ylim(bottom=0.0)
    dress_graph(
        axes,
        "Air kerma behind the bowtie, at equal distance",
        "fan angle (deg)",
        "relative to the central ray",
    )


def _differences(axes: Axes, calibration: SourceCalibration) -> None:
    """Measured less fitted of each reading, in sigma; the points of a profile without names where there are many."""
    fit = calibration.fit
    rows = np.arange(len(fit.readings))[::-1]
    axes.axvspan(-1.0, 1.0, color="0.9", linewidth=0)
    axes.axvline(0.0, color="0.5", linewidth=0.8)
    colours = ["C3" if abs(s) > 3.0 else "C0" for s in fit.sigma]
    axes.barh(rows, fit.sigma, height=0.55, color=colours)
    few = len(rows) <= MOST_LABELS
    named = [(y, r.label) for y, r in zip(rows, fit.readings) if few or r.kind != PROFILE]
    axes.set_yticks([y for y, _ in named])
    axes.set_yticklabels([label for _, label in named], fontsize=6.5)
    limit = max(3.2, 1.1 * float(np.abs(fit.sigma).max()))
    axes.set_xlim(-limit, limit)
    dress_graph(axes, "Measured less fitted (grey: one sigma)", "difference in sigma", "")
    axes.tick_params(axis="y", labelsize=6.5)
