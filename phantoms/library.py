"""The library of phantoms: those that have a name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from os.path import isfile  # unlike Path's, False for a name that no system accepts
from pathlib import Path
from typing import Any

from ctdose.errors import CtdoseError, nearest
from ctdose.phantoms.family import BODIES, FAMILY, family_descriptions
from ctdose.phantoms.phantom_cache import cached
from ctdose.phantoms.voxel_phantom import VoxelPhantom

DESCRIPTIONS = {
    **family_descriptions(),
    "ctdi-16": "CTDI phantom for the head: PMMA, 16 cm, five pencil chambers of 100 mm; 1 mm voxels in plane.",
    "ctdi-32": "CTDI phantom for the body: PMMA, 32 cm, five pencil chambers of 100 mm; 1 mm voxels in plane.",
    "water-cylinder": "Water cylinder, 30 cm in diameter, 30 cm long; 2 mm voxels.",
    "pmma-cylinder": "PMMA cylinder, 32 cm in diameter, 30 cm long; 2 mm voxels.",
}


def phantom_names() -> tuple[str, ...]:
    """Names of the library, those of two bodies such as ``adult`` among them.

    Returns
    -------
    tuple of str
    """
    return tuple(DESCRIPTIONS)


def bodies_of(name: str) -> tuple[str, ...]:
    """Bodies that a name stands for.

    Parameters
    ----------
    name : str
        A name of `phantom_names`.

    Returns
    -------
    tuple of str
        For example ``("adult-male", "adult-female")`` for ``adult``; else the name itself.

    Raises
    ------
    CtdoseError
        If the name is unknown; the nearest are listed.
    """
    return BODIES.get(_known(name), (name,))


def describe(name: str) -> str:
    """Describe a phantom of the library in one line.

    Parameters
    ----------
    name : str
        A name of `phantom_names`.

    Raises
    ------
    CtdoseError
        If the name is unknown; the nearest are listed.
    """
    return DESCRIPTIONS[_known(name)]


def load_named(name: str, voxel_mm: float | None = None, *, arms: str = "raised") -> VoxelPhantom:
    """Load a phantom of one body.

    Parameters
    ----------
    name : str
        A name of `phantom_names` that stands for one body.
    voxel_mm : float, optional
        Voxel size (in plane, of cylinders); default: the phantom's own.
    arms : str
        ``raised`` or ``down``, of a person.

    Returns
    -------
    VoxelPhantom
        Built, or from the cache.

    Raises
    ------
    CtdoseError
        If the name is unknown or stands for two bodies, or the voxel size does not fit.
    """
    if _known(name) in BODIES:
        both = " and ".join(BODIES[name])
        raise CtdoseError(f"phantom={name!r} (more than one body). Load {both}, or use load_bodies.")
    try:
        return _load(name, None if voxel_mm is None else float(voxel_mm), arms)
    except (TypeError, ValueError) as error:
        raise CtdoseError(str(error)) from None


def load_like(
    like: str,
    *,
    height_cm: float | None = None,
    weight_kg: float | None = None,
    arms: str = "raised",
    voxel_mm: float | None = None,
) -> VoxelPhantom:
    """Load a person like one of the family, but of another height and weight.

    Parameters
    ----------
    like : str
        For example ``adult-female``.
    height_cm, weight_kg : float, optional
        Default: the reference person's height; the weight that keeps his or her body mass index.
    arms : str
        ``raised`` or ``down``.
    voxel_mm : float, optional
        Default: that of `like`.

    Returns
    -------
    VoxelPhantom
        No reference person; with neither height nor weight it is `like` itself.

    Raises
    ------
    CtdoseError
        If `like` is not one person of the family, or height, weight or voxel size are out of range.
    """
    age, _, sex = _known(like).rpartition("-")
    if age not in FAMILY:
        right = "Write one person, for example adult-female or 5y-male."
        raise CtdoseError(f"phantom: like={like!r} (not one person of the family). {right}")
    if height_cm is None and weight_kg is None:
        return load_named(like, voxel_mm, arms=arms)
    size = FAMILY[age][2] if voxel_mm is None else float(voxel_mm)
    try:
        return _load_like(age, sex, height_cm, weight_kg, size, arms)
    except (TypeError, ValueError) as error:
        raise CtdoseError(f"phantom: {error}") from None
    except RuntimeError:
        why = f"its organs find no room at voxel_mm={size:g}"
        right = "Write a height and weight nearer to it, or smaller voxels."
        raise CtdoseError(f"phantom: like={like!r} ({why}). {right}") from None


def load_bodies(
    phantom: str | Path | Mapping[str, Any], voxel_mm: float | None = None, *, folder: Path | None = None
) -> tuple[VoxelPhantom, ...]:
    """Load the bodies of a phantom that an exam names: of the library, or of a file.

    Parameters
    ----------
    phantom : str, Path or mapping
        A name of `phantom_names`, a phantom file, or the arguments of `load_like`.
    voxel_mm : float, optional
        Voxel size of a phantom of the library.
    folder : Path, optional
        Where a relative path is looked for first; then in the current folder.

    Returns
    -------
    tuple of VoxelPhantom

    Raises
    ------
    CtdoseError
        If there is no such phantom or the file is damaged, or `voxel_mm` is given for a file.
    """
    if isinstance(phantom, Mapping):
        return _like_bodies(**phantom, voxel_mm=voxel_mm)
    if str(phantom) in DESCRIPTIONS:
        return tuple(load_named(name, voxel_mm) for name in bodies_of(str(phantom)))
    path = Path(phantom)
    found = folder / path if folder is not None and isfile(folder / path) else path
    if not isfile(found) and not path.suffix:
        _known(str(phantom))
    if voxel_mm is not None:
        raise CtdoseError(f"voxel_mm={voxel_mm} (a phantom file has its own voxels). Leave it out.")
    from ctdose.phantoms.phantom_file import load_phantom

    return (load_phantom(found),)


def _like_bodies(
    like: str, *, height_cm: float | None = None, weight_kg: float | None = None, **options: Any
) -> tuple[VoxelPhantom, ...]:
    """Both bodies of an age as they are, or one person of any size."""
    names = bodies_of(like) if height_cm is None and weight_kg is None else (like,)
    return tuple(load_like(name, height_cm=height_cm, weight_kg=weight_kg, **options) for name in names)


def _known(name: str) -> str:
    if name not in DESCRIPTIONS:
        known = nearest(str(name), phantom_names())
        raise CtdoseError(f"phantom={name!r} (neither a phantom of the library nor a file). {known}")
    return name


@lru_cache(maxsize=4)  # phantoms cannot be changed, so all may share one
def _load(name: str, voxel_mm: float | None, arms: str) -> VoxelPhantom:
    from ctdose.phantoms.ctdi import build_ctdi_phantom
    from ctdose.phantoms.cylinders import build_cylinder

    if name.startswith("ctdi-"):
        return build_ctdi_phantom(int(name[5:]), voxel_mm=1.0 if voxel_mm is None else voxel_mm)
    if name.endswith("-cylinder"):
        size = {"water": 300.0, "pmma": 320.0}[name.removesuffix("-cylinder")]
        material, voxel = name.removesuffix("-cylinder"), 2.0 if voxel_mm is None else voxel_mm
        return build_cylinder(material, diameter_mm=size, length_mm=300.0, voxel_mm=voxel, name=name)
    from ctdose.phantoms.stylized import build_person, reference_person

    age, sex = name.rsplit("-", 1)
    size = FAMILY[age][2] if voxel_mm is None else voxel_mm
    return cached(
        f"{name}-{arms}-{size:g}mm",
        lambda: build_person(reference_person(age, sex), voxel_mm=size, arms=arms),
    )


@lru_cache(maxsize=2)
def _load_like(
    age: str, sex: str, height_cm: float | None, weight_kg: float | None, voxel_mm: float, arms: str
) -> VoxelPhantom:
    from ctdose.phantoms.stylized import build_person, sized_person

    person = sized_person(age, sex, height_cm=height_cm, weight_kg=weight_kg)
    return cached(
        f"{person.name}-{arms}-{voxel_mm:g}mm", lambda: build_person(person, voxel_mm=voxel_mm, arms=arms)
    )
