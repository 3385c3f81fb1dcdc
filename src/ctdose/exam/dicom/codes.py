"""The codes that dose reports and headers use, from `codes.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from ctdose.faults import FileFaults
from ctdose.yaml_reader import parse_yaml


@cache
def codes() -> dict[str, Any]:
    """Everything in the file of codes."""
    text = resources.files("ctdose.exam.dicom").joinpath("codes.yaml").read_bytes()
    return dict(parse_yaml(text, "codes.yaml", FileFaults).data)


@cache
def region_of(word: str) -> str | None:
    """Scan region that a code value or a word of Body Part Examined stands for; None if none does."""
    wanted = word.strip().upper().replace(" ", "").replace("_", "")
    for region, known in codes()["regions"].items():
        if wanted in known:
            return str(region)
    return None


def mode_of(code: str) -> str | None:
    """Scan mode of a code of CT Acquisition Type; None for those that no mode here is."""
    found = codes()["modes"].get(code)
    return None if found is None else str(found)


def ctdi_phantom_cm_of(code: str) -> int | None:
    """Size of the CTDI phantom of a code, cm; None for another phantom."""
    found = codes()["ctdi_phantoms_cm"].get(code)
    return None if found is None else int(found)
