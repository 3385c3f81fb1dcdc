"""Groups of organs by their weight in effective dose, as ICRP 103 puts them."""

from __future__ import annotations

from dataclasses import dataclass

from ctdose.dosimetry.tissue_weights import load_tissue_weights

NOT_WEIGHTED = "none"


@dataclass(frozen=True)
class TissueGroup:
    """Organs of one weight.

    Attributes
    ----------
    key : str
        Its class on the page, for example ``w12``.
    tag : str
        What stands beside an organ: the weight of its tissue, or ``rem.``
    words : str
        For the legend.
    """

    key: str
    tag: str
    words: str


def tissue_groups() -> dict[str, TissueGroup]:
    """The group of every tissue of ICRP 103 by its name, and that of organs without weight by the empty text."""
    weights = load_tissue_weights("icrp103")
    by_weight = {
        value: TissueGroup(f"w{round(100 * value):02d}", f"{value:.2f}", f"weight {value:.2f}")
        for value in weights.weights.values()
    }
    found = {tissue: by_weight[value] for tissue, value in weights.weights.items()}
    words = f"remainder (together {weights.remainder_weight:.2f})"
    found |= dict.fromkeys(weights.remainder, TissueGroup("rest", "rem.", words))
    return {**found, "": TissueGroup(NOT_WEIGHTED, "–", "without weight")}
