"""Photon transport, compiled: numpy, numba and math only. Importing this package loads no numba."""
