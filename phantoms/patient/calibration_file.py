"""Reads a calibration from CT number to material and density: the shipped file, or the user's own."""

from __future__ import annotations

import math
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctdose.faults import ABSENT, Fault, FileFaults, KeyPath
from ctdose.phantoms.patient.calibration import Calibration
from ctdose.physics.materials import Material
from ctdose.yaml_reader import Document, parse_yaml, read_yaml

SHIPPED = "ct_calibration.yaml"
KEYS = (
    *("density", "groups", "rest", "marrow", "gas_below_hu"),
    *("soft_density_cap", "metal", "body_above_hu", "couch"),
)
MOST_GROUPS = 100
MOST_HU = 32767.0
DENSEST_G_CM3 = 25.0


class _Reader:
    """Takes values out of a document, and says where they are wrong."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def fault(self, path: KeyPath, value: Any, why: str, right: str) -> FileFaults:
        line = self.document.line(path)
        return FileFaults(self.document.file, [Fault(path, value, why, right, line)])

    def get(self, path: KeyPath) -> Any:
        value = self.document.data
        for key in path:
            if isinstance(key, str) and (not isinstance(value, dict) or key not in value):
                raise self.fault(path, ABSENT, "missing", "See data/ct_calibration.yaml for all keys.")
            value = value[key]
        return value

    def number(self, path: KeyPath, low: float, high: float) -> float:
        value = self.get(path)
        good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not good or not low <= value <= high:
            raise self.fault(path, value, f"not a number from {low:g} to {high:g}", "Give one.")
        return float(value)

    def rows(self, path: KeyPath) -> int:
        value = self.get(path)
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_GROUPS:
            raise self.fault(path, value, f"not a list of 1 to {MOST_GROUPS} rows", "Give one row a line.")
        return len(value)

    def ascending(self, path: KeyPath, ends: list[float]) -> NDArray[np.float64]:
        if any(b <= a for a, b in pairwise(ends)):
            raise self.fault(path, ABSENT, "CT numbers not ascending", "Order the rows by CT number.")
        return np.array(ends)

    def material(self, path: KeyPath, density_g_cm3: float) -> Material:
        row = self.get(path)
        try:
            if isinstance(row, dict) and "material" in row:
                return Material(row["material"]).with_density(density_g_cm3)
            percent = self.get((*path, "percent"))
            name = str(self.get((*path, "name")))
            shares = {key: value / 100.0 for key, value in percent.items()}
            return Material.from_mass_fractions(name, shares, density_g_cm3=density_g_cm3)
        except (TypeError, ValueError, AttributeError) as error:
            why = " ".join(str(error).split())
            raise self.fault(path, ABSENT, why, "Give a name or percent by mass.") from None


def read_calibration(path: Path | None = None) -> Calibration:
    """Read a calibration file; without a path the shipped one.

    Raises
    ------
    FileFaults
        A key is missing or unknown, a number out of range, a material unknown, or rows not in order.
    """
    if path is None:
        raw = resources.files("ctdose.phantoms.data").joinpath(SHIPPED).read_bytes()
        reader = _Reader(parse_yaml(raw, SHIPPED))
    else:
        reader = _Reader(read_yaml(path))
    if not isinstance(reader.document.data, dict):
        raise reader.fault((), ABSENT, "not a mapping", "See data/ct_calibration.yaml for all keys.")
    for key in reader.document.data:
        if key not in (*KEYS, "source", "verified"):
            raise reader.fault((key,), ABSENT, "unknown key", f"Known: {', '.join(KEYS)}.")
    return _calibration(reader)


def _calibration(reader: _Reader) -> Calibration:
    hu, g_cm3 = _density_points(reader)

    def at(number: float) -> float:
        return float(np.interp(number, hu, g_cm3))

    def densest(low: float, high: float) -> float:
        between = g_cm3[(hu > low) & (hu < high)]
        return max([at(high), *map(float, between)])

    groups = range(reader.rows(("groups",)))
    ends = [reader.number(("groups", i, "hu_up_to"), -MOST_HU, MOST_HU) for i in groups]
    rest = range(reader.rows(("rest",)))
    rest_ends = [reader.number(("rest", i, "hu_up_to"), -MOST_HU, MOST_HU) for i in rest]
    marrow_end = reader.number(("marrow", "hu_up_to"), -MOST_HU, MOST_HU)
    metal_density = reader.number(("metal", "density_g_cm3"), 1.0, DENSEST_G_CM3)
    return Calibration(
        points_hu=hu,
        points_g_cm3=g_cm3,
        group_up_to_hu=reader.ascending(("groups",), ends),
        group_materials=tuple(
            reader.material(("groups", i), densest(low, end))
            for i, low, end in zip(groups, [-MOST_HU, *ends], ends)
        ),
        rest_up_to_hu=reader.ascending(("rest",), rest_ends),
        rest_names=tuple(str(reader.get(("rest", i, "organ"))) for i in rest),
        marrow_up_to_hu=marrow_end,
        marrow=reader.material(("marrow",), at(marrow_end)),
        gas_below_hu=reader.number(("gas_below_hu",), -1000, 0),
        soft_density_cap=reader.number(("soft_density_cap",), 1.0, 3.0),
        metal_above_hu=reader.number(("metal", "above_hu"), 500, MOST_HU),
        metal=reader.material(("metal",), metal_density),
        body_above_hu=reader.number(("body_above_hu",), -1000, 0),
        couch_above_hu=reader.number(("couch", "above_hu"), -1000, 0),
        couch=reader.material(("couch",), 1.0),
    )


def _density_points(reader: _Reader) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = range(reader.rows(("density",)))
    for i in rows:
        if not isinstance(reader.get(("density", i)), list) or len(reader.get(("density", i))) != 2:
            raise reader.fault(("density", i), reader.get(("density", i)), "not a pair", "[HU, g/cm3].")
    hu = [reader.number(("density", i, 0), -MOST_HU, MOST_HU) for i in rows]
    g_cm3 = [reader.number(("density", i, 1), 1e-4, DENSEST_G_CM3) for i in rows]
    return reader.ascending(("density",), hu), np.array(g_cm3)
