"""What is irradiated: voxel phantoms, their organs, their builders and readers."""

from ctdose.phantoms.anatomy import Anatomy
from ctdose.phantoms.marrow_site import MarrowSite
from ctdose.phantoms.organs import Organ
from ctdose.phantoms.voxel_phantom import VoxelPhantom

__all__ = ["Anatomy", "MarrowSite", "Organ", "VoxelPhantom"]
