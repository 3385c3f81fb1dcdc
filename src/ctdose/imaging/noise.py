"""Quantum noise of filtered backprojection in each slice, from the primary that reaches the detector.

Rebinned to parallel rays, a point of the image is the mean over all angles of the filtered projections through it.
With a ramp under a window W the variance of μ is

    σ² = π² / T · ∫ ν² W² dν · mean over angles of 1/n                                                   (1)

(Kak and Slaney 1988, ch. 5; for the bare ramp up to 1/(2τ) it is the π² / (12 τ³ T n) of Chesler et al., J. Comput.
Assist. Tomogr. 1 (1977) 64-74), T the slice thickness, n the noise-equivalent quanta per area that all source
positions at that angle leave behind the body, the noise of neighbouring rays taken to be alike. Interpolation and
the apodisation of a real chain lower it in the same way for all settings: ratios are what this is for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ctdose.imaging.detector import Detector
from ctdose.imaging.filter_kernel import FilterKernel
from ctdose.imaging.primary import Arrived, ImagingBeam, arrived
from ctdose.imaging.view_lines import areal_densities, view_lines
from ctdose.kernels.tables import F64
from ctdose.phantoms.voxel_phantom import VoxelPhantom

ANGLES = 72
HU = 1000.0
RATIO_ERROR = 0.02
"""How far a ratio of noise between two settings may lie from that of real reconstructions (tests/test_noise.py)."""
LEVEL_ERROR = (0.12, 0.19)
"""How far the noise itself lies above reconstructions with linear interpolation, which smooths (the same test)."""


@dataclass(frozen=True)
class Image:
    """How the slices are made.

    Parameters
    ----------
    slice_thickness_mm : float
    kernel : FilterKernel
    detector : Detector
    views_per_rotation : int
        For electronic noise only.
    element_mm : float
        Detector element at the isocentre, for electronic noise only.
    """

    slice_thickness_mm: float = 5.0
    kernel: FilterKernel = field(default_factory=FilterKernel)
    detector: Detector = field(default_factory=Detector)
    views_per_rotation: int = 1000
    element_mm: float = 0.625


@dataclass(frozen=True)
class SliceNoise:
    """Noise at one point of one slice.

    Parameters
    ----------
    noise_hu : float
        Standard deviation, quantum and electronic.
    electronic_hu : float
        The electronic part.
    water_per_cm : float
        μ of water in the detected beam: what makes 1000 HU.
    share : float64 ndarray [energies]
        Share of each energy in the signal, mean over the angles.
    """

    noise_hu: float
    electronic_hu: float
    water_per_cm: float
    share: F64


@dataclass(frozen=True)
class Paths:
    """What lies on the rays through a point, one from each angle.

    Parameters
    ----------
    fan_angle_rad : float64 ndarray [ANGLES]
    areal : float64 ndarray [ANGLES, materials]
        Mass per area, g/cm2.
    """

    fan_angle_rad: F64
    areal: F64


class NoiseModel:
    """Noise in the slices of one body under one beam.

    Parameters
    ----------
    body : VoxelPhantom
    beam : ImagingBeam
    image : Image
    axis_mm : (float, float)
        x and y of the rotation axis.
    """

    def __init__(
        self, body: VoxelPhantom, beam: ImagingBeam, image: Image, axis_mm: tuple[float, float]
    ) -> None:
        from ctdose.physics.cross_sections import mass_coefficients
        from ctdose.physics.materials import Material

        self._body, self._beam, self._image, self._axis = body, beam, image, axis_mm
        self._mass = np.array([mass_coefficients(m, beam.energies_kev).total for m in body.materials])
        self._water = mass_coefficients(Material("water"), beam.energies_kev).total
        self.angles_deg = (np.arange(ANGLES) + 0.5) * 360.0 / ANGLES

    def paths(self, k: int, point_mm: tuple[float, float]) -> Paths:
        """What the rays through a point of slice k cross: of use for any beam with this axis and radius.

        Raises
        ------
        ValueError
            The point lies outside the phantom.
        """
        lines = view_lines(self._body, point_mm, self._axis, self._beam.radius_mm, self.angles_deg)
        return Paths(lines.fan_angle_rad, areal_densities(self._body, k, lines))

    def at(self, k: int, point_mm: tuple[float, float], mas: F64, paths: Paths | None = None) -> SliceNoise:
        """Noise at a point of slice k.

        Parameters
        ----------
        k : int
            Index of the slice of the phantom.
        point_mm : (float, float)
        mas : float64 ndarray [ANGLES]
            Tube load that each angle would give the slice if all source positions stood there, mAs (effective mAs
            of a constant current).
        paths : Paths, optional
            From `paths` of a model of the same body, axis and radius; default: drawn here.

        Raises
        ------
        ValueError
            The point lies outside the phantom, or no tube load comes from some angle.
        """
        if not np.all(mas > 0.0):
            raise ValueError("mas (0 at some angle). Noise is known for full rotations only.")
        way = paths or self.paths(k, point_mm)
        got = arrived(self._beam, self._image.detector, way.fan_angle_rad, way.areal, self._mass)
        share = got.share.mean(axis=0)
        water = float(share @ self._water)
        scale = HU / water * np.pi * np.sqrt(self._image.kernel.noise_integral_per_cm3)
        thickness = self._image.slice_thickness_mm / 10.0
        quantum = float(np.mean(1.0 / (got.quanta * mas)) / thickness)
        electronic = self._electronic(got, mas)
        return SliceNoise(scale * np.sqrt(quantum + electronic), scale * np.sqrt(electronic), water, share)

    def _electronic(self, got: Arrived, mas: F64) -> float:
        """Mean over the angles of what electronic noise adds to 1/(n T), 1/cm3·cm2.

        An element collects signal · mAs / views · τ²; the T/τ rows of a slice add up.
        """
        image, element = self._image, self._image.element_mm / 10.0
        sigma = image.detector.electronic_noise_kev
        if sigma == 0.0 or image.detector.kind == "photon-counting":
            return 0.0
        views, thickness = image.views_per_rotation, image.slice_thickness_mm / 10.0
        per_element = got.signal * mas / views * element**2
        rows = thickness / element
        return float(np.mean((sigma / per_element) ** 2) * element / rows / views)
