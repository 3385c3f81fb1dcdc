"""Reads single values of a DICOM data set; what is malformed is refused in one line that quotes no text."""

from __future__ import annotations

import math
from typing import Any

from ctdose.errors import CtdoseError

# keyword: tag, lowest and highest value that a CT scanner can mean
NUMBERS = {
    "KVP": ("(0018,0060)", 20.0, 200.0),
    "SliceThickness": ("(0018,0050)", 0.0, 300.0),
    "GantryDetectorTilt": ("(0018,1120)", -45.0, 45.0),
    "ExposureTime": ("(0018,1150)", 0.0, 1e7),
    "XRayTubeCurrent": ("(0018,1151)", 0.0, 5000.0),
    "Exposure": ("(0018,1152)", 0.0, 1e6),
    "RevolutionTime": ("(0018,9305)", 0.05, 60.0),
    "SingleCollimationWidth": ("(0018,9306)", 0.05, 300.0),
    "TotalCollimationWidth": ("(0018,9307)", 0.05, 300.0),
    "TableSpeed": ("(0018,9309)", 0.0, 2000.0),
    "TableFeedPerRotation": ("(0018,9310)", 0.0, 1000.0),
    "SpiralPitchFactor": ("(0018,9311)", 0.01, 10.0),
    "ExposureTimeInms": ("(0018,9328)", 0.0, 1e7),
    "XRayTubeCurrentInmA": ("(0018,9330)", 0.0, 5000.0),
    "ExposureInmAs": ("(0018,9332)", 0.0, 1e6),
    "CTDIvol": ("(0018,9345)", 0.0, 5000.0),
    "PatientWeight": ("(0010,1030)", 0.1, 500.0),
    "PatientSize": ("(0010,1020)", 0.1, 2.6),
}
AXES = "xyz"


def finite(value: Any) -> float | None:
    """A finite number, None if it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def several(data: Any, keyword: str) -> list[float]:
    """Numbers of an element, empty if it is absent or empty.

    Raises
    ------
    CtdoseError
        One is no number, or none that a CT scanner can mean.
    """
    tag, low, high = NUMBERS[keyword]
    values = raw(data, keyword)
    if values is None or values == "":
        return []
    numbers = [finite(each) for each in (values if isinstance(values, list | tuple) else [values])]
    if any(number is None or not low <= number <= high for number in numbers):
        right = f"A number from {low:g} to {high:g}; are the files damaged?"
        raise CtdoseError(f"header {tag} {keyword} (not a number that a CT scanner can mean). {right}")
    return [number for number in numbers if number is not None]


def number(data: Any, keyword: str) -> float | None:
    """The one number of an element; None if it is absent, empty, or has several different ones."""
    values = several(data, keyword)
    return values[0] if values and max(values) == min(values) else None


def raw(data: Any, keyword: str) -> Any:
    """An element's value with lists as lists; None if absent.

    Raises
    ------
    CtdoseError
        It cannot be decoded.
    """
    try:
        value = data.get(keyword)
    except Exception:
        raise CtdoseError(f"header {keyword} (cannot be decoded). Are the files damaged?") from None
    return list(value) if type(value).__name__ == "MultiValue" else value


def text(data: Any, keyword: str) -> str:
    """A short text, empty if absent; for comparison only, never to be shown."""
    value = raw(data, keyword)
    return "" if value is None else str(value[0] if isinstance(value, list) and value else value)[:64]


def words(data: Any, keyword: str) -> list[str]:
    """The values of an element in capitals; for comparison only, never to be shown."""
    value = raw(data, keyword)
    values = value if isinstance(value, list) else [value] if value else []
    return [str(each).upper()[:64] for each in values]


def vector(data: Any, keyword: str, size: int) -> tuple[float, ...] | None:
    """A vector of finite numbers below 10 m in size; None if absent or empty.

    Raises
    ------
    CtdoseError
        It has another length, or something else than numbers in it.
    """
    value = raw(data, keyword)
    if value is None or value == "" or value == []:
        return None
    numbers = [finite(each) for each in (value if isinstance(value, list | tuple) else [value])]
    if len(numbers) != size or any(each is None or abs(each) > 1e4 for each in numbers):
        raise CtdoseError(f"header {keyword} (not {size} numbers in mm). Are the files damaged?")
    return tuple(each for each in numbers if each is not None)


def items(data: Any, keyword: str) -> list[Any]:
    """Items of a sequence; none if it is absent or empty."""
    value = raw(data, keyword)
    return list(value) if type(value).__name__ == "Sequence" or isinstance(value, list) else []


def code(data: Any, keyword: str) -> str:
    """Code value of a sequence's first item, empty if there is none."""
    found = items(data, keyword)
    return text(found[0], "CodeValue") if found else ""
