"""The beam of a CT scanner: spectrum behind the bowtie as a function of the fan angle, heel effect along z, focus.

The opening of the collimator is the beam width at the isocentre, as seen from the middle of the focal spot. With a
focal spot of length L, the collimator's plane at distance d from the focus and the isocentre at R, the profile at the
isocentre is the opening convolved with a box of L (R - d)/d: a trapezoid of the same width at half maximum, as long as
the box is the narrower of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BEAM_CT
from ctdose.scanner.heel import heel
from ctdose.scanner.model import Scanner
from ctdose.simulation.beam_tables import HEEL_BINS, POINT, BeamRow, Spot, fan_angles, opening

if TYPE_CHECKING:
    from ctdose.physics.spectra import Spectrum

SUBSAMPLES = 4  # the bowtie's transmission is averaged over the fan bin


@dataclass(frozen=True)
class CTBeam:
    """A beam of a scanner, before it is put over a body.

    Attributes
    ----------
    row : BeamRow
        With the isocentre at (0, 0).
    central_spectrum : Spectrum
        On the central ray, behind the bowtie.
    open_solid_angle_sr : float
        Of the collimated fan.
    emitted : float
        Photons that leave the bowtie per photon-per-steradian of the tube on its central ray, sr: what makes the
        outputs of two collimations comparable.
    tube_fluence : float
        Photons behind the flat filters, 1/cm² per mAs at 1 m, of the model: with `emitted` it makes the outputs behind
        two filters comparable.
    """

    row: BeamRow
    central_spectrum: Spectrum
    open_solid_angle_sr: float
    emitted: float
    tube_fluence: float


def tube_output(scanner: Scanner, tube_voltage_kv: float, filter: str | None = None) -> Spectrum:
    """Spectrum of the tube behind its inherent filtration and an additional filter, before the bowtie."""
    from ctdose.physics.spectra import tube_spectrum

    return tube_spectrum(tube_voltage_kv, scanner.geometry.anode_angle_deg, scanner.filtration_mm(filter))


def bowtie_transmission(scanner: Scanner, bowtie: str, edges: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Transmission of a bowtie, averaged over each fan bin, [bins, energies]."""
    from ctdose.physics.cross_sections import linear_attenuation
    from ctdose.physics.materials import Material

    mu = linear_attenuation(Material(scanner.bowtie_material(bowtie)), energies)
    places = (np.arange(SUBSAMPLES) + 0.5) / SUBSAMPLES
    angles = edges[:-1, None] + np.diff(edges)[:, None] * places
    thickness_cm = scanner.bowtie_thickness_mm(bowtie, angles) / 10.0
    return np.exp(-thickness_cm[..., None] * mu).mean(axis=1)


def heel_weight(
    scanner: Scanner, tube_voltage_kv: float, tan_cone: tuple[float, float], filter: str | None = None
) -> np.ndarray:
    """Photon number in equal steps of the opening along z, from the lower to the upper blade, [HEEL_BINS].

    Relative to the central ray: the tube's output at the take-off angle (`scanner.heel`). Its spectrum is that of the
    central ray. Towards the anode the mean energy really is higher by up to 1 % at the end of a 40 mm beam, 3 % of
    80 mm, 8 % of 160 mm (tests/test_ct_beam.py).
    """
    low, high = (t / np.hypot(1.0, t) for t in tan_cone)
    centres = low + (high - low) * (np.arange(HEEL_BINS) + 0.5) / HEEL_BINS
    return heel(scanner, tube_voltage_kv, np.arcsin(centres), filter)


