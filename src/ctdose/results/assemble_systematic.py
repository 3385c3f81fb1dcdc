"""What is known of a body's doses beside their statistics: systematic parts, and over-ranging's share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctdose.calibration.calibrate import Calibration
from ctdose.dosimetry.body_rows import BodyRows
from ctdose.dosimetry.organ_dose import BodyDose, OrganDose
from ctdose.dosimetry.uncertainty import (
    AcquisitionInputs,
    BeamError,
    acquisition_shares,
    with_uncertainty,
)
from ctdose.dosimetry.view_dose import ViewDoses, dose_rows
from ctdose.dosimetry.view_ranges import over_ranging_bins
from ctdose.exam.model import Exam
from ctdose.exam.plan import Plan
from ctdose.simulation.exam_tables import PlannedBeam, acquisition_numbers
from ctdose.simulation.sums import Sums


def acquisition_inputs(
    exam: Exam, planned: Sequence[PlannedBeam], calibrations: Sequence[Calibration]
) -> list[AcquisitionInputs]:
    """Inputs of every acquisition of an exam on one body; one calibration for each planned beam."""
    gathered: list[list[tuple[PlannedBeam, Calibration]]] = [[] for _ in exam.acquisitions]
    for number, beam, calibration in zip(acquisition_numbers(planned), planned, calibrations, strict=True):
        gathered[number].append((beam, calibration))
    return [
        AcquisitionInputs(
            plan=own[0][0].plan,
            beams=tuple(BeamError(c.calibration_id, c.relative_standard_error, p.photons) for p, c in own),
            output_relative_error=own[0][1].relative_systematic_error,
            states_ctdi_vol=acquisition.ctdi_vol_mgy is not None,
        )
        for acquisition, own in zip(exam.acquisitions, gathered, strict=True)
    ]


def with_systematic(
    dose: BodyDose,
    rows: BodyRows,
    sums: Sums,
    views: ViewDoses | None,
    inputs: Sequence[AcquisitionInputs],
    *,
    person: bool,
) -> BodyDose:
    """Doses with their systematic parts and over-ranging's share."""
    of_rows = acquisition_shares(sums.rows[..., 0].sum(axis=0, dtype=np.float64))
    shares = {name: of_rows[row] for name, (row, _) in dose_rows(rows, dose).items()}
    dose = with_uncertainty(dose, inputs, shares, views, person=person)
    return dose if views is None else _with_over_ranging(dose, views, [each.plan for each in inputs])


def _with_over_ranging(dose: BodyDose, views: ViewDoses, plans: Sequence[Plan]) -> BodyDose:
    planned = [(plan.z_start_mm, plan.z_end_mm) for plan in plans]
    shares, errors = views.share(over_ranging_bins(views, [plan.mode for plan in plans], planned))
    found = {name: (float(s), float(e)) for name, s, e in zip(views.names, shares, errors, strict=True)}

    def organ(each: OrganDose, kinds: Sequence[str]) -> OrganDose:
        share, error = next(found[f"{kind}:{each.name}"] for kind in kinds if f"{kind}:{each.name}" in found)
        return replace(each, over_ranging_fraction=share, over_ranging_fraction_standard_error=error)

    return replace(
        dose,
        organs={name: organ(each, ("organ", "tissue")) for name, each in dose.organs.items()},
        tissues={name: organ(each, ("tissue",)) for name, each in dose.tissues.items()},
        weighted_over_ranging={name: found[f"weighted:{name}"] for name in dose.weighted_msv},
    )
