"""The beam of a CT scanner: spectrum behind the bowtie as a function of the fan angle, heel effect along z, focus.

The opening of the collimator is the beam width at the isocentre, as seen from the middle of the focal spot. With a
focal spot of length L, the collimator's plane at distance d from the focus and the isocentre at R, the profile at the
isocentre is the opening convolved with a box of L (R - d)/d: a trapezoid of the same width at half maximum, as long as
the box is the narrower of the two.

The spectrum is that of the central ray; in a beam over 50 mm each strip along z has its own (strips.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.kernels.tables import BEAM_CT
from ctdose.scanner.heel import heel, take_off_angle_deg
from ctdose.scanner.model import Scanner
from ctdose.simulation.beam_tables import HEEL_BINS, POINT, BeamRow, Spot, fan_angles, opening
from ctdose.simulation.strips import Interval, Strip, strip_openings

if TYPE_CHECKING:
    from ctdose.physics.spectra import Spectrum

SUBSAMPLES = 4  # the bowtie's transmission is averaged over the fan bin


@dataclass(frozen=True)
class CTBeam:
    """A beam of a scanner, before it is put over a body.

    Attributes
    ----------
    row : BeamRow
        With the isocentre at (0, 0), the central ray's spectrum at every cone angle.
    strips : tuple of Strip
        What the kernel is given: the row itself, or a wide beam's strips, lower to upper.
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
    strips: tuple[Strip, ...]
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

    Relative to the central ray: the tube's air kerma at the take-off angle (`scanner.heel`).
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

    def emitting(spectrum: Spectrum, tan_cone: Interval, along_z: np.ndarray) -> BeamRow:
        row = _row(scanner, bowtie, spectrum, tan_cone, along_z)
        return replace(row, tilt_rad=float(np.deg2rad(gantry_tilt_deg)), spot=spot)

    spot = focus_of(scanner, focal_spot, off_focal)
    half = scanner.beam_width_mm(collimation_mm) / 2.0 / scanner.geometry.source_isocentre_distance_mm
    tube, whole = tube_output(scanner, tube_voltage_kv, filter), (-half, half)
    row = emitting(tube, whole, heel_weight(scanner, tube_voltage_kv, whole, filter))
    rows = [row]
    openings = strip_openings(whole, scanner.beam_width_mm(collimation_mm))
    if len(openings) > 1:
        own = ((one, *_strip_output(scanner, tube_voltage_kv, one, filter)) for one in openings)
        rows = [emitting(spectrum, one, along_z) for one, spectrum, along_z in own if along_z.any()]
    fluence = float(tube.weights[tube.weights > 0.0].sum())
    photons = [float(each.fan_weight.sum() / fluence * each.heel_weight.mean()) for each in rows]
    thinnest_mm = float(scanner.bowtie_thickness_mm(bowtie, np.zeros(1))[0])
    return CTBeam(
        row=row,
        strips=tuple(Strip(each, part / sum(photons)) for each, part in zip(rows, photons, strict=True)),
        central_spectrum=tube.filtered({scanner.bowtie_material(bowtie): thinnest_mm}),
        open_solid_angle_sr=float(opening(fan_edges(scanner), whole).sum()),
        emitted=sum(photons),
        tube_fluence=fluence,
    )


def fan_edges(scanner: Scanner) -> np.ndarray:
    """Edges of the fan bins of a scanner, rad."""
    return fan_angles(np.deg2rad(scanner.geometry.fan_angle_deg) / 2.0)


def _row(scanner: Scanner, bowtie: str, tube: Spectrum, tan_cone: Interval, along_z: np.ndarray) -> BeamRow:
    """A beam or a strip of one spectrum before the bowtie, from a point."""
    edges = fan_edges(scanner)
    emits = np.asarray(tube.weights) > 0
    energies, weights = np.asarray(tube.energies_kev)[emits], np.asarray(tube.weights)[emits]
    behind = weights * bowtie_transmission(scanner, bowtie, edges, energies)
    return BeamRow(
        kind=BEAM_CT,
        fan=(float(edges[0]), float(edges[1] - edges[0])),
        fan_weight=behind.sum(axis=1) * opening(edges, tan_cone),
        tan_cone=tan_cone,
        energy_kev=energies,
        energy_weight=behind,
        radius=scanner.geometry.source_isocentre_distance_mm / 10.0,
        heel_weight=along_z,
    )


def _strip_output(
    scanner: Scanner, tube_voltage_kv: float, tan_cone: Interval, filter: str | None
) -> tuple[Spectrum, np.ndarray]:
    """Spectrum in the middle of a strip, and its heel effect relative to that; nothing behind the anode's surface."""
    from ctdose.physics.spectra import tube_spectrum

    middle = np.arcsin(sum(t / np.hypot(1.0, t) for t in tan_cone) / 2.0)
    there = float(take_off_angle_deg(scanner, middle))
    if there <= 0.0:
        return tube_output(scanner, tube_voltage_kv, filter), np.zeros(HEEL_BINS)
    anode, layers = scanner.geometry.anode_angle_deg, scanner.filtration_mm(filter)
    spectrum = tube_spectrum(tube_voltage_kv, anode, layers, take_off_angle_deg=there)
    along_z = heel_weight(scanner, tube_voltage_kv, tan_cone, filter)
    return spectrum, along_z / heel(scanner, tube_voltage_kv, middle, filter)
