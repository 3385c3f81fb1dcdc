"""The heart's part in a cardiac scan: the key `ecg`, and the tube current as a function of time.

Axial (prospective gating, step and shoot): at each place the tube is on during the window, off outside.
Helical (retrospective gating with ECG-controlled current): full current in the window, a low one outside.

At which phase of the heart the beam comes on is not known beforehand. Averaged over it, every moment of a helical scan
has the same expected current, the mean of the cycle: the dose for a given mean mAs is that of a constant current.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainValidator

from ctdose.schema import AS_IS, Checked, fault, is_number, key

SECONDS_PER_MINUTE = 60.0


def _window(value: Any) -> tuple[float, float]:
    right = "Write two percentages of the RR interval, from 0 to 100, for example [40, 80]."
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(is_number, value)):
        raise fault("must be two percentages", right)
    begin, end = float(value[0]), float(value[1])
    if not (0 <= begin <= 100 and 0 <= end <= 100):
        raise fault("outside 0 to 100 % of the RR interval", right)
    if begin >= end:
        raise fault(
            "the window ends before it begins, or has no length",
            f"Write [{end:g}, {begin:g}]." if end < begin else right,
        )
    return begin, end


def _start_phase(value: Any) -> float | Literal["averaged"]:
    if value == "averaged":
        return "averaged"
    if not is_number(value) or not 0 <= value < 100:
        right = "Write averaged, or the phase at beam-on in % of the RR interval, from 0 to below 100."
        raise fault("neither averaged nor a phase", right)
    return float(value)


Window = Annotated[tuple[float, float], PlainValidator(_window, json_schema_input_type=list[float]), AS_IS]
StartPhase = Annotated[
    float | Literal["averaged"],
    PlainValidator(_start_phase, json_schema_input_type=float | Literal["averaged"]),
    AS_IS,
]


class Ecg(Checked):
    """Heart rate and window of a cardiac scan. Phases are percentages of the RR interval."""

    heart_rate_per_min: float = key(doc="Heart rate", unit="1/min", ge=20, le=300, example=60)
    window_percent: Window = key(
        doc="Part of the RR interval with the tube on (axial), with full current (helical)",
        unit="%",
        example=[40, 80],
    )
    low_current_fraction: float | None = key(
        None,
        doc="Helical: current outside the window over that inside",
        ge=0,
        le=1,
        example=0.2,
    )
    output_is: Literal["mean", "full"] = key(
        "mean",
        doc="Helical: whether the stated tube current or mAs is the mean over the beam-on, or that in the window",
    )
    start_phase_percent: StartPhase = key(
        "averaged",
        doc="Helical: phase at beam-on; averaged: the mean over all phases",
        unit="%",
        example="averaged",
    )

    @property
    def cycle_s(self) -> float:
        """RR interval, s."""
        return SECONDS_PER_MINUTE / self.heart_rate_per_min

    @property
    def window_fraction(self) -> float:
        """Length of the window over the RR interval."""
        return (self.window_percent[1] - self.window_percent[0]) / 100.0

    @property
    def window_s(self) -> float:
        """Length of the window, s."""
        return self.window_fraction * self.cycle_s

    @property
    def mean_fraction(self) -> float:
        """Mean current of a cycle over that in the window."""
        inside, low = self.window_fraction, self.low_current_fraction or 0.0
        return inside + (1.0 - inside) * low

    def relative_current(
        self, seconds: NDArray[np.float64], start_phase_percent: float
    ) -> NDArray[np.float64]:
        """Current at times after beam-on over that in the window; any shape.

        Parameters
        ----------
        seconds : float64 ndarray
        start_phase_percent : float
            Phase of the heart at beam-on.
        """
        phase = (start_phase_percent + 100.0 * np.asarray(seconds) / self.cycle_s) % 100.0
        begin, end = self.window_percent
        return np.where((phase >= begin) & (phase < end), 1.0, self.low_current_fraction or 0.0)

    def mean_over(self, seconds: float) -> float:
        """Mean current of a scan of so many seconds over that in the window; with an unknown phase that of a cycle."""
        if self.start_phase_percent == "averaged":
            return self.mean_fraction
        phase = float(self.start_phase_percent)
        times = np.array([0.0, *self.changes_s(seconds, phase), seconds])
        middles = (times[:-1] + times[1:]) / 2.0
        return float(np.diff(times) @ self.relative_current(middles, phase) / seconds)

    def changes_s(self, seconds: float, start_phase_percent: float) -> list[float]:
        """Times after beam-on, rising, at which the current of a scan of so many seconds changes."""
        cycles = int(seconds / self.cycle_s) + 2
        times = {
            (edge - start_phase_percent + 100.0 * n) / 100.0 * self.cycle_s
            for n in range(cycles + 1)
            for edge in self.window_percent
        }
        return sorted(time for time in times if 0.0 < time < seconds)
