"""Ribs, costal cartilage and lungs: shapes that follow the cavity of the trunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdose.phantoms.stylized.cavity import Cavity
from ctdose.phantoms.stylized.frame import F32, Bounds, Points

RIBS = 12
FIRST_RIB_Z_MM = 616.0  # where it leaves the spine
RIB_PITCH_MM = 23.0
RIB_DROP_MM = (50.0, 54.0, 58.0, 62.0, 66.0, 70.0, 74.0, 76.0, 76.0, 76.0, 70.0, 60.0)  # over DROP_LENGTH_MM
DROP_LENGTH_MM = 150.0
DROP_FROM_Y_MM = 90.0
HALF_HEIGHT_MM, HALF_THICKNESS_MM = 7.5, 4.6
MIDDLE_MM = 5.5  # of the ribs' thickness, outside the cavity
# How far forward the bone reaches: +1 the back of the cavity, -1 its front.
BONE_ENDS = (-0.72, -0.74, -0.76, -0.78, -0.78, -0.76, -0.74, -0.62, -0.48, -0.32, 0.05, 0.45)
CARTILAGE_TO_X_MM = (12.0,) * 7 + (34.0, 52.0, 68.0)  # ribs 1 to 7 reach the sternum, 8 to 10 the one above
SPINE_X_MM = 21.0


@dataclass(frozen=True)
class Ribs:
    """Twelve pairs of hoops on the cavity's surface that fall towards the front.

    Parameters
    ----------
    part : str
        ``bone`` or ``cartilage``.
    """

    part: str

    def bounds(self, scale: float) -> Bounds:
        """Bounds of the rib cage."""
        return -170.0, 170.0, -130.0, 130.0, 250.0, 650.0

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """Distance from the nearest hoop's middle line over its half height and thickness."""
        width, centre, half = cavity.section(points.z)
        outside = (cavity.radius(points) - np.float32(1.0)) * np.sqrt(width * half)
        thickness2 = ((outside - np.float32(MIDDLE_MM)) / np.float32(HALF_THICKNESS_MM)) ** 2
        forward = (points.y - centre) / half
        best = np.full(thickness2.shape, np.inf, np.float32)
        for k in range(RIBS):
            height2 = ((points.z - self._height(k, points.y)) / np.float32(HALF_HEIGHT_MM)) ** 2
            there = self._there(k, points.x, forward)
            np.minimum(best, np.where(there, np.sqrt(thickness2 + height2), np.float32(np.inf)), out=best)
        return best

    @staticmethod
    def _height(k: int, y: F32) -> F32:
        slope = np.float32(RIB_DROP_MM[k] / DROP_LENGTH_MM)
        return np.float32(FIRST_RIB_Z_MM - k * RIB_PITCH_MM) - slope * (np.float32(DROP_FROM_Y_MM) - y)

    def _there(self, k: int, x: F32, forward: F32) -> np.ndarray:
        bone = forward > BONE_ENDS[k]
        if self.part == "bone":
            return bone & ((np.abs(x) > SPINE_X_MM) | (forward < 0))
        if k >= len(CARTILAGE_TO_X_MM):
            return np.zeros(np.broadcast_shapes(bone.shape, x.shape), bool)
        return ~bone & (np.abs(x) > CARTILAGE_TO_X_MM[k])


@dataclass(frozen=True)
class Lung:
    """A lung: filled from the apex down to a level above the dome of the diaphragm.

    Parameters
    ----------
    side : str
        ``left`` or ``right``.
    mediastinum : float
        Half width, mm, of what lies between the lungs.
    dome : float
        Height of the top of the diaphragm, mm.
    """

    side: str
    mediastinum: float
    dome: float

    def bounds(self, scale: float) -> Bounds:
        """Bounds of one half of the chest."""
        x = (self.mediastinum, 160.0) if self.side == "left" else (-160.0, -self.mediastinum)
        return *x, -120.0, 120.0, 250.0, 650.0

    def rank(self, points: Points, cavity: Cavity) -> F32:
        """One less the height above the diaphragm in m."""
        beside = np.maximum(np.abs(points.x) - np.float32(66.0), 0.0)
        behind = np.maximum(points.y + np.float32(8.0), 0.0)
        before = np.maximum(np.float32(-8.0) - points.y, 0.0)
        fall = np.float32(0.0075) * beside**2 + np.float32(0.0072) * behind**2 + np.float32(0.005) * before**2
        height = points.z - np.float32(self.dome) + fall
        return np.float32(1.0) - height / np.float32(1000.0)
