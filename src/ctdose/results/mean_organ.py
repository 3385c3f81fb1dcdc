"""Dose of an organ, averaged over the bodies that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctdose.dosimetry.effective_dose import mean_of_bodies, mean_share
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.systematic_parts import mean_parts


def mean_organ(bodies: Sequence[BodyDose], name: str) -> OrganDose:
    """Average an organ's dose; of one body alone it is that body's.

    Parameters
    ----------
    bodies : sequence of BodyDose
        One of them at least has the organ.
    name : str
    """
    having = [body.organs[name] for body in bodies if name in body.organs]
    if len(having) == 1:
        return having[0]
    dose, error = mean_of_bodies(bodies, name)

    def mean(attribute: str) -> float:
        return float(np.mean([getattr(organ, attribute) for organ in having]))

    parts = mean_parts([organ.systematic for organ in having])
    share, share_error = mean_share(
        [organ.absorbed_dose_mgy for organ in having],
        [(o.over_ranging_fraction, o.over_ranging_fraction_standard_error) for o in having],
    )
    return replace(
        having[0],
        absorbed_dose_mgy=dose,
        standard_error_mgy=error,
        systematic_error_mgy=mean("systematic_error_mgy") if parts is None else parts.combined,
        systematic=parts,
        over_ranging_fraction=share,
        over_ranging_fraction_standard_error=share_error,
        mass_g=mean("mass_g"),
        reference_mass_g=mean("reference_mass_g"),
        mass_in_range_fraction=mean("mass_in_range_fraction"),
        partial=any(organ.partial for organ in having),
    )
