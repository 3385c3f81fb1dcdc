"""Which slices belong to one irradiation: series and reconstructions are not irradiations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ctdose.exam.dicom.frames import Frame

SAME_TIME = (
    "no time of acquisition tells reconstructions from repeated acquisitions: taken as one acquisition"
)


def grouped(frames: Iterable[Frame]) -> tuple[list[list[Frame]], list[str]]:
    """Group slices by irradiation, in the order of time.

    By irradiation event UID where there is one. Without it: slices of the same acquisition number and technique are one
    irradiation if their series overlap in time of acquisition (reconstructions repeat the times of the raw data), and
    several if they do not (phases of contrast medium with one acquisition number). So the series of two tubes, which
    are on at the same time, are one. Series of axial mode, in which some makers number each rotation, are one each.

    Parameters
    ----------
    frames : iterable of Frame
        Without localizers.

    Returns
    -------
    list of list of Frame, list of str
        The groups, and remarks.
    """
    by_uid: dict[Any, list[Frame]] = defaultdict(list)
    by_technique: dict[Any, list[Frame]] = defaultdict(list)
    for frame in frames:
        if frame.uids:
            by_uid[frame.uids].append(frame)
        else:
            by_technique[_technique(frame)].append(frame)
    remarks: list[str] = []
    groups = list(by_uid.values())
    for members in by_technique.values():
        groups += _by_time(members, remarks)
    return sorted(groups, key=lambda group: min(frame.when for frame in group)), list(dict.fromkeys(remarks))


def _technique(frame: Frame) -> tuple[Any, ...]:
    number = frame.series if frame.mode == "axial" else frame.acquisition_number
    return number, frame.mode, frame.total_mm, frame.pitch, frame.feed_mm


def _by_time(frames: list[Frame], remarks: list[str]) -> list[list[Frame]]:
    """Split slices of one technique into irradiations: series whose spans of time overlap stay together."""
    series: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        series[frame.series].append(frame)
    if len(series) == 1:
        return [frames]
    if any(not frame.when for frame in frames):
        remarks.append(SAME_TIME)
        by_voltage: dict[tuple[float, ...], list[Frame]] = defaultdict(list)
        for frame in frames:
            by_voltage[frame.tubes_kv].append(frame)
        return list(by_voltage.values())
    spans = [(min(f.when for f in each), max(f.when for f in each), each) for each in series.values()]
    spans.sort(key=lambda span: span[:2])
    groups: list[list[Frame]] = []
    latest = ""
    for first, last, members in spans:
        if groups and first <= latest:
            groups[-1] += members
        else:
            groups.append(list(members))
        latest = max(latest, last)
    return groups
