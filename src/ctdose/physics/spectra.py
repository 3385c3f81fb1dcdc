"""Where spectra come from: a tungsten tube, a file, one energy."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import F64
from ctdose.physics.spectrum import MAX_KEV, MIN_KEV, Spectrum
from ctdose.physics.tube_table import tube_table, unfiltered_spectrum

__all__ = ["Spectrum", "heel_profile", "monoenergetic", "spectrum_from_file", "tube_spectrum"]

TUBE_VOLTAGES_KV = (50.0, 150.0)
ANODE_ANGLES_DEG = (7.0, 12.0)
BINS_JOINED = 5  # of the table, once it is filtered
MAX_FILE_BYTES = 1_000_000

Filtration = Mapping[Any, float]  # Material or its name to thickness in mm


def tube_spectrum(
    tube_voltage_kv: float,
    anode_angle_deg: float,
    filtration: Filtration | None = None,
    *,
    take_off_angle_deg: float | None = None,
) -> Spectrum:
    """Spectrum of a tungsten tube on its central ray, or on another one towards anode or cathode.

    The unfiltered spectrum is interpolated in a table made with SpekPy (model casim); filters attenuate it with the
    cross sections of this package.

    Parameters
    ----------
    tube_voltage_kv : float
        50 to 150 kV.
    anode_angle_deg : float
        7 to 12 degrees.
    filtration : mapping of str or Material to float, optional
        mm by material, inherent filtration included, for example ``{"Al": 7, "Sn": 0.4}``.
    take_off_angle_deg : float, optional
        Between the ray and the anode's surface, above 0; default: the anode angle, the central ray's. The table reaches
        from 1 to 16 degrees and goes on as that of `heel_profile`.

    Returns
    -------
    Spectrum
        Absolute: photons/cm2 per mAs at 1 m, in bins of 0.5 keV at the mean energy of what passes the filters.

    Raises
    ------
    ValueError
        If voltage or anode angle lie outside the table, the ray leaves behind the anode, or a filter is unknown or
        negative.
    """
    _check_tube(tube_voltage_kv, anode_angle_deg)
    angle = anode_angle_deg if take_off_angle_deg is None else take_off_angle_deg
    if angle <= 0.0:
        raise ValueError(
            f"take_off_angle_deg={angle:g} (behind the anode's surface). Give more than 0 degrees."
        )
    spectrum = unfiltered_spectrum(tube_voltage_kv, min(angle, float(tube_table().anode_angle_deg[-1])))
    source = f"{tube_voltage_kv:g} kV, {angle:g} deg {spectrum.source}"
    fine = Spectrum(spectrum.energies_kev, spectrum.weights, source, True).filtered(filtration or {})
    return fine.joined(BINS_JOINED)


def heel_profile(
    tube_voltage_kv: float,
    anode_angle_deg: float,
    filtration: Filtration | None,
    angles_deg: ArrayLike,
) -> F64:
    """Heel effect: air kerma at equal distance against the take-off angle.

    Parameters
    ----------
    tube_voltage_kv, anode_angle_deg, filtration
        As in `tube_spectrum`; all rays cross the same thickness of the filters.
    angles_deg : array_like of float
        Take-off angles, between the ray and the anode's surface: the central ray's is the anode angle, towards the
        cathode it is larger. The table reaches from 1 to 16 degrees; below, the output falls in proportion to
        the angle, to nothing at the anode's surface and behind it; above, it stays that of 16 degrees.

    Returns
    -------
    ndarray of float64, shape of `angles_deg`
        Relative to the central ray.

    Raises
    ------
    ValueError
        As `tube_spectrum`.
    """
    _check_tube(tube_voltage_kv, anode_angle_deg)

    energies = unfiltered_spectrum(tube_voltage_kv, anode_angle_deg).energies_kev
    of_one_photon = Spectrum(energies, np.ones_like(energies)).filtered(filtration or {}).kerma_by_energy()

    def kerma(angle: float) -> float:
        return float(unfiltered_spectrum(tube_voltage_kv, angle).weights @ of_one_photon)

    nodes = tube_table().anode_angle_deg  # between them spectra, and so their kerma, are linear in the angle
    relative = np.array([kerma(angle) for angle in nodes]) / kerma(anode_angle_deg)
    return np.interp(np.asarray(angles_deg, np.float64), [0.0, *nodes], [0.0, *relative])


def monoenergetic(energy_kev: float) -> Spectrum:
    """Photons of one energy.

    Parameters
    ----------
    energy_kev : float
        1 to 150 keV.

    Returns
    -------
    Spectrum

    Raises
    ------
    ValueError
        If the energy lies outside the tables.
    """
    return Spectrum(np.array([energy_kev]), np.array([1.0]), f"{energy_kev:g} keV")


def spectrum_from_file(path: str | Path) -> Spectrum:
    """Read a spectrum: two columns, energy in keV and relative photon number; ``#`` begins a comment.

    Parameters
    ----------
    path : str or Path
        Text in UTF-8, columns separated by blanks, tabs, commas or semicolons.

    Returns
    -------
    Spectrum
        Relative.

    Raises
    ------
    CtdoseError
        If the file cannot be read or a line is wrong: one line that names file and line.
    """
    rows: list[tuple[float, float]] = []
    for number, line in enumerate(_read_lines(Path(path)), start=1):
        fields = line.split("#")[0].replace(",", " ").replace(";", " ").split()
        if fields:
            rows.append(_row(f"{path}:{number}", fields, rows[-1][0] if rows else 0.0))
    if not any(weight > 0 for _, weight in rows):
        raise CtdoseError(f"{path}: spectrum={len(rows)} lines (no photons). Give energy_keV and weight.")
    energies, weights = np.array(rows).T
    return Spectrum(energies, weights, f"file {Path(path).name}")


def _read_lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise CtdoseError(
                f"{path}: size={path.stat().st_size} bytes (not a spectrum). At most 1 MB is read."
            )
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise CtdoseError(f"{path}: encoding=unknown (not UTF-8 text). Save the spectrum as UTF-8.") from None
    except OSError as error:
        raise CtdoseError(
            f"{path}: {error.strerror} (cannot be read). Name a text file of two columns."
        ) from None


def _row(place: str, fields: list[str], previous: float) -> tuple[float, float]:
    if len(fields) != 2:
        raise CtdoseError(f"{place}: columns={len(fields)} (must be 2). Give energy_keV and weight.")
    try:
        energy, weight = map(float, fields)
    except ValueError:
        raise CtdoseError(
            f"{place}: row={' '.join(fields)} (not two numbers). Comments begin with #."
        ) from None
    if not MIN_KEV <= energy <= MAX_KEV:
        limits = f"{MIN_KEV:g} to {MAX_KEV:g} keV"
        raise CtdoseError(f"{place}: energy_kev={energy:g} (outside the tables). Give {limits}.")
    if energy <= previous:
        raise CtdoseError(f"{place}: energy_kev={energy:g} (not above the line before). Sort by energy.")
    if not (math.isfinite(weight) and weight >= 0):
        raise CtdoseError(f"{place}: weight={weight:g} (must not be negative). Give a photon number.")
    return energy, weight


def _check_tube(tube_voltage_kv: float, anode_angle_deg: float) -> None:
    for name, value, (low, high), unit in (
        ("tube_voltage_kv", tube_voltage_kv, TUBE_VOLTAGES_KV, "kV"),
        ("anode_angle_deg", anode_angle_deg, ANODE_ANGLES_DEG, "degrees"),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name}={value:g} (outside the table). Give {low:g} to {high:g} {unit}.")
