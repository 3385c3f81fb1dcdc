"""The source that values of the parameters describe."""

from __future__ import annotations

import math

import numpy as np

from ctdose.calibration.readings import ABSOLUTE, PROFILE, Reading
from ctdose.calibration.source_parameters import Parameter
from ctdose.kernels.tables import F64
from ctdose.scanner.bowtie import Bowtie
from ctdose.scanner.model import Scanner


def source_of(parameters: list[Parameter], x: F64, base: Scanner, material: str) -> Scanner:
    """The base scanner with the filtration and bowties that the parameters describe."""
    filtration, bowties = dict(base.inherent_filtration_mm), dict(base.bowties)
    for parameter, value in zip(parameters, x, strict=True):
        if parameter.role == "filtration":
            filtration[material] = parameter.shown(float(value))
    for name in {p.bowtie for p in parameters if p.bowtie}:
        chosen = {
            (p.role, p.place): p.shown(float(v))
            for p, v in zip(parameters, x, strict=True)
            if p.bowtie == name
        }
        bowties[name] = _shaped(base.bowties[name], chosen, base.geometry.fan_angle_deg / 2.0)
    return base.model_copy(update={"inherent_filtration_mm": filtration, "bowties": bowties})


def _shaped(bowtie: Bowtie, values: dict[tuple[str, float], float], half_fan_deg: float) -> Bowtie:
    start = float(bowtie.thickness_mm(np.zeros(1))[0])
    centre = values.get(("centre", 0.0), start)
    nodes = [(place, value) for (role, place), value in values.items() if role == "table"]
    if nodes:
        return _as_table(bowtie, [[0.0, centre], *([a, t] for a, t in nodes)], half_fan_deg)
    angle, rise, p = (values.get((role, 0.0)) for role in ("angle", "rise", "p"))
    if bowtie.table_deg_mm is None:
        update = {"centre_mm": centre, "angle_rad": angle, "rise_mm": rise, "p": p}
        return bowtie.model_copy(update={k: v for k, v in update.items() if v is not None})
    rows = [
        [a * (angle or 1.0), max(0.0, centre + (rise or 1.0) * (t - start))] for a, t in bowtie.table_deg_mm
    ]
    return bowtie.model_copy(update={"table_deg_mm": rows})


def _as_table(bowtie: Bowtie, rows: list[list[float]], half_fan_deg: float) -> Bowtie:
    """Give a bowtie as a table; beyond its last angle the base's thickness goes on rising from there."""
    last_angle, last = rows[-1]
    beyond = np.arange(math.floor(last_angle) + 1.0, half_fan_deg + 1.0)
    beyond = beyond[beyond > last_angle + 1e-3]
    base, there = bowtie.thickness_mm(np.deg2rad(beyond)), bowtie.thickness_mm(np.deg2rad([last_angle]))[0]
    more = [[float(a), max(0.0, last + float(t - there))] for a, t in zip(beyond, base, strict=True)]
    update = dict.fromkeys(("centre_mm", "rise_mm", "angle_rad", "p"))
    return bowtie.model_copy(update={**update, "table_deg_mm": [*rows, *more]})


def factors_of(parameters: list[Parameter], x: F64, readings: list[Reading]) -> F64:
    """What the prediction of each reading is multiplied by: output of its voltage, scale of its profile."""
    known = {(p.role, p.place): p.shown(float(v)) for p, v in zip(parameters, x, strict=True)}
    found = np.ones(len(readings))
    for i, r in enumerate(readings):
        if r.kind in ABSOLUTE:
            found[i] = known["output", r.tube_voltage_kv]
        elif r.kind == PROFILE:
            found[i] = known["scale", float(r.profile)]
    return found
