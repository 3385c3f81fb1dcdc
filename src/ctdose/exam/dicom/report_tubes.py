"""Voltage, current and rotation time of an irradiation event in a dose report: one tube, two, or a switched voltage.

Each item CT X-Ray Source Parameters (113831, TID 10013) is a tube with one voltage. Two of them are two tubes, unless
Number of X-Ray Sources (113823) is 1 or both bear the same identification (113832): then the voltage was switched.
"""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.exam.dicom.codes import codes
from ctdose.exam.dicom.element import text
from ctdose.exam.dicom.found import Event
from ctdose.exam.dicom.report_content import Item, below, numbers, origin_of

TUBES = 2


@dataclass(frozen=True)
class Source:
    """One item of the report: its identification, voltage and current; None where it does not say."""

    name: str
    kv: float
    ma: float | None


def put_tubes(event: Event, content: list[Item]) -> None:
    """Put what the tubes did into an event; of more than two, why not."""
    times = [s for s in numbers(content, "rotation_time_s") if s > 0]
    if times and event.value("mode") != "localizer":
        event.put("rotation_time_s", times[0], origin_of("rotation_time_s"))
    sources = _sources(content)
    if len(sources) > TUBES:
        shown = ", ".join(f"{source.kv:g}" for source in sources)
        event.refuse(
            "tube_voltage_kv", f"{len(sources)} X-ray sources of {shown} kV: one or two can be simulated"
        )
        return
    if len(set(times)) > 1:
        event.remarks.append("rotation_time_s: the X-ray sources differ; that of the first is used")
    is_one = len(sources) == TUBES and _is_one_tube(content, sources)
    if is_one and sources[0].kv == sources[1].kv:
        _repeated(event, sources)
        sources = sources[:1]
    second = "switched_tube" if is_one else "second_tube"
    names = (("tube_voltage_kv", "tube_current_ma"), (f"{second}_voltage_kv", f"{second}_current_ma"))
    for source, (voltage, current) in zip(sources, names, strict=False):
        event.put(voltage, source.kv, origin_of("tube_voltage_kv"))
        if current not in event.why:
            event.put(current, source.ma, origin_of("tube_current_ma"))


def _is_one_tube(content: list[Item], sources: list[Source]) -> bool:
    """Whether two descriptions are of one tube: by the number of tubes, without it by their identification."""
    stated = [round(value) for value in numbers(content, "sources")]
    return stated[0] == 1 if stated else bool(sources[0].name) and sources[0].name == sources[1].name


def _repeated(event: Event, sources: list[Source]) -> None:
    """One tube at one voltage, described twice."""
    if sources[0].ma != sources[1].ma:
        event.refuse("tube_current_ma", "one X-ray source is described twice, with different currents")


def _sources(content: list[Item]) -> list[Source]:
    """Sources of an event; a report without the containers has one for each voltage."""
    starts = [i for i, item in enumerate(content) if item.concept == codes()["source_container"]]
    found = [source for i in starts for source in _in_container(below(content, i))]
    return found or _in_container(content)


def _in_container(content: list[Item]) -> list[Source]:
    voltages = [kv for kv in numbers(content, "tube_voltage_kv") if kv > 0]
    currents: list[float | None] = [ma for ma in numbers(content, "tube_current_ma") if ma > 0]
    wanted = codes()["concepts"]["source_name"]["code"]
    name = next((text(item.data, "TextValue") for item in content if item.concept == wanted), "")
    if len(currents) != len(voltages):
        currents = [None] * len(voltages)
    return [Source(name, kv, ma) for kv, ma in zip(voltages, currents, strict=True)]
