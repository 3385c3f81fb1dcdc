"""What is irradiated: voxel phantoms, their organs, their builders and readers."""

from ctdose.phantoms.organs import Anatomy, MarrowSite, Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom

__all__ = ["Anatomy", "MarrowSite", "Organ", "VoxelPhantom"]
