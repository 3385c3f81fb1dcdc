"""What is known of an exam before it is simulated: dose indices, and about how long it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ctdose.cli.rates import clock, last_rate
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.exam.dose_indices import DoseIndices
    from ctdose.exam.model import Exam
    from ctdose.exam.plan import Plan
    from ctdose.exam.resolved import ResolvedExam
    from ctdose.scanner.model import Scanner


BEHIND_A_FILTER = (
    "CTDI_vol and DLP follow from the run: the scanner's file states no output behind this filter, so it is simulated "
    "from the output without it"
)


def dose_lines(resolved: ResolvedExam) -> Iterator[str]:
    """CTDI_vol and DLP of each acquisition on each body, and DLP of the exam; 16 and 32 cm are never added.

    Raises
    ------
    CtdoseError
        The scanner's file states no output for an acquisition.
    """
    for body, plans in resolved.plans.items():
        sums: dict[int, float] = {}
        for plan in plans:
            indices = _indices(plan, resolved.scanner)
            if indices is None:
                yield f"{plan.name} on {body}: {BEHIND_A_FILTER}"
                continue
            sums[plan.ctdi_phantom_cm] = sums.get(plan.ctdi_phantom_cm, 0.0) + indices.dlp_mgy_cm
            yield (
                f"{plan.name} on {body}: CTDI_vol {indices.ctdi_vol_mgy:.4g} mGy, DLP {indices.dlp_mgy_cm:.4g} "
                f"mGy·cm ({plan.ctdi_phantom_cm} cm phantom)"
            )
        if len(plans) > 1 and sums:
            total = ", ".join(f"{dlp:.4g} mGy·cm ({size} cm phantom)" for size, dlp in sorted(sums.items()))
            yield f"all acquisitions on {body}: DLP {total}"


def time_lines(exam: Exam, resolved: ResolvedExam) -> Iterator[str]:
    """Estimate the time from the rate of the last run or an assumed one, and say which of them it is."""
    from ctdose.api import available_threads
    from ctdose.simulation.compiled import is_compiled

    rate, threads = last_rate(exam.simulation.estimator), available_threads()
    if exam.simulation.target_relative_standard_error is not None:
        yield f"time: until the target is reached, at most {exam.most_histories:,} histories"
        return
    histories = exam.simulation.histories
    source = "as in the last run here" if rate.measured else "assumed: nothing was run here yet"
    yield (
        f"time: about {clock(rate.seconds(histories, threads))} for {histories:,} histories on {threads} threads "
        f"({rate.per_thread * threads / 1e6:.2g} M histories/s, {source})"
    )
    extra = [] if is_compiled() else ["compiling (about 30 s)"]
    missing = _calibrations_missing(resolved)
    if missing:
        extra.append(f"the calibration of {missing} beam{'s' * (missing > 1)} (some 20 s each)")
    if extra:
        yield f"on top, once: {' and '.join(extra)}"


def _calibrations_missing(resolved: ResolvedExam) -> int:
    """Beams of the exam whose calibration is not in the cache."""
    from ctdose.calibration.chosen_beam import calibration_choice, is_chosen_beam_calibrated

    plans = next(iter(resolved.plans.values()))
    beams = {(calibration_choice(beam), plan.ctdi_phantom_cm) for plan in plans for beam in plan.beams}
    off_focal = resolved.exam.simulation.off_focal
    return sum(
        not is_chosen_beam_calibrated(resolved.scanner, beam, cm, off_focal=off_focal) for beam, cm in beams
    )


def _indices(plan: Plan, scanner: Scanner) -> DoseIndices | None:
    """None if a beam's output is stated without its filter alone: what it gives behind the filter is simulated."""
    from ctdose.exam.beam_choice import ctdi_w_of
    from ctdose.exam.dose_indices import dose_indices

    size = plan.ctdi_phantom_cm
    outputs = []
    for beam in plan.beams:
        ctdi_w = ctdi_w_of(scanner, beam, size)
        if ctdi_w is None and beam.filter and ctdi_w_of(scanner, replace(beam, filter=None), size):
            return None
        if ctdi_w is None:
            why = f"its file states no output for bowtie {beam.bowtie} in the {size} cm phantom"
            raise CtdoseError(
                f"scanner={scanner.scanner} ({why}, so there is no absolute dose). Add a table under output."
            )
        outputs.append(ctdi_w)
    return dose_indices(plan, outputs)
