"""A tube current that is given: a table of z, angle and mA, in the exam or in a CSV file."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path

import numpy as np

from ctdose.exam.modulation_keys import MOST_ANGLES, MOST_ROWS, ModulationOptions
from ctdose.kernels.tables import F64

COLUMNS = ("z_mm", "angle_deg", "tube_current_ma")
MAX_BYTES = 8_000_000
MAX_MA = 5000.0


class TableFault(Exception):
    """What is wrong with a table, and what would be right."""

    def __init__(self, why: str, right: str) -> None:
        super().__init__(why)
        self.why, self.right = why, right


@dataclass(frozen=True)
class CurrentTable:
    """Tube current on a grid of z and angle.

    Parameters
    ----------
    z_mm : float64 ndarray [z]
        Rising.
    angle_deg : float64 ndarray [angles]
        Rising, from 0 to below 360; one angle: the current does not depend on it.
    tube_current_ma : float64 ndarray [z, angles]
    """

    z_mm: F64
    angle_deg: F64
    tube_current_ma: F64

    @property
    def has_angles(self) -> bool:
        """Whether the current depends on the angle."""
        return self.angle_deg.size > 1

    @property
    def mean_ma(self) -> float:
        """Mean over the grid, mA: only a level to count from."""
        return float(self.tube_current_ma.mean())

    def at(self, z_mm: F64, angle_deg: F64) -> F64:
        """Current at each z and angle, mA, [n]: linear between the rows, around the full turn too, held beyond z."""
        columns = np.array([np.interp(z_mm, self.z_mm, column) for column in self.tube_current_ma.T])
        if not self.has_angles:
            return columns[0]
        around = np.append(self.angle_deg, self.angle_deg[0] + 360.0)
        angle = np.mod(np.asarray(angle_deg) - around[0], 360.0) + around[0]
        k = np.clip(np.searchsorted(around, angle, side="right") - 1, 0, self.angle_deg.size - 1)
        part = (angle - around[k]) / (around[k + 1] - around[k])
        n = np.arange(angle.size)
        return columns[k, n] * (1.0 - part) + columns[(k + 1) % self.angle_deg.size, n] * part


def table_of(options: ModulationOptions) -> CurrentTable:
    """The table that stands in an exam.

    Raises
    ------
    TableFault
        A part is missing, or the numbers do not fit together.
    """
    if options.z_mm is None or options.tube_current_ma is None:
        missing = "z_mm" if options.z_mm is None else "tube_current_ma"
        raise TableFault(f"{missing} is missing", "Give z_mm and tube_current_ma, or table: FILE.csv.")
    rows = options.tube_current_ma
    if len(rows) != len(options.z_mm):
        why = f"{len(rows)} currents for {len(options.z_mm)} values of z_mm"
        raise TableFault(why, "Give one for each.")
    angles = options.angle_deg or [0.0]
    widths = {len(row) if isinstance(row, tuple) else 0 for row in rows}
    if widths != ({len(angles)} if options.angle_deg else {0}):
        right = "Give for each z_mm a list of as many currents as there are angles."
        raise TableFault("the currents do not fit angle_deg", right if options.angle_deg else _ONE_EACH)
    current = np.array(rows, np.float64).reshape(len(rows), len(angles))
    return CurrentTable(np.array(options.z_mm), np.array(angles), current)


_ONE_EACH = "Give one current for each z_mm, or add angle_deg."


def find_table(name: str, folder: Path | None) -> Path | None:
    """Where a table's file is: beside the exam, or in the current folder."""
    places = ([folder / name] if folder is not None else []) + [Path(name)]
    return next((place for place in places if isfile(place)), None)


def read_table(path: Path) -> tuple[CurrentTable, str]:
    """Read a CSV file with the columns z_mm, tube_current_ma and perhaps angle_deg, in any order; # begins a comment.

    With angles the rows are a grid: every z has the same angles.

    Returns
    -------
    table : CurrentTable
    sha256 : str
        Of the file.

    Raises
    ------
    TableFault
        Naming the line.
    """
    if path.stat().st_size > MAX_BYTES:
        raise TableFault("larger than 8 MB", "Give a row for every few mm and every 10 deg.")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableFault("not text in UTF-8", "Save it as CSV in UTF-8.") from None
    lines = [
        (i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise TableFault("empty", "Begin with a line z_mm,tube_current_ma.")
    names = [cell.strip() for cell in next(csv.reader([lines[0][1]]))]
    _check_columns(names, lines[0][0])
    rows = [_numbers(line, names, number) for number, line in lines[1:]]
    numbers = [number for number, _ in lines[1:]]
    return _grid(rows, numbers), hashlib.sha256(data).hexdigest()


def _check_columns(names: list[str], line: int) -> None:
    right = "Begin with a line z_mm,tube_current_ma or z_mm,angle_deg,tube_current_ma."
    if len(set(names)) < len(names):
        raise TableFault(f"line {line}: a column comes twice", right)
    for name in names:
        if name not in COLUMNS:
            shown = f" {name}" if re.fullmatch(r"[\w ]{1,30}", name) else ""
            raise TableFault(f"line {line}: unknown column{shown}", right)
    for name in ("z_mm", "tube_current_ma"):
        if name not in names:
            raise TableFault(f"line {line}: the column {name} is missing", right)


def _numbers(line: str, names: list[str], number: int) -> dict[str, float]:
    cells = next(csv.reader([line]))
    if len(cells) != len(names):
        raise TableFault(
            f"line {number}: {len(cells)} values for {len(names)} columns", "Separate them by commas."
        )
    try:
        row = {name: float(cell) for name, cell in zip(names, cells, strict=True)}
    except ValueError:
        raise TableFault(f"line {number}: not a number", "Write numbers with a decimal point.") from None
    if not all(math.isfinite(value) for value in row.values()):
        raise TableFault(f"line {number}: not finite", "Write numbers.")
    if not 0 < row["tube_current_ma"] <= MAX_MA:
        raise TableFault(
            f"line {number}: a current is not above 0 and at most 5000 mA", "Write the tube current in mA."
        )
    if not 0 <= row.get("angle_deg", 0.0) < 360:
        raise TableFault(
            f"line {number}: an angle is not from 0 to below 360 deg", "Write gantry angles in deg."
        )
    return row


def _grid(rows: list[dict[str, float]], numbers: list[int]) -> CurrentTable:
    places = [(row["z_mm"], row.get("angle_deg", 0.0)) for row in rows]
    for i, (before, here) in enumerate(pairwise(places), 1):
        if here <= before:
            right = "Sort the rows by z_mm, then by angle_deg; write every place once."
            raise TableFault(f"line {numbers[i]}: the rows do not rise", right)
    z = sorted({z for z, _ in places})
    angles = sorted({angle for _, angle in places})
    if len(z) < 2:
        raise TableFault("fewer than two values of z_mm", "Cover the planned range.")
    if len(places) != len(z) * len(angles):
        raise TableFault("not every z_mm has the same angles", "Give every z_mm each of the angles.")
    if len(z) > MOST_ROWS or len(angles) > MOST_ANGLES:
        raise TableFault(
            f"more than {MOST_ROWS} z or {MOST_ANGLES} angles", "A row for every few mm and 10 deg will do."
        )
    current = np.array([row["tube_current_ma"] for row in rows]).reshape(len(z), len(angles))
    return CurrentTable(np.array(z), np.array(angles), current)
