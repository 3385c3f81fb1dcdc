"""What `ctdose check` and `ctdose show` say of the patient table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctdose.api import PreparedExam
    from ctdose.results.result import Result


def couch_lines(prepared: PreparedExam) -> Iterator[str]:
    """Say what the table of an exam is and what it takes up of each beam; nothing for an exam without a table."""
    from ctdose.scanner.beam_quality import couch_attenuation

    scanner = prepared.resolved.scanner
    if not prepared.exam.table or scanner.table is None:
        return
    shape, areal = scanner.table.shape(), scanner.table.areal_density_g_cm2
    beams = {(a.tube_voltage_kv, a.bowtie): None for a in prepared.exam.acquisitions}
    taken = [f"{couch_attenuation(scanner, kv, bowtie, shape):.0%} at {kv:g} kV" for kv, bowtie in beams]
    yield (
        f"table of {scanner.scanner}: {scanner.table.width_mm:g} mm wide, {areal:.2f} g/cm2; takes up "
        f"{', '.join(dict.fromkeys(taken))} of the air kerma from straight below"
    )


def has_table(result: Result) -> bool:
    """Whether a result was simulated with the scanner's table."""
    import yaml

    try:
        exam = yaml.safe_load(result.exam_yaml)
    except yaml.YAMLError:
        return False
    return isinstance(exam, dict) and exam.get("table") is True
