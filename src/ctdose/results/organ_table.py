"""The organ table of a result: which organs, in which order, with what beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ctdose.dosimetry.organ_dose import OrganDose
from ctdose.results.body_result import BodyResult
from ctdose.results.result import Result

ALWAYS_LISTED = ("eye_lenses", "uterus")


class Grouped(Protocol):
    """A body whose organs are reported in groups."""

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the organs of each group."""
        ...


@dataclass(frozen=True)
class OrganRow:
    """One organ, or a group of organs that are reported together.

    Attributes
    ----------
    organ : str
    bodies : str
        The body, or both, that the dose is averaged over.
    icrp103_tissue : str
        Empty if it has no weight in effective dose.
    absorbed_dose_mgy, standard_error_mgy : float
        Statistical, one sigma.
    systematic_error_mgy : float
        Of all inputs together (docs/uncertainty.md), one sigma, apart from the statistical one.
    dose_per_ctdi_vol, dose_per_ctdi_vol_standard_error : float or None
        mGy per mGy; None for an exam of several acquisitions, which has no CTDI_vol.
    mass_in_range_fraction : float
        Share of its mass within the irradiated range.
    over_ranging_fraction, over_ranging_fraction_standard_error : float
        Share of the dose from over-ranging; NaN without dose, and where the views were not kept.
    mass_g, reference_mass_g : float
        In the voxels; of the reference person, NaN if unknown.
    partial : bool
        A part of it is not in the voxels (raised arms).
    note : str
    """

    organ: str
    bodies: str
    icrp103_tissue: str
    absorbed_dose_mgy: float
    standard_error_mgy: float
    systematic_error_mgy: float
    dose_per_ctdi_vol: float | None
    dose_per_ctdi_vol_standard_error: float | None
    mass_in_range_fraction: float
    over_ranging_fraction: float
    over_ranging_fraction_standard_error: float
    mass_g: float
    reference_mass_g: float
    partial: bool
    note: str


def organ_rows(result: Result, body: str | None = None, *, everything: bool = False) -> list[OrganRow]:
    """The organ table, highest dose first.

    Parameters
    ----------
    result : Result
    body : str, optional
        One body; default: the average over the bodies that have the organ.
    everything : bool
        Every region of the phantom, and the parts of groups. Otherwise, for a person: the tissues that ICRP 103
        names, groups instead of their parts, eye lenses and uterus whatever their dose.

    Raises
    ------
    KeyError
        If the result has no such body.
    """
    bodies = [result.bodies[body]] if body is not None else list(result.bodies.values())
    organs = result.organs if body is None else bodies[0].organs
    kept = organs if everything else {name: organs[name] for name in reported_names(bodies, organs)}
    rows = [_row(result, organ, bodies) for organ in kept.values()]
    return sorted(rows, key=lambda row: -row.absorbed_dose_mgy)


def single_ctdi_vol_mgy(result: Result, bodies: Sequence[str] = ()) -> float | None:
    """CTDI_vol of an exam that has one acquisition; else None: CTDI_vol of several cannot be added.

    Parameters
    ----------
    result : Result
    bodies : sequence of str, optional
        The mean over these: a modulated scan may have another CTDI_vol on each. Default: over all.
    """
    if len(result.acquisitions) != 1:
        return None
    (acquisition,) = result.acquisitions
    own = [acquisition.on_body[name].ctdi_vol_mgy for name in bodies if name in acquisition.on_body]
    known = [value for value in own if value is not None]
    return math.fsum(known) / len(known) if known else acquisition.ctdi_vol_mgy


def reported_names(bodies: Iterable[Grouped], organs: Mapping[str, OrganDose]) -> list[str]:
    """Which organs a table lists unless it lists all: tissues of ICRP 103 and groups, not the parts of groups."""
    groups = {name: members for each in bodies for name, members in each.groups.items()}
    parts = {part for name, members in groups.items() if name in organs for part in members}
    weighted = {name for name, organ in organs.items() if organ.icrp103_tissue}
    if not weighted:
        return [name for name in organs if name not in parts]
    wanted = weighted | set(groups) | set(ALWAYS_LISTED)
    return [name for name in organs if name in wanted and name not in parts]


def _row(result: Result, organ: OrganDose, bodies: list[BodyResult]) -> OrganRow:
    names = [each.name for each in bodies if organ.name in each.organs]
    ctdi_vol_mgy = single_ctdi_vol_mgy(result, names)
    return OrganRow(
        organ=organ.name,
        bodies=", ".join(names),
        icrp103_tissue=organ.icrp103_tissue,
        absorbed_dose_mgy=organ.absorbed_dose_mgy,
        standard_error_mgy=organ.standard_error_mgy,
        systematic_error_mgy=organ.systematic_error_mgy,
        dose_per_ctdi_vol=organ.absorbed_dose_mgy / ctdi_vol_mgy if ctdi_vol_mgy else None,
        dose_per_ctdi_vol_standard_error=organ.standard_error_mgy / ctdi_vol_mgy if ctdi_vol_mgy else None,
        mass_in_range_fraction=organ.mass_in_range_fraction,
        over_ranging_fraction=organ.over_ranging_fraction,
        over_ranging_fraction_standard_error=organ.over_ranging_fraction_standard_error,
        mass_g=organ.mass_g,
        reference_mass_g=organ.reference_mass_g,
        partial=organ.partial,
        note=organ.note,
    )


def relative_systematic_error(result: Result) -> float:
    """Relative error of the scanner's output, or of the stated CTDI_vol, and of the calibration: common to all doses.

    The largest of all organs; NaN if there is none.
    """
    ratios = (
        _common_error(organ) / organ.absorbed_dose_mgy
        for body in result.bodies.values()
        for organ in body.organs.values()
        if organ.absorbed_dose_mgy > 0.0
    )
    return max(ratios, default=math.nan)


def _common_error(organ: OrganDose) -> float:
    parts = organ.systematic
    if parts is None:  # a file from before the parts: there were no others
        return organ.systematic_error_mgy
    return math.hypot(parts.calibration, parts.output, parts.displayed_ctdi_vol)
