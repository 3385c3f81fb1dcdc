"""Noise and contrast of the images of each member of a study, on each body."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctdose.calibration.calibrate import Calibration
from ctdose.exam.plan import Plan
from ctdose.imaging import contrast
from ctdose.imaging.detector import Detector
from ctdose.imaging.filter_kernel import FilterKernel
from ctdose.imaging.noise import ANGLES, Image, NoiseModel, Paths, SliceNoise
from ctdose.imaging.primary import imaging_beam
from ctdose.imaging.slice_load import slice_load_mas
from ctdose.kernels.tables import F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.scanner.model import Scanner
from ctdose.simulation.ct_beam import CTBeam
from ctdose.study.image_region import places_in
from ctdose.study.noise_keys import DISSOLVED, NoiseKeys

MOST_HU = 1e6
"""More noise is no image."""
COUNTING = {"material": "cadmium_telluride", "thickness_mm": 1.6}


@dataclass(frozen=True)
class Noise:
    """Noise of the images of one member, over all slices and bodies.

    Parameters
    ----------
    quantum_hu2, electronic_hu2 : float
        Mean variance; the quantum part falls with the tube load, the electronic one with its square.
    contrast_hu : float
        Mean of the detail's; NaN without a detail.
    slices : int
    why_not : str
        Why there is none; empty otherwise. Then all else is NaN.
    """

    quantum_hu2: float = math.nan
    electronic_hu2: float = math.nan
    contrast_hu: float = math.nan
    slices: int = 0
    why_not: str = ""

    @property
    def noise_hu(self) -> float:
        """Root of the mean variance."""
        return math.sqrt(self.quantum_hu2 + self.electronic_hu2)

    @property
    def contrast_to_noise(self) -> float:
        """Magnitude of the contrast over the noise."""
        return abs(self.contrast_hu) / self.noise_hu

    def load_for(self, noise_hu: float) -> float:
        """By which factor the tube load has to change for another noise: n² = quantum/f + electronic/f²."""
        wanted = noise_hu**2
        root = math.sqrt(self.quantum_hu2**2 + 4.0 * wanted * self.electronic_hu2)
        return (self.quantum_hu2 + root) / (2.0 * wanted)


def image_of(keys: NoiseKeys) -> Image:
    """The images that the keys describe."""
    standard = Detector() if keys.detector == "energy-integrating" else Detector(keys.detector, **COUNTING)  # type: ignore[arg-type]
    detector = Detector(
        keys.detector,
        keys.detector_material or standard.material,
        keys.detector_thickness_mm or standard.thickness_mm,
        keys.threshold_kev,
        keys.electronic_noise_kev,
        keys.scatter_to_primary,
    )
    return Image(keys.slice_thickness_mm, FilterKernel(keys.window, keys.cutoff_per_cm), detector)


def why_no_image(plan: Plan) -> str:
    """Why the noise of an acquisition is not known; empty if it is."""
    if plan.mode == "localizer":
        return "a localizer makes no slices"
    if len(plan.beams) > 1:
        return "two beams make one image, which is not modelled"
    if plan.beams[0].gantry_tilt_deg:
        return "slices of a tilted gantry are not modelled"
    return ""


def noise_on(
    body: VoxelPhantom,
    scanner: Scanner,
    plan: Plan,
    emitted: tuple[CTBeam, Calibration],
    keys: NoiseKeys,
    kept: dict[tuple[object, ...], Paths] | None = None,
) -> list[tuple[SliceNoise, float]]:
    """Noise and contrast (HU) in the slices of one body; empty where the tube did not go around any.

    Parameters
    ----------
    body : VoxelPhantom
        On its table.
    scanner : Scanner
    plan : Plan
        Of the acquisition that makes the images.
    emitted : (CTBeam, Calibration)
    keys : NoiseKeys
    kept : dict, optional
        Rays of this body that were drawn for other members; new ones are added.
    """
    beam, calibration = emitted
    choice = plan.beams[0]
    per_sr = calibration.photons_per_mas / beam.emitted
    imaging = imaging_beam(scanner, choice.tube_voltage_kv, choice.bowtie, per_sr, choice.filter)
    model = NoiseModel(body, imaging, image_of(keys), plan.isocentre_xy_mm)
    added = _added(keys, imaging.energies_kev)
    rays = {} if kept is None else kept
    found = []
    for place in places_in(body, keys.region, (plan.z_start_mm, plan.z_end_mm)):
        load = slice_load_mas(plan.pieces, place.z_mm, plan.collimation_mm, ANGLES)
        if np.all(load > 0.0):
            name = (place, plan.isocentre_xy_mm, imaging.radius_mm)
            if name not in rays:
                rays[name] = model.paths(place.k, place.point_mm)
            noise = model.at(place.k, place.point_mm, load, rays[name])
            found.append((noise, _contrast(added, noise)))
    return found


def mean_noise(bodies: Sequence[Sequence[tuple[SliceNoise, float]]]) -> Noise:
    """Over the slices of each body, then over the bodies."""
    imaged = [slices for slices in bodies if slices]
    if not imaged or len(imaged) < len(bodies):
        return Noise(why_not="no slice has the tube all around it")
    electronic = [np.mean([s.electronic_hu**2 for s, _ in slices]) for slices in imaged]
    whole = [np.mean([s.noise_hu**2 for s, _ in slices]) for slices in imaged]
    contrasts = [np.mean([c for _, c in slices]) for slices in imaged]
    found = Noise(
        quantum_hu2=float(np.mean(whole) - np.mean(electronic)),
        electronic_hu2=float(np.mean(electronic)),
        contrast_hu=float(np.mean(contrasts)),
        slices=sum(len(slices) for slices in imaged),
    )
    return found if found.noise_hu < MOST_HU else Noise(why_not="hardly a photon gets through the body")


def _added(keys: NoiseKeys, energies_kev: F64) -> F64 | None:
    """What the detail adds to the attenuation coefficient, 1/cm."""
    if keys.detail is None:
        return None
    per_unit = contrast.DETAILS[keys.detail](energies_kev)
    return per_unit * keys.concentration_mg_per_ml if keys.detail in DISSOLVED else per_unit


def _contrast(added: F64 | None, noise: SliceNoise) -> float:
    """HU; the spectrum of each slice is that which its own rays detect (`contrast.contrast_hu`)."""
    return math.nan if added is None else contrast.HU * float(noise.share @ added) / noise.water_per_cm
