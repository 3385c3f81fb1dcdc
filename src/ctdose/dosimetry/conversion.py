"""Published factors from DLP to effective dose, to stand beside a simulated ratio; nothing is computed with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class ConversionFactor:
    """A published ratio of effective dose to DLP, of adults.

    Attributes
    ----------
    publication : str
        Short name, for example ``deak_2010``.
    citation : str
    region : str
        A region word such as ``chest``.
    recommendation : str
        ``icrp103`` or ``icrp60``.
    k_msv_per_mgy_cm : float
    ctdi_phantom_cm : int
        Size of the CTDI phantom that its DLP is stated for.
    tube_voltage_kv : float or None
        None: independent of it.
    verified : bool
        Whether the value was read in the publication itself, or an open copy of it.
    """

    publication: str
    citation: str
    region: str
    recommendation: str
    k_msv_per_mgy_cm: float
    ctdi_phantom_cm: int
    tube_voltage_kv: float | None
    verified: bool


@cache
def load_conversion_factors() -> tuple[ConversionFactor, ...]:
    """All published factors of the data file."""
    import yaml

    text = files("ctdose.dosimetry.data").joinpath("dlp_conversion.yaml").read_text("utf-8")
    return tuple(
        ConversionFactor(
            publication=name,
            citation=entry["citation"],
            region=region,
            recommendation=recommendation,
            k_msv_per_mgy_cm=float(factor["k_msv_per_mgy_cm"]),
            ctdi_phantom_cm=int(factor["ctdi_phantom_cm"]),
            tube_voltage_kv=entry.get("tube_voltage_kv"),
            verified=bool(entry["verified"]),
        )
        for name, entry in yaml.safe_load(text).items()
        for recommendation, factors in entry["factors"].items()
        for region, factor in factors.items()
    )


def conversion_factors(
    region: str, recommendation: str, ctdi_phantom_cm: int, tube_voltage_kv: float
) -> list[ConversionFactor]:
    """Published factors for a region, comparable with a ratio of that CTDI phantom and tube voltage.

    Parameters
    ----------
    region : str
        A region word; for others there is none.
    recommendation : str
        ``icrp103`` or ``icrp60``.
    ctdi_phantom_cm : int
        16 or 32; factors for the other size are left out, for they differ by a factor of about two.
    tube_voltage_kv : float
        Factors for a tube voltage more than 20 kV away are left out.

    Returns
    -------
    list of ConversionFactor
        Empty if nothing comparable is published.
    """
    return [
        each
        for each in load_conversion_factors()
        if (each.region, each.recommendation) == (region, recommendation)
        and each.ctdi_phantom_cm == ctdi_phantom_cm
        and (each.tube_voltage_kv is None or abs(each.tube_voltage_kv - tube_voltage_kv) <= 20.0)
    ]
