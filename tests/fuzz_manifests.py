"""Wrong manifests of a batch, as CSV and as YAML."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ctdose.batch.keys import known_columns
from fuzz_values import NUMBERS, VALUES, WORDS
from fuzz_yaml import change, damage, dump

COLUMNS = [
    "name",
    "template",
    *known_columns(["chest"]),
    "chest.modulation.table",
    "nonsense",
    "simulation",
    "",
]
OFTEN = [
    "name",
    "template",
    "scan_range",
    "tube_current_ma",
    "tube_voltage_kv",
    "chest.pitch",
    "phantom",
    "seed",
]
CELLS = st.one_of(
    st.just(""),
    st.sampled_from(NUMBERS).map(lambda number: str(number)[:400]),
    st.sampled_from(WORDS),
    st.sampled_from(
        ["[-40, 40]", "[-40, 40", "{longitudinal_strength: 1}", "{a: [}", "[&a 1, *a]", '"', "=cmd|' /C'!A0"]
    ),
)
RIGHT = {
    "template": "template.yaml",
    "name": "a",
    "scan_range": "[-40, 40]",
    "tube_current_ma": "100",
    "tube_voltage_kv": "100",
    "phantom": "body.h5",
}


@st.composite
def csv_manifests(draw: Callable) -> bytes:
    """Bytes of a CSV file."""
    columns = draw(st.lists(st.sampled_from(OFTEN), min_size=1, max_size=5, unique=True))
    columns += draw(st.lists(st.sampled_from(COLUMNS), max_size=2))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=draw(st.sampled_from([",", ",", ";", "\t"])))
    writer.writerow(columns)
    for number in range(draw(st.integers(0, 5))):
        row = [_cell(draw, name, number) for name in columns]
        writer.writerow(row[: draw(st.integers(0, 9))] if draw(st.integers(0, 9)) == 0 else row)
    data = text.getvalue().encode("utf-8", "surrogatepass")
    return damage(draw, data) if draw(st.integers(0, 2)) == 0 else data


def _cell(draw: Callable, name: str, number: int) -> str:
    if name in RIGHT and draw(st.integers(0, 2)):
        return RIGHT[name] + (str(number) if name == "name" else "")
    return draw(CELLS)


@st.composite
def yaml_manifests(draw: Callable) -> bytes:
    """Bytes of a YAML file."""
    exams: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 4))):
        row: dict[str, Any] = {"name": f"a{number}", "phantom": "body.h5"}
        for name in draw(st.lists(st.sampled_from(OFTEN + COLUMNS), max_size=3)):
            row[name] = draw(VALUES)
        exams.append(row)
    data = change(draw, {"template": "template.yaml", "exams": exams}, 2)
    text = dump(draw, data)
    return damage(draw, text) if draw(st.integers(0, 3)) == 0 else text
