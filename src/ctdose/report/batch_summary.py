"""The summary of a batch, `summary.csv` in its folder, read back for its page."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ctdose.errors import CtdoseError
from ctdose.faults import one_line

SUMMARY = "summary.csv"
MOST_BYTES = 1 << 27
EFFECTIVE, ONE_SEX = "icrp103", "weighted_dose_of_one_sex"
RIGHT = "Give the folder of results that ctdose batch wrote."
ESCAPED = tuple(f"'{start}" for start in "=+-@\t\r")
"""What the writer puts an apostrophe in front of."""


@dataclass(frozen=True)
class Value:
    """A number with its errors, one sigma; NaN where it is not known."""

    value: float
    error: float = math.nan
    systematic: float = math.nan

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return math.isfinite(self.value)


@dataclass(frozen=True)
class Scan:
    """Dose indices of one acquisition."""

    name: str
    phantom_cm: int
    ctdi_vol: Value
    dlp: Value
    ssde: Value
    diameter_cm: float


@dataclass(frozen=True)
class BatchRow:
    """One exam of a batch.

    Attributes
    ----------
    name, status, fault, title, bodies : str
    histories : int
    scans : tuple of Scan
    dlp : dict of int to Value
        By CTDI phantom in cm, mGy cm.
    dose : Value
        Effective dose (ICRP 103), or the weighted dose of one sex, mSv.
    kind : str
        `EFFECTIVE`, `ONE_SEX`, or empty: there is neither.
    organs : dict of str to Value
        mGy.
    """

    name: str
    status: str
    fault: str
    title: str
    bodies: str
    histories: int
    scans: tuple[Scan, ...]
    dlp: Mapping[int, Value]
    dose: Value
    kind: str
    organs: Mapping[str, Value]


def read_summary(folder: Path) -> list[BatchRow]:
    """The rows of a batch, in their order.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    CtdoseError
        There is no summary, or it is none of ctdose batch: file, line and column are named.
    """
    path = folder / SUMMARY
    text = _text(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        missing = [name for name in ("name", "status") if name not in (reader.fieldnames or ())]
        if missing:
            raise CtdoseError(f"{path} (no column {missing[0]}: no summary of a batch). {RIGHT}")
        for cells in reader:
            rows.append(_row(_Cells(cells, path, reader.line_num)))
    except csv.Error as fault:
        raise CtdoseError(one_line(f"{path}:{reader.line_num} (not CSV: {fault}). {RIGHT}")) from None
    if not rows:
        raise CtdoseError(f"{path} (no exam in it). {RIGHT}")
    return rows


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CtdoseError(f"{path} (more than {MOST_BYTES >> 20} MiB). {RIGHT}")
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise CtdoseError(f"{path.parent} (no {SUMMARY} in it). {RIGHT}") from None
    except OSError as fault:
        raise CtdoseError(f"{path} (cannot be read: {fault.strerror}). {RIGHT}") from None
    except UnicodeDecodeError:
        raise CtdoseError(f"{path} (not UTF-8). {RIGHT}") from None


class _Cells:
    """The cells of one line."""

    def __init__(self, cells: Mapping[str, str | None], path: Path, line: int) -> None:
        self._cells, self._where = cells, f"{path}:{line}"

    def text(self, name: str) -> str:
        found = self._cells.get(name) or ""
        return found[1:] if found.startswith(ESCAPED) else found

    def number(self, name: str) -> float:
        text = self._cells.get(name) or ""
        if not text:
            return math.nan
        try:
            found = float(text)
        except ValueError:
            found = math.inf
        if math.isinf(found):
            raise CtdoseError(one_line(f"{self._where}: {name}={text[:40]} (not a number). {RIGHT}"))
        return found

    def value(self, start: str, unit: str) -> Value:
        names = (f"{start}{kind}_{unit}" for kind in ("", "_standard_error", "_systematic_error"))
        return Value(*map(self.number, names))

    def organs(self) -> Iterator[str]:
        end = "_standard_error_mgy"
        return (name.removesuffix(end) for name in self._cells if name and name.endswith(end))


def _row(cells: _Cells) -> BatchRow:
    doses = {kind: cells.value(f"effective_dose_{kind}", "msv") for kind in (EFFECTIVE, ONE_SEX)}
    kind = next((name for name, value in doses.items() if value.known), "")
    histories = cells.number("histories")
    scans = tuple(_scans(cells))
    return BatchRow(
        name=cells.text("name"),
        status=cells.text("status"),
        fault=cells.text("fault"),
        title=cells.text("exam"),
        bodies=cells.text("bodies"),
        histories=int(histories) if math.isfinite(histories) else 0,
        scans=scans,
        dlp={cm: _dlp(cells, cm, scans) for cm in sorted({scan.phantom_cm for scan in scans})},
        dose=doses.get(kind, Value(math.nan)),
        kind=kind,
        organs={name: value for name in cells.organs() if (value := cells.value(name, "mgy")).known},
    )


def _scans(cells: _Cells) -> Iterator[Scan]:
    number = 1
    while cells.text(start := f"acquisition_{number}_name") or math.isfinite(
        cells.number(f"acquisition_{number}_ctdi_vol_mgy")
    ):
        begin = start.removesuffix("name")
        phantom = cells.number(f"{begin}ctdi_phantom_cm")
        yield Scan(
            name=cells.text(start),
            phantom_cm=int(phantom) if math.isfinite(phantom) else 0,
            ctdi_vol=cells.value(f"{begin}ctdi_vol", "mgy"),
            dlp=cells.value(f"{begin}dlp", "mgy_cm"),
            ssde=cells.value(f"{begin}ssde", "mgy"),
            diameter_cm=cells.number(f"{begin}water_equivalent_diameter_cm"),
        )
        number += 1


def _dlp(cells: _Cells, phantom_cm: int, scans: tuple[Scan, ...]) -> Value:
    """DLP of all acquisitions with one CTDI phantom; they err together, so that their errors add."""
    systematic = sum(scan.dlp.systematic for scan in scans if scan.phantom_cm == phantom_cm)
    return Value(cells.number(f"dlp_{phantom_cm}cm_mgy_cm"), math.nan, systematic)
