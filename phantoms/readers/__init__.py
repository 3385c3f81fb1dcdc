"""Readers of foreign phantoms: ICRP's voxel phantoms, tetrahedral meshes, raw voxel files."""
