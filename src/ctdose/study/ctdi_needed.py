"""Which CTDI measurements calibrate a beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ctdose.calibration.calibrate import filters_to_measure
from ctdose.exam.beam_choice import BeamChoice

if TYPE_CHECKING:
    from ctdose.api import PreparedExam


class Measurement(NamedTuple):
    """What a CTDI measurement depends on; parameters as `ctdi_case`."""

    scanner_sha256: str
    tube_voltage_kv: float
    bowtie: str
    phantom_cm: int
    filter: str | None
    focal_spot: str | None
    off_focal: bool

    @property
    def label(self) -> str:
        """Short text for progress lines."""
        return BeamChoice(self.tube_voltage_kv, self.bowtie, 0.0, filter=self.filter).label


@dataclass(frozen=True)
class Needed:
    """The measurements of one beam: that of the stated output, and that behind its own filter; mostly the same."""

    stated: Measurement
    own: Measurement


def needed_by(exam: PreparedExam, choice: BeamChoice, phantom_cm: int) -> Needed:
    """The measurements that calibrate a beam; CtdoseError if its output is not stated."""
    scanner, off_focal = exam.resolved.scanner, exam.exam.simulation.off_focal
    stated, own = (
        Measurement(
            scanner.sha256,
            choice.tube_voltage_kv,
            choice.bowtie,
            phantom_cm,
            behind,
            choice.focal_spot,
            off_focal,
        )
        for behind in filters_to_measure(
            scanner, choice.tube_voltage_kv, choice.bowtie, phantom_cm, choice.filter
        )
    )
    return Needed(stated, own)
