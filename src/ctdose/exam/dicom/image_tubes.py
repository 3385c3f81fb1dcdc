"""Voltage of the tube in the headers of slices, and the second tube that they state.

A dual-source scanner describes its second tube in CT Additional X-Ray Source Sequence (0018,9360; PS3.3, C.8.15.3.11).
"""

from __future__ import annotations

from ctdose.exam.dicom.found import HEADER, Event
from ctdose.exam.dicom.frames import Frame

ADDED = f"{HEADER} (0018,9360) Additional X-Ray Source"


def put_tubes(event: Event, frames: list[Frame]) -> None:
    """Put the voltage of the tube, what filters it, and voltage and current of a second one, into an event.

    After the current: that of slices of several voltages is no current of one tube.
    """
    materials = {frame.filter_material for frame in frames} - {None}
    if materials:
        event.put(
            "filter_material", sorted(filter(None, materials))[0], f"{HEADER} (0018,7050) Filter Material"
        )
    voltages = {kv for frame in frames for kv in frame.tubes_kv if kv}
    if len(voltages) == 1:
        event.put("tube_voltage_kv", voltages.pop(), f"{HEADER} (0018,0060) KVP")
        _second(event, frames)
    elif voltages:
        shown = " and ".join(f"{kv:g}" for kv in sorted(voltages))
        event.refuse("tube_voltage_kv", f"{shown} kV in one acquisition: two tubes, or voltage switching")
        if "tube_current_ma" in event.known:
            event.refuse("tube_current_ma", f"a mean over {shown} kV")
        event.currents = []


def _second(event: Event, frames: list[Frame]) -> None:
    added = {kv for frame in frames for kv, _ in frame.added_tubes}
    currents = [ma for frame in frames for _, ma in frame.added_tubes if ma]
    if len(added) > 1 or any(len(frame.added_tubes) > 1 for frame in frames):
        shown = ", ".join(f"{kv:g}" for kv in sorted(added))
        event.refuse(
            "second_tube_voltage_kv", f"several additional sources, {shown} kV: one can be simulated"
        )
    elif added:
        event.put("second_tube_voltage_kv", added.pop(), f"{ADDED}, KVP")
        if currents:
            mean = sum(currents) / len(currents)
            event.put(
                "second_tube_current_ma", round(mean, 2), f"{ADDED}, X-Ray Tube Current: mean of slices"
            )
