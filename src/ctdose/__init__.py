"""Monte Carlo organ dose, effective dose and dose maps of CT examinations, each with its standard error.

Importing the package is quick: what it offers is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from ctdose._version import __version__
from ctdose.errors import CtdoseError

if TYPE_CHECKING:
    from ctdose.api import load_exam, load_result, prepare, simulate
    from ctdose.phantoms.voxel_phantom import VoxelPhantom
    from ctdose.physics.materials import Material
    from ctdose.simulation.energy_imparted import EnergyImparted
    from ctdose.simulation.irradiate import irradiate
    from ctdose.simulation.open_beams import ParallelBeam, PointSource, RotatingSource

_HOME = {
    "load_exam": "ctdose.api",
    "load_result": "ctdose.api",
    "prepare": "ctdose.api",
    "simulate": "ctdose.api",
    "Material": "ctdose.physics.materials",
    "VoxelPhantom": "ctdose.phantoms.voxel_phantom",
    "ParallelBeam": "ctdose.simulation.open_beams",
    "PointSource": "ctdose.simulation.open_beams",
    "RotatingSource": "ctdose.simulation.open_beams",
    "EnergyImparted": "ctdose.simulation.energy_imparted",
    "irradiate": "ctdose.simulation.irradiate",
}

__all__ = [
    "CtdoseError",
    "EnergyImparted",
    "Material",
    "ParallelBeam",
    "PointSource",
    "RotatingSource",
    "VoxelPhantom",
    "__version__",
    "irradiate",
    "load_exam",
    "load_result",
    "prepare",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ctdose' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
