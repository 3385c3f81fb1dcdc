"""A bowtie: the filter whose thickness depends on the fan angle."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator, model_validator

from ctdose.schema import Checked, fault, key

FORMULA = ("centre_mm", "rise_mm", "angle_rad", "p")


class Bowtie(Checked):
    """Thickness against fan angle, by a formula of four parameters or by a table.

    The formula is t = centre + rise · u^p / (1 + u^p), u = |angle| / angle_rad.
    """

    material: str = key(doc="Name of its material", min_length=1, example="aluminium")
    ctdi_phantom_cm: Literal[16, 32] = key(doc="CTDI phantom that belongs to it", unit="cm", example=32)
    centre_mm: float | None = key(
        None, doc="Thickness on the central ray", unit="mm", ge=0, le=100, example=0.94
    )
    rise_mm: float | None = key(None, doc="What is added far from it", unit="mm", ge=0, le=200, example=35.5)
    angle_rad: float | None = key(
        None, doc="Where half of the rise is reached", unit="rad", gt=0, le=1, example=0.205
    )
    p: float | None = key(None, doc="Steepness", gt=0, le=20, example=4.29)
    table_deg_mm: list[list[float]] | None = key(
        None, doc="Instead: pairs of fan angle and thickness", unit="deg, mm", example=[[0, 1], [25, 35]]
    )
    source: str = key("", doc="Where the values come from")
    verified: bool = key(True, doc="Whether that source was read")

    @field_validator("table_deg_mm")
    @classmethod
    def _rising_pairs(cls, rows: list[list[float]] | None) -> list[list[float]] | None:
        if rows is None:
            return rows
        if len(rows) < 2 or any(len(row) != 2 or row[1] < 0 for row in rows):
            raise fault(
                "needs rows of fan angle and thickness, neither missing nor negative",
                "For example [[0, 1], [25, 35]].",
            )
        if any(b[0] <= a[0] for a, b in itertools.pairwise(rows)):
            raise fault("the fan angles must rise", "Sort the rows by fan angle.")
        return rows

    @model_validator(mode="after")
    def _one_way(self) -> Bowtie:
        given = [name for name in FORMULA if getattr(self, name) is not None]
        right = f"Give either all of {', '.join(FORMULA)}, or table_deg_mm."
        if (self.table_deg_mm is None) == (len(given) == 0):
            raise fault("needs the formula or the table, one of them", right)
        if given and len(given) < len(FORMULA):
            raise fault("the formula is incomplete", right)
        return self

    def thickness_mm(self, fan_angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
        """Thickness in mm along rays of the given fan angles (rad, any shape); constant beyond a table's ends.

        A table that begins at 0 or above holds for both sides.
        """
        angle = np.asarray(fan_angle_rad, dtype=np.float64)
        if self.table_deg_mm is not None:
            degrees, thickness = np.array(self.table_deg_mm, dtype=np.float64).T
            asked = np.rad2deg(np.abs(angle) if degrees[0] >= 0 else angle)
            return np.asarray(np.interp(asked, degrees, thickness))
        assert self.centre_mm is not None
        assert self.rise_mm is not None
        assert self.angle_rad is not None
        assert self.p is not None
        power = (np.abs(angle) / self.angle_rad) ** self.p
        return np.asarray(self.centre_mm + self.rise_mm * power / (1.0 + power))
