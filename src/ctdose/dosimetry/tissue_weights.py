"""Tissue weighting factors, and what a body's effective-dose-like sum is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class TissueWeights:
    """Tissue weighting factors of one recommendation.

    Parameters
    ----------
    weights : mapping of str to float
        Tissues with a factor of their own.
    remainder : tuple of str
        Tissues of the remainder, of both sexes.
    remainder_weight : float
    remainder_mean : str
        ``arithmetic`` or ``mass``.
    citation : str
    """

    weights: Mapping[str, float]
    remainder: tuple[str, ...]
    remainder_weight: float
    remainder_mean: str
    citation: str

    def of_tissues(self, masses_g: Mapping[str, float]) -> dict[str, float]:
        """The weight of each tissue that a body has, the remainder shared out.

        Parameters
        ----------
        masses_g : mapping of str to float
            Mass of each tissue that the body has, g.

        Returns
        -------
        dict of str to float
            Sums to 1 for a body that has every tissue of its sex.
        """
        present = [tissue for tissue in self.remainder if tissue in masses_g]
        shares = {
            tissue: 1.0 if self.remainder_mean == "arithmetic" else masses_g[tissue] for tissue in present
        }
        total = sum(shares.values())
        result = {tissue: weight for tissue, weight in self.weights.items() if tissue in masses_g}
        for tissue, share in shares.items():
            result[tissue] = result.get(tissue, 0.0) + self.remainder_weight * share / total
        return result

    def missing(self, tissues: Collection[str], sex: str) -> list[str]:
        """Weighted tissues that a body of this sex should have and has not."""
        other = "uterus" if sex == "male" else "prostate"
        wanted = [*self.weights, *(tissue for tissue in self.remainder if tissue != other)]
        return [tissue for tissue in wanted if tissue not in tissues]


@cache
def load_tissue_weights(name: str) -> TissueWeights:
    """Tissue weights of ``icrp103`` or ``icrp60``."""
    import yaml

    text = files("ctdose.dosimetry.data").joinpath("tissue_weights.yaml").read_text("utf-8")
    table = yaml.safe_load(text)[name]
    return TissueWeights(
        weights=table["weights"],
        remainder=tuple(table["remainder"]),
        remainder_weight=float(table["remainder_weight"]),
        remainder_mean=table["remainder_mean"],
        citation=table["citation"],
    )
