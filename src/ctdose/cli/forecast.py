"""What is known of an exam before it is simulated: dose indices, and about how long it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctdose.cli.rates import clock, last_rate

if TYPE_CHECKING:
    from ctdose.api import PreparedExam
    from ctdose.exam.beam_choice import BeamChoice
    from ctdose.exam.model import Exam
    from ctdose.exam.plan import Plan
    from ctdose.exam.resolved import ResolvedExam


def dose_lines(resolved: ResolvedExam) -> Iterator[str]:
    """CTDI_vol and DLP of each acquisition on each body, and DLP of the exam; 16 and 32 cm are never added.

    Raises
    ------
    CtdoseError
        The scanner's file states no output for an acquisition.
    """
    from ctdose.exam.dose_indices import dose_indices

    for body, plans in resolved.plans.items():
        sums: dict[int, float] = {}
        unknown: list[str] = []
        for plan in plans:
            outputs = [_ctdi_w(resolved, beam, plan.ctdi_phantom_cm) for beam in plan.beams]
            if None in outputs:
                unknown.append(plan.name)
                yield f"{plan.name} on {body}: {_later(plan, outputs)}"
                continue
            indices = dose_indices(plan, [output for output in outputs if output is not None])
            sums[plan.ctdi_phantom_cm] = sums.get(plan.ctdi_phantom_cm, 0.0) + indices.dlp_mgy_cm
            yield (
                f"{plan.name} on {body}: CTDI_vol {indices.ctdi_vol_mgy:.4g} mGy, DLP {indices.dlp_mgy_cm:.4g} "
                f"mGy·cm ({plan.ctdi_phantom_cm} cm phantom)"
            )
            if len(plan.beams) > 1:
                yield f"  of it {_by_beam(plan, outputs)}"
        if len(plans) > 1:
            total = ", ".join(f"{dlp:.4g} mGy·cm ({size} cm phantom)" for size, dlp in sorted(sums.items()))
            without = f"; without {', '.join(unknown)}" if unknown else ""
            yield f"all acquisitions on {body}: DLP {total or 'not known yet'}{without}"


def size_lines(prepared: PreparedExam) -> Iterator[str]:
    """Water-equivalent diameter and size-specific dose estimate of each acquisition on each body."""
    from ctdose.calibration.chosen_beam import build_chosen_beam
    from ctdose.exam.phantom_checks import body_name
    from ctdose.imaging.size_specific import size_specific
    from ctdose.results.index_lines import size_line

    resolved = prepared.resolved
    for phantom in prepared.phantoms:
        for plan in resolved.plans[body_name(phantom)]:
            outputs = [_ctdi_w(resolved, beam, plan.ctdi_phantom_cm) for beam in plan.beams]
            known = [output for output in outputs if output is not None]
            if len(known) < len(outputs):
                continue  # dose_lines says so
            spectrum = build_chosen_beam(resolved.scanner, plan.beams[0]).central_spectrum
            yield f"{plan.name} on {plan.body}: {size_line(size_specific(phantom, plan, spectrum, known))}"


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


def _ctdi_w(resolved: ResolvedExam, beam: BeamChoice, ctdi_phantom_cm: int) -> float | None:
    """CTDI_w per 100 mAs of a beam, stated or from a calibration in the cache; None: it is simulated in the run."""
    from ctdose.calibration.chosen_beam import calibrate_chosen_beam, is_chosen_beam_calibrated
    from ctdose.exam.beam_choice import ctdi_w_of

    scanner, off_focal = resolved.scanner, resolved.exam.simulation.off_focal
    stated = ctdi_w_of(scanner, beam, ctdi_phantom_cm)
    if stated is not None:
        return stated
    if not is_chosen_beam_calibrated(scanner, beam, ctdi_phantom_cm, off_focal=off_focal):
        return None
    calibration = calibrate_chosen_beam(scanner, beam, ctdi_phantom_cm, off_focal=off_focal)
    return calibration.ctdi_w_mgy_per_100mas


def _later(plan: Plan, outputs: list[float | None]) -> str:
    filters = dict.fromkeys(
        str(beam.filter) for beam, output in zip(plan.beams, outputs, strict=True) if output is None
    )
    return f"CTDI_vol and DLP follow from the calibration in the run: no output is stated behind {', '.join(filters)}"


def _by_beam(plan: Plan, outputs: list[float | None]) -> str:
    """CTDI_vol of each beam."""
    from ctdose.exam.dose_indices import dlp_from_mas_mgy_cm

    parts = []
    for number, (beam, output) in enumerate(zip(plan.beams, outputs, strict=True)):
        assert output is not None
        dlp = dlp_from_mas_mgy_cm(output / 100.0, plan.open_mas(number), plan.collimation_mm)
        tube = "" if len({each.tube for each in plan.beams}) == 1 or beam.tube != "A" else "tube A "
        parts.append(f"{tube}{beam.label} {dlp * 10.0 / plan.dlp_length_mm:.4g} mGy")
    return " + ".join(parts)
