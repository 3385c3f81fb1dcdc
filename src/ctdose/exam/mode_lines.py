"""What is particular about the mode of an acquisition, in words: each tube or voltage, heart, parts of a rotation."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.beam_choice import SECOND_TUBE
from ctdose.exam.ecg import Ecg
from ctdose.exam.exposure import resolve_exposure
from ctdose.exam.plan import Plan
from ctdose.exam.tube_load import TubeLoad, tube_loads
from ctdose.scanner.model import Scanner

MM_PER_CM = 10.0


def mode_lines(plan: Plan, acquisition: Acquisition, scanner: Scanner) -> Iterator[str]:
    """Sentences without a full stop; none for a plain scan.

    Parameters
    ----------
    plan : Plan
        Of this acquisition.
    acquisition : Acquisition
    scanner : Scanner
    """
    loads = tube_loads(acquisition, resolve_exposure(acquisition, scanner))
    if len(plan.beams) > 1:
        yield from _beam_lines(plan, acquisition, loads)
    if acquisition.second_tube is not None:
        yield from _narrow_fan(plan, scanner)
    if acquisition.ecg is not None and plan.mode == "helical":
        yield _pulsed(acquisition.ecg, loads, plan.beam_on_time_s)
    elif acquisition.ecg is not None:
        rotations = acquisition.rotations_at_one_place
        yield f"gated: {_window(acquisition.ecg)}, tube on at each place: {rotations:.4g} rotations, else off"
    elif plan.mode == "axial" and acquisition.rotations != 1.0:
        yield f"{acquisition.rotations:.4g} rotations at each place"


def _beam_lines(plan: Plan, acquisition: Acquisition, loads: list[TubeLoad]) -> Iterator[str]:
    for number, (beam, load) in enumerate(zip(plan.beams, loads, strict=True)):
        share = acquisition.switched_time_fraction
        if share is None:
            current = load.current_ma
            name = beam.label if beam.tube == SECOND_TUBE else f"tube {beam.tube} {beam.label}"
            yield f"{name}: {current:.4g} mA, {plan.beam_mas(number):.5g} mAs in all"
        else:
            time = share if number else 1.0 - share
            yield (
                f"{beam.label}: {time:.4g} of the time, {load.current_ma:.4g} mA, "
                f"{plan.beam_mas(number):.5g} mAs in all"
            )


def _narrow_fan(plan: Plan, scanner: Scanner) -> Iterator[str]:
    assert scanner.second_tube is not None
    half = math.radians(scanner.second_tube.fan_angle_deg) / 2.0
    field_cm = 2.0 * scanner.geometry.source_isocentre_distance_mm * math.sin(half) / MM_PER_CM
    if field_cm < plan.ctdi_phantom_cm:
        yield (
            f"the fan of tube B covers {field_cm:.3g} cm, less than the {plan.ctdi_phantom_cm} cm CTDI phantom: its "
            "CTDI_w is stated as if it did (too high), its photons and organ doses are those of its fan"
        )


def _window(ecg: Ecg) -> str:
    begin, end = ecg.window_percent
    return f"{begin:g} to {end:g} % of RR ({ecg.window_s:.4g} of {ecg.cycle_s:.4g} s at {ecg.heart_rate_per_min:g}/min)"


def _pulsed(ecg: Ecg, loads: list[TubeLoad], seconds: float) -> str:
    mean_now = ecg.mean_over(seconds)
    scale = ecg.mean_fraction / mean_now if ecg.output_is == "mean" and mean_now > 0 else 1.0
    full = " and ".join(f"{load.current_ma * scale:.4g} mA" for load in loads)
    low = " and ".join(f"{load.least_ma * scale:.4g} mA" for load in loads)
    mean = " and ".join(f"{load.current_ma * scale * mean_now:.4g} mA" for load in loads)
    phase = "averaged over"
    if ecg.start_phase_percent != "averaged":
        phase = f"{ecg.start_phase_percent:g} % of RR"
    return f"ECG: {full} in {_window(ecg)}, {low} outside, mean {mean}; phase at beam-on: {phase}"
