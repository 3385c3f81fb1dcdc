"""What effective dose is made of: the share of each tissue."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.dosimetry.tissue_weights import load_tissue_weights
from ctdose.report.tissue_groups import TissueGroup, tissue_groups
from ctdose.results.result import Result


@dataclass(frozen=True)
class TissueShare:
    """One tissue.

    Attributes
    ----------
    tissue : str
    group : TissueGroup
    contribution_msv : float
        Weight times dose, mean over both reference persons.
    share : float
        Of effective dose.
    start : float
        Where its part of a bar of all begins, per cent.
    """

    tissue: str
    group: TissueGroup
    contribution_msv: float
    share: float
    start: float


def tissue_shares(result: Result) -> list[TissueShare]:
    """Shares of effective dose (ICRP 103), the largest first; nothing where there is no effective dose.

    E = sum over tissues of w_T (D_T of the male + D_T of the female)/2: ICRP Publication 103 (2007), eq. 4.6, photons
    having a radiation weight of 1.
    """
    if result.effective_dose is None or result.effective_dose.icrp103_msv is None:
        return []
    found: dict[str, float] = {}
    for body in result.bodies.values():
        tissues = body.dose.tissues
        weights = load_tissue_weights("icrp103").of_tissues({name: t.mass_g for name, t in tissues.items()})
        for name, weight in weights.items():
            part = weight * tissues[name].absorbed_dose_mgy / len(result.bodies)
            found[name] = found.get(name, 0.0) + part
    total, groups = sum(found.values()), tissue_groups()
    if total <= 0.0:
        return []
    rows, start = [], 0.0
    for name, value in sorted(found.items(), key=lambda item: -item[1]):
        words = name.replace("_", " ")
        rows.append(TissueShare(words, groups[name], value, value / total, round(100.0 * start / total, 3)))
        start += value
    return rows
