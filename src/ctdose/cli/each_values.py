"""Options of `ctdose exam from-dicom` that give a value of an acquisition: ``VALUE`` for all, ``2=VALUE`` for one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

EACH = "[N=]VALUE"
HELP = {
    "scan_range": "A region, z as -150,180, or images (z of the slices).",
    "bowtie": "A bowtie of the scanner.",
    "mode": "helical, axial, stationary or localizer.",
    "ctdi_vol_mgy": "CTDI_vol in mGy.",
    "ctdi_phantom_cm": "CTDI phantom of CTDI_vol: 16 or 32.",
    "tube_voltage_kv": "Tube voltage in kV.",
    "tube_current_ma": "Mean current in mA.",
    "collimation_mm": "Nominal collimation nT.",
    "pitch": "Pitch of a helical scan.",
    "rotation_time_s": "Time of a rotation.",
    "table_increment_mm": "Feed of an axial scan.",
    "rotations": "Of a stationary scan.",
    "filter": "An additional flat filter of the scanner, or none.",
    "gantry_tilt_deg": "Tilt of the gantry; positive: front of the patient towards the feet.",
    "second_tube_voltage_kv": "Of the second tube of a dual-source scanner.",
    "second_tube_current_ma": "Mean current of the second tube in mA.",
    "second_tube_filter": "A flat filter of the scanner before the second tube, or none.",
    "switched_tube_voltage_kv": "Second voltage of fast kV switching.",
    "switched_time_fraction": "Share of the time at the second voltage.",
}


def takes_values(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each key of `HELP` in place of its ``**typed``."""
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    own = [
        each.replace(annotation=hints[name])
        for name, each in signature.parameters.items()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=None,
            annotation=Annotated[list[str] | None, typer.Option(metavar=EACH, help=text)],
        )
        for name, text in HELP.items()
    ]
    every: list[Any] = [*own, *added]
    command.__signature__ = signature.replace(parameters=every)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in every} | {"return": None}
    return command
