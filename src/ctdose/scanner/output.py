"""The output of a scanner: CTDI_w per 100 mAs."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import numpy as np
from pydantic import field_validator

from ctdose.errors import CtdoseError
from ctdose.schema import Checked, fault, key


class OutputTable(Checked):
    """CTDI_w of one bowtie in one CTDI phantom."""

    bowtie: str = key(doc="Name of the bowtie", example="body")
    ctdi_phantom_cm: Literal[16, 32] = key(doc="Diameter of the CTDI phantom", unit="cm", example=32)
    filter: str | None = key(
        None, doc="Name of the additional filter that it holds for; default: none", example="tin-0.6"
    )
    ctdi_w_mgy_per_100mas: list[list[float]] = key(
        doc="Pairs of tube voltage and CTDI_w per 100 mAs", unit="kV, mGy", min_length=1, example=[[120, 7.8]]
    )

    @field_validator("ctdi_w_mgy_per_100mas")
    @classmethod
    def _rising_pairs(cls, rows: list[list[float]]) -> list[list[float]]:
        voltages = [row[0] for row in rows if len(row) == 2]
        if len(voltages) < len(rows) or any(value <= 0 for row in rows for value in row):
            raise fault("every row must be a tube voltage and a positive CTDI_w", "For example [[120, 7.8]].")
        if any(b <= a for a, b in itertools.pairwise(voltages)):
            raise fault("the tube voltages must rise", "Sort the rows, one for each tube voltage.")
        return rows


class Output(Checked):
    """What the scanner gives: CTDI_w of one rotation without table feed."""

    reference_collimation_mm: float = key(doc="Collimation of the tables", unit="mm", gt=0, example=40)
    relative_systematic_error: float = key(
        doc="Relative standard error common to the table", ge=0, le=1, example=0.15
    )
    tables: list[OutputTable] = key(doc="One table for each bowtie and CTDI phantom", min_length=1)
    source: str = key(doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")

    def table(self, bowtie: str, phantom_cm: int, filter: str | None = None) -> OutputTable | None:
        """Give the table of a bowtie in a CTDI phantom behind an additional filter; None if there is none."""
        wanted = (bowtie, phantom_cm, filter)
        found = (t for t in self.tables if (t.bowtie, t.ctdi_phantom_cm, t.filter) == wanted)
        return next(found, None)


def power_law(kv: float, rows: list[list[float]], scanner: str) -> float:
    """Interpolate pairs of tube voltage and CTDI_w: straight between its entries in both logarithms.

    Raises
    ------
    CtdoseError
        The tube voltage lies outside the rows.
    """
    voltages, values = zip(*rows, strict=True)
    if not voltages[0] - 1e-9 <= kv <= voltages[-1] + 1e-9:
        span = f"{voltages[0]:g} to {voltages[-1]:g} kV"
        raise CtdoseError(
            f"tube_voltage_kv={kv:g} (outside the output table of {scanner}). It covers {span}."
        )
    return math.exp(float(np.interp(math.log(kv), np.log(voltages), np.log(values))))
