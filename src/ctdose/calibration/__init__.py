"""Photons per mAs of a scanner: its measured output over the simulated output of the same source."""
