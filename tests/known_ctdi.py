"""Calibrations, minutes of simulation, replaced by numbers of the right size: the same CTDI for every beam."""

from __future__ import annotations

from ctdose.calibration.ctdi import SimulatedCTDI
from ctdose.calibration.ctdi_ratios import CTDIRatios

CTDI = SimulatedCTDI(9e-13, 1.7e-12, 1.4e-12, 1e-3, 10**8)
RATIO_ERROR = 2e-3


def same_ctdi(identity: str) -> SimulatedCTDI:
    """In place of `ctdi_case._cached`."""
    return CTDI


def same_ratios(identity: str, beams: int) -> CTDIRatios:
    """In place of `ctdi_ratios._cached`: the errors of the ratios are half alike."""
    shares = [each / CTDI.weighted for each in (CTDI.center, CTDI.periphery, CTDI.weighted)]
    square = RATIO_ERROR**2
    covariance = [
        [0.0 if i * j == 0 else square * (1.0 if i == j else 0.5) for j in range(beams)] for i in range(beams)
    ]
    return CTDIRatios(*([share] * beams for share in shares), covariance, 10**8)


def know_ctdi(patch) -> None:
    """Let a run take them instead of simulating; `patch` is pytest's monkeypatch."""
    from ctdose.calibration import ctdi_case, ctdi_ratios

    patch.setattr(ctdi_case, "_cached", same_ctdi)
    patch.setattr(ctdi_ratios, "_cached", same_ratios)
