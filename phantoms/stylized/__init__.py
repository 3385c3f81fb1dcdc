"""Stylized reference persons: organs as simple shapes, filled to their reference masses at any voxel size."""

from ctdose.phantoms.stylized.builder import build_adult

__all__ = ["build_adult"]
