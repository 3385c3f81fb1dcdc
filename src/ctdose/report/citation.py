"""How to cite: the same as CITATION.cff, which an installed package does not have (tests compare the two)."""

from __future__ import annotations

from ctdose._version import __version__

AUTHORS = "The ctdose developers"
TITLE = "ctdose: Monte Carlo organ dose and effective dose of CT examinations"


def citation(version: str) -> str:
    """The reference in one line.

    Parameters
    ----------
    version : str
        Of the ctdose that made the result; empty: of this one.
    """
    return f"{AUTHORS}. {TITLE}, version {version or __version__}."


def bibtex(version: str) -> str:
    """The reference for BibTeX; see `citation`."""
    return (
        "@software{ctdose,\n"
        f"  author = {{{{{AUTHORS}}}}},\n"
        f"  title = {{{{{TITLE}}}}},\n"
        f"  version = {{{version or __version__}}}\n"
        "}"
    )
