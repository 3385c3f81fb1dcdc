"""What each tube has to give: the greatest and least current of an acquisition at each of its voltages."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.exam.acquisition import Acquisition
from ctdose.exam.beam_choice import SECOND_TUBE, beams_of
from ctdose.exam.exposure import Exposure


@dataclass(frozen=True)
class TubeLoad:
    """Load of one beam.

    Parameters
    ----------
    tube_voltage_kv : float
    current_ma : float
        While this beam is on; of an ECG-controlled current that in the window.
    least_ma : float
        Outside the window; equal to `current_ma` where the current is constant.
    where : str
        For messages: empty, or some of ``in the second tube``, ``at 80 kV``, ``in the window``, each after a space.
    """

    tube_voltage_kv: float
    current_ma: float
    least_ma: float
    where: str


def tube_loads(acquisition: Acquisition, exposure: Exposure) -> list[TubeLoad]:
    """Load of each beam of an acquisition, in the order of `beams_of`.

    Fast kV switching: the share of the mAs over that of the time, times the mean current, at each voltage.
    """
    full, low = 1.0, 1.0
    ecg = acquisition.ecg
    if ecg is not None and acquisition.mode == "helical":
        full = 1.0 / ecg.mean_fraction if ecg.mean_fraction > 0 else float("inf")
        low = full * (ecg.low_current_fraction or 0.0)
    found = []
    for number, beam in enumerate(beams_of(acquisition)):
        mean, where = exposure.tube_current_ma, ""
        if beam.tube == SECOND_TUBE:
            mean, where = exposure.second_tube_current_ma, " in the second tube"
        elif acquisition.switched_time_fraction is not None:
            time = acquisition.switched_time_fraction
            mean *= exposure.shares[number] / (time if number else 1.0 - time)
            where = f" at {beam.tube_voltage_kv:g} kV"
        if full != 1.0:
            where += " in the window"
        found.append(TubeLoad(beam.tube_voltage_kv, mean * full, mean * low, where))
    return found
