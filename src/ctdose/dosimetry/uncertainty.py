"""The systematic part of every dose of one body, from the inputs of its exam."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.sensitivity import KINDS, load_limits, sensitivities
from ctdose.dosimetry.systematic_parts import SystematicParts
from ctdose.dosimetry.view_dose import ViewDoses
from ctdose.dosimetry.view_ranges import ENDS, moves_with_range, shortened
from ctdose.exam.plan import Plan
from ctdose.kernels.tables import F64

SQRT_3 = math.sqrt(3.0)


@dataclass(frozen=True)
class BeamError:
    """One beam of an acquisition.

    Attributes
    ----------
    calibration_id : str
    calibration_relative_standard_error : float
    photons : float
        Emitted; any unit that the beams of the acquisition have in common.
    """

    calibration_id: str
    calibration_relative_standard_error: float
    photons: float


@dataclass(frozen=True)
class AcquisitionInputs:
    """What an acquisition takes for granted.

    Attributes
    ----------
    plan : Plan
    beams : tuple of BeamError
    output_relative_error : float
        One sigma, of the scanner's file.
    states_ctdi_vol : bool
        The exam states CTDI_vol: its dose does not depend on the stated output.
    """

    plan: Plan
    beams: tuple[BeamError, ...]
    output_relative_error: float
    states_ctdi_vol: bool


def output_parts(inputs: Sequence[AcquisitionInputs], shares: F64) -> dict[str, float]:
    """Relative parts of calibration, output and displayed CTDI_vol.

    Acquisitions err together in their output, which is that of one scanner, and in a calibration that they share:
    linearly, weighted by what each gives to the dose. Different calibrations are independent.

    Parameters
    ----------
    inputs : sequence of AcquisitionInputs
    shares : float64 ndarray [acquisitions]
        Of the dose.
    """
    calibrations: dict[str, float] = {}
    output = displayed = 0.0
    for each, share in zip(inputs, shares.tolist(), strict=True):
        photons = math.fsum(beam.photons for beam in each.beams)
        for beam in each.beams:
            part = share * beam.photons / photons * beam.calibration_relative_standard_error
            calibrations[beam.calibration_id] = calibrations.get(beam.calibration_id, 0.0) + part
        if each.states_ctdi_vol:
            displayed += share * load_limits().displayed_ctdi_vol / SQRT_3
        else:
            output += share * each.output_relative_error
    calibration = math.hypot(*calibrations.values())
    return {"calibration": calibration, "output": output, "displayed_ctdi_vol": displayed}


def range_parts(views: ViewDoses, plans: Sequence[Plan]) -> dict[str, F64]:
    """Parts of both ends of the scan range in every row of the views, mGy, [rows] each.

    The dose that 1 cm less at one end takes away is the half width of a rectangular interval around the dose: 1 cm
    more would add about as much. The ends of all acquisitions move together.
    """
    found = {}
    whole, _ = views.weighted(np.ones(views.bins.mas.size))
    for end in ENDS:
        change = np.zeros_like(whole)
        for number, plan in enumerate(plans):
            if moves_with_range(plan):
                own = views.bins.acquisition == number
                extent = float(views.bins.z_end_mm[own].max() - views.bins.z_start_mm[own].min())
                wanted = load_limits().scan_range_mm
                step = min(wanted, extent / 2.0)
                less, _ = views.weighted(shortened(views, number, plan, end, step))
                change += (whole - less) * wanted / step
        found[f"range_{end}"] = np.abs(change) / SQRT_3
    return found


def with_uncertainty(
    dose: BodyDose,
    inputs: Sequence[AcquisitionInputs],
    shares: Mapping[str, F64],
    views: ViewDoses | None,
    *,
    person: bool,
) -> BodyDose:
    """The doses of a body with the systematic part of each.

    Parameters
    ----------
    dose : BodyDose
    inputs : sequence of AcquisitionInputs
    shares : mapping of str to float64 ndarray [acquisitions]
        What each acquisition gives to a dose, by the names of `ViewDoses.names`.
    views : ViewDoses or None
        None: the part of the scan range is not known where it can be moved.
    person : bool
        Whether the body has an anatomy: the sensitivities are those of persons, of other bodies they are not known.
    """
    plans = [each.plan for each in inputs]
    ranges = range_parts(views, plans) if views is not None else {}
    unknown = math.nan if any(moves_with_range(plan) for plan in plans) else 0.0

    def parts(key: str, value: float, name: str, in_range: float) -> SystematicParts:
        relative = output_parts(inputs, shares[key])
        relative |= sensitivities(name, in_range) if person else dict.fromkeys(KINDS, math.nan)
        for kind in KINDS:
            relative[kind] /= SQRT_3
        found = {part: value * each for part, each in relative.items()}
        for end in ENDS:
            row = views.names.index(key) if views is not None else -1
            found[f"range_{end}"] = float(ranges[f"range_{end}"][row]) if views is not None else unknown
        return SystematicParts(**found)

    def organ(each: OrganDose, kinds: Sequence[str]) -> OrganDose:
        key = next(f"{kind}:{each.name}" for kind in kinds if f"{kind}:{each.name}" in shares)
        own = parts(key, each.absorbed_dose_mgy, each.name, each.mass_in_range_fraction)
        return replace(each, systematic=own, systematic_error_mgy=own.combined)

    return replace(
        dose,
        organs={name: organ(each, ("organ", "tissue")) for name, each in dose.organs.items()},
        tissues={name: organ(each, ("tissue",)) for name, each in dose.tissues.items()},
        weighted_systematic={
            name: parts(f"weighted:{name}", value, "effective_dose", 1.0)
            for name, (value, _) in dose.weighted_msv.items()
        },
    )


def acquisition_shares(rows_by_acquisition: F64) -> F64:
    """Share of each acquisition in every row, [rows, acquisitions]; even where there is no dose.

    Parameters
    ----------
    rows_by_acquisition : float64 ndarray [acquisitions, rows]
        Sums of e.
    """
    number = rows_by_acquisition.shape[0]
    total = rows_by_acquisition.sum(axis=0)
    even = np.full_like(rows_by_acquisition, 1.0 / number)
    return np.divide(rows_by_acquisition, total, out=even, where=total > 0.0).T
