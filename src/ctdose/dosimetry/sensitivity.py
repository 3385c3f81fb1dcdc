"""How doses move with filtration, bowtie and centring, as tools/measure_sensitivities.py measured it; and by how much
these inputs may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

KINDS = ("filtration", "bowtie", "centring")
IN_RANGE, PARTLY_IN_RANGE = 0.5, 0.05


@dataclass(frozen=True)
class Limits:
    """Half widths of the intervals in which the inputs lie, and the coverage factor.

    Attributes
    ----------
    displayed_ctdi_vol, filtration, bowtie : float
        Relative.
    scan_range_mm, centring_mm : float
    coverage_factor : float
    """

    displayed_ctdi_vol: float
    filtration: float
    bowtie: float
    scan_range_mm: float
    centring_mm: float
    coverage_factor: float


def _load(name: str) -> Any:
    import yaml

    return yaml.safe_load(files("ctdose.dosimetry.data").joinpath(name).read_text("utf-8"))


@cache
def load_limits() -> Limits:
    """Read uncertainty_inputs.yaml."""
    data = _load("uncertainty_inputs.yaml")
    return Limits(
        displayed_ctdi_vol=float(data["displayed_ctdi_vol"]["half_width"]),
        filtration=float(data["filtration"]["half_width"]),
        bowtie=float(data["bowtie"]["half_width"]),
        scan_range_mm=float(data["scan_range"]["half_width_mm"]),
        centring_mm=float(data["centring"]["half_width_mm"]),
        coverage_factor=float(data["coverage_factor"]),
    )


@cache
def _measured() -> Any:
    return _load("sensitivities.yaml")


def place_of(in_range: float) -> str:
    """Class of an organ by the share of its mass in the range."""
    if in_range >= IN_RANGE:
        return "in_range"
    return "partly_in_range" if in_range >= PARTLY_IN_RANGE else "outside"


def sensitivities(name: str, in_range: float) -> Mapping[str, float]:
    """Relative change of a dose at the limits of filtration, bowtie and centring, by kind.

    Parameters
    ----------
    name : str
        Of an organ, a group, a tissue that the organ table names, or ``effective_dose``.
    in_range : float
        Share of its mass in the range: an organ of less than half, or one that was not measured, has its class
        (marrow, bone surface, skin, muscle and lymph nodes have their own wherever the range is).
    """
    data, limits = _measured(), load_limits()
    of_class = data["classes"][name if name == "effective_dose" else place_of(in_range)]
    known = place_of(in_range) == "in_range" or name in data["whole_body"]
    row = data["organs"].get(name, of_class) if known else of_class
    steps = {
        "filtration": limits.filtration / data["filtration_step"],
        "bowtie": limits.bowtie / data["bowtie_step"],
        "centring": limits.centring_mm / data["centring_step_mm"],
    }
    return {kind: float(row[kind]) * steps[kind] for kind in KINDS}
