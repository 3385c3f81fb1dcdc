"""Case 5: organ doses of the report's voxel torso (500 x 320 x 260 voxels of 1 mm) in a CT beam.

The report counts its angles towards the patient's right: its 90 degrees is gantry angle 270. The volume is not ours to
ship: it is read from a file. Air surrounds it: what passes the torso and scatters back is 2 % of the dose of the
breasts in a lateral beam.
"""

from __future__ import annotations

import math
import os
import tarfile
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from ctdose.errors import CtdoseError
from ctdose.phantoms.voxel_phantom import VoxelPhantom
from ctdose.simulation.open_beams import PointSource, RotatingSource
from ctdose.validation.job import Job, Readout
from ctdose.validation.reference import load_reference

CASE, BEAM = "5", "120 kVp"
SHAPE = (260, 320, 500)
MEMBER = "case5world.bin"
DISTANCE_MM, FIELD_MM = 600.0, (500.0, 10.0)
FIRST_ORGAN = 3  # material index; before it air, foam and carbon fibre of the table
ANGLES = ("0", "90", "180", "270")
HISTORIES = 140_000_000


def find_volume(given: str | os.PathLike[str] | None = None) -> Path | None:
    """Path of the volume: the given one, or below CTDOSE_REFERENCE; None if there is none."""
    if given is not None:
        return Path(given)
    folder = os.environ.get("CTDOSE_REFERENCE")
    path = Path(folder, "tg195", "case5world.tar.gz") if folder else None
    return path if path is not None and path.is_file() else None


@lru_cache(maxsize=1)
def read_volume(path: Path) -> np.ndarray:
    """Read the material index of the torso, uint8 [z, y, x].

    Parameters
    ----------
    path : Path
        ``case5world.tar.gz`` of the report, or the ``case5world.bin`` in it.

    Raises
    ------
    CtdoseError
        If the file cannot be read or is not that volume.
    """
    hint = "Give the report's case5world.tar.gz or case5world.bin."
    size = math.prod(SHAPE)
    try:
        if tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                member = archive.extractfile(MEMBER)
                content = b"" if member is None else member.read(size + 1)
        else:
            with path.open("rb") as file:
                content = file.read(size + 1)
    except (OSError, KeyError, tarfile.TarError, EOFError) as fault:
        raise CtdoseError(f"volume={path} (cannot be read: {fault}). {hint}") from None
    if len(content) != size:
        raise CtdoseError(f"volume={path} (does not hold {size} voxels). {hint}")
    world = np.frombuffer(content, np.uint8).reshape(SHAPE)
    if world.max() >= len(load_reference().case_5_materials()):
        raise CtdoseError(f"volume={path} (holds an unknown material index). {hint}")
    return world


def source_position(angle_deg: float) -> tuple[float, float, float]:
    """Source position at an angle of the report: (0, -60 cm, 0) turned by minus the angle around z."""
    angle = math.radians(angle_deg)
    return -DISTANCE_MM * math.sin(angle), -DISTANCE_MM * math.cos(angle), 0.0


def build_torso(path: Path) -> VoxelPhantom:
    """The torso, centred on the isocentre."""
    z, y, x = (0.5 - n / 2.0 for n in SHAPE)
    materials = load_reference().case_5_materials()
    return VoxelPhantom(read_volume(path), tuple(materials), spacing_mm=(1.0, 1.0, 1.0), origin_mm=(x, y, z))


def jobs(path: Path) -> list[Job]:
    """All runs of the case."""
    reference = load_reference()
    materials, spectrum = reference.case_5_materials(), reference.spectrum(BEAM)
    fan, cone = (math.atan(width / 2.0 / DISTANCE_MM) for width in FIELD_MM)

    def readouts(angle: str) -> tuple[Readout, ...]:
        return tuple(Readout(angle, m.name, k) for k, m in enumerate(materials) if k >= FIRST_ORGAN)

    sources: dict[str, PointSource | RotatingSource] = {
        angle: PointSource(source_position(float(angle)), (0.0, 0.0, 0.0), (fan, cone), spectrum)
        for angle in ANGLES
    }
    sources["continuous"] = RotatingSource(DISTANCE_MM, (fan, cone), spectrum)
    air, build = reference.material("air"), partial(build_torso, path)
    return [
        Job(CASE, BEAM, angle, HISTORIES, build, source, readouts(angle), surroundings=air, clip=True)
        for angle, source in sources.items()
    ]