def focus_of(scanner: Scanner, focal_spot: str | None = None, off_focal: bool = False) -> Spot:
    """The focus of a scanner: a point where its file states neither spot nor distance of the collimator.

    Raises
    ------
    CtdoseError
        A spot or off-focal radiation is asked for, and the scanner's file does not state it.
    """
    spot, patch = scanner.focal_spot(focal_spot), scanner.off_focal if off_focal else None
    distance_mm = scanner.geometry.source_collimator_distance_mm
    if off_focal and patch is None:
        right = "Leave it out, or add off_focal to the scanner's file."
        raise CtdoseError(f"off_focal=true ({scanner.scanner} states no off-focal radiation). {right}")
    if distance_mm is None:
        if focal_spot is None and patch is None:
            return POINT
        why = f"{scanner.scanner} does not say how far its collimator is from the focal spot"
        right = "Leave it out, or add source_collimator_distance_mm to the geometry in the scanner's file."
        raise CtdoseError(f"{'off_focal=true' if patch else f'focal_spot={focal_spot}'} ({why}). {right}")
    if spot is None and patch is None:
        return POINT
    return Spot(
        width=spot.width_mm / 10.0 if spot else 0.0,
        length=spot.length_mm / 10.0 if spot else 0.0,
        off_focal=patch.fraction if patch else 0.0,
        sigma=patch.sigma_mm / 10.0 if patch else 0.0,
        collimator=distance_mm / 10.0,
    )


def build_ct_beam(
    scanner: Scanner,
    tube_voltage_kv: float,
    bowtie: str,
    collimation_mm: float,
    *,
    filter: str | None = None,
    focal_spot: str | None = None,
    off_focal: bool = False,
    gantry_tilt_deg: float = 0.0,
) -> CTBeam:
    """Build the beam of a scanner at one tube voltage, bowtie and collimation.

    Parameters
    ----------
    scanner : Scanner
    tube_voltage_kv : float
    bowtie : str
    collimation_mm : float
        Nominal; the blades open to its beam width (FWHM at the isocentre).
    filter : str, optional
        An additional flat filter of the scanner.
    focal_spot : str, optional
        One of the scanner; default: its first, or a point if it has none or no `source_collimator_distance_mm`.
    off_focal : bool
        Let the scanner's share of photons start around the focal spot.
    gantry_tilt_deg : float
        Of the plane of rotation about the x axis through the isocentre. As DICOM's Gantry/Detector Tilt (0018,1120),
        which is negative where the top of the gantry is tilted away from where the table enters it: positive brings the
        source in front of a patient who lies head first towards the feet.

    Returns
    -------
    CTBeam

    Raises
    ------
    CtdoseError
        If the scanner has no such bowtie, collimation, filter or focal spot.
    """
    radius_mm = scanner.geometry.source_isocentre_distance_mm
    edges = fan_angles(np.deg2rad(scanner.geometry.fan_angle_deg) / 2.0)
    half = scanner.beam_width_mm(collimation_mm) / 2.0 / radius_mm
    tube = tube_output(scanner, tube_voltage_kv, filter)
    emits = np.asarray(tube.weights) > 0
    energies, weights = np.asarray(tube.energies_kev)[emits], np.asarray(tube.weights)[emits]
    behind = weights * bowtie_transmission(scanner, bowtie, edges, energies)
    solid_angle = opening(edges, (-half, half))
    per_bin = behind.sum(axis=1) * solid_angle
    along_z = heel_weight(scanner, tube_voltage_kv, (-half, half), filter)
    row = BeamRow(
        kind=BEAM_CT,
        fan=(float(edges[0]), float(edges[1] - edges[0])),
        fan_weight=per_bin,
        tan_cone=(-half, half),
        energy_kev=energies,
        energy_weight=behind,
        radius=radius_mm / 10.0,
        heel_weight=along_z,
        tilt_rad=float(np.deg2rad(gantry_tilt_deg)),
        spot=focus_of(scanner, focal_spot, off_focal),
    )
    thinnest_mm = float(scanner.bowtie_thickness_mm(bowtie, np.zeros(1))[0])
    centre = tube.filtered({scanner.bowtie_material(bowtie): thinnest_mm})
    fluence = float(weights.sum())
    emitted = float(per_bin.sum() / fluence * along_z.mean())
    return CTBeam(row, centre, float(solid_angle.sum()), emitted, fluence)
