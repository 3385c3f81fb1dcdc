"""Stylized reference persons: organs as simple shapes, filled to their reference masses at any voxel size."""

from ctdose.phantoms.stylized.builder import build_adult, build_person
from ctdose.phantoms.stylized.person import reference_person
from ctdose.phantoms.stylized.sizes import sized_person

__all__ = ["build_adult", "build_person", "reference_person", "sized_person"]
