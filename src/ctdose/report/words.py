"""The exam in words: what was scanned, how, on whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import yaml

from ctdose.results.result import AcquisitionResult, OnBody, Result

MODES = {
    "helical": "Helical scan",
    "axial": "Axial scan",
    "stationary": "Scan at one place of the table",
    "localizer": "Localizer",
}


def exam_sentences(result: Result) -> list[str]:
    """Sentences on the exam as a whole: bodies, scanner, histories.

    Parameters
    ----------
    result : Result
    """
    exam = exam_of(result)
    scanner = str(exam.get("scanner", ""))
    lines = [f"An examination of {_bodies(result)}{f' by {scanner}' if scanner else ''}."]
    if exam.get("procedure"):
        lines.append(f"Procedure: {exam['procedure']}.")
    lines.append(
        f"{result.histories:,} histories, seed {result.seed}, simulated in {result.seconds:.0f} s "
        f"on {day(result.created_utc)}."
    )
    if exam.get("table") is True:
        lines.append("The scanner's table lies under the body.")
    return lines


def day(created_utc: str) -> str:
    """A time as one writes it; as it is if it is none."""
    try:
        return datetime.fromisoformat(created_utc).strftime("%Y-%m-%d at %H:%M UTC")
    except ValueError:
        return created_utc


def short(value: float, digits: int = 4) -> str:
    """A number to so many significant digits; whole numbers of more keep theirs."""
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < 1e15 else text


def exam_of(result: Result) -> dict[str, Any]:
    """The resolved exam as a mapping; empty if it cannot be read."""
    try:
        found = yaml.safe_load(result.exam_yaml)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def acquisition_sentences(result: Result) -> list[tuple[str, list[str]]]:
    """Name and sentences of each acquisition."""
    stated = exam_of(result).get("acquisitions")
    rows = stated if isinstance(stated, list) else []
    return [
        (each.name, _sentences(each, rows[i] if i < len(rows) and isinstance(rows[i], dict) else {}))
        for i, each in enumerate(result.acquisitions)
    ]


def _bodies(result: Result) -> str:
    names = list(result.bodies)
    listed = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    persons = [body.reference_person for body in result.bodies.values()]
    if persons and all(persons):
        return f"{listed} ({'reference persons' if len(persons) > 1 else 'a reference person'})"
    return listed


def _sentences(acquisition: AcquisitionResult, stated: dict[str, Any]) -> list[str]:
    lines = [
        f"{MODES.get(acquisition.mode, acquisition.mode)} {_beam(acquisition)}; {_way(acquisition, stated)}."
    ]
    current = _currents(acquisition)
    if current:
        lines.append(current)
    lines += [_range(acquisition, name, on_body) for name, on_body in acquisition.on_body.items()]
    return lines


def _beam(acquisition: AcquisitionResult) -> str:
    beams = acquisition.beams or (acquisition,)
    parts = []
    for beam in beams:
        behind = getattr(beam, "filter", "")
        tube = f" (tube {beam.tube})" if len(beams) > 1 and hasattr(beam, "tube") else ""
        parts.append(f"{beam.tube_voltage_kv:g} kV{f' behind {behind}' if behind else ''}{tube}")
    return f"at {' and '.join(parts)}, {acquisition.bowtie} bowtie"


def _way(acquisition: AcquisitionResult, stated: dict[str, Any]) -> str:
    parts = [f"collimation {acquisition.collimation_mm:g} mm (beam {acquisition.beam_width_mm:g} mm wide)"]
    for key, words in (
        ("pitch", "pitch {}"),
        ("table_increment_mm", "the table moves {} mm between rotations"),
        ("rotation_time_s", "{} s a rotation"),
    ):
        if isinstance(stated.get(key), int | float):
            parts.append(words.format(f"{stated[key]:g}"))
    return ", ".join(parts)


def _currents(acquisition: AcquisitionResult) -> str:
    """The tube current on each body, if the file knows it."""
    found = {}
    for name, on_body in acquisition.on_body.items():
        mean, low, high = on_body.tube_current_ma, on_body.tube_current_min_ma, on_body.tube_current_max_ma
        if mean is None or low is None or high is None:
            return ""
        constant = f"{mean:.4g} mA, constant"
        found[name] = constant if low == high else f"{mean:.4g} mA in the mean, {low:.4g} to {high:.4g} mA"
    if len(set(found.values())) == 1:
        return f"Tube current {next(iter(found.values()))}."
    return "Tube current " + "; ".join(f"on {name} {words}" for name, words in found.items()) + "."


def _range(acquisition: AcquisitionResult, name: str, on_body: OnBody) -> str:
    low, high = on_body.planned_mm
    start, end = on_body.irradiated_mm
    line = f"On {name}: planned {(high - low) / 10:.1f} cm, from z = {_mm(low)} to {_mm(high)} mm"
    if acquisition.mode == "helical":
        line += f"; with over-ranging the beam travels {(end - start) / 10:.1f} cm"
    return f"{line}; {on_body.total_mas:.4g} mAs in all."


def _mm(value: float) -> str:
    return f"{value:.0f}".replace("-", "\N{MINUS SIGN}")
